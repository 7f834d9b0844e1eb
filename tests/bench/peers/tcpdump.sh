# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034,SC2154
# It aggregates nothing: the floor of a tool that reads packets through libpcap. Packets are cut to
# the headers that the others read, and written nowhere; 64 MiB of buffer.
needs=tcpdump

start() {
	tcpdump -i "$dark" -n -s 96 -B 65536 -Z root -w /dev/null 2>"$room/log" &
	peer=$!
}

is_ready() { has_packet_socket; }

finish() {
	kill -INT "$peer"
	wait "$peer"
	counted=$(awk '/packets? captured/ { print $1 }' "$room/log")
}
