#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# teiten fleet over two nodes of a real engine and three sensors: sums are those of the sensors' own
# histories, a shard that is down is named, the fleet's detector finds what two sensors share and
# says of the third's that it is one sensor's only.
# shellcheck disable=SC2086
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/system/tap.sh
. tests/system/world.sh
. scripts/fleet-node.sh

node_packages || skip_all "clickhouse-server and clickhouse-client are missing: fleet is NOT tested"
enter_world
for i in 1 2 3; do
	node_make $work/node$i $i 127.0.0.1:9001 127.0.0.1:9002,127.0.0.1:9003
done
for name in naha osaka tokyo; do
	node=$work/node1
	[ $name != naha ] || node=$work/node2
	node_user $node $name
done
node_user $work/node3 naha
for i in 1 2; do
	node_start $work/node$i || skip_all "the engine did not start: fleet is NOT tested"
	node_apply $work/node$i node
	node_apply $work/node$i query fleet
done
for name in osaka tokyo; do
	node_apply $work/node1 sensor $name 1
	node_apply $work/node2 register $name 1
done
node_apply $work/node2 sensor naha 2
node_apply $work/node1 register naha 2

# -- Three sensors: a day and an hour, then 23/tcp at two of them, 5000/tcp at the third ------------

$generator --print-geo >$work/geo.csv
seed=40
for name in naha osaka tokyo; do
	seed=$((seed + 1)) attack=telnet:CN:60 node=1
	[ $name != naha ] || attack=port:5000:BR:30 node=2
	$generator --pcap $work/1.pcap --seed $seed --rate 0.5 --counts $work/1.tsv \
		--from 2024-03-02 --to 2024-03-03T01:00:00Z
	$generator --pcap $work/2.pcap --seed 9$seed --rate 0.5 --counts $work/2.tsv \
		--from 2024-03-03T01:00:00Z --to 2024-03-03T01:20:00Z --attack $attack
	echo "$name's" >$work/$name.password
	chmod 600 $work/$name.password
	cat >$work/$name.conf <<-CONF
		[sensor]
		name = sensor of $name
		addresses = 10.$seed.0.0/24
		country = JP
		[state]
		dir = $work/$name
		[push]
		url = http://127.0.0.1:812$node
		user = teiten_$name
		password_file = $work/$name.password
		sensor = $name
	CONF
	sed "s/^addresses = .*/addresses = 192.0.2.0\/24/" $work/$name.conf >$work/replay.conf
	$teiten replay -c $work/replay.conf --geo $work/geo.csv --log $work/log \
		--state $work/$name $work/1.pcap $work/2.pcap >/dev/null 2>&1
	$teiten push -c $work/$name.conf --once
	is "$name is pushed" $? 0
done
echo reader >$work/reader.password
chmod 600 $work/reader.password
cat >$work/conf <<-CONF
	[fleet]
	url = http://127.0.0.1:8121
	user = teiten_reader
	password_file = $work/reader.password
CONF

# fleet ACTION...: rows without the header; own TABLE OPTION...: those of all sensors' histories.
fleet() {
	action=$1
	shift
	$teiten fleet "$action" -c $work/conf "$@" --format csv 2>$work/err | tail -n +2
}
own() {
	for name in naha osaka tokyo; do
		ask $name "$@"
	done
}
# sum_by COLUMNS: add what follows the key's columns of CSV rows.
sum_by() {
	awk -F, -v keys="$1" '{ key = $1; for (i = 2; i <= keys; i++) key = key "," $i; seen[key]
		for (i = keys + 1; i <= NF; i++) sum[key, i] += $i; n = NF }
		END { for (key in seen) { line = key; for (i = keys + 1; i <= n; i++)
			line = line "," sum[key, i]; print line } }' | sort
}

# -- Sums ------------------------------------------------------------------------------------------

is "three sensors, where they are and what they say" \
	"$(fleet sensors | cut -d, -f1-3,5,6,8-)" \
	"naha,2,here,0,256,JP,10.41.0.0/24,sensor of naha
osaka,1,here,0,256,JP,10.42.0.0/24,sensor of osaka
tokyo,1,here,0,256,JP,10.43.0.0/24,sensor of tokyo"
for table in ledger:2 ports:3 cells:4 sport53:3; do
	for bin in minute hour day all; do
		is "${table%:*} by $bin is the sum of the sensors'" \
			"$(fleet query ${table%:*} --bin $bin | sort | md5sum)" \
			"$(own ${table%:*} --bin $bin | if [ $bin = all ]; then
				sed 's/^[^,]*/2024-03-02T00:00:00Z/'; else cat; fi |
				sum_by ${table#*:} | md5sum)"
	done
done
cut="--from 2024-03-02T10:17:00Z --to 2024-03-03T01:03:00Z"
is "so it is where an interval cuts hours and a day" \
	"$(fleet query cells --bin day $cut | sort | md5sum)" \
	"$(own cells --bin day $cut | sum_by 4 | md5sum)"
is "prefixes, and in their order" "$(fleet query prefixes --bin day | cut -d, -f1,2,4,5)" \
	"$(own prefixes --bin day | cut -d, -f1,2,4,5 | sum_by 2 | perl -e 'print map { $_->[0] }
		sort { $a->[1] cmp $b->[1] } map { my ($t, $p) = split /,/;
		[$_, $t . ($p =~ /:/ ? "6$p" : sprintf "4%03d%03d%03d%03d", split /[.\/]/, $p)] } <>')"
is "ports come by protocol and number, as from a history" \
	"$(fleet query ports --bin all | cut -d, -f2,3)" \
	"$(own ports --bin all | cut -d, -f2,3 | sort -u | perl -e '%n = (tcp => 0, udp => 1,
		icmp => 2, icmp6 => 3); print sort { my ($p, $x, $q, $y) = map { split /,/ } $a, $b;
		$n{$p} <=> $n{$q} || $x <=> $y } <>')"
is "each sensor's own rows" "$(fleet query ports --bin hour --by-sensor --sensor osaka |
	cut -d, -f1,3-)" "$(ask osaka ports --bin hour)"
is "one sensor asked about" "$(fleet query ledger --bin all --sensor tokyo)" \
	"$(ask tokyo ledger --bin all)"
for table in sources resolvers sourceports; do
	$teiten fleet query $table -c $work/conf --bin day >$work/out 2>$work/err
	is "$table do not join: no empty answer" "$? $(cat $work/out)" "2 "
	claim "and why: $table" grep -q "each sensor's own history" $work/err
done
is "of two, coverage has the addresses of both and the mean of their time" \
	"$(fleet query coverage --bin day --sensor tokyo --sensor osaka | cut -d, -f1,3)" \
	"2024-03-02T00:00:00Z,512
2024-03-03T00:00:00Z,512"
is "exposure is the sum of the sensors'" \
	"$(fleet query coverage --bin day | awk -F, '{ x += $2 * $3 } END { printf "%.0f", x }')" \
	"$(own coverage --bin day | awk -F, '{ x += $2 * $3 } END { printf "%.0f", x }')"
is "life of a port: the first minute of any sensor, the days with it" \
	"$(fleet query life | awk -F, '$5 == 5000 && $4 == "tcp" && $6 == ""' | cut -d, -f1,3)" \
	"$(ask naha life | awk -F, '$5 == 5000 && $4 == "tcp" && $6 == ""' | cut -d, -f1,3)"
is "events are the sensors'" "$(fleet query events | cut -d, -f3- | sort)" \
	"$(own events | cut -d, -f2- | sort)"

# -- Findings --------------------------------------------------------------------------------------

$teiten fleet events -c $work/conf >$work/events
claim "23/tcp rose at two of three" grep -q "tcp/23 .* 2/3 " $work/events
claim "which is not one sensor's only" sh -c "! grep 'tcp/23 ' $work/events | grep -q only"
claim "5000/tcp at one of three, and it is said" \
	grep -q "tcp/5000 .* 1/3 .*naha .*one sensor only" $work/events
$teiten fleet detect -c $work/conf >$work/detected
json() { perl -MJSON::PP -ne 'my $e = decode_json($_); my ($s, $f) = ($e->{spike}, $e->{fleet});
	print join(" ", $s->{key}, map { $f->{$_} + 0 } qw(watching seen risen one_sensor_only)), "\n"
		if $s->{phase} eq "open" && $f' $work/detected; }
is "the fleet's detector finds both, with their breadth" \
	"$(json | grep -e '^tcp/23 ' -e '^tcp/5000 ')" "tcp/23 3 2 2 0
tcp/5000 3 1 1 1"
for to in 2024-03-02T07:31:00Z 2024-03-03T01:05:00Z 2024-03-04; do
	$teiten fleet detect -c $work/conf --state $work/fleet --to $to
done >$work/resumed
claim "stopped twice and continued it says the same" cmp $work/detected $work/resumed
is "and goes on with nothing" "$($teiten fleet detect -c $work/conf --state $work/fleet)" ""
is "its state is a history of those events" \
	"$(ask fleet events | cut -d, -f2,4 | sort -u | md5sum)" \
	"$(perl -MJSON::PP -ne 'my $s = decode_json($_)->{spike};
		print "$s->{id},$s->{phase}\n"' $work/detected | sort -u | md5sum)"

# -- The bulletin ----------------------------------------------------------------------------------

$teiten fleet report -c $work/conf --month 2024-03 --tz Asia/Tokyo -o $work/report >/dev/null
is "the fleet's bulletin of a month" $? 0
page=$work/report/teiten-2024-03.en.html
claim "says how many sensors it is of" grep -q "3/3: naha, osaka, tokyo" $page
claim "and at how many 23/tcp rose" grep -q "rose at 2 of 3 sensors that were watching" $page
claim "and that 5000/tcp is one sensor's only" grep -q "one sensor only (naha): 3 were" $page
# Whole hours, half hours, and a month with summer time, whose days are not equally long.
for zone in Asia/Tokyo:+09:00:540 Asia/Kolkata:+05:30:330 America/New_York:-05:00:-300; do
	offset=${zone#*:}
	$teiten fleet report -c $work/conf --month 2024-03 --tz ${zone%%:*} -o $work/zone >/dev/null
	is "its days, of ${zone%%:*}, are the sums of the sensors' minutes" \
		"$(tail -n +2 $work/zone/teiten-2024-03-figure-2-tcp-23-CN.csv | sort | md5sum)" \
		"$(own cells --bin minute | grep ',tcp,23,' | MINUTES=${offset##*:} \
			OFFSET=${offset%:*} perl -MTime::Local -MPOSIX -pe \
			's/^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)Z/strftime("%FT00:00:00$ENV{OFFSET}",
			gmtime(60 * $ENV{MINUTES} + timegm($6, $5, $4, $3, $2 - 1, $1)))/e' |
			sum_by 4 | md5sum)"
done
cp $page $work/before.html
$teiten fleet report -c $work/conf --state $work/fleet --month 2024-03 --tz Asia/Tokyo \
	-o $work/report >/dev/null
claim "with the events of a kept detector it is the same page" cmp $page $work/before.html

# -- A shard is down -------------------------------------------------------------------------------

node_end $work/node2 KILL
$teiten fleet query ledger -c $work/conf --bin all --format csv >$work/partial 2>$work/err
is "with a shard down the answer is not whole: exit status 1" $? 1
claim "it says so, and whose" grep -q "PARTIAL: 1 of 3 sensors .*: naha" $work/err
is "and holds the sums of the others" "$(tail -n +2 $work/partial | cut -d, -f2- | sort)" \
	"$( (ask osaka ledger --bin all; ask tokyo ledger --bin all) | sed 's/^[^,]*/t/' | sum_by 2 |
		cut -d, -f2-)"
is "the sensor is there, without an answer" "$(fleet sensors | cut -d, -f1-4 | head -1)" \
	"naha,2,no answer,"
$teiten fleet report -c $work/conf --month 2024-03 -o $work/report >/dev/null 2>&1
is "so does the bulletin, which is not whole either" "$? $(grep -c "2/3: osaka, tokyo - PARTIAL, without naha" \
	$work/report/teiten-2024-03.en.html)" "1 1"
$teiten fleet query ledger -c $work/conf --sensor osaka >/dev/null 2>&1
is "of a sensor elsewhere the answer is whole" $? 0
$teiten fleet detect -c $work/conf --state $work/fleet >$work/detected 2>$work/err
is "and nothing is judged" "$? $(cat $work/detected)" "1 "
node_start $work/node2
is "it is back: the sums are whole again" "$(fleet query ledger --bin all | sort | md5sum)" \
	"$(own ledger --bin all | sed 's/^[^,]*/2024-03-02T00:00:00Z/' | sum_by 2 | md5sum)"

# -- A replica: a second push, with a cursor of its own ---------------------------------------------

node_start $work/node3
node_apply $work/node3 node
node_apply $work/node3 sensor naha 2
sed "s/:8122/:8123/; s#^sensor = .*#&\\ncursor = $work/naha/replica.cursor#" $work/naha.conf \
	>$work/naha.replica
whole=$(fleet query cells --bin day | md5sum)
$teiten push -c $work/naha.replica --once
is "a second push of naha, to the replica" "$? $(grep -c "\"state\": \"ok\"" $work/naha/replica.cursor.json)" "0 1"
node_end $work/node2 KILL
is "the first replica is killed: the answer is whole, of the second" \
	"$(fleet query cells --bin day | md5sum) $(wc -c <$work/err)" "$whole 0"
node_start $work/node2

# -- Retention, and a sensor that is no more -------------------------------------------------------

node_apply $work/node1 expire 0 0 0 >$work/expired
is "nothing expires when all is kept" "$(cat $work/expired)" ""
before=$(node_client $work/node1 --query "SELECT sum(packets) FROM teiten.cell_of_osaka
	WHERE bin = 'hour'")
node_apply $work/node1 expire $((($(date +%s) - $(date -d 2024-03-25 +%s)) / 86400)) 0 0 \
	>/dev/null
is "minutes of three weeks ago are dropped, hours and days stay" \
	"$(node_client $work/node1 --query "SELECT countIf(bin = 'minute'),
		sumIf(packets, bin = 'hour') FROM teiten.cell_of_osaka")" "0	$before"
is "and the first day's sum with them" \
	"$(fleet query ledger --sensor osaka --bin day --to 2024-03-03)" \
	"$(ask osaka ledger --bin day --to 2024-03-03)"
node_apply $work/node1 remove osaka
for _ in $(seq 50); do
	[ -n "$(fleet sensors --sensor osaka)" ] || break
	sleep 0.1
done
is "a sensor that is removed is not missed" \
	"$(fleet sensors | cut -d, -f1 | tr '\n' ' ') $(wc -c <$work/err)" "naha tokyo  0"

# -- Wrong calls -----------------------------------------------------------------------------------

$teiten fleet query ledger -c $work/conf --sensor "x' OR 1" >/dev/null 2>&1
is "a name that is none" $? 2
$teiten fleet query ledger -c $work/conf --sensor nobody >/dev/null 2>$work/err
is "a sensor that does not exist" "$? $(grep -c 'no sensor of that name' $work/err)" "1 1"
reader() {
	curl -s -H "X-ClickHouse-User: teiten_reader" -H "X-ClickHouse-Key: reader" \
		--data-binary "$1" http://127.0.0.1:8121/
}
claim "the reader's user cannot write" sh -c "printf %s \"$(reader "INSERT INTO teiten.sensor
	VALUES ('x', 1, now())" | tr -d '"')\" | grep -q readonly"
done_testing
