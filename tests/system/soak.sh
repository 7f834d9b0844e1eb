#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Mixed traffic at full speed for SECONDS (3600), with a restart every minute, by TERM and by kill -9
# in turns: the ledger is exact, memory and descriptors are flat. Prints TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/system/tap.sh
. tests/system/world.sh

need_memory 2000
enter_world
seconds=${SECONDS_TO_SOAK:-3600}
$generator --print-geo >$work/geo.csv
printf '[counting]\nprefixes = no\n' >$work/lean
make_cables soak
start_sensor soak -c $work/lean
received_before=$(device_received darksoak)

# One sender as fast as it can, one steady with attacks.
nsenter --net=/proc/$far/ns/net "$generator" --send farsoak --geo $work/geo.csv --rate 0 --seed 1 \
	--seconds "$seconds" --counts $work/fast.tsv &
senders=$!
nsenter --net=/proc/$far/ns/net "$generator" --send farsoak --geo $work/geo.csv --rate 2000 --seed 2 \
	--attack dns:60000 --attack telnet:CN:60000 --seconds "$seconds" --counts $work/even.tsv &
senders="$senders $!"

# look: descriptors, private KiB (the tables are shared with the kernel), database and log, KiB.
look() {
	echo "$(find /proc/$sensor_soak/fd -type l | wc -l)" \
		"$(awk '/^RssAnon:/ { print $2 }' /proc/$sensor_soak/status)" \
		"$(du -sk $work/soak | cut -f1)"
}
until=$(($(now) + seconds)) round=0
while [ "$(now)" -lt $until ]; do
	round=$((round + 1))
	# Look when the minute is stored, half a minute later die.
	sleep $((63 - $(now) % 60))
	look >>$work/looks
	echo "# $(date +%T) restart $round: $(tail -n 1 $work/looks)"
	sleep 27
	if [ $((round % 2)) -eq 0 ]; then
		end_sensor soak TERM
	else
		end_sensor soak KILL
	fi
	start_sensor soak -c $work/lean
done
# shellcheck disable=SC2086 # a list
wait $senders
end_sensor soak TERM
detach_sensor soak

received=$(device_received darksoak)
is "every frame that the device received is in the ledger, packets and bytes" "$(frames soak)" \
	"$((${received% *} - ${received_before% *})) $((${received#* } - ${received_before#* }))"
dropped=$(cat $work/fast.tsv $work/even.tsv | awk '$1 == "device" { n += $3 } END { print n + 0 }')
is "and every frame that was sent and not dropped on the way ($dropped)" \
	"$(frames soak | cut -d' ' -f1)" \
	"$(sent $work/fast.tsv $work/even.tsv | awk -v d="$dropped" '{ n += $2 } END { print n - d }')"
is "ports, cells and source port 53 sum to it" \
	"$(for table in ports:4 cells:5 sport53:4; do
		ask soak ${table%:*} --bin all | awk -F, -v c=${table#*:} '{ n += $c } END { printf "%.0f ", n }'
	done)" \
	"$(ledger soak | awk '/^(tcp|udp|icmp)/ { p += $2 } /^udp53/ { s += $2 }
		END { printf "%.0f %.0f %.0f ", p, p, s }')"
is "after $round restarts the descriptors are as many as after the first" \
	"$(awk 'NR == 1 { first = $1 } $1 != first { print NR ": " $1 }' $work/looks)" ""
is "and memory is flat: within 16 MiB of the first minute's" \
	"$(awk 'NR == 1 { first = $2 } $2 > first + 16384 { print NR ": " $2 }' $work/looks)" ""
echo "# $(frames soak | cut -d' ' -f1) packets in $seconds s, $round restarts"
done_testing
