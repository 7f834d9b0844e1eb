#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Once it counts, the sensor holds no privilege: asked of /proc, tried from within, and lived through
# for two minutes with everything that may happen in them.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/system/tap.sh
. tests/system/world.sh

need_memory 2800
enter_world
inject=$PWD/build/tests/system/inject
$generator --print-geo >$work/geo.csv
make_cables held life plain

# conf N: state, log, metrics and country data of N each in a place of its own.
conf() {
	mkdir -p $work/$1.log $work/$1.metrics
	cp $work/geo.csv $work/$1.geo
	printf '[counting]\nprefixes = no\n[geo]\nfile = %s\n[metrics]\nfile = %s\n' \
		$work/$1.geo $work/$1.metrics/teiten.prom >$work/$1.conf
}
# start N: as start_sensor, with all of it.
start() {
	: >$work/$1.said
	$teiten run -c $work/$1.conf -i dark$1 --state $work/$1 --log $work/$1.log/events.json \
		>>$work/$1.said 2>&1 & # appended: the file is emptied while the sensor writes
	sensor=$!
	eval "sensor_$1=$sensor"
	wait_said $1 ': counting'
}
# wait_said N PATTERN: the sensor of N says it, within 10 s.
wait_said() {
	for _ in $(seq 100); do
		grep -q "$2" $work/$1.said && return 0
		sleep 0.1
	done
	return 1
}
send() { # N FILE OPTION...
	cable=$1 books=$2
	shift 2
	at_far "$generator" --send far$cable --geo $work/geo.csv --rate 2000 --seconds 1 \
		--attack dns:3000 --counts $work/$cable.$books.tsv "$@"
}

[ $(($(now) % 60)) -lt 35 ] || wait_until $(($(now) / 60 * 60 + 60))
border=$(($(now) / 60 * 60 + 60))
conf held
conf life
mkdir $work/life
mount -t tmpfs -o size=12m tmpfs $work/life
start life
start held
claim "the sensors count" grep -q ': counting' $work/held.said $work/life.said

# -- What /proc says -------------------------------------------------------------------------------

status_of() { awk -v key="$1:" '$1 == key { print $2 }' /proc/$sensor_held/status; }
for set in CapInh CapPrm CapEff CapBnd CapAmb; do
	is "$set is empty" "$(status_of $set)" 0000000000000000
done
is "no_new_privs is set" "$(status_of NoNewPrivs)" 1
is "a filter of system calls is in force" "$(status_of Seccomp)" 2
is "there is one thread" "$(status_of Threads)" 1

# Sockets by inode: Unix only, and none of them listens or is bound to a name.
for fd in "/proc/$sensor_held/fd"/*; do
	readlink $fd
done | sed -n 's/^socket:\[\(.*\)\]/\1/p' | sort >$work/sockets
for table in tcp tcp6 udp udp6 udplite raw raw6 icmp icmp6; do
	[ ! -e /proc/$sensor_held/net/$table ] || awk 'NR > 1 { print $10 }' /proc/$sensor_held/net/$table
done | sort >$work/inet
is "it has no socket of a network" "$(comm -12 $work/sockets $work/inet)" ""
for table in packet netlink; do
	awk 'NR > 1 { print $(NF) }' /proc/$sensor_held/net/$table
done | sort >$work/other
is "nor one that takes packets or speaks netlink" "$(comm -12 $work/sockets $work/other)" ""
is "its Unix sockets have no name, wait for nobody, and are all there are" \
	"$(awk 'NR == FNR { mine[$1]; next }
		$7 in mine { n++; if (NF > 7 || $4 != "00000000") bad = 1; delete mine[$7] }
		END { for (i in mine) bad = 1; print (n > 0), bad + 0 }' \
		$work/sockets /proc/$sensor_held/net/unix)" "1 0"

# -- What it may not do, tried from within ---------------------------------------------------------

# from_within CALL ARGUMENT...: the kernel's answer to the sensor that is held.
from_within() { $inject $sensor_held "$@"; }
is "the way in works" "$(from_within getpid)" $sensor_held
is "a socket of a network is refused" "$(from_within socket 2 1 0)" EPERM
is "so is one of netlink" "$(from_within socket 16 3 0)" EPERM
is "so is listening" "$(from_within listen 3 1)" EPERM
is "so is connecting" "$(from_within connect 3 0 0)" EPERM
is "so is sending to an address" "$(from_within sendto 3 text 4 0 text 16)" EPERM
is "so is another program" "$(from_within execve /bin/true 0 0)" EPERM
is "so is another process" "$(from_within clone 17 0 0 0 0)" EPERM
is "so is looking into another" "$(from_within ptrace 16 1 0 0)" EPERM
is "so is a signal to another" "$(from_within kill 1 9) $(from_within tgkill 1 1 9)" "EPERM EPERM"
is "so is mounting" "$(from_within mount none /mnt tmpfs 0 0)" EPERM
is "so is memory that can be executed" "$(from_within mmap 0 4096 7 34 -1 0)" EPERM
is "so is making it so later" "$(from_within mprotect 0 4096 5)" EPERM
is "so is setting a device" "$(from_within ioctl 3 0x8914 0)" EPERM
claim "the first call of each kind is told by its name: $(grep -m 1 refused $work/held.said)" \
	grep -q 'system call execve (number 59, .*) was refused' $work/held.said
is "and only the first" "$(grep -c 'system call socket ' $work/held.said)" 1

# bpf() by its first argument: lookup, update, pin, info, lookup of many, link.
answers=
for command in $(seq 0 40); do
	[ "$(from_within bpf $command 0 0)" = EPERM ] || answers="$answers $command"
done
is "of bpf()'s commands six are let through" "$answers" " 1 2 6 15 24 28"

# put PATH: make a file there.
put() { from_within openat -100 "$1" 0x41 0600; }
mkdir -p $work/elsewhere
: >$work/elsewhere/there
places="/etc/x.x /root/x.x /tmp/x.x /dev/x.x /var/tmp/x.x $work/x $work/elsewhere/x $work/elsewhere/there $work/held.conf
	/proc/sys/kernel/core_pattern /sys/fs/bpf/x /sys/fs/bpf/teiten/x /dev/null $work/life/x"
for place in $places; do
	is "writing is refused: $place" "$(put $place)" EACCES
done
is "so is truncating" "$(from_within openat -100 $work/elsewhere/there 0x201 0)" EACCES
is "so is removing" "$(from_within unlink $work/elsewhere/there)" EACCES
is "so is moving out" "$(from_within rename $work/held.log/events.json $work/elsewhere/there)" EACCES
for place in $work/held/x $work/held.log/x $work/held.metrics/x; do
	is "writing is allowed: $place" "$(put $place | tr '0-9' d | cut -c1)" d
done
is "reading is allowed, as far as permissions go" \
	"$(from_within openat -100 /etc/passwd 0 0 | tr '0-9' d | cut -c1)" d

# -- A life: the first minute cannot be stored -----------------------------------------------------

head -c 64M /dev/zero >$work/life/filler 2>/dev/null
send life 1
wait_until $border.5
wait_said life 'history: '
claim "life: the disk is full: $(grep history: $work/life.said)" grep -q 'history: ' $work/life.said
claim "held: the minute tells of refused calls" \
	grep -q '"refused_call","state":"begin"' $work/held.log/events.json
rm $work/life/filler

# -- And everything else in the second -------------------------------------------------------------

mv $work/life.log/events.json $work/life.log/events.json.1
sed 's/,[A-Z][A-Z]$/,SE/' $work/geo.csv >$work/life.geo.new
mv $work/life.geo.new $work/life.geo
echo '[retention]
minute = 3' >>$work/life.conf
kill -HUP $sensor_life
wait_said life 'country data reloaded'
claim "life: HUP takes other country data" grep -q 'country data reloaded' $work/life.said
claim "life: HUP makes the event log anew" test -e $work/life.log/events.json
send life 2 --seed 2
echo soup >$work/life.geo.new
mv $work/life.geo.new $work/life.geo
kill -HUP $sensor_life
wait_said life 'country_data: '
claim "life: HUP refuses data that make no sense" grep -q 'country_data: ' $work/life.said

ip link set darklife down
wait_said life 'interface: '
ip link set darklife up
wait_said life 'interface is over'
claim "life: down and up" grep -q 'interface is over' $work/life.said
ip link set darklife down
ip link set darklife name darkother
ip link set darkother up
sleep 1.5
send life 3 --seed 3
ip link set darkother down
ip link set darkother name darklife
ip link set darklife up
cat $work/life.said >$work/life.before
: >$work/life.said
ip link del darklife
wait_said life 'interface: '
queues="numtxqueues $(nproc) numrxqueues $(nproc)"
ip link add darklife $queues type veth peer name farlife $queues
ip link set farlife netns $far
echo 1 >/proc/sys/net/ipv6/conf/darklife/disable_ipv6
ip link set darklife arp off up
at_far sh -c "echo 1 >/proc/sys/net/ipv6/conf/farlife/disable_ipv6; ip link set farlife arp off up"
wait_said life 'interface is over'
claim "life: removed and made anew, it is attached again" \
	sh -c "ip link show dev darklife | grep -q prog/xdp"
send life 4 --seed 4
wait_until $((border + 60)).3
wait_for_minute life $border
claim "life: metrics are written" grep -q '^teiten_frames_total' $work/life.metrics/teiten.prom
end_sensor life TERM
is "life: ends on TERM" $ended 0
is "life: in all of it no call was refused" \
	"$(grep -h 'was refused' $work/life.before $work/life.said)" ""
detach_sensor life
is "life: each class has what was sent, packets and bytes" "$(ledger life)" "$(sent $work/life.?.tsv)"
is "life: sources are where the country data of their time have them" \
	"$(ask life cells --bin all | awk -F, '$4 != "SE" { other = 1 } $4 == "SE" { n += $5 }
		END { print other, (n > 0) }')" "1 1"
claim "life: the log goes on in the new file" grep -q '"stats"' $work/life.log/events.json

# -- Somebody else than root, with the three capabilities ------------------------------------------

mkdir $work/plain
cp $teiten $work/teiten
chown 65534:65534 $work/plain /sys/fs/bpf/teiten
chmod 0755 /sys/fs/bpf /sys/fs/bpf/teiten
start_plain() {
	: >$work/plain.said
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		--inh-caps -all,+bpf,+net_admin,+perfmon --ambient-caps -all,+bpf,+net_admin,+perfmon \
		$work/teiten run -c $work/lean -i darkplain --state $work/plain --geo $work/geo.csv \
		--log $work/plain/events.json >$work/plain.said 2>&1 &
	sensor_plain=$!
	wait_said plain ': counting'
	grep -v 'not there' $work/plain.said >>$work/plain.out
}
printf '[counting]\nprefixes = no\n' >$work/lean
start_plain
claim "a user with three capabilities starts it: $(tail -n 1 $work/plain.said)" \
	grep -q ': counting,' $work/plain.said
is "as that user, without them from then on" \
	"$(awk '$1 == "Uid:" || $1 == "CapPrm:" || $1 == "CapEff:" || $1 == "CapAmb:" { print $3 $2 }' \
		/proc/$sensor_plain/status | tr '\n' ' ')" \
	"6553465534 0000000000000000 0000000000000000 0000000000000000 "
send plain 1
end_sensor plain KILL
start_plain
claim "and again after a kill: $(tail -n 1 $work/plain.said)" \
	grep -q 'counting goes on' $work/plain.said
end_sensor plain TERM
detach_sensor plain
is "no packet is lost on the way" "$(ledger plain)" "$(sent $work/plain.1.tsv)"

trial_replay() {
	$generator --pcap $work/r.pcap --from 2026-03-01 --to 2026-03-01T02:00:00Z --counts $work/r.tsv
	$teiten replay --geo $work/geo.csv --state $work/r $work/r.pcap >$work/r.said 2>&1
}
claim "a replay runs confined too" trial_replay
is "and counts all of it" "$(ledger r)" "$(sent $work/r.tsv)"
is "without a call refused" "$(grep refused $work/r.said)" ""

end_sensor held TERM
detach_sensor held
is "nothing is pinned any more" "$(ls -A /sys/fs/bpf/teiten 2>/dev/null)" ""
done_testing
