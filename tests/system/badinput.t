#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Everything that can be wrong: each has its exit code and a clear sentence, and nothing that was
# there is overwritten.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/system/tap.sh
. tests/system/world.sh

need_memory 2400
enter_world
$generator --print-geo >$work/geo.csv
make_cables full torn last
cp $teiten $work/teiten # where anybody may run it
$generator --pcap $work/1.pcap --from 2026-03-01 --to 2026-03-01T02:00:00Z --counts $work/1.tsv
$generator --pcap $work/2.pcap --from 2026-03-01T02:00:00Z --to 2026-03-01T03:00:00Z --seed 2 \
	--counts $work/2.tsv

# trial COMMAND...: its exit status in $status, its words in $work/said.
trial() {
	timeout 30 "$@" >$work/said 2>&1
	status=$?
}
# refused TEXT STATUS PATTERN: of the last trial.
refused() {
	is "$1: ends with $2" $status "$2"
	claim "  and says: $(grep -v ' --geo names another' $work/said | tail -n 1 | cut -c1-150)" \
		grep -Eq -- "$3" $work/said
}
replay() { trial $teiten replay --geo $work/geo.csv --state "$@"; }
whole() { (cd "$1" && find . -type f -size +0 ! -name '*-shm' -exec sha256sum {} + | sort); }

# -- A full disk, live: begins here, is looked at again at the minute borders ----------------------

# fill DIR: to the last byte, until empty DIR.
fill() { head -c 64M /dev/zero >"$1/filler" 2>/dev/null; }
empty() { rm "$1/filler"; }

for cable in full torn last; do
	mkdir $work/$cable
	mount -t tmpfs -o size=8m tmpfs $work/$cable
	replay $work/$cable --log $work/$cable.json $work/1.pcap
done
early=$(ledger full)
printf '[counting]\nprefixes = no\n' >$work/lean
[ $(($(now) % 60)) -lt 35 ] || wait_until $(($(now) / 60 * 60 + 60))
full_minute=$(($(now) / 60 * 60))
for cable in full torn; do
	start_sensor $cable -c $work/lean
	fill $work/$cable
	at_far "$generator" --send far$cable --rate 1000 --seconds 2 --geo $work/geo.csv \
		--counts $work/$cable.1.tsv
done

# -- Not root --------------------------------------------------------------------------------------

mkdir $work/theirs
chown 65534:65534 $work/theirs
nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"
trial $nobody $work/teiten run -i darklast --state $work/theirs --geo $work/geo.csv
refused "run by somebody else than root" 1 'root'
trial $nobody $work/teiten detach -i darklast --state $work/theirs
refused "detach" 1 'root'
trial $nobody $work/teiten replay --geo $work/geo.csv --state $work/theirs $work/1.pcap
refused "replay" 1 'root'
is "and nothing is written" "$(ls -A $work/theirs)" ""
trial $nobody $work/teiten check --geo $work/geo.csv
claim "check tells them that they cannot ask the kernel" \
	grep -q 'told to root only' $work/said
is "  and not that it lacks something" "$(grep -c lacks $work/said)" 0

# -- Interfaces ------------------------------------------------------------------------------------

trial $teiten run -i nosuch --state $work/none --geo $work/geo.csv
refused "an interface that does not exist" 1 "there is no interface 'nosuch'"
is "nothing is pinned for it" "$(ls -d /sys/fs/bpf/teiten/nosuch 2>/dev/null)" ""
trial $teiten run --state $work/none --geo $work/geo.csv
refused "no interface named" 2 'no interface is named'

# -- Configuration ---------------------------------------------------------------------------------

cat >$work/wrong <<'CONF'
[sensor]
nmae = x
verdict = maybe
[retention]
minute = -1
[nonsense]
a = b
CONF
for command in "run -i darklast --state $work/none" "check" "replay --state $work/none $work/1.pcap"; do
	trial $teiten $command -c $work/wrong
	for line in 2 3 5; do
		refused "${command%% *} with a wrong configuration" 2 "$work/wrong:$line:"
	done
	claim "  all errors in one go, the unknown section too" grep -Eq "$work/wrong:[67]:" $work/said
done
trial $teiten check -c $work/not-there
refused "a configuration that is not there" 2 "$work/not-there"

# -- Country data ----------------------------------------------------------------------------------

with_geo() { trial $teiten replay --state $work/none3 --geo "$1" $work/1.pcap; }
with_geo $work/not-there.csv
refused "a country file that is not there" 1 'not-there.csv.*No such file'
with_geo $work
refused "a directory as a country file" 1 '.'
gzip -k $work/geo.csv
head -c $(($(stat -c %s $work/geo.csv.gz) - 20)) $work/geo.csv.gz >$work/cut.csv.gz
with_geo $work/cut.csv.gz
refused "a truncated country file" 1 'cut.csv.gz'
printf 'a recipe for soup\nwith onions\n' >$work/soup
with_geo $work/soup
refused "a country file of no known form" 1 'soup'
printf '192.0.2.0,192.0.2.255,JP\n192.0.2.9,192.0.2.9,CN\n' >$work/overlap.csv
with_geo $work/overlap.csv
refused "ranges that overlap in one file" 1 'overlap.csv:2'
: >$work/unreadable
chmod 0 $work/unreadable
trial $nobody $work/teiten check --geo $work/unreadable
refused "a country file that may not be read" 1 'unreadable.*Permission'
is "none of these made a state directory" "$(ls -d $work/none3 2>/dev/null)" ""

# -- Captures --------------------------------------------------------------------------------------

# records N FILE: the first N records of a capture, and 9 bytes of the next.
records() {
	perl -e 'binmode STDOUT; open my $in, "<", $ARGV[1] or die; read $in, my $all, 1 << 30;
		my $at = 24; for (1 .. $ARGV[0]) { $at += 16 + unpack "x8L<", substr $all, $at, 16 }
		print substr $all, 0, $at + 9' "$@"
}
records 100 $work/1.pcap >$work/cut.pcap
replay $work/cut $work/cut.pcap
refused "a capture that breaks off in a record" 1 'cut.pcap.*(truncated|cut|whole)'
is "its whole records are in the history" "$(frames cut | cut -d' ' -f1)" 100
perl -e 'print pack "L<S<2l<L<3", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 113' >$work/cooked.pcap
replay $work/none2 $work/cooked.pcap
refused "a capture of another link type" 1 'LINUX_SLL'
cp $work/soup $work/soup.pcap
replay $work/none2 $work/soup.pcap
refused "a file that is no capture" 1 'soup.pcap'
replay $work/none2 $work/not-there.pcap
refused "a capture that is not there" 1 'not-there.pcap'
is "none of these put a minute into the history" \
	"$([ -d $work/none2 ] && $teiten query coverage --state $work/none2 --format csv | tail -n +2)" ""
replay $work/mixed $work/1.pcap $work/cut.pcap
is "a damaged capture behind a good one: the good one is in whole" "$status" 1
is "  and the records of both are counted" "$(frames mixed | cut -d' ' -f1)" \
	"$(($(sent $work/1.tsv | awk '{ n += $2 } END { print n }') + 100))"

# -- Time that is covered already ------------------------------------------------------------------

replay $work/state $work/1.pcap
before=$(whole $work/state)
replay $work/state $work/1.pcap
refused "a capture of time that the state covers" 1 'already covers.*--append'
is "and the state is as it was, to the byte" "$(whole $work/state)" "$before"
replay $work/state $work/2.pcap
is "a later one goes on" $status 0
is "with the counts of both" "$(ledger state)" "$(sent $work/1.tsv $work/2.tsv)"
replay $work/state --append $work/1.pcap
is "--append takes the earlier one" $status 0
is "as late packets of the minute that is open" \
	"$(ask state coverage --bin all | cut -d, -f4)" \
	"$(sent $work/1.tsv | awk '{ n += $2 } END { print n }')"
is "each counted once more" "$(ledger state)" "$(sent $work/1.tsv $work/2.tsv $work/1.tsv)"

# -- The state directory ---------------------------------------------------------------------------

replay $work/newer $work/1.pcap
sqlite3 $work/newer/history.db 'PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
before=$(whole $work/newer)
replay $work/newer $work/2.pcap
refused "a state directory of another version" 1 'version 99'
trial $teiten run -i darklast --state $work/newer --geo $work/geo.csv
refused "the sensor with it" 1 'version 99'
trial $teiten query ledger --state $work/newer
refused "a query of it" 1 'version 99'
is "and it is as it was, to the byte" "$(whole $work/newer)" "$before"
is "the sensor that was refused left no pin" "$(ls -d /sys/fs/bpf/teiten/darklast 2>/dev/null)" ""

mkdir $work/broken
cp $work/soup $work/broken/history.db
replay $work/broken $work/1.pcap
is "a file that is no database is moved aside: replay succeeds" $status 0
claim "  and says so" grep -q 'history.db' $work/said
claim "  and the file is kept" sh -c "cmp -s $work/soup $work/broken/history.db.* ||
	cmp -s $work/soup \$(ls $work/broken/* | grep -v 'history.db$' | head -n 1)"
: >$work/file
replay $work/file $work/1.pcap
refused "a state directory that is a file" 1 "$work/file"
trial $teiten query ledger --state $work/nowhere
refused "a query where no state is" 1 "$work/nowhere"

# -- A full disk, replay ---------------------------------------------------------------------------

mkdir $work/small
mount -t tmpfs -o size=8m tmpfs $work/small
replay $work/small --log $work/small.json $work/1.pcap
is "on a small disk the first capture fits" $status 0
before=$(ledger small)
fill $work/small
replay $work/small --log $work/small.json $work/2.pcap
refused "with the disk full, replay" 1 '(full|space)'
is "earlier minutes are intact, none is half there" "$(ledger small)" "$before"
empty $work/small
replay $work/small --log $work/small.json $work/2.pcap
is "with space again it succeeds" $status 0
is "and nothing is missing or twice" "$(ledger small)" "$(sent $work/1.tsv $work/2.tsv)"

# -- A full disk, last drain -----------------------------------------------------------------------

start_sensor last -c $work/lean
at_far "$generator" --send farlast --rate 1000 --seconds 1 --geo $work/geo.csv --counts $work/last.tsv
end_sensor last TERM
trial $teiten detach -i darklast --state $work/last/history.db
refused "where no history can be, detach" 1 'history'
claim "  it is attached as before" test -e "$(pins_of darklast)/link"
at_far "$generator" --send farlast --rate 1000 --seconds 1 --geo $work/geo.csv \
	--counts $work/more.tsv
fill $work/last
trial $teiten detach -i darklast --state $work/last
refused "with the disk full, detach" 1 '(full|space)'
claim "  it keeps the counts" grep -q 'pins stay' $work/said
empty $work/last
trial $teiten detach -i darklast --state $work/last
is "with space again it succeeds" $status 0
is "and no count is lost" "$(ledger last)" "$(sent $work/1.tsv $work/last.tsv $work/more.tsv)"

# -- A full disk, live: what became of it ----------------------------------------------------------

health() {
	bpftool -j map dump pinned "$(pins_of darkfull)/health" |
		perl -MJSON::PP -e 'local $/; my $v = decode_json(<STDIN>)->[0];
			print(($v->{formatted} // $v)->{value}{$ARGV[0]}, "\n")' "$1"
}
wait_until $((full_minute + 60))
# The first drain of a process reads every row; several tests' sensors do so at this border.
for cable in full torn; do
	for _ in $(seq 300); do
		! grep -q '"event_type":"health".*"history"' $work/$cable.json || break
		sleep 0.1
	done
done
is "live, with the disk full: the minute waits, and the health map says so" "$(health unwritten)" 1
claim "  the sensor says why: $(grep -m 1 history $work/full.said)" \
	grep -Eq 'history.*(full|space)' $work/full.said
claim "  a health event begins" grep -q '"event_type":"health".*"history"' $work/full.json
is "  earlier minutes are intact" "$(ledger full)" "$early"
end_sensor torn KILL
for cable in full torn; do
	empty $work/$cable
done
start_sensor torn -c $work/lean
for cable in full torn; do
	at_far "$generator" --send far$cable --rate 1000 --seconds 2 --seed 9 \
		--geo $work/geo.csv --counts $work/$cable.2.tsv
done
wait_until $((full_minute + 121))
wait_for_minute full $((full_minute + 60))
wait_for_minute torn $((full_minute + 60))
is "with space again the next minute holds the counts of both" "$(ledger full)" \
	"$(sent $work/1.tsv $work/full.?.tsv)"
is "  and covers the time of both" "$(ask full coverage --from "$(date -u -d "@$full_minute" +%FT%TZ)" |
	awk -F, '{ n++; print (n == 1 && $2 > 64) }')" 1
wait_for_health "$(pins_of darkfull)" $((full_minute + 60))
is "  nothing waits any more" "$(health unwritten)" 0
is "a sensor killed while its first minute waited loses no count of it either" "$(ledger torn)" \
	"$(sent $work/1.tsv $work/torn.?.tsv)"
for cable in full torn; do
	end_sensor $cable TERM
	detach_sensor $cable
done
is "nothing is pinned any more" "$(ls -A /sys/fs/bpf/teiten 2>/dev/null)" ""
done_testing
