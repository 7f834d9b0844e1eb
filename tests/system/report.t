#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Bulletins: of a replay of the generator's captures, and, where ../shared is there, of two months
# with three injected changes, which it must name.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/system/tap.sh
. tests/system/world.sh
. tests/golden/lib.sh

enter_world
exec 3>&1

# report_of STATE MONTH DIR OPTION...
report_of() {
	of=$1 month=$2 to=$3
	shift 3
	$teiten report -c $work/conf --state "$work/$of" --month "$month" -o "$work/$to" "$@" \
		>"$work/$to.out" 2>"$work/$to.err"
	echo $?
}

# Tidy knows no id on SVG's title, which is what names a figure for those who do not see it.
complaints() {
	tidy -q -e "$1" 2>&1 | grep -v '<title> proprietary attribute "id"'
}
claim_valid() {
	if ! command -v tidy >/dev/null; then
		echo "# SKIP tidy is missing: the form of pages is NOT checked" >&3
		return
	fi
	for page in "$1"/*.html; do
		is "${page##*/} is valid HTML" "$(complaints "$page")" ""
	done
	is "the figures are well-formed XML" \
		"$(find "$1" -name '*.svg' -exec tidy -q -e -xml {} \; 2>&1)" ""
}

# -- A replay --------------------------------------------------------------------------------------

make_captures
replay_into state 2>/dev/null
sed -i 's/^name = .*/name = <b>gold \& "silver"<\/b>/' $work/conf
is "a report succeeds" "$(report_of state 2026-03 en)" 0
is "and says nothing on stderr" "$(cat $work/en.err)" ""
is "so does one in Japanese" "$(report_of state 2026-03 ja --lang ja)" 0
claim_valid $work/en
claim_valid $work/ja
page=$work/en/teiten-2026-03.en.html
claim "the sensor's name is text" grep -q '&lt;b&gt;gold &amp; &quot;silver&quot;&lt;/b&gt;' $page
is "and never markup" "$(grep -c '<b>gold' $page)" 0
claim "the page needs no other file and no script" \
	sh -c "! grep -e '<script' -e '<link' -e '<img' -e 'src=' -e '@import' -e 'http:' $page"
is "rates are per address" "$(grep -c 'Packets per address and day' $page)" 1
grep -o 'href="teiten[^"]*"' $page | sed 's/href="//; s/"$//' >$work/links
claim "the page has links to files" test -s $work/links
while read -r file; do
	claim "the page's link $file leads to a file" test -s "$work/en/$file"
done <$work/links

report_of state 2026-03 again >/dev/null
claim "the same history gives the same bytes" diff -r $work/en $work/again
cp -r $work/state $work/copy
chmod -R a+rX $work/copy
mkdir -m 777 $work/copied
is "a copy answers somebody without privileges" "$(setpriv --reuid 65534 --regid 65534 \
	--clear-groups $teiten report -c $work/conf --state $work/copy --month 2026-03 \
	-o $work/copied >/dev/null 2>&1; echo $?)" 0
claim "the same bytes" diff -r $work/en $work/copied

# -- The data are those of query -------------------------------------------------------------------

day_query() {
	$teiten query "$2" --state "$work/$1" --bin day --from "$3" --to "$4" --format csv
}
is "the classes are those of query" "$(cat $work/en/*-classes.csv)" \
	"$(day_query state ledger 2026-02-01 2026-04-01 | cut -d, -f1-3)"
is "the ports are those of query" "$(tail -n +2 $work/en/*-ports.csv | cut -d, -f2-4,6 | sort)" \
	"$($teiten query ports --state $work/state --bin all --from 2026-03-01 --to 2026-04-01 \
		--format csv | tail -n +2 | cut -d, -f2-4,6 | sort)"
is "the figure of all packets is query's ledger" \
	"$(tail -n +2 $work/en/*-figure-1-all.csv)" \
	"$(day_query state ledger 2026-02-01 2026-04-01 | tail -n +2 |
		awk -F, '{ n[$1] += $3 } END { for (t in n) print t "," n[t] }' | sort)"
claim "a table has no more days than were observed" \
	test "$(grep -c ',,,$' $work/en/*-days.csv)" -eq 57

# -- Usage -----------------------------------------------------------------------------------------

is "a month without records is said, with status 1" "$(report_of state 2025-01 none)" 1
claim "and its page says so" grep -q 'has no record of this month' $work/none/teiten-2025-01.en.html
claim_valid $work/none
for wrong in "--month 2026-13" "--month 2026-3" "--month 1970-01" "--lang fr --month 2026-03" \
	"--tz ../../etc/passwd --month 2026-03" "--tz Mars/Olympus --month 2026-03" ""; do
	is "'$wrong' is wrong usage" "$($teiten report -c $work/conf --state $work/state \
		-o $work/wrong $wrong >/dev/null 2>&1; echo $?)" 2
done
is "a directory is needed" \
	"$($teiten report --state $work/state --month 2026-03 >/dev/null 2>&1; echo $?)" 2
is "a state without history is status 1" "$(report_of nothing 2026-03 wrong)" 1

# -- The two months beside the repository ----------------------------------------------------------

data=
for above in .. ../.. ../../..; do
	[ -z "$data" ] && [ -d $above/shared/data/feb2014 ] && data=$(cd $above/shared/data && pwd)
done
[ -n "$data" ] || {
	echo "# SKIP no ../shared/data: the bulletin of February 2014 is NOT made" >&3
	done_testing
}
: >$work/conf
geo=
for file in "$data"/geo-2014/*.gz; do
	geo="$geo --geo $file"
done
begun=$(date +%s.%N)
$teiten replay -c $work/conf $geo --state $work/feb "$data/feb2014/feb2014.pcap.gz" >/dev/null 2>&1
is "the bulletin in Japanese" "$(report_of feb 2014-02 bulletin --lang ja --tz Asia/Tokyo)" 0
is "and in English" "$(report_of feb 2014-02 bulletin --tz Asia/Tokyo)" 0
echo "# replay and two reports: $(date +%s.%N | awk -v b="$begun" '{ printf "%.1f", $1 - b }') s" >&3
claim_valid $work/bulletin

ja=$work/bulletin/teiten-2014-02.ja.html
en=$work/bulletin/teiten-2014-02.en.html
says() { grep -q -F "$2" "$1"; }
claim "23/tcp from China since February 1" \
	says $ja '2月1日以降、中国を発信元とする宛先ポート 23/tcp に対するアクセスが増加しました。'
claim "source port 53 since February 3" \
	says $ja '2月3日以降、53/udp を発信元ポートとするパケットが増加しました。'
claim "almost all of them responses" says $ja '応答 100'
claim "5000/tcp since February 11" says $ja '宛先ポート 5000/tcp に対するアクセスは、これまでほとんど観測されませんでしたが、2月11日以降'
claim "and more from February 27" says $ja 'さらに2月27日から増加しました。'
claim "the same in English: 23/tcp" \
	says $en 'Access to 23/tcp from China rose from February 1 on.'
claim "source port 53" says $en 'Packets from source port 53/udp rose from February 3 on.'
claim "5000/tcp" says $en 'Access to 5000/tcp had hardly been seen before. It appeared on February 11. It rose further from February 27 on.'
claim "the assessment of source port 53 is the probing of reflectors" \
	says $en 'to find out which resolvers can be used as reflectors'

# Days of Tokyo are hours 15 to 15 of UTC.
tokyo() {
	awk -F, 'NR > 1 { gsub(/\+09:00/, ""); print }' "$1"
}
hours_as_days() {
	$teiten query "$1" --state $work/feb --bin hour --from 2013-12-31T15:00:00Z \
		--to 2014-02-28T15:00:00Z --format csv | perl -MTime::Local -F, -lane '
		next if $. == 1; my $n = pop @F; my ($y, $m, $d, $h) = $F[0] =~ /(\d+)/g;
		my @t = gmtime(timegm(0, 0, $h, $d, $m - 1, $y) + 9 * 3600);
		$F[0] = sprintf "%04d-%02d-%02dT00:00:00", $t[5] + 1900, $t[4] + 1, $t[3];
		$sum{join ",", @F} += $n; END { print "$_,$sum{$_}" for sort keys %sum }'
}
is "the figure of 23/tcp draws what query has of it" \
	"$(tokyo $work/bulletin/*-tcp-23-CN.csv | sort)" "$(hours_as_days cells | grep ',tcp,23,')"
is "so does that of 5000/tcp" \
	"$(tokyo $work/bulletin/*-tcp-5000.csv | sort)" "$(hours_as_days cells | grep ',tcp,5000,')"
is "and that of source port 53" \
	"$(tokyo $work/bulletin/*-udp-src53.csv | sort)" "$(hours_as_days sport53)"
done_testing
