# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034,SC2154
# Flows with ports, IPv6 too, exported nowhere, as many as its default tracks (a larger table makes
# its search tree slower); 64 MiB of buffer.
needs=softflowd

start() {
	softflowd -d -6 -T full -i "$dark" -C 96 -B 67108864 -p "$room/softflowd.pid" \
		-c "$room/softflowd.ctl" >"$room/log" 2>&1 &
	peer=$!
}

is_ready() { [ -S "$room/softflowd.ctl" ] && has_packet_socket; }

finish() {
	counted=$(softflowctl -c "$room/softflowd.ctl" statistics |
		awk '/^Packets processed:/ { print $3 }')
	softflowctl -c "$room/softflowd.ctl" exit >/dev/null
	wait "$peer" || true
}
