#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# teiten push and a real engine: what the engine holds equals what the sensor has, cell by cell,
# whoever is killed and however often; every trouble has its name; a sensor's user can write for no
# other. The nodes are those of the Debian package, started here.
# shellcheck disable=SC2086
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/system/tap.sh
. tests/system/world.sh
. scripts/fleet-node.sh

node_packages || skip_all "clickhouse-server and clickhouse-client are missing: push is NOT tested"
enter_world
node=$work/node1
user="setpriv --reuid 65534 --regid 65534 --clear-groups"

# -- A sensor's history: a day and a half, and its configuration -----------------------------------

$generator --print-geo >$work/geo.csv
$generator --pcap $work/1.pcap --seed 11 --rate 0.5 --counts $work/1.tsv \
	--from 2026-03-01 --to 2026-03-02T12:00:00Z
$generator --pcap $work/2.pcap --seed 12 --rate 0.5 --counts $work/2.tsv \
	--from 2026-03-02T12:00:00Z --to 2026-03-02T12:30:00Z --attack port:5000:BR:20
hostile="x'; DROP TABLE cell; -- \\t\\N \`{}"

# write_conf FILE STATE NAME URL [LINE]: the sensor NAME pushes STATE to URL.
write_conf() {
	cat >"$1" <<-CONF
		[sensor]
		name = $hostile
		addresses = 192.0.2.0/24 2001:db8::/64
		[state]
		dir = $2
		[push]
		url = $4
		user = teiten_$3
		password_file = $work/$3.password
		sensor = $3
		[engine]
		timeout = 2
		${5:-}
	CONF
}

# replay_more CAPTURE: into the sensor's state.
replay_more() {
	$teiten replay -c $work/conf --geo $work/geo.csv --log $work/log --append \
		--state $work/one "$1" >/dev/null 2>&1
	chown -R 65534:65534 $work/one
}

for name in one two; do
	printf "%s's\n" $name >$work/$name.password
	chown 65534 $work/$name.password
	chmod 600 $work/$name.password
done
write_conf $work/conf $work/one one http://127.0.0.1:8121
replay_more $work/1.pcap

# A certificate for 127.0.0.1, and another one that vouches for nothing here.
for who in node other; do
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$who" \
		-addext "subjectAltName=IP:127.0.0.1" -keyout $work/$who.key -out $work/$who.crt \
		2>/dev/null
done
mkdir -p $node
cp $work/node.crt $node/server.crt
cp $work/node.key $node/server.key
node_make $node 1 127.0.0.1:9001
node_user $node one
node_user $node two

push() { $user $teiten push -c "$1" --once 2>$work/err; }
state_of() { sed -n 's/^ "state": "\(.*\)",$/\1/p' "$1/push.json"; }
select_one() { node_client $node --query "$1"; }

# pushed TABLE BIN and own TABLE BIN: the same rows, from the engine and from the sensor.
pushed() {
	case $1 in
	cell) columns="proto, port, country, packets" ;;
	port) columns="proto, port, packets, bytes, syn" ;;
	sport53) columns="country, class, packets" ;;
	prefix) columns="prefix, country, response, other" ;;
	ledger) columns="class, packets, bytes" ;;
	coverage) columns="covered_ns / 1000000000, addresses, late" ;;
	esac
	select_one "SELECT toUInt32(start), $columns FROM teiten.$1_of_one FINAL WHERE bin = '$2'
		FORMAT CSV" | tr -d '"' | sort
}
own() {
	table=$1
	[ "$1" = sport53 ] || [ "$1" = coverage ] || [ "$1" = ledger ] || table=${1}s
	[ "$1" != prefix ] || table=prefixes
	ask one "$table" --bin "$2" | perl -MTime::Local -pe \
		's/^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)Z/timegm($6, $5, $4, $3, $2 - 1, $1)/e' |
		if [ "$1" = coverage ]; then cut -d, -f1-4; else cat; fi | sort
}

# equal TEXT: every table; hours and days but for the last ones, which may go on.
equal() {
	for what in cell:minute port:minute sport53:minute prefix:minute ledger:minute \
		coverage:minute; do
		own ${what%:*} ${what#*:} >$work/own.csv
		pushed ${what%:*} ${what#*:} >$work/pushed.csv
		claim "$1: $what, $(wc -l <$work/own.csv) rows" cmp $work/own.csv $work/pushed.csv
	done
	for what in cell:hour port:hour cell:day ledger:day coverage:day; do
		pushed ${what%:*} ${what#*:} >$work/pushed.csv
		last=$(select_one "SELECT toUInt32(max(start)) FROM teiten.coverage_of_one
			WHERE bin = '${what#*:}'")
		own ${what%:*} ${what#*:} | awk -F, -v last="$last" '$1 <= last' >$work/own.csv
		claim "$1: $what, $(wc -l <$work/own.csv) rows" cmp $work/own.csv $work/pushed.csv
	done
}

# -- Troubles before it works ----------------------------------------------------------------------

# trouble TEXT STATE SENTENCE CONF: --once fails with that name, and says why.
trouble() {
	push "$4"
	is "$1: exit status 1" $? 1
	is "$1: the state is $2" "$(state_of $work/one)" "$2"
	claim "$1: says why" grep -q -e "$3" $work/err
}

before=$(sha256sum $work/one/history.db)
trouble "no engine" unreachable "[Cc]onnect" $work/conf
node_start $node || skip_all "the engine did not start: push is NOT tested"
trouble "a user that the engine does not know the database of" schema "doesn't exist" $work/conf
node_apply $node node
node_apply $node sensor one 1
node_apply $node sensor two 1
node_apply $node query fleet
echo wrong >$work/wrong.password
sed "s/one.password/wrong.password/" $work/conf >$work/conf.bad
chmod 640 $work/wrong.password
chown 65534 $work/wrong.password
trouble "a wrong password" refused "Wrong password" $work/conf.bad
chmod 644 $work/wrong.password
push $work/conf.bad
is "a password that others can read is a wrong configuration" $? 2
select_one "INSERT INTO teiten_one.schema VALUES (2)"
trouble "a newer schema" schema "has version 2, this teiten writes version 1: upgrade teiten" \
	$work/conf
select_one "DROP TABLE teiten_one.schema"
trouble "no schema" schema "schema doesn't exist" $work/conf
select_one "CREATE TABLE teiten_one.schema (version UInt32) ENGINE = Log"
select_one "INSERT INTO teiten_one.schema VALUES (0)"
trouble "an older schema" schema "version 0, .*: upgrade the engine's schema" $work/conf
select_one "INSERT INTO teiten_one.schema VALUES (1)"

# serve PORT MODE: a server that is none: it talks nonsense, says nothing, or a letter now and then
# once it is to take rows.
serve() {
	perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(Listen => 9, LocalAddr => "127.0.0.1",
		LocalPort => $ARGV[0], ReuseAddr => 1) or die; $SIG{PIPE} = "IGNORE"; my @kept;
		while (my $c = $s->accept) { push @kept, $c; next if $ARGV[1] eq "silent";
			sysread $c, my $in, 65536;
			if ($ARGV[1] eq "trickle") { if ($in =~ /SELECT/) {
				my $n = $in =~ /version/ ? 1 : 0;
				print $c "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n$n\n"; close $c; next }
				$c->autoflush(1);
				print $c "HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n";
				while (print $c "X") { select undef, undef, undef, .3 } next }
			my $body = $ARGV[1] eq "html" ? "<html>welcome</html>\n" : "1\n" x 3000000;
			print $c $ARGV[1] eq "noise" ? "\x00\xff" x 4000 :
				"HTTP/1.1 200 OK\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
			close $c; @kept = () }' "$1" "$2" &
	until perl -MIO::Socket::INET -e "exit !IO::Socket::INET->new('127.0.0.1:$1')"; do
		sleep 0.05
	done
}
number=8200
for mode in html:garbage noise:garbage flood:garbage silent:silent trickle:silent; do
	number=$((number + 1))
	serve $number ${mode%:*}
	write_conf $work/conf.bad $work/one one http://127.0.0.1:$number
	sed -i 's/^timeout = 2/timeout = 1/' $work/conf.bad
	push $work/conf.bad
	is "a server that answers ${mode%:*}: exit status 1" $? 1
	is "a server that answers ${mode%:*}: the state is ${mode#*:}" "$(state_of $work/one)" \
		${mode#*:}
done
write_conf $work/conf.bad $work/one one https://127.0.0.1:8441 "ca_file = $work/other.crt"
trouble "a certificate that nobody vouches for" certificate "certificate" $work/conf.bad
write_conf $work/conf.bad $work/one one https://127.0.0.1:8441
trouble "or not the system" certificate "certificate" $work/conf.bad
is "none of this moved the cursor" "$(sed -n 's/^minute //p' $work/one/push.cursor 2>/dev/null)" ""
is "nor touched the history" "$(sha256sum $work/one/history.db)" "$before"

# -- It works, whoever is killed -------------------------------------------------------------------

# Fifty kills at any moment: before the first word, between rows, before the cursor moves.
for i in $(seq 50); do
	$user $teiten push -c $work/conf --once 2>/dev/null &
	sleep "0.$(printf %03d $((i * 7919 % 150)))"
	kill -KILL $! 2>/dev/null
	{ wait $!; } 2>/dev/null
done
push $work/conf
is "after fifty kills it ends well" $? 0
is "and is well" "$(state_of $work/one)" ok
equal "push killed fifty times"

for i in 1 2 3; do
	push_from_day() { $user $teiten push -c $work/conf --once --from 2026-03-01 2>>$work/err; }
	push_from_day
done
equal "the same day pushed three times more"
claim "and it was pushed: there are more rows than counts" test \
	"$(select_one "SELECT count() FROM teiten.cell_of_one WHERE bin = 'minute'")" -gt 0

write_conf $work/conf.tls $work/one one https://127.0.0.1:8441 "ca_file = $work/node.crt"
$user $teiten push -c $work/conf.tls --once --from 2026-03-02 2>$work/err
is "over TLS, verified, it works" $? 0

# The engine dies while it takes rows; push goes on by itself when it is back. OUTAGE is how many
# seconds it stays away, for whoever has the time: 600 for ten minutes. Attempts are then minutes apart.
outage=${OUTAGE:-0}
$user $teiten push -c $work/conf --from 2026-03-01 2>$work/err &
pushing=$!
sleep 0.3
node_end $node KILL
replay_more $work/2.pcap
for _ in $(seq 100); do
	[ "$(state_of $work/one)" != unreachable ] || break
	sleep 0.1
done
sleep "$outage"
is "the engine killed while it takes rows: the state is unreachable" "$(state_of $work/one)" \
	unreachable
is "which was logged once" "$(grep -c '(unreachable)' $work/err)" 1
echo "# away for $outage s: $(sed -n 's/^ "failures": \([0-9]*\).*/\1/p' $work/one/push.json) failed attempts"
node_start $node
returned=$(date +%s)
for _ in $(seq $((300 + (outage > 300 ? 300 : outage) * 10))); do
	! grep -q '"complete": true' $work/one/push.json || break
	sleep 0.1
done
echo "# complete again $(($(date +%s) - returned)) s after the engine's return"
kill $pushing
{ wait $pushing; } 2>/dev/null
is "it is back: so is push, with the half hour of its absence" "$(state_of $work/one)" ok
claim "and said so" grep -q "it takes rows again" $work/err
equal "the engine killed with -9"

# A clock that was set back: minutes that were sent, of a closed hour and of a closed day, grow.
build/tests/bench/fill_history $work/one 2026-03-01T23:50:00Z 30 50 || exit 1
chown -R 65534:65534 $work/one
push $work/conf
equal "minutes changed after they were sent"
is "which were sent again" "$(sed -n 's/^ "revisions": \([0-9]*\),/\1/p' $work/one/push.json)" 30

# An engine that lost its last minutes (restored from a copy, power cut) gets them again.
select_one "ALTER TABLE teiten.cell_of_one DROP PARTITION ('minute', '2026-03-02')"
select_one "ALTER TABLE teiten.coverage_of_one DROP PARTITION ('minute', '2026-03-02')"
push $work/conf
claim "an engine that lost what it had is noticed" grep -q "has less than it took" $work/err
equal "minutes that the engine had lost"

# A minute of 200,000 cells is larger than the buffer that it goes through.
mkdir $work/two
build/tests/bench/fill_history $work/two 2026-03-01 2 200000 5 800000 || exit 1
chown -R 65534:65534 $work/two
write_conf $work/conf.two $work/two two http://127.0.0.1:8121
push $work/conf.two
is "minutes of 200,000 cells are taken" "$?" 0
is "every cell of them" "$(select_one "SELECT count(), sum(packets) FROM teiten.cell_of_two FINAL
	WHERE bin = 'minute'")" \
	"$(ask two cells | awk -F, '{ n++; p += $5 } END { print n "\t" p }')"

# -- Full ------------------------------------------------------------------------------------------

full=$work/node2
mkdir -p $full/data
mount -t tmpfs -o size=40m tmpfs $full/data
node_make $full 2 127.0.0.1:9002
node_user $full one
if node_start $full && node_apply $full node && node_apply $full sensor one 1; then
	dd if=/dev/zero of=$full/data/ballast bs=64k 2>/dev/null
	mkdir -p $work/other
	cp $work/one/history.db $work/other/
	chown -R 65534 $work/other
	write_conf $work/conf.full $work/other one http://127.0.0.1:8122
	push $work/conf.full
	is "an engine without space: exit status 1" $? 1
	is "an engine without space: the state is full" "$(state_of $work/other)" full
	rm $full/data/ballast
	push $work/conf.full
	is "with space again it takes what was missing" $? 0
	is "as much as the other" "$(node_client $full --query "SELECT sum(packets)
		FROM teiten.cell_of_one FINAL WHERE bin = 'minute'")" \
		"$(select_one "SELECT sum(packets) FROM teiten.cell_of_one FINAL
			WHERE bin = 'minute'")"
else
	echo "# SKIP no node in 40 MiB: a full engine is NOT tested"
fi

# -- Whom the engine lets write --------------------------------------------------------------------

is "the sensor's own words arrive as they are" \
	"$(select_one "SELECT DISTINCT name FROM teiten.about FORMAT TSVRaw")" "$hostile"

# as_one QUERY [PARAMETER]: what the engine answers the user of sensor one.
as_one() {
	curl -s -H "X-ClickHouse-User: teiten_one" -H "X-ClickHouse-Key: one's" --data-binary "$1" \
		"http://127.0.0.1:8121/?${2:-}"
}
row="VALUES ('minute', 1772323200, 'tcp', 1, 'ZZ', 99)"
denied() { claim "$1" sh -c "printf %s '$(printf %s "$2" | tr -d "'")' | grep -q -e 'Access denied' -e prohibited"; }
denied "a sensor cannot write into another's tables" "$(as_one "INSERT INTO teiten_two.cell $row")"
denied "nor into another's storage" "$(as_one "INSERT INTO teiten.cell_of_two $row")"
denied "nor into its own storage, past the view" "$(as_one "INSERT INTO teiten.cell_of_one $row")"
denied "nor read another's" "$(as_one "SELECT * FROM teiten.cell")"
denied "nor by way of a cluster" "$(as_one "INSERT INTO FUNCTION cluster('fleet', 'teiten_two', 'cell') $row")"
denied "nor by way of an address" "$(as_one "INSERT INTO FUNCTION remote('127.0.0.1:9001', 'teiten_two', 'cell') $row")"
denied "nor make tables" "$(as_one "CREATE TABLE teiten_one.x (a UInt8) ENGINE = Memory")"
denied "nor drop them" "$(as_one "DROP TABLE teiten_one.cell")"
denied "nor permit itself to" "$(as_one "SET allow_ddl = 1")"
as_one "INSERT INTO teiten_one.to_cell $row" >/dev/null
is "what it writes into its view is its own as well" \
	"$(select_one "SELECT DISTINCT _table FROM teiten.cell WHERE packets = 99 AND port = 1")" \
	cell_of_one
is "nothing of all that is in the other's" \
	"$(select_one "SELECT count() FROM teiten.cell_of_two WHERE packets = 99")" 0
# Version 18.16 takes any setting from an address, so that a sensor's password is enough to be
# allowed DDL, and with that to reach other databases. The proxy of etc/clickhouse stands before it.
if [ "$(select_one "SELECT version()" | cut -d. -f1)" = 18 ]; then
	is "18.16 alone lets an address permit what the profile forbids" "$(as_one \
		"CREATE TABLE teiten_one.x (a UInt8) ENGINE = Memory" allow_ddl=1)" ""
	select_one "DROP TABLE teiten_one.x"
fi
if command -v nginx >/dev/null; then
	mkdir -p $work/nginx
	{
		echo "pid $work/nginx/pid; error_log $work/nginx/errors; events {} http { access_log off;"
		for of in client_body proxy fastcgi uwsgi scgi; do
			[ $of = client_body ] || [ $of = proxy ] || continue
			echo "${of}_temp_path $work/nginx/$of;"
		done
		sed "s/@LISTEN@/127.0.0.1:8300/; s#@CERTIFICATE@#$work/node.crt#; s#@KEY@#$work/node.key#
			s/@NODE@/127.0.0.1:8121/" etc/clickhouse/nginx.conf
		echo "}"
	} >$work/nginx/conf
	nginx -c $work/nginx/conf 2>/dev/null
	write_conf $work/conf.proxy $work/one one https://127.0.0.1:8300 "ca_file = $work/node.crt"
	$user $teiten push -c $work/conf.proxy --once --from 2026-03-02 2>$work/err
	is "through the proxy push works" "$? $(cat $work/err)" "0 "
	# through QUERY PARAMETERS [USER]: the status that the proxy answers.
	through() {
		curl -s -o /dev/null -w '%{http_code}' --cacert $work/node.crt \
			-H "X-ClickHouse-User: ${3:-teiten_one}" -H "X-ClickHouse-Key: one's" -d '' \
			"https://127.0.0.1:8300/?query=$(printf %s "$1" | sed 's/ /%20/g')$2"
	}
	insert="INSERT INTO teiten_one.cell FORMAT TabSeparated"
	is "the proxy lets a sensor's own insert through" "$(through "$insert" "")" 200
	is "but no setting in the address" "$(through "$insert" "&allow_ddl=1")" 403
	is "nor another user there" "$(through "$insert" "&user=admin&password=admin")" 403
	is "nor another's database" \
		"$(through "INSERT INTO teiten_two.cell FORMAT TabSeparated" "")" 403
	is "nor another question" "$(through "SELECT 1" "")" 403
	is "nor DDL" "$(through "CREATE TABLE teiten_one.x (a UInt8) ENGINE = Memory" "")" 403
	kill "$(cat $work/nginx/pid)"
else
	echo "# SKIP nginx is missing: the proxy before the engine is NOT tested"
fi
for name in "x; DROP TABLE y" "a'b" 1a A "" "$(printf 'a\nb')" ../x; do
	node_apply $node sensor "$name" 1 2>/dev/null
	is "no sensor is named '$(printf %s "$name" | tr '\n' '?')'" $? 2
	write_conf $work/conf.bad $work/one one http://127.0.0.1:8121
	printf '[push]\nsensor = %s\n' "$(printf %s "$name" | tr '\n' ' ')" >>$work/conf.bad
	push $work/conf.bad
	is "nor pushes as that" $? 2
done
done_testing
