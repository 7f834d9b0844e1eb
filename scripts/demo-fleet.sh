#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What `make run-fleet` does: two nodes of the engine (ClickHouse, from the packages, as ordinary
# processes on loopback) and three demonstration sensors, end to end to the bulletin of all of them
# in build/fleet-report. Everything else is in namespaces of its own and ends with it.
#
#   SEED=1 DAYS=10   change the packets, and how many days of background there are
#
# Two of the sensors see 23/tcp rise from one country, the third alone sees 5000/tcp. One node is
# killed with -9 in the middle; in the end every count of the engine is compared with the sensors'
# own.
set -eu

cd "$(dirname "$0")/.."
teiten=$PWD/build/teiten
generator=$PWD/build/darknet-generator
report=$PWD/build/fleet-report
SEED=${SEED:-1} DAYS=${DAYS:-10}
export SEED DAYS

say() { printf '\n== %s\n' "$*"; }
fail() {
	echo "run-fleet: $*" >&2
	exit 1
}

case $SEED$DAYS in
*[!0-9]*) fail "SEED and DAYS are numbers" ;;
esac
if [ "${DAYS:-0}" -lt 2 ] || [ "$DAYS" -gt 60 ] || [ ${#SEED} -gt 6 ]; then
	fail "DAYS is a number from 2 to 60, SEED one of at most six digits"
fi
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || fail "this needs root, and there is no sudo: run it as root"
	exec sudo env SEED="$SEED" DAYS="$DAYS" "$0"
fi

# -- Outside: a room, and namespaces that end with their first process -----------------------------

if [ -z "${FLEET_INSIDE:-}" ]; then
	room=$(mktemp -d)
	mkdir -p "$report"
	FLEET_INSIDE=$room unshare --mount --net --pid --fork --kill-child --mount-proc "$0" &
	inside=$!
	# shellcheck disable=SC2317 # called by the trap
	stop_inside() {
		trap '' INT TERM HUP
		first=$(cat "/proc/$inside/task/$inside/children" 2>/dev/null || true)
		# shellcheck disable=SC2086 # a list of at most one
		kill -KILL ${first:-$inside} 2>/dev/null || true
		wait "$inside" 2>/dev/null || true
		rm -rf "$room"
		exit 130
	}
	trap stop_inside INT TERM HUP
	status=0
	wait $inside || status=$?
	rm -rf "$room"
	exit $status
fi

# -- Inside ----------------------------------------------------------------------------------------

room=$FLEET_INSIDE
. scripts/fleet-node.sh
ip link set lo up
now=$(date +%s)
# The last full hour is that of the attacks.
end=$((now / 3600 * 3600))
time_of() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }
node_of() { if [ "$1" = naha ]; then echo "$room/node2"; else echo "$room/node1"; fi; }

say "1/5 two nodes of the engine, and the tables of three sensors"
for i in 1 2; do
	node_make "$room/node$i" $i 127.0.0.1:9001 127.0.0.1:9002
done
for name in naha osaka tokyo; do
	node_user "$(node_of $name)" $name
done
for i in 1 2; do
	node_start "$room/node$i" || fail "the engine did not start"
	node_apply "$room/node$i" node
	node_apply "$room/node$i" query fleet
done
for name in naha osaka tokyo; do
	shard=1
	[ $name != naha ] || shard=2
	node_apply "$(node_of $name)" sensor $name $shard
	node_apply "$room/node$((3 - shard))" register $name $shard
done
echo "osaka and tokyo are on node 1, naha is on node 2"

say "2/5 three sensors: $DAYS days of background, then an hour with attacks"
"$generator" --print-geo >"$room/geo.csv"
number=0
for name in naha osaka tokyo; do
	number=$((number + 1)) attack=telnet:CN:120 port=8121
	[ $name != naha ] || attack=port:5000:BR:60 port=8122
	"$generator" --pcap "$room/1.pcap" --seed "$((SEED * 10 + number))" --rate 0.5 \
		--counts "$room/1.tsv" --from "$(time_of $((end - DAYS * 86400)))" \
		--to "$(time_of $((end - 3600)))"
	"$generator" --pcap "$room/2.pcap" --seed "$((SEED * 10 + number + 5))" --rate 0.5 \
		--counts "$room/2.tsv" --from "$(time_of $((end - 3600)))" --to "$(time_of "$end")" \
		--attack $attack
	(umask 077 && echo "$name's" >"$room/$name.password")
	cat >"$room/$name.conf" <<-CONF
		[sensor]
		name = demonstration sensor of $name
		addresses = 192.0.2.0/24
		country = JP
		[state]
		dir = $room/$name
		[push]
		url = http://127.0.0.1:$port
		user = teiten_$name
		password_file = $room/$name.password
		sensor = $name
	CONF
	"$teiten" replay -c "$room/$name.conf" --geo "$room/geo.csv" --log "$room/log" \
		--state "$room/$name" "$room/1.pcap" "$room/2.pcap" >"$room/replayed" 2>&1 || {
		cat "$room/replayed" >&2
		fail "the replay failed"
	}
	grep 'all frames' "$room/replayed" | sed "s/^/$name: /"
done

say "3/5 teiten push; node 1 is killed with -9 while it takes rows, and comes back"
pushes=
for name in naha osaka tokyo; do
	"$teiten" push -c "$room/$name.conf" &
	pushes="$pushes $!"
done
sleep 0.3
node_end "$room/node1" KILL
sleep 2
node_start "$room/node1"
is_sent() { grep -q '"complete": true' "$room/$1/push.json" 2>/dev/null; }
for _ in $(seq 240); do
	! is_sent naha || ! is_sent osaka || ! is_sent tokyo || break
	sleep 0.25
done
for name in naha osaka tokyo; do
	is_sent $name || fail "not everything was pushed"
done
# shellcheck disable=SC2086 # a list
kill $pushes

say "4/5 the engine's counts beside the sensors' own"
(umask 077 && echo reader >"$room/reader")
cat >"$room/conf" <<-CONF
	[fleet]
	url = http://127.0.0.1:8121
	user = teiten_reader
	password_file = $room/reader
CONF
differ=0
for table in ledger cells ports sport53 prefixes; do
	for name in naha osaka tokyo; do
		"$teiten" query $table --state "$room/$name" --format csv >"$room/own"
		"$teiten" fleet query $table -c "$room/conf" --sensor $name --bin minute --format csv \
			>"$room/engine"
		cmp -s "$room/own" "$room/engine" || {
			echo "$table of $name differ"
			differ=1
		}
		printf '%-9s %-6s %8d rows\n' $table $name "$(($(wc -l <"$room/own") - 1))"
	done
done
[ $differ -eq 0 ] || fail "counts differ"
echo "every row of every minute is equal"

say "5/5 the fleet: teiten fleet sensors, events, report"
"$teiten" fleet sensors -c "$room/conf"
echo
"$teiten" fleet events -c "$room/conf" --from "$(time_of $((end - 3600)))" | tee "$room/events"
month=$(date -u -d "@$((end - 3600))" +%Y-%m)
for language in en ja; do
	"$teiten" fleet report -c "$room/conf" --month "$month" --lang $language -o "$report"
done
grep -q 'tcp/23 .* 2/3 ' "$room/events" || fail "23/tcp is not found at two of three sensors"
grep -q 'tcp/5000 .*naha .*one sensor only' "$room/events" ||
	fail "5000/tcp is not found as one sensor's only"
say "the bulletin of the fleet is $report/teiten-$month.en.html"
