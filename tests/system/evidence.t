#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What a replay says of an attack whose truth the generator wrote down: its packets are in a file that
# tcpdump opens, its event has the evidence, the same capture gives the same bytes, and nothing of it
# is there when the configuration says so. Needs root.
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/system/tap.sh
. tests/system/tap.sh
# shellcheck source=tests/system/world.sh
. tests/system/world.sh
# shellcheck disable=SC2154,SC2086 # world.sh's

enter_world
$generator --print-geo >$work/geo.csv
$generator --pcap $work/quiet.pcap --seed 21 --rate 0.5 \
	--from 2026-03-01 --to 2026-03-02T12:00:00Z >/dev/null
$generator --pcap $work/attack.pcap --seed 22 --rate 0.5 \
	--from 2026-03-02T12:00:00Z --to 2026-03-02T12:20:00Z --attack port:5000:BR:90 >/dev/null
printf '[sensor]\nname = dark\naddresses = 192.0.2.0/24 2001:db8::/64\ncountry = JP\n' \
	>$work/conf

replay() { # NAME [CONFIGURATION]
	$teiten replay -c "$work/${2:-conf}" --geo $work/geo.csv --state "$work/$1" \
		--log "$work/$1.json" $work/quiet.pcap $work/attack.pcap >/dev/null
}

claim "the world is replayed" replay one
opened=$(grep '"phase":"open"' $work/one.json | grep '"key":"tcp/5000"')
for field in samples top_prefixes top_source concentration breadth fingerprints pcap own_country; do
	# shellcheck disable=SC2317
	has_field() { printf '%s' "$opened" | grep -q "\"$field\":"; }
	claim "the event of 5000/tcp has $field" has_field
done

file=$work/one/$(printf '%s' "$opened" | sed 's/.*"pcap":"\([^"]*\)".*/\1/')
claim "its packet file is there" test -s "$file"
if command -v tcpdump >/dev/null; then
	tcpdump -nr "$file" >$work/packets 2>$work/complaints
	claim "tcpdump opens it" test "$(wc -l <$work/packets)" -gt 50
	is "and complains of nothing" \
		"$(grep -v '^reading from file' $work/complaints)" ""
	claim "it holds at most a thousand packets" test "$(wc -l <$work/packets)" -le 1000
	tcpdump -nr "$file" 'tcp dst port 5000' >$work/of_port 2>/dev/null
	claim "the packets of the port are in it" test "$(wc -l <$work/of_port)" -gt 50
	is "its first packet is of the attack's beginning" \
		"$(TZ=UTC tcpdump -tttt -nr "$file" 2>/dev/null | head -n 1 | cut -c 1-16)" \
		"2026-03-02 12:00"
else
	echo "# SKIP tcpdump is not installed: the packet file is not opened"
fi

claim "the same captures are replayed again" replay two
claim "the same events" cmp $work/one.json $work/two.json
claim "the same packet files, to the byte" diff -r $work/one/incidents $work/two/incidents
$teiten query resolvers --state $work/one --format csv >$work/resolvers
claim "resolvers are listed" test "$(wc -l <$work/resolvers)" -gt 1
claim "the same resolvers" sh -c "$teiten query resolvers --state $work/two --format csv |
	cmp - $work/resolvers"

{ cat $work/conf && printf '[evidence]\npackets = no\n'; } >$work/without
claim "without sampling it is replayed too" replay three without
claim "there are no packet files then" test ! -e $work/three/incidents
is "no event has sampled evidence" "$(grep -c '"samples"\|"pcap"' $work/three.json)" 0
is "and the counts are the same" \
	"$($teiten query ports --bin hour --format csv --state $work/three | sha256sum)" \
	"$($teiten query ports --bin hour --format csv --state $work/one | sha256sum)"
done_testing
