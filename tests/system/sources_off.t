#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# [counting] sources = no: every count and event is what it is with yes, and what nobody estimated is
# unknown wherever it would be told, never 0.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/system/tap.sh
. tests/system/tap.sh
# shellcheck source=tests/system/world.sh
. tests/system/world.sh
# shellcheck source=tests/golden/lib.sh
. tests/golden/lib.sh
enter_world

make_captures
replay_into yes 2>"$work/yes.err"
printf '[counting]\nsources = no\n' >>"$work/conf"
is "a replay without sources succeeds" "$(replay_into no 2>"$work/no.err"; echo $?)" 0
is "and says nothing on stderr" "$(cat "$work/no.err")" ""

# -- What is counted -------------------------------------------------------------------------------

is "its ledger is that of a replay with them" "$(cat "$work/no.ledger")" "$(cat "$work/yes.ledger")"
for table in ledger ports cells sport53 prefixes coverage events life resolvers; do
	is "so is the table $table" "$(ask no $table)" "$(ask yes $table)"
done
is "and sourceports, which samples tell" "$(ask no sourceports --bin hour)" \
	"$(ask yes sourceports --bin hour)"

# -- Events ----------------------------------------------------------------------------------------

# counted: the sources that the log's port events tell; without: the log without them.
of_ports='"proto":"[^}]*"severity":"[a-z]*","sources":'
counted() { grep -c "$of_ports" "$work/$1.json"; }
without() { sed '/"proto":/s/"sources":[0-9]*,"packets_per_source":[0-9.]*,//' "$work/$1.json"; }
claim "events of ports tell sources with them ($(counted yes))" test "$(counted yes)" -gt 0
is "without them they tell none" "$(counted no)" 0
is "and are the same otherwise" "$(without no)" "$(without yes)"
incident=$(sed -n '1s/.*"incident":"\([^"]*\)".*/\1/p' "$work/no.json")
claim "the page of an incident tells sources with them" sh -c \
	"$teiten events --state $work/yes $incident | grep -q 'that minute *about [0-9]* sources'"
is "without them its line has the countries only" "$($teiten events --state "$work/no" "$incident" |
	sed -n 's/^ *that minute *//p' | sort -u)" "BR 100%"

# -- Distinct sources ------------------------------------------------------------------------------

sources_of() {
	of=$1
	shift
	$teiten query sources --state "$work/$of" "$@" 2>"$work/said"
	echo $?
}
for bin in hour day all; do
	is "query sources --bin $bin has no line" "$(sources_of no --bin $bin --format csv)" \
		"time,kind,proto,port,country,sources,error
0"
	claim "and says that they are unknown" \
		grep -q 'distinct sources of a part of that time are not known' "$work/said"
done
is "as JSON it is an empty list" "$(sources_of no --format json)" "[]
0"
sources_of yes >/dev/null
is "with sources it says nothing of the kind" "$(cat "$work/said")" ""

# -- For a person ----------------------------------------------------------------------------------

# Column 6 of the lines of ports.
top_sources() {
	$teiten top -c "$work/conf" --state "$work/$1" --once --over "$2" |
		awk '$1 ~ /^[0-9]+\/(tcp|udp|icmp)/ { print $6 }' | sort -u
}
for window in minute hour day; do
	is "top --over $window has - where the sources would be" "$(top_sources no $window)" "-"
	claim "and numbers with them" sh -c "echo '$(top_sources yes $window)' | grep -q '[0-9]'"
	is "as JSON they are left out" \
		"$($teiten top --state "$work/no" --json --over $window | grep -c '"sources"')" 0
done
claim "and are there with them" sh -c "$teiten top --state $work/yes --json | grep -q '\"sources\"'"

# Sizes and times aside: what is wrong, and what is worth knowing.
words_of_status() {
	$teiten status -c "$work/conf" --state "$work/$1" --json | perl -MJSON::PP -0777 -ne \
		'my $s = decode_json $_; print map { "$_\n" } @{$s->{troubles}}, @{$s->{notes}}'
}
is "status finds no fault in it" "$(words_of_status no)" "$(words_of_status yes)"

# -- The bulletin ----------------------------------------------------------------------------------

report_of() {
	$teiten report -c "$work/conf" --state "$work/$1" --month 2026-03 -o "$work/$1.report" \
		>/dev/null 2>"$work/$1.err"
	echo $?
}
is "a report succeeds" "$(report_of no; report_of yes)" "0
0"
is "and says nothing on stderr" "$(cat "$work/no.err")" ""
page=$work/no.report/teiten-2026-03.en.html
claim "it says that sources were not counted" \
	grep -q 'Sources per day.*<small>not counted in this period</small>' "$page"
is "and tells no number of them" "$(grep -c '<dt>Sources</dt><dd>\(about\|at least\) ' "$page")" 0
is "its data are those of a report with them" \
	"$(cd "$work/no.report" && cat -- *.csv | sha256sum)" \
	"$(cd "$work/yes.report" && cat -- *.csv | sha256sum)"

# -- Switched on again -----------------------------------------------------------------------------

sed -i '/^sources = no/d' "$work/conf"
$teiten replay -c "$work/conf" --geo "$work/geo.csv" --state "$work/no" --append "$work/3.pcap" \
	>/dev/null 2>&1
is "an hour of which a part is known says at least" "$(sources_of no --bin hour --format csv |
	awk -F, '$2 == "total" { print $1, $7 }')" "2026-03-02T16:00:00Z "
claim "and that more is unknown" grep -q 'of a part of that time are not known' "$work/said"
done_testing
