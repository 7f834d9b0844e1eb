#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The sensor watches itself: what it tells the supervisor, the metrics and the event log of one that
# is well, and how each trouble of one that is ill begins and ends.
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/system/tap.sh
. tests/system/tap.sh
# shellcheck source=tests/system/world.sh
. tests/system/world.sh
enter_world
need_memory 3000

make_cables well ill
$generator --print-geo >$work/geo.csv
mkdir $work/run $work/ill $work/log $work/taken
mount -t tmpfs -o ro tmpfs $work/taken
mount -t tmpfs -o size=300m tmpfs $work/ill
mount -t tmpfs -o size=8k tmpfs $work/log
config() { # NAME GEO METRICS
	printf '[sensor]\nname = %s\naddresses = 256\n[geo]\nfile = %s\n[metrics]\nfile = %s\n' "$1" "$2" "$3" \
		>"$work/$1.conf"
}
config well $work/geo.csv $work/run/well.prom
config ill "" $work/taken/ill.prom

# A supervisor: writes down what it is told, a line each; nothing of it is the sensor's.
cat >$work/supervisor.pl <<-'EOS'
	use Socket;
	socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die $!;
	bind($s, sockaddr_un($ARGV[0])) or die $!;
	$| = 1;
	while (defined recv($s, my $text, 4096, 0)) { $text =~ s/\n/ /g; print "$text\n" }
EOS
perl $work/supervisor.pl $work/notify >$work/told &
for _ in $(seq 100); do [ -S $work/notify ] || sleep 0.05; done

# The log's disk has room for a page, which fills up once it is open.
head -c 4096 /dev/zero >$work/log/rest
start() { # N LOG: as start_sensor does, by its configuration alone
	which=$1
	NOTIFY_SOCKET=$work/notify "$teiten" run -c "$work/$1.conf" -i "dark$1" --state "$work/$1" \
		--log "$2" >"$work/$1.said" 2>&1 &
	eval "sensor_$1=$!"
	for _ in $(seq 200); do
		grep -q ': counting' "$work/$1.said" && break
		sleep 0.05
	done
}
# Not so late in the minute that its border comes before everything is set up.
[ "$(date +%S)" -lt 35 ] || wait_until $(($(now) / 60 * 60 + 60))
start well $work/well.json
start ill $work/log/ill.json
head -c 8192 /dev/zero | tr '\0' '\n' >>$work/log/ill.json 2>/dev/null
first=$(($(now) / 60 * 60 + 60))
# told COUNT TEXT: so many lines to the supervisor are that, in a while.
told() {
	for _ in $(seq 100); do
		[ "$(grep -c -x -e "$2" $work/told)" -lt "$1" ] || break
		sleep 0.05
	done
	grep -c -x -e "$2" $work/told
}
is "the supervisor is told that they count" "$(told 2 READY=1)" 2
is "the metrics are there before the first minute" "$(perl tests/system/exposition.pl $work/run/well.prom)" ""

said() { grep -c -F -e "$2" "$work/$1.said"; }
is "country data that are missing are told" "$(said ill 'country_data_missing: there are no')" 1
is "so is a disk with little space" "$(said ill 'disk_space: the state')" 1
is "so is a metrics file that cannot be written" \
	"$(said ill "metrics: $work/taken/ill.prom: Read-only")" 1

# -- Reload ----------------------------------------------------------------------------------------

hup() { # N TEXT: until the sensor says so
	kill -HUP "$(eval "echo \$sensor_$1")"
	for _ in $(seq 100); do
		grep -q -F -e "$2" "$work/$1.said" && return
		sleep 0.05
	done
	return 1
}
mount -o remount,rw $work/taken
claim "a metrics file that can be written again is told" hup ill "metrics is over"
echo junk >$work/junk.csv
config ill $work/junk.csv $work/taken/ill.prom
claim "country data that cannot be used are told" hup ill "country_data: the new country data cannot"
config ill $work/geo.csv $work/taken/ill.prom
claim "and that they could be afterwards" hup ill "country_data is over"
is "and are no longer missing" "$(said ill 'country_data_missing is over')" 1
mount -o remount,size=1g $work/ill
claim "space that is there again is told" hup ill "disk_space is over"
ip link set darkill down
ip link set darkill name renamed
ip link set renamed up
is "the supervisor is told of each reload, and of its end" \
	"$(told 4 RELOADING=1) $(told 6 READY=1)" "4 6"

# -- The first minute ------------------------------------------------------------------------------

at_far $generator --send farwell --geo $work/geo.csv --seed 1 --rate 2000 --seconds 1 \
	--counts $work/well.tsv
wait_until $first
wait_for_minute well $((first - 60))
wait_for_minute ill $((first - 60))
sleep 1
metric() { sed -n "s/^$2[{]sensor=\"$1\",\{0,1\}$3[}] //p" "$work/$4/$1.prom"; }
well() { metric well "$1" "${2:-}" run; }
is "the metrics' form has no fault" "$(perl tests/system/exposition.pl $work/run/well.prom)" ""
PATH=$PWD/build/tools:$PATH
if command -v promtool >/dev/null; then
	is "promtool check metrics has nothing to say" \
		"$(promtool check metrics <$work/run/well.prom 2>&1)" ""
	claim "promtool check rules takes the alerts" \
		sh -c 'promtool check rules etc/prometheus/teiten.rules.yml >/dev/null'
else
	echo "# SKIP promtool is missing (scripts/fetch-promtool.sh): the strict checker's word stands alone"
fi
is "each class of the metrics has what was sent, packets" \
	"$(sed -n 's/^teiten_frames_total.*class="\(.*\)"} \(.*\)/\1 \2/p' $work/run/well.prom |
		grep -v ' 0$' | sort)" "$(sent $work/well.tsv | cut -d ' ' -f 1,2)"
is "and bytes" \
	"$(sed -n 's/^teiten_frame_bytes_total.*class="\(.*\)"} \(.*\)/\1 \2/p' $work/run/well.prom |
		grep -v ' 0$' | sort)" "$(sent $work/well.tsv | cut -d ' ' -f 1,3)"
is "nothing is degraded" "$(grep -c '^teiten_degraded.* 1$' $work/run/well.prom)" 0
is "the interval is the first minute" "$(well teiten_interval_start_timestamp_seconds)" $((first - 60))
is "the addresses are those configured" "$(well teiten_monitored_addresses)" 256
is "the mode is one" "$(grep -c '^teiten_attach_mode.* 1$' $work/run/well.prom)" 1
is "the database has its size" "$(well teiten_state_bytes 'file="database"')" "$(stat -c %s $work/well/history.db)"
pid=$sensor_well
is "the descriptors are as many as /proc shows" "$(well teiten_process_open_fds)" \
	"$(find /proc/"$pid"/fd -type l | wc -l)"
is "every alert asks for metrics that exist" \
	"$(grep -o 'teiten_[a-z_]*' etc/prometheus/teiten.rules.yml | sort -u |
		while read -r name; do grep -q "^$name{" $work/run/well.prom || echo "$name"; done)" ""
claim "the supervisor is told that the minute's loop lives: $(grep -m 1 WATCHDOG $work/told)" \
	grep -q '^WATCHDOG=1 STATUS=counting, last minute stored: ' $work/told
is "an event log that cannot be written is told" "$(said ill 'event_log: it cannot be written')" 1
claim "and counted" test "$(metric ill teiten_write_failures_total 'output="event_log"' taken)" -ge 1
is "and shown" "$(metric ill teiten_degraded 'condition="event_log"' taken)" 1
is "so is another name of the interface" \
	"$(said ill 'interface_name: the interface is called renamed, no longer darkill')" 1

# -- The second ------------------------------------------------------------------------------------

rm $work/log/rest
ip link set renamed down
ip link set renamed name darkill
ip link set darkill up
wait_until $((first + 60))
wait_for_minute ill "$first"
sleep 1
is "that the log can be written again is told" "$(said ill 'event_log is over')" 1
is "in the log itself too" \
	"$(grep -c '"name":"event_log","state":"end"' $work/log/ill.json)" 1
is "so is the name" "$(said ill 'interface_name is over')" 1
is "every condition that began is over" "$(sed -n 's/^teiten: warning: \([a-z_]*\): .*/\1/p' $work/ill.said | sort)" \
	"$(sed -n 's/^teiten: \([a-z_]*\) is over/\1/p' $work/ill.said | sort)"
is "nothing is degraded any more" "$(grep '^teiten_degraded.* 1$' $work/taken/ill.prom)" ""
for cable in well ill; do
	end_sensor $cable TERM
	"$teiten" detach -i dark$cable --state "$work/$cable" -c "$work/$cable.conf" --log - >/dev/null 2>&1 ||
		"$teiten" detach -i dark$cable --state "$work/$cable" -c "$work/$cable.conf" >/dev/null 2>&1
done
is "the supervisor is told of the end" "$(told 2 STOPPING=1)" 2
[ "$tap_failed" -eq 0 ] || sed 's/^/# /' $work/ill.said $work/told
done_testing
