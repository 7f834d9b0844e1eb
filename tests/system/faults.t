#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What else may happen to a sensor in a year, in minutes of three seconds (tests/system/clock.sh): it
# goes on, says so, and its sums are what was sent. The table in docs/design.md tells which test
# shows which promise.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/system/tap.sh
. tests/system/world.sh
. tests/system/clock.sh

need_memory 3600
enter_world
$generator --print-geo >$work/geo.csv
make_cables clock device log calls restart layout
printf '[counting]\nprefixes = no\n' >$work/lean
fast_clock 20

# health_of N NAME: how often the condition began and ended in the event log.
health_of() {
	grep '"event_type":"health"' "$work/$1.json" | grep "\"name\":\"$2\"" |
		awk '/"begin"/ { b++ } /"end"/ { e++ } END { print b + 0, e + 0 }'
}
# stop N: TERM and the last drain.
stop() {
	end_sensor "$1" TERM
	detach_sensor "$1"
}
covered_all() { ask "$1" coverage | awk -F, '{ s += $2 } END { print s }'; }

# -- The wall clock is set -------------------------------------------------------------------------

fast_now >$work/begun
start_sensor clock -c $work/lean
fast_now >$work/attached
send clock 1
for step in 7200 -3600 0.4 -86400 -0.4; do
	set_clock $step
	send clock "2$step"
	wait_minutes clock 1
done
least=$(fast_now | awk -v a="$(cat $work/attached)" '{ print $1 - a }')
stop clock
most=$(fast_now | awk -v a="$(cat $work/begun)" '{ print $1 - a }')
set_clock $((86400 + 3600 - 7200))
same clock
is "clock: of five steps the three beyond 2 s, and only they, are told" \
	"$(health_of clock clock_step)" "3 3"
# What the wall clock showed less what passed: the steps sum to -82800 s.
is "clock: intervals do not follow it: minutes cover the time that passed" \
	"$(covered_all clock | awk -v least=$least -v most=$most '
		{ print ($1 >= least + 82800 && $1 <= most + 82800) ? "so" : $1 " of " least + 82800 }')" so
is "clock: no count and no coverage is negative" \
	"$(ask clock coverage | awk -F, '$2 <= 0' ; ask clock ledger | awk -F, '$3 <= 0')" ""

# -- The interface ---------------------------------------------------------------------------------

start_sensor device -c $work/lean
send device 1
ip link set darkdevice down
wait_said device 'interface: '
claim "device: down is told" grep -q 'interface: it\|interface: the interface is down' $work/device.said
before=$(covered_all device)
sleep 8
after=$(covered_all device)
is "device: minutes of which nothing was seen have no record" \
	"$(echo "$before $after" | awk '{ print ($2 - $1 < 120) }')" 1
ip link set darkdevice up
wait_said device 'interface is over'
send device 2 --seed 2
ip link set darkdevice mtu 1400
send device 3 --seed 3
ip link set darkdevice mtu 3400
send device 4 --seed 4
ip link set darkdevice down
ip link set darkdevice name darkrenamed
ip link set darkrenamed up
wait_minutes device 2
send device 5 --seed 5
claim "device: renamed, it goes on storing minutes" wait_minutes device 2
ip link set darkrenamed down
ip link set darkrenamed name darkdevice
ip link set darkdevice up
sleep 1 # it is looked at each second, and seconds are short
stop device
same device
is "device: gaps begin and end" "$(health_of device interface | awk '{ print ($1 == $2 && $1 > 0) }')" 1

# -- The log is rotated while it is written --------------------------------------------------------

start_sensor log -c $work/lean
first=$(fast_now)
for round in $(seq 40); do
	mv $work/log.json $work/log.$round.json
	kill -HUP $sensor
	for _ in $(seq 50); do
		[ ! -e $work/log.json ] || break
		sleep 0.05
	done
	sleep 0.2
done
send log 1
wait_minutes log 1
stop log
cat $work/log.*.json $work/log.json >$work/log.all
is "log: of 40 rotations no line is torn" \
	"$(perl -MJSON::PP -ne 'eval { decode_json($_); 1 } and /\n\z/ or $bad++; END { print $bad + 0 }' $work/log.all)" 0
is "log: each minute has its line, once" \
	"$(grep '"event_type":"stats"' $work/log.all | grep -o '"timestamp":"[^"]*"' | sort | tr -d '\n')" \
	"$(ask log coverage | cut -d, -f1 | sed 's/.*/"timestamp":"&"/' | sort | head -n -1 | tr -d '\n')"
same log

# -- Calls fail ------------------------------------------------------------------------------------

# Every kind of call that a minute makes fails again and again, each at another place of the minute
# in the next one, one kind after the other.
start_sensor calls -c $work/lean
descriptors() { find /proc/$sensor_calls/fd -type l | wc -l; }
memory() { awk '$1 == "RssAnon:" { print $2 }' /proc/$sensor_calls/status; }
send calls 1
wait_minutes calls 2
nsenter --net=/proc/$far/ns/net "$generator" --send farcalls --geo $work/geo.csv --rate 2000 --seed 9 \
	--seconds 85 --counts $work/calls.2.tsv &
sender=$!
# fail_all: pwrite pread write open lock truncate sync bpf memory
fail_all() {
	for kinds in "7 0 0 0 0 0 0 0 0" "0 5 0 0 0 0 0 0 0" "0 0 2 0 0 0 0 0 0" "0 0 0 0 7 0 0 0 0" \
		"0 0 0 0 0 0 0 61 0" "0 0 0 0 0 0 0 0 211" "13 11 3 5 17 1 1 97 1009"; do
		# shellcheck disable=SC2086 # a list
		fail_every $kinds
		sleep "$1"
	done
}
# Once before the look, until caches have their size.
fail_all 5
before="$(descriptors) $(memory)"
fail_all 4
fail_every 0 0 0 0 0 0 0 0 0

# Then single ones, each minute another: of bpf() and of the writes to the database, which its
# minute needs; and in a minute that is stored the syncs and the cut with which SQLite moves the pages
# of the WAL over, of which enough wait for it.
sync=0
counted=$(failed)
for n in 1:1 38:0 3:9 30:0 9:22 45:0 20:40 14:0; do
	sqlite3 $work/calls/history.db "PRAGMA busy_timeout = 5000; PRAGMA wal_autocheckpoint = 0;
		INSERT OR REPLACE INTO snapshot VALUES ('padding', zeroblob(4000000))" >/dev/null
	fail_nth bpf ${n%:*}
	fail_nth pwrite ${n#*:}
	fail_nth write 1
	[ "$(still_nth truncate)" -gt 0 ] || fail_nth truncate 1
	[ "$(still_nth sync)" -gt 0 ] || fail_nth sync $((sync = sync % 3 + 1))
	sleep 3 # a minute, and the border of one
done
for kind in pwrite write truncate sync bpf; do
	fail_nth $kind 0
done
nth_failed=$(echo "$counted $(failed)" | awk '{ for (i = 1; i <= 9; i++) printf "%d ", $(i + 9) - $i }')
echo "# calls: of single ones have failed: $nth_failed"
is "calls: single writes, log lines, cuts, syncs and bpf() calls have failed" \
	"$(echo "$nth_failed" | awk '{ print ($1 >= 2 && $3 >= 3 && $6 >= 1 && $7 >= 2 && $8 >= 6) }')" 1

echo "# calls: so many of each kind have failed: $(failed)"
is "calls: writing, reading, lines of the log, locking, bpf() and memory are among them" \
	"$(failed | awk '{ print ($1 && $2 && $3 && $5 && $8 && $9) }')" 1
claim "calls: the process lives" kill -0 $sensor_calls
wait $sender
claim "calls: and stores minutes again" wait_minutes calls 2
after="$(descriptors) $(memory)"
echo "# calls: descriptors and KiB before $before, after $after"
is "calls: no descriptor is left open" "${after% *}" "${before% *}"
# A rollup of an hour touches what it reserved at the start: that is no leak, and has an end.
claim "calls: memory stays below 256 MiB" test "${after#* }" -lt 262144
stop calls
same calls
is "calls: no line of the log is torn" \
	"$(perl -MJSON::PP -ne 'eval { decode_json($_) } or $bad++; END { print $bad + 0 }' $work/calls.json)" 0
is "calls: the interface was never given up" "$(health_of calls interface)" "0 0"
is "calls: what began has ended" \
	"$(awk '/warning: (history|event_log|event_map): / { n[$3]++ }
		/(history|event_log|event_map) is over/ { n[$2 ":"]-- }
		END { for (i in n) if (n[i]) print i, n[i] }' $work/calls.said)" ""
is "calls: the database is whole" "$(sqlite3 $work/calls/history.db 'PRAGMA integrity_check')" ok

# -- A disk that cannot be written, and a machine that starts anew ---------------------------------------

start_sensor restart -c $work/lean
send restart 1
wait_minutes restart 1
fail_every 1 0 0 0 0 1 1 0 0 # whatever is written fails
wait_said restart 'history: '
claim "restart: a disk that cannot be written is told: $(grep history: $work/restart.said)" \
	grep -q 'history: ' $work/restart.said
send restart 2 --seed 2
fail_every 0 0 0 0 0 0 0 0 0
claim "restart: writable again, what waited is stored" wait_minutes restart 1
same restart
end_sensor restart TERM
rm -r /sys/fs/bpf/teiten/darkrestart # what a restart of the machine leaves: the history alone
set_clock 3600
start_sensor restart -c $work/lean
claim "restart: counters begin anew: $(grep ': counting' $work/restart.said)" \
	grep -q ': counting,' $work/restart.said
send restart 3 --seed 3
wait_minutes restart 1
stop restart
same restart
is "restart: the time off is a gap of an hour" \
	"$(ask restart coverage | cut -d, -f1 | while read -r time; do date -d $time +%s; done |
		awk 'NR > 1 && $1 - last > gap { gap = $1 - last } { last = $1 } END { print int(gap / 3600) }')" 1

# -- Pins of another layout ------------------------------------------------------------------------

mkdir -p /sys/fs/bpf/teiten/darklayout/v77
start_sensor layout -c $work/lean
wait $sensor
is "layout: pins of another layout: ends with 1" $? 1
claim "layout: and says which: $(tail -n 1 $work/layout.said)" \
	grep -q 'v77.*another version' $work/layout.said
is "layout: which stay, and nothing is made beside them" "$(ls /sys/fs/bpf/teiten/darklayout)" v77
rmdir /sys/fs/bpf/teiten/darklayout/v77

# -- Too little memory -----------------------------------------------------------------------------

timeout 30 prlimit --as=400000000 $real_teiten run -i darklayout -c $work/lean --state $work/poor \
	--geo $work/geo.csv >$work/poor.said 2>&1
is "memory: with too little address space it does not start: ends with 1" $? 1
claim "memory: and says how much it needs: $(tail -n 1 $work/poor.said)" \
	grep -Eq 'memory.*[0-9] ?(GB|MiB)' $work/poor.said
rmdir /sys/fs/bpf/teiten/darklayout /sys/fs/bpf/teiten 2>/dev/null
is "nothing is pinned any more" "$(ls -A /sys/fs/bpf/teiten 2>/dev/null)" ""
done_testing
