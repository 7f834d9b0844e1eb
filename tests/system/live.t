#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Live, at the full speed of a sender on each processor, and at a steady pace: what was sent is what
# the device received is what the ledger says, and every table of a minute sums to its ledger.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/system/tap.sh
. tests/system/world.sh

need_memory 2400
enter_world
$generator --print-geo >$work/geo.csv
make_cables fast even
start_sensor fast
start_sensor even
# shellcheck disable=SC2034 # by device
before_fast=$(device_received darkfast) before_even=$(device_received darkeven)

# send FILE CABLE OPTION...: from the other end; for use in the background.
send() {
	into=$1 cable=$2
	shift 2
	at_far "$generator" --send "far$cable" --geo $work/geo.csv --counts "$work/$into" "$@"
}

# From before a minute border until after it.
border=$(($(now) / 60 * 60 + 60))
[ $((border - $(now))) -ge 7 ] || border=$((border + 60))
senders=
wait_until $((border - 6))
send even.1.tsv even --seconds 11 --rate 5000 --seed 3 --attack dns:30000 --attack telnet:CN:9000 &
senders=$!
wait_until $((border - 4))
for cpu in $(seq 0 $(($(nproc) - 1))); do
	at_far taskset -c "$cpu" "$generator" --send farfast --geo $work/geo.csv --seconds 8 \
		--rate 0 --seed $((cpu + 5)) --counts "$work/fast.$cpu.tsv" &
	senders="$senders $!"
done
# shellcheck disable=SC2086 # a list
wait $senders
for cable in fast even; do
	wait_for_minute $cable $((border - 60))
	wait_for_health "$(pins_of dark$cable)" $((border - 60))
done

# -- What operators see, after the first minute ----------------------------------------------------

# health N FIELD
health() {
	bpftool -j map dump pinned "$(pins_of "dark$1")/health" 2>/dev/null |
		perl -MJSON::PP -e 'local $/; my $v = decode_json(<STDIN>)->[0];
			print(($v->{formatted} // $v)->{value}{$ARGV[0]}, "\n")' "$2"
}
for cable in fast even; do
	is "$cable: the health map has the frames of the minute" \
		"$(health $cable frames) $(health $cable bytes)" "$(frames $cable)"
	is "$cable: every minute closed, was written, with nothing unattributed" \
		"$(health $cable unclosed) $(health $cable unwritten) $(health $cable unattributed)" \
		"0 0 0"
done

# -- The rest: stop, and the last drain ------------------------------------------------------------

for cable in fast even; do
	end_sensor $cable TERM
	claim "$cable: ends on TERM" test $ended -eq 0
	claim "$cable: and says that the link goes on counting" \
		grep -q "goes on counting" $work/$cable.said
	detach_sensor $cable
done

# device N: packets and bytes that dark$N received since the sensor counts.
# shellcheck disable=SC2154 # before, by eval
device() {
	eval "before=\$before_$1"
	after=$(device_received "dark$1")
	echo $((${after% *} - ${before% *})) $((${after#* } - ${before#* }))
}
dropped() { lost "$1" $work/"$1".*.tsv; }
all_sent() { sent $work/"$1".*.tsv | awk '{ p += $2; b += $3 } END { print p, b }'; }

for cable in even fast; do
	echo "# $cable: $(frames $cable) packets and bytes, $(dropped $cable) dropped on the way"
	is "$cable: every frame that the device received is in the ledger, packets and bytes" \
		"$(frames $cable)" "$(device $cable)"
	is "$cable: so is every frame that was sent and not dropped on the way" \
		"$(frames $cable | cut -d' ' -f1)" \
		"$(all_sent $cable | awk -v d="$(dropped $cable)" '{ print $1 - d }')"
	if [ "$(dropped $cable)" -eq 0 ]; then
		is "$cable: each class has what the sender sent of it, packets and bytes" \
			"$(ledger $cable)" "$(sent $work/$cable.*.tsv)"
	else
		echo "# SKIP $cable: the cable dropped frames, classes are NOT compared"
	fi
	is "$cable: both sides of the border have packets" \
		"$(ask $cable ledger | cut -d, -f1 | sort -u | wc -l)" 2
done
is "the steady sender lost nothing on the way" "$(dropped even)" 0
is "every processor brought some of the fast ones" \
	"$(ethtool -S darkfast | awk -F: '/rx_queue_[0-9]+_xdp_packets/ && $2 > 0 { n++ }
		END { print n }')" "$(nproc)"

# -- Tables of a minute ----------------------------------------------------------------------------

# sums N: by minute, what each table says of the same packets.
sums() {
	for table in ledger ports cells sport53 prefixes; do
		ask "$1" $table --bin minute | sed "s/^/$table,/"
	done | awk -F, '
		function say(what, a, b) { print time, what, a + 0, b + 0 }
		{ minutes[$2] }
		$1 == "ledger" {
			group = $3
			sub(/(53)?_.*/, "", group)
			class[$2, group] += $4; class_bytes[$2, group] += $5; one[$2, $3] = $4
		}
		$1 == "ports" { row[$2, $3] += $5; row_bytes[$2, $3] += $6; syn[$2] += $7
			port[$2 "," $3 "," $4] = $5 }
		$1 == "cells" { cell[$2 "," $3 "," $4] += $6 }
		$1 == "sport53" { source53[$2, $4] += $5 }
		$1 == "prefixes" { answers[$2] += $5; others[$2] += $6 }
		END {
			for (time in minutes) {
				say("tcp", row[time, "tcp"], class[time, "tcp"])
				say("tcp-bytes", row_bytes[time, "tcp"], class_bytes[time, "tcp"])
				say("udp", row[time, "udp"], class[time, "udp"])
				say("udp-bytes", row_bytes[time, "udp"], class_bytes[time, "udp"])
				say("icmp", row[time, "icmp"], class[time, "icmp"])
				say("icmp6", row[time, "icmp6"], class[time, "icmp6"])
				say("syn", syn[time], one[time, "tcp_syn"])
				say("response", source53[time, "response"], one[time, "udp53_response"])
				say("query", source53[time, "query"], one[time, "udp53_query"])
				say("short", source53[time, "short"], one[time, "udp53_short"])
				say("prefix-response", answers[time], one[time, "udp53_response"])
				say("prefix-other", others[time],
					one[time, "udp53_query"] + one[time, "udp53_short"])
			}
			time = "-"
			for (key in port) { rows++; unequal += port[key] != cell[key] }
			for (key in cell) unequal += !(key in port)
			say("rows-unlike-their-cells", unequal, 0)
			say("no-rows", !rows, 0)
		}' | sort
}
for cable in even fast; do
	sums $cable >$work/$cable.sums
	is "$cable: of both minutes 12 sums were taken, and two of the rows" \
		"$(wc -l <$work/$cable.sums)" 26
	is "$cable: ports, cells, SYNs, source port 53 and prefixes sum to the ledger, each minute" \
		"$(awk '$3 != $4' $work/$cable.sums)" ""
done
is "nothing of the sensors is pinned any more" "$(ls -A /sys/fs/bpf/teiten 2>/dev/null)" ""
done_testing
