#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Distinct sources of days, of sensor, ports, countries and source port 53, against exact sets.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/system/tap.sh
. tests/system/tap.sh
# shellcheck source=tests/system/world.sh
. tests/system/world.sh
enter_world
# shellcheck disable=SC2154 # set in world.sh
sources="$PWD/tests/system/sources.pl"

# within TEXT FILE EXACT KIND LEAST SHARE
within() { is "$1" "$(perl "$sources" compare "$3" "$4" "$5" "$6" <"$2")" ""; }
# rms TEXT FILE EXACT KIND LEAST LIMIT
rms() {
	found=$(perl "$sources" rms "$3" "$4" "$5" <"$2")
	claim "$1 (it is $found)" perl -e 'exit !($ARGV[0] <= $ARGV[1])' "$found" "$6"
}
ask() { state=$1; shift; $teiten query sources --state "$work/$state" --format csv "$@"; }

# -- A capture of which everything is known --------------------------------------------------------

cat >"$work/geo" <<'EOF'
1.0.0.0,1.255.255.255,JP
2.0.0.0,2.255.255.255,US
3.0.0.0,3.255.255.255,CN
EOF
perl "$sources" make >"$work/made.pcap"
perl "$sources" count 0 <"$work/made.pcap" >"$work/made.utc"
perl "$sources" count 32400 <"$work/made.pcap" >"$work/made.jst"
is "the capture is replayed" "$($teiten replay --state "$work/made" --geo "$work/geo" \
	"$work/made.pcap" >/dev/null 2>"$work/err"; echo $?; cat "$work/err")" 0
ask made >"$work/utc"
ask made --tz Asia/Tokyo >"$work/jst"
for zone in utc jst; do
	within "$zone: the sensor's sources of each day are within 3 %" \
		"$work/$zone" "$work/made.$zone" total 0 0.03
	within "$zone: those of source port 53 too, and of its countries within 20 %" \
		"$work/$zone" "$work/made.$zone" sport53 0 0.2
	within "$zone: those of countries are within 20 %, three standard errors" \
		"$work/$zone" "$work/made.$zone" country 0 0.2
	within "$zone: those of ports with more than 100 are within 15 %" \
		"$work/$zone" "$work/made.$zone" port 100 0.15
done
grep ',,,,' "$work/made.utc" >"$work/made.all"
grep ',sport53,,,,' "$work/utc" >"$work/utc.53"
within "source port 53 as a whole is within 3 %" "$work/utc.53" "$work/made.all" sport53 0 0.03
is "every port of each day has a line, and no other" \
	"$(awk -F, '$2 == "port" { print substr($1, 1, 10), $3, $4 }' "$work/utc" | sort)" \
	"$(awk -F, '$2 == "port" { print $1, $3, $4 }' "$work/made.utc" | sort)"
is "days of Tokyo say so" "$(sed -n '2s/,.*//p' "$work/jst")" "2024-03-01T00:00:00+09:00"
$teiten replay --state "$work/again" --geo "$work/geo" "$work/made.pcap" >/dev/null 2>&1
claim "a second replay gives the same bytes" sh -c \
	"$teiten query sources --state $work/again --format csv | cmp -s - $work/utc"
is "an hour is the smallest bin" "$(ask made --bin minute >/dev/null 2>&1; echo $?)" 2
is "hours cut by --from and --to are left out" \
	"$(ask made --bin hour --from 2024-03-01T02:30:00Z --to 2024-03-01T04:30:00Z |
		awk -F, '$2 == "total" { print $1 }')" "2024-03-01T03:00:00Z"

# -- Two months of 2014 ----------------------------------------------------------------------------

data=
for above in .. ../.. ../../..; do
	[ -n "$data" ] || data=$(ls "$above/shared/data/feb2014/feb2014.pcap.gz" 2>/dev/null)
done
if [ -z "$data" ]; then
	echo "# SKIP ../shared is not there: real sources are NOT compared"
	done_testing
fi
zcat "$data" | perl "$sources" count 0 | grep ',total,\|,sport53,,,,\|,port,' >"$work/feb.exact"
is "feb2014 is replayed" "$($teiten replay --state "$work/feb" "$data" >/dev/null 2>&1; echo $?)" 0
ask feb >"$work/feb.csv"
within "the sources of each of 59 days are within 3 %" "$work/feb.csv" "$work/feb.exact" total 0 0.03
grep ',sport53,,,,' "$work/feb.csv" >"$work/feb.53"
within "those of source port 53 too" "$work/feb.53" "$work/feb.exact" sport53 0 0.03
within "those of ports with more than 100 are within 15 %" "$work/feb.csv" "$work/feb.exact" \
	port 100 0.15
rms "and err no more than 5 % in the root mean square" "$work/feb.csv" "$work/feb.exact" port 100 0.05
done_testing
