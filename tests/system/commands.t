#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What a wrong call answers, and that it leaves nothing behind. The second part needs root: it has a
# mount and a network namespace of its own, with its own bpffs.
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/system/tap.sh
. tests/system/tap.sh

if [ -z "${COMMANDS_INSIDE:-}" ] && [ "$(id -u)" -eq 0 ]; then
	COMMANDS_INSIDE=1 exec unshare --mount --net "$0"
fi
teiten=$PWD/build/teiten
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: >"$work/empty"
echo hello >"$work/junk"

# answers TEXT STATUS SENTENCE ARGUMENT...: the exit status, and a part of what is said.
answers() {
	claimed=$1 expected=$2 sentence=$3
	shift 3
	timeout 20 "$teiten" "$@" >"$work/out" 2>&1 </dev/null
	is "$claimed: exit status $expected" "$?" "$expected"
	claim "$claimed: says why" grep -q -e "$sentence" "$work/out"
}

printf '[push]\nurl = ftp://127.0.0.1\nsensor = x\n' >"$work/ftp"
answers "no command" 2 "usage: teiten COMMAND"
answers "an unknown command" 2 "no command 'bogus'" bogus
answers "help of a command" 0 "Usage: teiten events" help events
answers "help of none" 2 "no command 'x'" help x
answers "-h is help" 0 "usage: teiten COMMAND" -h
answers "an unknown option" 2 "unrecognized option" run --bogus
answers "an argument too many" 2 "what is 'x'" check x
answers "a path as interface" 2 "cannot be an interface's name" run -i ../../x
answers "a name too long" 2 "cannot be an interface's name" detach -i abcdefghijklmnop
answers "no interface" 2 "no interface is named" run -c "$work/empty"
answers "a missing configuration" 2 "cannot be read" check -c "$work/none"
answers "an unknown table" 2 "there is no table 'x'" query x
answers "an engine without http" 2 "must be https" push --once -c "$work/ftp"
answers "an impossible date" 2 "is not a time" query ports --from 2014-02-30
answers "an interval from its end" 2 "from is after" events --from 2014-03-01 --to 2014-02-01
answers "no history" 1 "no history in $work" query ports --state "$work"
answers "a directory as counts stream" 1 "Is a directory" detect --counts "$work"
answers "junk as counts stream" 1 "not a counts stream" detect --counts "$work/junk"
answers "an action of geo that is none" 2 "geo has no action 'x'" geo x
answers "help of geo" 0 "^  lookup " geo help
answers "help of fleet" 0 "^  detect " fleet help
answers "an action of fleet that is none" 2 "^usage: teiten fleet ACTION" fleet x
answers "a lookup of nothing" 2 "which address" geo lookup
answers "build without a place" 2 "-o FILE is missing" geo build
answers "junk as country data" 1 "neither registry" geo info --geo "$work/junk"
answers "an empty file as country data" 1 "the file is empty" geo info --geo "$work/empty"
mkdir "$work/garbage" && yes garbage | head -c 9000 >"$work/garbage/history.db"
answers "a history that is none" 1 \
	"$work/garbage/history.db: file is not a database; the next .teiten run. moves it aside" \
	query ports --state "$work/garbage"
answers "top of the same" 1 "history.db: file is not a database; the next" top --state "$work/garbage"
claim "which advises no other user" sh -c "! grep -q root '$work/out'"

printf '[push]\nurl = http://127.0.0.1:9\nsensor = x\n' >"$work/push"
answers "push of the same" 1 "history.db: file is not a database" \
	push --once -c "$work/push" --state "$work/garbage"
claim "and its state file says so" grep -q '"state": "broken"' "$work/garbage/push.json"

# -- geo: what the country data say ----------------------------------------------------------------

printf '%s\n' 192.0.2.0,192.0.2.255,JP 1.0.0.0,1.0.1.255,JP 9.9.9.0,9.9.9.255,CN \
	2400::,2400:0:0:1:ffff:ffff:ffff:ffff,AU >"$work/geo.csv"
geo() {
	action=$1
	shift
	"$teiten" geo "$action" --geo "$work/geo.csv" "$@" 2>"$work/said"
}
is "lookup: a country's address, a special one's, one that nobody has" \
	"$(geo lookup 1.0.1.255 9.9.9.9 2400::1 10.0.0.1 8.8.8.8 | tr '\n' ' ')" \
	"1.0.1.255 JP 9.9.9.9 CN 2400::1 AU 10.0.0.1 XX 8.8.8.8 ZZ "
is "lookup --json is a list of the same" "$(geo lookup --json 1.0.0.0 9.9.9.9 | perl -MJSON::PP -0777 -ne '
	print join " ", map { "$_->{address} $_->{country}" } @{decode_json $_}')" "1.0.0.0 JP 9.9.9.9 CN"
is "lookup - answers the lines that are addresses" "$(printf '1.0.0.1\n\nbad\n 9.9.9.1 x\n' |
	geo lookup - | tr '\n' ' ')" "1.0.0.1 JP 9.9.9.1 CN "
claim "and tells which is none" grep -q "line 3: not an address" "$work/said"
answers "an argument that is no address" 2 "'bad' is not an address" \
	geo lookup --geo "$work/geo.csv" 1.0.0.1 bad
is "info: the largest first" "$(geo info | awk '/^country/ { on = 1; next } on { print $1, $2, $5 }' |
	sed -n '1s/ .*//p; 3,$p' | tr '\n' ';')" "ZZ;JP 512 0;CN 256 0;AU 0 2;"
is "info --json says the same" "$(geo info --json | perl -MJSON::PP -0777 -ne '$i = decode_json $_;
	print join " ", $i->{files}[0]{ranges4}, $i->{files}[0]{ranges6},
		map { "$_->{country} $_->{addresses4} $_->{networks6}" } @{$i->{countries}}[2..4]')" \
	"3 1 JP 512 0 CN 256 0 AU 0 2"
geo build -o "$work/merged.csv"
is "build writes a file that answers the same" "$("$teiten" geo lookup --geo "$work/merged.csv" \
	1.0.1.255 2400::1 8.8.8.8 | tr '\n' ' ')" "1.0.1.255 JP 2400::1 AU 8.8.8.8 ZZ "

# -- detect: a stream of a quiet day, then a hundred times as much -------------------------------

perl -e 'print "# 1393632000 60 2\nK 0 own name\nK 1 tcp/5000\n";
	for my $m (0 .. 1505) { print "M $m 1 2\n0 ", 20 + $m * 7 % 5, "\n1 ", $m < 1500 ? 2 + $m * 5 % 3 : 900, "\n" }' \
	>"$work/stream"
"$teiten" detect --counts "$work/stream" >"$work/judged"
is "detect: the series that rose is told, in the minute in which it did" \
	"$(head -n 1 "$work/judged" | perl -MJSON::PP -ne '$e = decode_json $_;
		print "$e->{type} $e->{key} $e->{onset} $e->{observed}"')" "open tcp/5000 1393722000 900"
claim "and no other" sh -c "! grep -q own '$work/judged'"
is "after a restart amid the stream it says the same" \
	"$("$teiten" detect --restart-at 1000 --counts - <"$work/stream" | md5sum)" "$(md5sum <"$work/judged")"
answers "a minute that is none" 2 "not a minute" detect --counts - --restart-at x

# -- check -----------------------------------------------------------------------------------------

answers "check of an interface that is not there" 1 "^BAD   there is no interface 'nosuch'" check -i nosuch
answers "check without an interface" 0 "no interface is named" check
answers "check of broken country data" 1 "^BAD   country data" check --geo "$work/junk"
answers "check of country data" 0 "^ok    country data: 1 files" check --geo "$work/geo.csv"
claim "and it says how much memory a start takes" \
	grep -q "^ok    memory: [0-9]* MiB a CPU x $(nproc --all) + [0-9]* MiB shared = " "$work/out"
claim "check --print-health is a table" sh -c "'$teiten' check --print-health | grep -q '^| .history_damaged. | .* | .*copy'"

if [ -z "${COMMANDS_INSIDE:-}" ] || ! mount -t sysfs sysfs /sys || ! mount -t bpf bpf /sys/fs/bpf; then
	echo "# SKIP not root, or no mounts of its own: starts that fail are not tested"
	done_testing
fi
ip link set lo up
answers "check of an interface" 0 "^ok    interface lo, MTU $(cat /sys/class/net/lo/mtu)" check -i lo
claim "of a kernel" grep -q "^ok    kernel $(uname -r)" "$work/out"
claim "and that it takes only frames of its own" grep -q "^note  lo takes only frames sent to it" "$work/out"
ip link add quiet type veth peer name other
answers "check of an interface that is down" 1 "^BAD   quiet is down" check -i quiet
ip link set quiet up promisc on
ip route add default dev quiet
answers "check of one with the default route" 1 "^BAD   quiet carries a default route" check -i quiet
claim "which takes every frame" sh -c "! grep -q 'takes only frames' '$work/out'"
run() { answers "$@" --state "$work/state" --log "$work/log"; }
run "an interface that is not there" 1 "no interface 'nosuch'" run -i nosuch
claim "which leaves no state" test ! -e "$work/state"
run "broken country data" 1 "neither registry" run -i lo --geo "$work/junk"
claim "which leaves no pins" test ! -e /sys/fs/bpf/teiten
run "a capture that is none" 1 "neither a pcap nor a pcapng capture; replay takes files that" replay "$work/junk"
run "a directory as capture" 1 "replay takes files that" replay "$work"
run "a capture that is missing" 1 "none: No such file" replay "$work/none"
is "and nothing else is said" "$(wc -l <"$work/out")" 1
claim "which leaves no state either" test ! -e "$work/state"
answers "detach where nothing is attached" 0 "not attached" detach -i lo
answers "detach from what does not exist" 0 "not attached, and there is no such interface" \
	detach -i nope0
claim "which leaves no pins either" test ! -e /sys/fs/bpf/teiten
answers "status without a history" 1 "no history in $work/state" status --state "$work/state"
claim "which claims no free space" sh -c "! grep -q free '$work/out'"
done_testing
