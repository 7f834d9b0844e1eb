# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034,SC2154
# Packets by protocol and destination port in the memory plugin: the nearest to teiten's port rows,
# without countries and prefixes.
needs=pmacctd

start() {
	pipe=$room/pmacct.pipe
	sed "s|@INTERFACE@|$dark|; s|@PIPE@|$pipe|" "$repo/tests/bench/peers/pmacctd.conf" \
		>"$room/pmacctd.conf"
	pmacctd -f "$room/pmacctd.conf" >"$room/log" 2>&1 &
	peer=$!
}

is_ready() { [ -S "$room/pmacct.pipe" ] && has_packet_socket; }

finish() {
	counted=$(pmacct -s -p "$room/pmacct.pipe" -O csv |
		awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "PACKETS") column = i }
			NR > 1 { sum += $column } END { printf "%.0f", sum }')
	kill -INT "$peer"
	wait "$peer" || true
}
