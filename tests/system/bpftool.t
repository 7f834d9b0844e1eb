#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What an operator reads with bpftool alone: maps that print as text, with the true numbers, and
# files that only root and the group may open.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/system/tap.sh
. tests/system/world.sh

need_memory 1200
enter_world
$generator --print-geo >$work/geo.csv
make_cables text
ip link set dev darktext down
ip link set dev darktext name eth0.10
ip link set dev eth0.10 up

# Quiet days come first, so that the attack has an event in its first minute.
today=$(($(now) / 60 * 60 - 60))
stamp() { date -u -d "@$1" +%FT%TZ; }
$generator --pcap $work/quiet.pcap --from "$(stamp $((today - 172800)))" --to "$(stamp $today)" \
	--rate 0.5 --counts $work/quiet.tsv
$teiten replay --geo $work/geo.csv --state $work/text --log $work/quiet.json $work/quiet.pcap \
	>/dev/null
[ $(($(now) % 60)) -lt 35 ] || wait_until $(($(now) / 60 * 60 + 60))
border=$(($(now) / 60 * 60 + 60))
ln -s eth0.10 $work/darktext
$teiten run -i eth0.10 --state $work/text --log $work/text.json --geo $work/geo.csv \
	>$work/text.said 2>&1 &
sensor=$!
while kill -0 $sensor 2>/dev/null && ! grep -q ': counting' $work/text.said; do sleep 0.05; done
at_far "$generator" --send fartext --geo $work/geo.csv --seconds 5 --rate 1000 \
	--attack port:5000:BR:12000 --counts $work/text.tsv
pins=$(pins_of eth0%2E10)
claim "bytes of the interface's name that bpffs refuses are escaped" test -d $pins

# -- Modes -----------------------------------------------------------------------------------------

is "every pin has mode 0640" "$(stat -c %a $pins/* | sort -u)" 640
is "and is root's" "$(stat -c %U $pins/* | sort -u)" root
is "the directories have 0750" "$(stat -c %a $pins ${pins%/*} ${pins%/*/*} | sort -u)" 750
claim "the link is pinned: bpftool shows it on the interface" \
	sh -c "bpftool link show pinned $pins/link | grep -q 'xdp'"

# -- Text ------------------------------------------------------------------------------------------

wait_until $((border + 1))
wait_for_minute text $((border - 60))
wait_for_health $pins $((border - 60))

# The program's own minute, from its history.
minute=$(stamp $((border - 60)))
of_minute() { ask text "$1" --from "$minute"; }
bpftool map dump pinned $pins/health >$work/health
bpftool map dump pinned $pins/events >$work/events
bpftool map dump pinned $pins/top_ports >$work/top_ports
# number FILE FIELD: its first value in bpftool's text.
number() { sed -n "s/.*\"$2\": *\"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}.*/\1/p" "$work/$1" | head -n 1; }

is "health: the minute" "$(number health minute)" "$minute"
is "health: mode and verdict in words" "$(number health attach_mode) $(number health verdict)" \
	"frags drop"
is "health: frames and bytes" "$(number health frames) $(number health bytes)" \
	"$(awk -F'\t' '$1 == "frames" { print $3, $4 }' $work/text.tsv)"
is "health: each class of the ledger" \
	"$(for class in $(sent $work/text.tsv | cut -d' ' -f1); do
		echo "$class $(number health $class)"; done)" \
	"$(sent $work/text.tsv | cut -d' ' -f1,2)"
is "health: nothing is wrong" "$(for field in unattributed late nic_drops unclosed unwritten; do
	number health $field; done | sort -u)" 0
claim "events: 5000/tcp is there, as text" grep -q '"key": "tcp/5000"' $work/events
claim "  with its time" grep -q "\"time\": \"$minute\"" $work/events
is "  and its count" "$(tr -d '\n' <$work/events | perl -ne '/"phase": "open",\s*"kind": "\w+",\s*"key": "tcp\/5000",[^}]*?"observed": "(\d+)"/ && print $1')" \
	"$(of_minute ports | awk -F, '$2 == "tcp" && $3 == 5000 { print $4 }')"
is "top_ports: the first is tcp/5000, with packets, bytes and SYNs" \
	"$(number top_ports port) $(number top_ports packets) $(number top_ports bytes) $(number top_ports syn)" \
	"$(of_minute ports | awk -F, '$2 == "tcp" && $3 == 5000 { print "tcp/5000", $4, $5, $6 }')"
is "top_ports: 64 entries, by packets" \
	"$(sed -n 's/.*"packets": \([0-9]*\).*/\1/p' $work/top_ports | tee $work/order | wc -l) $(
		sort -rnc $work/order 2>&1)" "64 "

# row KEY: packets, bytes and SYNs of last_minute, by the recipe of docs/operations.md.
row() {
	bpftool map lookup pinned $pins/last_minute \
		key $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16)) 0 >$work/row
	echo "$(number row packets) $(number row bytes) $(number row syn)"
}
for port in tcp/23/0 tcp/5000/0 udp/5060/65536 icmp/8/131072 icmp6/128/131328; do
	number=${port%/*}
	offset=${port##*/}
	is "last_minute: a lookup answers for $number" "$(row $((${number#*/} + offset)))" \
		"$(of_minute ports | awk -F, -v p="$number" '$2 "/" $3 == p { print $4, $5, $6 }')"
done
row 5000 >/dev/null
is "last_minute: sources are an estimate: nearly each packet has its own, to the half or the double" \
	"$(awk -v e="$(number row sources)" -v p="$(number row packets)" 'BEGIN {
		print (e > p / 2 && e < 2 * p) }')" 1

# -- teiten's own readers of these maps ------------------------------------------------------------

$teiten top --state $work/none --once >$work/top
is "top, without a history, shows the pinned ports" \
	"$(sed -n '/^port /,/^$/p' $work/top | awk 'NR == 2 { gsub(",", ""); print $1, $2 }')" \
	"5000/tcp $(number top_ports packets)"
claim "  and the open incident" grep -q "critical.*5000/tcp\|warning.*5000/tcp\|notice.*5000/tcp\|info.*5000/tcp" $work/top
claim "  and who runs" grep -q "running on eth0.10, frags, drop" $work/top
is "top finds the sensor that writes a history" \
	"$($teiten top --state $work/text --json | sed -n 's/.*"interface": "\(.*\)".*/\1/p')" eth0.10
$teiten status --state $work/text >$work/status
is "status ends with 0 when all is well" "$?" 0
claim "  and says so" grep -q "^eth0.10 *attached, running; mode frags, verdict drop" $work/status

kill -KILL $sensor
wait $sensor 2>/dev/null
$teiten status -i eth0.10 --state $work/text >$work/status
is "status ends with 1 when nobody drains" "$?" 1
claim "  and says what to do" \
	grep -q "^! eth0.10: counting, but no process drains it: start .teiten run -i eth0.10" $work/status
$teiten detach -i eth0.10 --state $work/text >/dev/null 2>&1
is "after detach nothing is pinned" "$(ls -A /sys/fs/bpf/teiten 2>/dev/null)" ""
done_testing
