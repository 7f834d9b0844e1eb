# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034,SC2154
# Everything that teiten does by default: countries, prefixes, sketches, fingerprints, detection,
# history. The count is the history's ledger after `detach`, whose last drain is in its CPU time.
needs=$repo/build/teiten
state=$room/state
config=$repo/tests/bench/peers/teiten.conf

start() {
	"$repo/build/teiten" run -c "$config" -i "$dark" --state "$state" --log "$room/events.json" \
		--geo "$repo/build/geo/geoip" --geo "$repo/build/geo/geoip6" 2>"$room/log" &
	peer=$!
}

is_ready() { ip -o link show dev "$dark" | grep -q ' xdp'; }

finish() {
	kill -TERM "$peer"
	wait "$peer" || true
	cpu_finish=$(cpu_of_command "$repo/build/teiten" detach -c "$config" -i "$dark" --state "$state")
	counted=$("$repo/build/teiten" query ledger --state "$state" --bin all --format csv |
		awk -F, 'NR > 1 { sum += $3 } END { printf "%.0f", sum }')
}
