#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Replaying captures that the generator makes: every table and every event line as kept in
# tests/golden/expected (tests/golden/regenerate.sh writes them anew).
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/system/tap.sh
. tests/system/world.sh
. tests/golden/lib.sh

enter_world
make_captures
is "the replay succeeds" "$(replay_into first 2>$work/first.err; echo $?)" 0
is "and says nothing but the ledger" "$(cat $work/first.err)" ""
write_answers first $work/got
is "the captures are those that the golden files were made from" \
	"$(cat $work/got/captures.sha256)" "$(cat tests/golden/expected/captures.sha256)"
for file in ledger.csv ports.csv cells.csv sport53.csv prefixes.csv coverage.csv resolvers.csv sourceports.csv \
	life.csv events.csv events.json replay.txt; do
	is "$file is the golden one" "$(cat $work/got/$file)" "$(cat tests/golden/expected/$file)"
done

# -- Against the generator's own books -------------------------------------------------------------

is "the ledger is what the generator wrote, packets and bytes of each class" \
	"$(ledger first)" "$(sent $work/?.tsv)"
ports_written() {
	cat $work/?.tsv | awk -F'\t' '$1 == "port" { p[$2] += $3; b[$2] += $4; s[$2] += $5 }
		END { for (k in p) print k, p[k], b[k], s[k] }' | sort
}
is "so is each port, with its bytes and SYNs" \
	"$(ask first ports --bin all | awk -F, '{ print $2 "/" $3, $4, $5, $6 }' | sort)" \
	"$(ports_written)"

# -- Bins ------------------------------------------------------------------------------------------

# by_key TABLE BIN COLUMNS-OF-THE-KEY: sums of what follows the key, over all times.
by_key() {
	ask first "$1" --bin "$2" | awk -F, -v last="$3" '
		{ key = ""; for (i = 2; i <= last; i++) key = key $i ","; keys[key]
		  for (i = last + 1; i <= NF; i++) sum[key, i] += $i; n = NF }
		END { for (k in keys) { line = k; for (i = last + 1; i <= n; i++) line = line " " sum[k, i]
			print line } }' | sort
}
for table in ledger:2 ports:3 cells:4 sport53:3 prefixes:3; do
	whole=$(by_key ${table%:*} all ${table#*:})
	for bin in day hour minute; do
		is "${table%:*}: the ${bin}s sum to all" "$(by_key ${table%:*} $bin ${table#*:})" "$whole"
	done
done

# lives TABLE: first, last, days, key of each key of a table, out of its minutes.
lives() {
	ask first "$1" | awk -F, -v table="$1" '
		{ key = $2 "," $3 "," (table == "cells" ? $4 : "") }
		!(key in first) { first[key] = $1 }
		{ last[key] = $1 }
		!((key, substr($1, 1, 10)) in seen) { seen[key, substr($1, 1, 10)]; days[key]++ }
		END { for (key in first) print first[key] "," last[key] "," days[key] "," key }'
}
is "life is what the minutes say: first, last and active days of ports and their countries" \
	"$(ask first life | sort)" "$({ lives ports; lives cells; } | sort)"

# -- Minutes and gaps ------------------------------------------------------------------------------

minutes=$(ask first coverage | cut -d, -f1)
packet_minutes=$(perl -e 'for my $f (@ARGV) { open my $in, "<", $f or die; binmode $in;
		read $in, my $h, 24;
		while (read($in, $h, 16) == 16) { my ($s, $u, $n) = unpack "L<3", $h; seek $in, $n, 1;
			$m{int($s / 60) * 60} = 1 } }
		my $last; for my $s (sort { $a <=> $b } keys %m) {
			if (defined $last && $s - $last <= 3600) {
				for (my $q = $last + 60; $q < $s; $q += 60) { $m{$q} = 1 } }
			$last = $s }
		for my $s (sort { $a <=> $b } keys %m) { my @t = gmtime $s;
			printf "%04d-%02d-%02dT%02d:%02d:00Z\n", $t[5] + 1900, $t[4] + 1, @t[3, 2, 1] }' \
		$work/1.pcap $work/2.pcap $work/3.pcap)
is "the covered minutes are those of the packets, and quiet ones of up to an hour between" \
	"$minutes" "$packet_minutes"
is "the jump of hours is a gap: no minute between half past twelve and four is covered" \
	"$(ask first coverage --from 2026-03-02T12:30:00Z --to 2026-03-02T16:00:00Z)" ""
is "and no zero stands for it" \
	"$(ask first ledger --from 2026-03-02T12:30:00Z --to 2026-03-02T16:00:00Z --bin hour)" ""
is "each minute counts as fully covered, by 257 addresses" \
	"$(ask first coverage | cut -d, -f2- | sort -u)" "60,257,0,replay"

# -- The same again --------------------------------------------------------------------------------

replay_into second 2>/dev/null
write_answers second $work/again
claim "a second replay gives the same bytes" diff -r $work/got $work/again
cp -r $work/first $work/copy
chmod -R a+rX $work/copy
mount --bind $work/copy $work/copy
mount -o remount,bind,ro $work/copy
setpriv --reuid 65534 --regid 65534 --clear-groups $teiten query ports --state $work/copy \
	--bin day --format csv >$work/copy.csv
claim "a copy on a read-only mount answers somebody without privileges the same" \
	cmp -s $work/copy.csv tests/golden/expected/ports.csv
$teiten query ledger --state $work/first --bin all --format json >$work/ledger.json
is "JSON has the CSV's rows, numbers as numbers" \
	"$(perl -MJSON::PP -e 'local $/; print map { "$_->{class} " . ($_->{packets} + 0) . " " .
		($_->{bytes} + 0) . "\n" } @{decode_json <STDIN>}' <$work/ledger.json | sort)" \
	"$(ledger first)"
claim "every event line is one JSON object" perl -MJSON::PP -ne 'exit 1 if
	decode_json($_)->{event_type} !~ /^(spike|health|stats)$/' $work/first.json
done_testing
