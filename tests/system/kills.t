#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kill -9 at KILLS random points while packets keep coming, and as often at each place where a minute
# touches the outside: what the history says is what was sent, class by class.
#
# A minute passes in three seconds here (tests/system/clock.sh). Three sensors die in turns of four:
# while they start; around a minute border, where a drain, a commit and an advance follow each other;
# at the Nth call of a minute to write the database, to lock it (the last one lies between commit and
# advance) or to use the kernel's tables; and anywhere.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/system/tap.sh
. tests/system/world.sh
. tests/system/clock.sh

kills=${KILLS:-45}
cables="one two three"
need_memory 2400
enter_world
command -v strace >/dev/null || skip_all "strace is missing: NOT tested"
$generator --print-geo >$work/geo.csv
make_cables $cables
printf '[counting]\nprefixes = no\n' >$work/lean
fast_clock 20
began=$(now)

# chance SEED FROM TO: a number between them.
chance() { awk -v seed="$1" -v from="$2" -v to="$3" 'BEGIN { srand(seed); rand(); print from + rand() * (to - from) }'; }

# start N: in the background, at once; $sensor. What the last one said is gone before it runs.
start() {
	: >$work/$1.said
	$teiten run -i dark$1 -c $work/lean --state $work/$1 --log $work/$1.json --geo $work/geo.csv \
		>$work/$1.said 2>&1 &
	sensor=$!
}
wait_counting() {
	while kill -0 $sensor 2>/dev/null && ! grep -q ': counting' $work/$1.said; do
		sleep 0.02
	done
}

# die N SEED: one life and one death.
die() {
	start $1
	case $(($2 % 4)) in
	0) sleep "$(chance $2 0 0.9)" ;;
	1)
		wait_counting $1
		sleep "$(until_border | awk -v more="$(chance $2 -0.01 0.08)" '{ t = $1 + more; print (t > 0 ? t : 0) }')"
		;;
	2)
		wait_counting $1
		strace -o $work/$1.trace -p $sensor -e trace=pwrite64,fcntl,bpf \
			-e inject="$(awk -v n=$2 'BEGIN {
				srand(n); rand()
				split("pwrite64 12 fcntl 20 bpf 100", call)
				which = 2 * int(rand() * 3) + 1
				print call[which] ":signal=KILL:when=" 1 + int(rand() * call[which + 1]) }')" \
			2>/dev/null &
		tracer=$!
		for _ in $(seq 80); do
			kill -0 $sensor 2>/dev/null || break
			sleep 0.1
		done
		;;
	3) sleep "$(chance $2 0 4)" ;;
	esac
	{
		kill -KILL $sensor
		wait $sensor
		[ -z "${tracer:-}" ] || wait $tracer
	} 2>/dev/null
	tracer=
	cat $work/$1.said >>$work/$1.out
}

# lives N FIRST: a third of the deaths.
lives() {
	for life in $(seq $2 3 $kills); do
		die $1 $life
		echo $life >>$work/$1.deaths
	done
}

# time_since EVENT: of the cable, by the sensor's clock.
time_since() { fast_now | awk -v from="$(cat $work/$cable.$1)" '{ printf "%.3f\n", $1 - from }'; }

# What was sent is known when the sender ends by TERM, which is when the last has died.
for cable in $cables; do
	fast_now >$work/$cable.begun
	start $cable
	wait_counting $cable
	fast_now >$work/$cable.attached
	kill -KILL $sensor
	nsenter --net=/proc/$far/ns/net $generator --send far$cable --geo $work/geo.csv --rate 3000 --attack dns:100000 \
		--seed ${#cable} --seconds 3000 --counts $work/$cable.tsv &
	senders="${senders:-} $!"
done 2>/dev/null
number=0
for cable in $cables; do
	number=$((number + 1))
	lives $cable $number &
	all="${all:-} $!"
done
wait $all
kill -TERM $senders
wait $senders
echo "# $(cat $work/*.deaths | wc -l) deaths in $(($(now) - began)) s"
is "there were so many deaths" "$(cat $work/*.deaths | wc -l)" $kills
for cable in $cables; do
	start $cable
	wait_counting $cable
	claim "$cable: counting goes on" grep -q 'counting goes on' $work/$cable.said
	kill -TERM $sensor
	wait $sensor
	time_since attached >$work/$cable.least
	detach_sensor $cable
	time_since begun >$work/$cable.most
	is "$cable: each class has what was sent, packets and bytes" "$(ledger $cable)" "$(sent $work/$cable.tsv)"
	is "$cable: so had the device" "$(frames $cable)" "$(device_received dark$cable)"
	echo "# $cable: $(frames $cable | cut -d' ' -f1) packets in $(ask $cable coverage | wc -l) minutes"
	is "$cable: ports, cells and source port 53 sum to it" \
		"$(for table in ports:4 cells:5 sport53:4; do
			ask $cable ${table%:*} --bin all | awk -F, -v c=${table#*:} '{ n += $c } END { print n }'
		done | tr '\n' ' ')" \
		"$(ledger $cable | awk '/^(tcp|udp|icmp)/ { p += $2 } /^udp53/ { s += $2 } END { print p, p, s " " }')"
	# After the one and before the other the first attach was, and so the last drain.
	is "$cable: its minutes cover the time from attach to detach, not more and not less" \
		"$(ask $cable coverage | awk -F, -v least="$(cat $work/$cable.least)" \
			-v most="$(cat $work/$cable.most)" '{ s += $2 }
			END { print (s < least ? s " < " least : s > most ? s " > " most : "so") }')" so
	is "$cable: nothing was damaged" "$(find $work/$cable -name '*damaged*')" ""
done
is "nothing is pinned any more" "$(ls -A /sys/fs/bpf/teiten 2>/dev/null)" ""
done_testing
