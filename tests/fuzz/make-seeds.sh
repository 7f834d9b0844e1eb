#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Write seeds that hold bytes no editor likes: make-seeds.sh NAME DIRECTORY. Of targets that need
# none, nothing.
# shellcheck disable=SC2059 # the formats hold octal escapes on purpose
set -eu
name=$1
mkdir -p "$2"
cd "$2"

case $name in
capture) ;;
event_row)
	# Fields by tabs, as the engine sends them.
	printf '%s\t' 1392076800 e1-1 open i1 '' surge tcp/23 tcp/23 1 60 1392076800 100 10 3 10 90 \
		-12.5 nan 60 1 1 warning '' 42 2.4 nan nan nan geo 2014-02-01 >sound
	printf 'CN:90:0.9,US:10:0.1' >>sound
	exit 0
	;;
*) exit 0 ;;
esac

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
