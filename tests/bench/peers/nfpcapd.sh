# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034,SC2154
# Flows into files on a tmpfs; 64 MiB of buffer. The count is nfdump's over those files; what it
# takes to write them after the last packet is not in its CPU time.
needs=nfpcapd

start() {
	mkdir -p "$room/flows"
	nfpcapd -i "$dark" -s 96 -b 64 -t 3600 -w "$room/flows" \
		>"$room/log" 2>&1 &
	peer=$!
}

is_ready() { has_packet_socket; }

finish() {
	kill -TERM "$peer"
	wait "$peer" || true
	counted=$(nfdump -R "$room/flows" -I 2>/dev/null | awk '/^Packets:/ { print $2 }')
}
