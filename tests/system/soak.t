#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Mixed traffic at full speed for SECONDS_TO_SOAK, with a restart every minute, by kill -9 and by TERM
# in turns; beside it a sensor that is never restarted. Ledgers are exact, memory and descriptors are
# flat. `make soak` takes an hour for it; here minutes are shorter (SPEED_OF_TIME), and an hour ends
# after the first quarter.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/system/tap.sh
. tests/system/world.sh
. tests/system/clock.sh

need_memory 2800
enter_world
seconds=${SECONDS_TO_SOAK:-100} speed=${SPEED_OF_TIME:-8}
$generator --print-geo >$work/geo.csv
printf '[counting]\nprefixes = no\n' >$work/lean
make_cables soak stay
fast_clock $speed
[ $speed -eq 1 ] || set_clock "$(fast_now | awk -v more=$((seconds * speed / 4)) '{
	printf "%d", 3600 - ($1 + more) % 3600 }')"
start_sensor soak -c $work/lean
start_sensor stay -c $work/lean
soak_before=$(device_received darksoak) stay_before=$(device_received darkstay)

# send N SEED RATE SECONDS [OPTION...]: in the background, to the sensor of N; rate 0 is full speed.
send() {
	to=$1 seed=$2 rate=$3 for=$4
	shift 4
	nice -n 10 nsenter --net=/proc/$far/ns/net "$generator" --send "far$to" --geo $work/geo.csv --rate "$rate" \
		--seed "$seed" --seconds "$for" --counts "$work/$to-$seed.tsv" "$@" &
	senders="${senders:-} $!"
}
send soak 1 0 $seconds
send soak 2 2000 $seconds --attack dns:60000 --attack telnet:CN:60000
# What is bounded is full soon.
send stay 3 0 $((seconds * 3 / 8))
send stay 4 2000 $seconds --attack dns:60000 --attack telnet:CN:60000

# look N: descriptors of its sensor, and its private memory, KiB (the tables are shared with the
# kernel): the least of three, since a snapshot may be on its way to the disk.
look() {
	eval "of=\$sensor_$1"
	for _ in 1 2 3; do
		sleep 0.2
		awk '/^RssAnon:/ { print $2 }' "/proc/$of/status"
	done | sort -n | head -n 1 >"$work/least"
	echo "$(find "/proc/$of/fd" -type l | wc -l) $(cat "$work/least")" >>"$work/$1.looks"
	tail -n 1 "$work/$1.looks"
}
until=$(($(now) + seconds)) round=0
# Where processors are busy that takes longer.
for cable in soak stay; do
	eval "before=\$${cable}_before"
	while [ "$(device_received dark$cable | cut -d' ' -f1)" -lt $((${before% *} + 4000000)) ] &&
		[ "$(now)" -lt $((until - seconds / 2)) ]; do
		sleep 1
	done
done
while [ "$(now)" -lt $until ]; do
	round=$((round + 1))
	# In the middle of the next minute, when the one that ended is stored, look and die.
	sleep "$(until_border | awk -v speed=$speed '{ print $1 + 30 / speed }')"
	ended=$(fast_now | awk '{ printf "%.0f", int($1 / 60) * 60 - 60 }')
	wait_for_minute soak "$ended" && wait_for_minute stay "$ended" &&
		echo "# $(date +%T) restart $round: $(look soak), never restarted: $(look stay)"
	if [ $((round % 2)) -eq 0 ]; then
		end_sensor soak TERM
	else
		end_sensor soak KILL
	fi
	start_sensor soak -c $work/lean
done
wait $senders
for cable in soak stay; do
	end_sensor $cable TERM
	detach_sensor $cable
done

# books_close N BEFORE: all that its device has received since is in the ledger of N.
books_close() {
	received=$(device_received "dark$1")
	is "$1: every frame that the device received is in the ledger, packets and bytes" "$(frames "$1")" \
		"$((${received% *} - ${2% *})) $((${received#* } - ${2#* }))"
	is "$1: ports, cells and source port 53 sum to it" \
		"$(for table in ports:4 cells:5 sport53:4; do
			ask "$1" ${table%:*} --bin all |
				awk -F, -v c=${table#*:} '{ n += $c } END { printf "%.0f ", n }'
		done)" \
		"$(ledger "$1" | awk '/^(tcp|udp|icmp)/ { p += $2 } /^udp53/ { s += $2 }
			END { printf "%.0f %.0f %.0f ", p, p, s }')"
}
books_close soak "$soak_before"
books_close stay "$stay_before"
for cable in soak stay; do
	is "$cable: and every frame that was sent, but those lost on the way" "$(frames $cable | cut -d' ' -f1)" \
		"$(sent $work/$cable-*.tsv | awk -v lost="$(lost $cable $work/$cable-*.tsv)" '{ n += $2 }
			END { printf "%.0f\n", n - lost }')"
done

# flat N: the first half of the looks sees tables fill and an hour end, the second nothing new; of a
# short soak a look or two may meet a minute with more traffic than any before, which is no growth.
flat() {
	is "$1: descriptors stay as many as in the first minute" \
		"$(awk 'NR == 1 { first = $1 } $1 != first { print NR ": " $1 }' $work/$1.looks)" ""
	middle=$(tail -n $(((looks + 1) / 2)) $work/$1.looks | cut -d' ' -f2 | sort -n |
		sed -n "$(((looks + 3) / 4))p")
	is "$1: memory is flat: the middle of the second half is within 16 MiB of the most of the first" \
		"$(awk -v all="$looks" -v middle="$middle" '
			NR <= all / 2 { most = $2 > most ? $2 : most }
			END { if (middle > most + 16384) print middle " after " most }' $work/$1.looks)" ""
	is "$1: and it takes no more than 192 MiB" \
		"$(awk '$2 > 192 * 1024 { print NR ": " $2 }' $work/$1.looks)" ""
}
looks=$(wc -l <$work/stay.looks)
claim "there were $looks looks at $round restarts" test "$looks" -ge 4
flat soak
flat stay
echo "# $(frames soak | cut -d' ' -f1) packets in $seconds s, and $(frames stay | cut -d' ' -f1)"
done_testing
