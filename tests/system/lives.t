#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The process dies at every bad moment and starts again while packets keep coming: none is lost,
# none is counted twice, and the minutes say for how long they stand.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/system/tap.sh
. tests/system/world.sh

need_memory 5200
enter_world
$generator --print-geo >$work/geo.csv

# Each sensor dies its own death: shortly before a minute border; at it; twice while the minute is
# stored; before it ever stored one and again after the border; often; by TERM, over a whole minute;
# and one is never hurt.
killed="before border storing1 storing2 virgin often"
cables="$killed term calm repeat"
make_cables $cables
printf '[counting]\nprefixes = no\n' >$work/lean
printf '[counting]\nprefixes = no\n[sensor]\nverdict = pass\n' >$work/pass

conf() { [ "$1" = often ] || echo "-c $work/lean"; }
# shellcheck disable=SC2046 # two options
restart() { start_sensor "$1" $(conf "$1"); }
# die N: kill -9 at once, and start again.
die() {
	end_sensor "$1" KILL
	restart "$1"
	grep -q 'counting goes on' "$work/$1.said" && echo "$1" >>$work/taken_over
}

begun=$(date +%s.%N)
# Early in the minute: eight sensors start in what is left of it, on a machine that is busy.
[ $(($(now) % 60)) -lt 25 ] || wait_until $(($(now) / 60 * 60 + 60))
first=$(($(now) / 60 * 60 + 60))
second=$((first + 60))
for cable in $killed term calm; do
	restart $cable
	date +%s.%N >$work/$cable.attached
done
seed=0 senders=
for cable in $killed term calm; do
	seed=$((seed + 1))
	at_far "$generator" --send far$cable --geo $work/geo.csv --seed $seed --rate 1500 \
		--attack dns:6000 --seconds $((second + 6 - $(now))) --counts $work/$cable.tsv &
	senders="$senders $!"
done
sleep 1
die virgin

# at TIME N: in a process of its own, so that many die at nearly the same time; the start again
# comes afterwards.
at() { (wait_until "$1"; eval "kill -KILL \$sensor_$2") & assassins="${assassins:-} $!"; }
at $((first - 1)).8 before
at $first.000 border
at $first.004 storing1
at $first.015 storing2
at $((first + 3)).0 virgin # its first minute is stored, on a busy machine too
# shellcheck disable=SC2086 # a list
wait $assassins
for cable in before border storing1 storing2 virgin; do
	die $cable 2>/dev/null
done
for cable in calm term virgin often; do
	wait_for_minute $cable $((first - 60))
done
end_sensor term TERM
claim "TERM ends the process" test $ended -eq 0
claim "which says that the link goes on counting" grep -q "goes on counting" $work/term.said

# -- Nobody else gets the interface ----------------------------------------------------------------

run_on() { timeout 20 $teiten run -i "$1" --state $work/other --geo $work/geo.csv >$work/said 2>&1; }
run_on darkcalm
is "a second sensor on the interface ends with 3" $? 3
claim "and says who holds it: $(head -n 1 $work/said)" \
	grep -q "another teiten holds darkcalm" $work/said
detach_sensor calm
is "so does detach while the sensor runs" $? 3
ip link set dev darkcalm xdp off 2>/dev/null
ip link set dev darkcalm xdpgeneric off 2>/dev/null
claim "ip link cannot take the program off" sh -c 'ip link show dev darkcalm | grep -q prog/xdp'

printf '%s\n' '__attribute__((section("xdp"), used)) int somebody(void *c) { return 2; }' |
	clang -O2 -g -target bpf -x c -c -o $work/somebody.o -
ip link add darkforeign type veth peer name other
bpftool prog load $work/somebody.o /sys/fs/bpf/somebody type xdp
bpftool net attach xdp pinned /sys/fs/bpf/somebody dev darkforeign
run_on darkforeign
is "on an interface with a foreign XDP program it ends with 1" $? 1
claim "and names the program: $(tail -n 1 $work/said)" grep -q "'somebody', id [0-9]" $work/said
claim "which stays" sh -c 'ip link show dev darkforeign | grep -q prog/xdp'
is "and nothing is pinned there" "$(ls -A /sys/fs/bpf/teiten/darkforeign 2>/dev/null)" ""

# -- Many deaths -----------------------------------------------------------------------------------

# Once at least, however long a busy machine took for all of the above.
deaths=0
while [ $deaths -eq 0 ] || [ "$(now)" -lt $((second - 28)) ]; do
	sleep "$(awk -v n=$deaths 'BEGIN { srand(n); print rand() * 3 }')"
	die often
	deaths=$((deaths + 1))
done
echo "# often died $deaths times"

# -- Deaths in the last drain ----------------------------------------------------------------------

# detach is killed after at most 0.6 s, as often as it takes until one comes to its end.
rounds=0 deaths=0
while [ $rounds -eq 0 ] || [ "$(now)" -lt $((second - 12)) ]; do
	rounds=$((rounds + 1))
	start_sensor repeat
	at_far "$generator" --send farrepeat --geo $work/geo.csv --seed $rounds --rate 4000 \
		--attack dns:60000 --seconds 0.3 --counts $work/repeat.$rounds.tsv
	end_sensor repeat TERM
	for try in $(seq 50); do
		$teiten detach -i darkrepeat --state $work/repeat >>$work/repeat.out 2>&1 &
		detaching=$!
		sleep "$(awk -v n=$((rounds * 100 + try)) 'BEGIN { srand(n); print rand() * 0.6 }')"
		kill -KILL $detaching 2>/dev/null || break
		wait $detaching && break
		deaths=$((deaths + 1))
	done
	[ ! -d /sys/fs/bpf/teiten/darkrepeat ] || detach_sensor repeat
done 2>/dev/null

# Pins that a removal killed half-way leaves: tables whose counts are in the history already.
start_sensor repeat
at_far "$generator" --send farrepeat --geo $work/geo.csv --seed 99 --seconds 0.3 --rate 4000 \
	--counts $work/repeat.99.tsv
end_sensor repeat TERM
pins=$(pins_of darkrepeat)
mkdir /sys/fs/bpf/kept
for map in counts control; do
	bpftool map pin pinned $pins/$map /sys/fs/bpf/kept/$map
done
detach_sensor repeat
mkdir -p $pins
mv /sys/fs/bpf/kept/counts /sys/fs/bpf/kept/control $pins
start_sensor repeat
end_sensor repeat TERM
detach_sensor repeat
is "and detach leaves nothing of them" "$(ls -d $pins 2>/dev/null)" ""
echo "# detach died $deaths times in $rounds rounds"
is "however often detach dies, and over left-over tables, each class has what was sent, packets and bytes" \
	"$(ledger repeat)" "$(sent $work/repeat.*.tsv)"

# -- The second minute -----------------------------------------------------------------------------

for cable in calm $killed; do
	wait_for_minute $cable $first
done
start_sensor term -c $work/pass
claim "a start with another verdict takes the link over: $(grep counting $work/term.said)" \
	grep -q "counting goes on.*verdict pass" $work/term.said
wait_until $((second + 8))
# shellcheck disable=SC2086 # a list
wait $senders
for cable in $killed term calm; do
	end_sensor $cable TERM
	detach_sensor $cable
	is "$cable: detach succeeds" $? 0
	date +%s.%N >$work/$cable.detached_at
	is "$cable: each class has what was sent, packets and bytes" \
		"$(ledger $cable)" "$(sent $work/$cable.tsv)"
	is "$cable: and so has the device" "$(frames $cable)" "$(device_received dark$cable)"
	is "$cable: its minutes cover the time from attach to detach, within 4 s" \
		"$(ask $cable coverage | cut -d, -f2 |
			cat $work/$cable.attached $work/$cable.detached_at - |
			awk 'NR == 1 { from = $1 } NR == 2 { to = $1 } NR > 2 { sum += $1 }
				END { d = sum - (to - from); print (d < 4 && d > -4) }')" 1
done
is "of the killed ones each link was taken over" \
	"$(sort -u $work/taken_over | tr '\n' ' ')" \
	"$(echo $killed | tr ' ' '\n' | sort | tr '\n' ' ')"
sum_of() { ask often "$1" --bin all | awk -F, -v c="$2" '{ for (i = c; i <= NF; i++) s += $i } END { print s + 0 }'; }
is "often: cells, source port 53 and prefixes survive the deaths too" \
	"$(sum_of cells 5) $(sum_of sport53 4) $(sum_of prefixes 4)" \
	"$(sum_of ports 4 >/dev/null
	ask often ports --bin all | awk -F, '{ s += $4 } END { printf "%d ", s }'
	ledger often | awk '/^udp53/ { s += $2 } END { print s, s }')"

# covered N TIME: covered seconds of the minute that begins at TIME.
covered() { ask "$1" coverage --from "$(date -u -d "@$2" +%FT%TZ)" --to "$(date -u -d "@$(($2 + 60))" +%FT%TZ)" | cut -d, -f2; }
# From the end of the last minute before the stop, wherever a busy machine put it, to the detach.
is "the minute after the stop spans the time: more than 60 seconds, to the detach within 4 s" \
	"$(covered term $second | awk -v from="$(cat $work/term.attached)" \
		-v first="$(covered term $((first - 60)))" -v to="$(cat $work/term.detached_at)" '
		{ d = $1 - (to - from - first); print ($1 > 60 && d < 4 && d > -4) }')" 1
is "the minute that the process was away for has no record" "$(covered term $first)" ""
echo "# term: the minute after the stop covers $(covered term $second) s"
# Its end is where a busy machine put it; its sum with the others was looked at above.
is "the first minute of one that died before it stored any begins with its attach, not with a later start" \
	"$(covered virgin $((first - 60)) | awk -v from="$(cat $work/virgin.attached)" -v to=$first '
		{ d = $1 - (to - from); print (d < 30 && d > -4) }')" 1

# -- Detach ----------------------------------------------------------------------------------------

is "nothing is pinned any more" "$(ls -A /sys/fs/bpf/teiten 2>/dev/null)" ""
claim "nothing is attached any more" sh -c '! ip link show dev darkcalm | grep -q prog/xdp'
detach_sensor calm
is "detach where nothing is attached ends with 0" $? 0
claim "and says so: $(cat $work/calm.detached)" grep -q "darkcalm: teiten is not attached" \
	$work/calm.detached
echo "# $(date +%s.%N | awk -v b="$begun" '{ printf "%.0f", $1 - b }') s"
done_testing
