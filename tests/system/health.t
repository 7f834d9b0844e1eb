#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every condition of health is brought about in a live sensor, and ends: the event log has both, for
# each name that `teiten check --print-health` knows. In minutes of a second (tests/system/clock.sh).
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/system/tap.sh
. tests/system/world.sh
. tests/system/clock.sh

need_memory 2800
enter_world
inject=$PWD/build/tests/system/inject
fill_history=$PWD/build/tests/bench/fill_history
make_cables ill many
$generator --print-geo >$work/geo.csv
fast_clock 60

# conf N GEO [LINE...]: state, log, metrics of N in places of their own.
conf() {
	which=$1 geo=$2
	shift 2
	{
		printf '[geo]\nfile = %s\n[state]\ndir = %s\n' "$geo" $work/$which
		printf '[events]\nlog = %s\n[metrics]\nfile = %s\n' \
			$work/$which.log/events.json $work/$which.metrics/teiten.prom
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >$work/$which.conf
	mkdir -p $work/$which $work/$which.log $work/$which.metrics
}
start() { # N
	: >$work/$1.said
	$teiten run -c $work/$1.conf -i dark$1 >$work/$1.said 2>&1 &
	eval "sensor_$1=$!"
	wait_said $1 ': counting'
}
# wait_said N PATTERN [COUNT]: the sensor of N says it, so often, within 40 s.
wait_said() {
	for _ in $(seq 400); do
		[ "$(grep -c -e "$2" $work/$1.said)" -lt "${3:-1}" ] || return 0
		sleep 0.1
	done
	echo "# $1 does not say: $2"
	return 1
}
# begins NAME and ends NAME: what `ill` says of the condition, of its first time.
begins() { claim "$1 begins" wait_said ill "warning: $1: "; }
ends() { claim "$1 ends" wait_said ill "teiten: $1 is over"; }
hup() { kill -HUP "$sensor_ill"; }

# -- A detector that has no room, and a sensor that counts no prefixes by choice ---------------------

conf many $work/geo.csv '[counting]' 'prefixes = no'
day_ago=$(fast_now | awk '{ print int($1 / 60) * 60 - 86400 }')
$fill_history $work/many "$(date -u -d "@$day_ago" +%FT%TZ)" 1 400000 1 600000
start many
claim "detector_full begins" wait_said many 'warning: detector_full: '
at_far "$generator" --send farmany --geo $work/geo.csv --rate 500 --seconds 1 --attack dns:30000 \
	--counts $work/many.tsv

# -- A sensor that has learned, on a small disk, without country data ------------------------------

mkdir $work/ill
mount -t tmpfs -o size=64m tmpfs $work/ill
begun=$(fast_now | awk '{ print int($1 / 60) * 60 }')
$generator --pcap $work/quiet.pcap --rate 0.5 --from "$(date -u -d "@$((begun - 129600))" +%FT%TZ)" \
	--to "$(date -u -d "@$begun" +%FT%TZ)" >/dev/null
$real_teiten replay --geo $work/geo.csv --state $work/ill $work/quiet.pcap >$work/replay.said 2>&1
conf ill ""
mkdir $work/ill/incidents
mount -t tmpfs -o ro tmpfs $work/ill/incidents
mount -t tmpfs -o ro tmpfs $work/ill.metrics
echo 0 >$work/missed
mount --bind $work/missed /sys/class/net/darkill/statistics/rx_missed_errors
start ill
for name in country_data_missing disk_space metrics; do
	begins $name
done

# Losses first: they are over ten minutes after the last.
echo 7 >$work/missed
begins nic_drops
# The program itself counts so where a CPU came online after the start: a frame of each class.
# shellcheck disable=SC2046 # a list of bytes
bpftool map update pinned "$(pins_of darkill)/orphans" key 0 0 0 0 value $(
	for _ in $(seq "$(bpftool -j map show pinned "$(pins_of darkill)/orphans" |
		perl -MJSON::PP -e 'print decode_json(<STDIN>)->{bytes_value} / 16')"); do
		echo 1 0 0 0 0 0 0 0 60 0 0 0 0 0 0 0
	done
)
begins unattributed
begins unlisted_prefixes

{ echo '# Date: 2020-02-02' && cat $work/geo.csv; } >$work/old.csv
conf ill $work/old.csv
hup
ends country_data_missing
begins country_data_old
echo junk >$work/junk.csv
conf ill $work/junk.csv
hup
begins country_data
conf ill $work/geo.csv
hup
ends country_data
ends country_data_old
mount -o remount,rw $work/ill.metrics
ends metrics
mv $work/ill.log $work/ill.elsewhere
hup
begins event_log
mv $work/ill.elsewhere $work/ill.log
hup
ends event_log

# -- An incident whose packets cannot be kept ------------------------------------------------------

nsenter --net=/proc/$far/ns/net "$generator" --send farill --geo $work/geo.csv --rate 1 --seconds 200 \
	--attack port:5000:BR:5400 --counts $work/ill.tsv &
attack=$!
begins incident_files
mount -o remount,rw $work/ill/incidents
ends incident_files
claim "and then the incident has its file" sh -c "ls $work/ill/incidents | grep -q pcap"
kill $attack

# -- The disk, the kernel's tables, the time that a minute takes -----------------------------------

head -c 80M /dev/zero >$work/ill/filler 2>/dev/null
begins history
rm $work/ill/filler
ends history
mount -o remount,size=1g $work/ill
ends disk_space
fail_every 0 0 0 0 0 0 0 61 0
begins event_map
fail_every 0 0 0 0 0 0 0 0 0
ends event_map
slow_down 10
begins slow
slow_down 0
ends slow

# -- Moments ---------------------------------------------------------------------------------------

set_clock 7200
ends clock_step
$inject $sensor_ill socket 2 1 0 >/dev/null
ends refused_call
# drained N: add it to the frames that the sensor remembers to have counted, in both copies.
drained() {
	perl -e '
		my ($path, $add) = @ARGV;
		my $text = "$path\0";
		my $fd = syscall(321, 7, pack("QLL", unpack("Q", pack("p", $text)), 0, 0), 16);
		my $info = "\0" x 80;
		my $ask = pack("LLQ", $fd, 80, unpack("Q", pack("p", $info)));
		$fd >= 0 && !syscall(321, 15, $ask, 16) or die "bpf: $!";
		my $size = (unpack "L*", $info)[3];
		my $at = syscall(9, 0, 2 * $size, 3, 1, $fd, 0);
		pipe my $from, my $to;
		for my $copy (0, 1) {
			my $place = $at + $copy * $size + 16;
			syscall(1, fileno $to, $place, 8);
			sysread $from, my $number, 8;
			syswrite $to, pack "Q", unpack("Q", $number) + $add;
			syscall(0, fileno $from, $place, 8);
		}' "$(pins_of darkill)/drained" "$1"
}
drained 1000000
ends unclosed
drained -1000000
ip link set darkill down
begins interface
ip link set darkill name darkother
ip link set darkother up
ends interface
begins interface_name
ip link set darkother down
ip link set darkother name darkill
ip link set darkill up
ends interface_name
for name in nic_drops unattributed unlisted_prefixes; do
	ends $name
done

# -- What a start finds ----------------------------------------------------------------------------

claim "detector_full ends" wait_said many 'teiten: detector_full is over'
is "who counts no prefixes has none that are not listed" "$(grep -c unlisted $work/many.said)" 0
end_sensor ill TERM
sqlite3 $work/ill/history.db "UPDATE snapshot SET data = x'00' WHERE name = 'detector'"
start ill
begins detector_state
ends detector_state
end_sensor many TERM
echo junk >$work/many/history.db
start many
claim "history_damaged begins and ends" wait_said many 'teiten: history_damaged is over'

for cable in ill many; do
	end_sensor $cable TERM
	$teiten detach -c $work/$cable.conf -i dark$cable >/dev/null 2>&1
done
# conditions FILE...: those whose beginnings and ends in the log are as many, one at least.
conditions() {
	cat "$@" | perl -MJSON::PP -ne 'my $e = decode_json($_); next if $e->{event_type} ne "health";
		$n{$e->{health}{name}}{$e->{health}{state}}++;
		END { print map { "$_\n" } grep { ($n{$_}{begin} // 0) == ($n{$_}{end} // 0) } sort keys %n }'
}
is "of every condition that there is the log has a beginning and an end" \
	"$(conditions $work/*.log/events.json)" \
	"$($teiten check --print-health | sed 's/^| `\([a-z_]*\)`.*/\1/' | sort)"
is "and the metrics have none that holds" "$(grep -h '^teiten_degraded.* 1$' $work/*.metrics/teiten.prom)" ""
is "nothing is pinned any more" "$(ls -A /sys/fs/bpf/teiten 2>/dev/null)" ""
[ "$tap_failed" -eq 0 ] || sed 's/^/# /' $work/ill.said $work/many.said
done_testing
