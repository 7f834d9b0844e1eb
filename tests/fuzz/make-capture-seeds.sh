#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Write seeds for fuzz_capture: one small capture of each form. usage: make-capture-seeds.sh DIR
# shellcheck disable=SC2059 # the formats hold octal escapes on purpose
set -eu
mkdir -p "$1"
cd "$1"

frame='\001\002\003\004\005\006\007\010\011\012\013\014\010\006'

# pcap, microseconds, little endian: two records of 14 bytes and of none.
{
	printf '\324\303\262\241\002\000\004\000\000\000\000\000\000\000\000\000\000\000\004\000\001\000\000\000'
	printf '\000\070\354\122\001\000\000\000\016\000\000\000\016\000\000\000'"$frame"
	printf '\074\070\354\122\001\000\000\000\000\000\000\000\000\000\000\000'
} >little.pcap

# pcap, nanoseconds, big endian.
{
	printf '\241\262\074\115\000\002\000\004\000\000\000\000\000\000\000\000\000\004\000\000\000\000\000\001'
	printf '\122\354\070\000\000\000\000\001\000\000\000\016\000\000\000\016'"$frame"
} >big.pcap

# pcapng: a section, an interface, an enhanced packet block, and a simple one.
{
	printf '\012\015\015\012\034\000\000\000\115\074\053\032\001\000\000\000\377\377\377\377\377\377\377\377\034\000\000\000'
	printf '\001\000\000\000\024\000\000\000\001\000\000\000\000\000\004\000\024\000\000\000'
	printf '\006\000\000\000\060\000\000\000\000\000\000\000\130\361\004\000\000\200\244\206\016\000\000\000\016\000\000\000'"$frame"'\000\000\060\000\000\000'
	printf '\003\000\000\000\040\000\000\000\016\000\000\000'"$frame"'\000\000\040\000\000\000'
} >small.pcapng

for name in little.pcap small.pcapng; do
	gzip -nc "$name" >"$name.gz"
done
