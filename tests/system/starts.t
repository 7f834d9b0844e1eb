#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What a start says of what it cannot change, and cannot know; and the country data of a detach.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/system/tap.sh
. tests/system/tap.sh
# shellcheck source=tests/system/world.sh
. tests/system/world.sh

need_memory 1600
enter_world
make_cables one
"$generator" --print-geo >"$work/geo.csv"
said() { grep -c "$1" "$work/one.said"; }

# -- Tables that stay ------------------------------------------------------------------------------

printf '[counting]\nprefixes = no\ncountries = no\n' >"$work/without"
start_sensor one
is "the first start has no warning of tables" "$(said 'counting\.')" 0
end_sensor one TERM
start_sensor one -c "$work/without"
is "prefixes switched off at a restart: it says that the tables stay until detach" \
	"$(said 'counting.prefixes is off: .* stay until .teiten detach -i darkone')" 1
is "countries, that they go on as they began" \
	"$(said 'counting.countries stays yes .*teiten detach -i darkone')" 1
end_sensor one TERM

# -- Country data of a detach ----------------------------------------------------------------------

at_far "$generator" --send farone --geo "$work/geo.csv" --rate 500 --seconds 1 --seed 1 \
	--counts "$work/one.tsv"
sed 's/,[A-Z][A-Z]$/,SE/' "$work/geo.csv" >"$work/sweden.csv"
"$teiten" detach -i darkone --state "$work/one" --geo "$work/sweden.csv" >"$work/one.detached" 2>&1
is "detach --geo: the packets are counted" "$(frames one)" "$(sent "$work/one.tsv" |
	awk '{ p += $2; b += $3 } END { printf "%.0f %.0f\n", p, b }')"
# The program found the countries of batches that it counted; what waited has those of the detach.
waited=$(ask one cells --bin all | awk -F, '$4 == "SE" { n += $5 } END { print n + 0 }')
claim "and what had waited ($waited) is of its countries" \
	test "$waited" -gt 0 -a "$waited" -lt $((128 * $(nproc)))
is "pins are gone" "$(ls -d "$(pins_of darkone)" 2>/dev/null)" ""

# -- Another network namespace's /sys --------------------------------------------------------------

start_sensor one
is "at home it knows what the device lost" "$(said 'cannot be known')" 0
end_sensor one TERM
detach_sensor one
: >"$work/far.said"
at_far "$teiten" run -i farone --state "$work/far" --log "$work/far.json" --geo "$work/geo.csv" \
	>"$work/far.said" 2>&1 &
for _ in $(seq 300); do
	! grep -q ': counting' "$work/far.said" || break
	sleep 0.1
done
is "behind nsenter it says that it cannot know" \
	"$(grep -c 'farone: what the device loses .* cannot be known' "$work/far.said")" 1
at_far "$teiten" check -i farone --geo "$work/geo.csv" >"$work/checked" 2>&1
claim "check finds the interface up there" grep -q '^ok    interface farone' "$work/checked"
done_testing
