#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What a fleet costs on one node of the engine, as an ordinary process on loopback: one sensor's
# minutes of 200,000 cells, then SENSORS sensors with MINUTES minutes of CELLS cells out of POOL,
# loaded, asked about and reported. Prints seconds, rows and bytes.
#
#   SENSORS=100 MINUTES=1440 CELLS=50 POOL=20000 tests/bench/bench_fleet.sh
set -eu
cd "$(dirname "$0")/../.."
. scripts/fleet-node.sh

sensors=${SENSORS:-100} minutes=${MINUTES:-1440} cells=${CELLS:-50} pool=${POOL:-20000}
teiten=$PWD/build/teiten
fill=$PWD/build/tests/bench/fill_history
# The histories of so many sensors differ; the rest have one of these.
kinds=8

node_packages || {
	echo "bench-fleet: clickhouse-server and clickhouse-client are missing" >&2
	exit 1
}
room=$(mktemp -d)
node=$room/node
trap 'node_end "$node" KILL; rm -rf "$room"' EXIT
trap 'exit 130' INT TERM HUP

timed() {
	begun=$(date +%s.%N)
	"$@"
	took=$(echo "$begun $(date +%s.%N)" | awk '{ printf "%.2f", $2 - $1 }')
}
# push_as NAME STATE: everything, as that sensor.
push_as() {
	cat >"$room/$1.conf" <<-CONF
		[sensor]
		name = $1
		addresses = 256
		country = JP
		[state]
		dir = $2
		[push]
		url = http://127.0.0.1:8127
		user = teiten_$1
		password_file = $room/$1.password
		sensor = $1
	CONF
	(umask 077 && echo "$1's" >"$room/$1.password")
	rm -f "$2"/push.*
	"$teiten" push -c "$room/$1.conf" --once
}
add_sensor() {
	node_user "$node" "$1"
	node_apply "$node" sensor "$1" 1
}
ask() { node_client "$node" --query "$1"; }
size_of() {
	ask "SELECT sum(rows), sum(bytes), round(sum(bytes) / sum(rows), 1) FROM system.parts
		WHERE active AND database = 'teiten' AND table LIKE '$1'" |
		awk -v what="$2" '{ printf "%-44s %s rows, %s bytes, %s a row\n", what, $1, $2, $3 }'
}
memory() { awk -v what="$2" '/^VmHWM/ { printf "%-44s %.0f MB at most\n", what, $2 / 1024 }' "/proc/$1/status"; }
reader() {
	"$teiten" fleet "$@" >"$room/out" 2>&1 || {
		cat "$room/out" >&2
		exit 1
	}
}
say() { printf '%-44s %s s\n' "$1" "$took"; }

node_make "$node" 7 127.0.0.1:9007
add_all() {
	for i in $(seq "$sensors"); do
		add_sensor "s$i"
	done
}
node_user "$node" big
for i in $(seq "$sensors"); do
	node_user "$node" "s$i"
done
timed node_start "$node"
say "an empty node starts"
node_apply "$node" node
node_apply "$node" query fleet
add_sensor big
timed add_all
say "tables of $sensors sensors are made"

# -- One busy sensor -------------------------------------------------------------------------------

"$fill" "$(mkdir "$room/big" && echo "$room/big")" 2026-03-01 5 200000 9 1000000
timed push_as big "$room/big"
say "5 minutes of 200,000 cells are pushed"
awk '/"rows"|"bytes"/ { gsub(/[",]/, ""); printf "  %s %s\n", $1, $2 }' "$room/big/push.json"
size_of 'cell_of_big' "  its cells"
ask "OPTIMIZE TABLE teiten.cell_of_big FINAL"
size_of 'cell_of_big' "  merged"

# -- Many sensors ----------------------------------------------------------------------------------

for kind in $(seq $kinds); do
	mkdir "$room/$kind"
	"$fill" "$room/$kind" 2026-03-01 "$minutes" "$cells" "$kind" "$pool"
done
# As many at once as there are processors, each from a history of its own.
push_all() {
	pushes=
	for i in $(seq "$sensors"); do
		push_as "s$i" "$room/$((i % kinds + 1))" &
		pushes="$pushes $!"
		[ $((i % $(nproc))) -eq 0 ] || [ "$i" -eq "$sensors" ] || continue
		# shellcheck disable=SC2086 # a list
		wait $pushes
		pushes=
	done
}
timed push_all
say "$sensors sensors x $minutes minutes x $cells cells are loaded"
size_of '%_of_s%' "  all tables of theirs"
size_of 'cell_of_s%' "  cells"
memory "$(cat "$node/pid")" "  the server's memory"

(umask 077 && echo reader >"$room/reader")
cat >"$room/conf" <<-CONF
	[fleet]
	url = http://127.0.0.1:8127
	user = teiten_reader
	password_file = $room/reader
CONF
to="--to 2026-03-02"
for question in "sensors" "query ledger --bin day $to" "query ports --bin day $to" \
	"query cells --bin day $to" "query cells --bin hour $to" "query ports --bin minute \
	--to 2026-03-01T00:10:00Z"; do
	# shellcheck disable=SC2086 # the question's words
	timed reader $question -c "$room/conf"
	# shellcheck disable=SC2086
	say "fleet $(echo $question | cut -c 1-36), $(wc -l <"$room/out") lines"
done
timed reader report -c "$room/conf" --month 2026-03 -o "$room/report"
say "fleet report with detection of all minutes"
mkdir "$room/fleet"
# shellcheck disable=SC2086 # two words
timed reader detect -c "$room/conf" --state "$room/fleet" $to
say "fleet detect alone"
timed reader report -c "$room/conf" --month 2026-03 --state "$room/fleet" -o "$room/report"
say "fleet report with the events of that"
node_end "$node" TERM
timed node_start "$node"
say "the node with all of it starts again"
