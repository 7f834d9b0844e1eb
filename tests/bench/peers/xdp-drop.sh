# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034,SC2154
# The floor: an XDP program that adds one to a per-CPU counter and drops.
needs=$repo/build/tests/bench/cable

start() {
	"$repo/build/tests/bench/cable" drop -i "$dark" >"$room/count" &
	peer=$!
}

is_ready() { ip -o link show dev "$dark" | grep -q ' xdp'; }

finish() {
	kill -TERM "$peer"
	wait "$peer"
	counted=$(cat "$room/count")
}
