# SPDX-License-Identifier: GPL-2.0-or-later
# The captures of the golden test, and what is kept of their replay. Source after tap.sh and world.sh.
# shellcheck shell=sh disable=SC2086,SC2154

# A day and a half of quiet; twenty minutes with an attack; three hours and a half later, quiet again.
make_captures() {
	$generator --print-geo >$work/geo.csv
	$generator --pcap $work/1.pcap --seed 11 --rate 0.5 --counts $work/1.tsv \
		--from 2026-03-01 --to 2026-03-02T12:00:00Z
	$generator --pcap $work/2.pcap --seed 12 --rate 0.5 --counts $work/2.tsv \
		--from 2026-03-02T12:00:00Z --to 2026-03-02T12:20:00Z --attack port:5000:BR:20
	$generator --pcap $work/3.pcap --seed 13 --rate 0.5 --counts $work/3.tsv \
		--from 2026-03-02T16:00:00Z --to 2026-03-02T16:30:00Z
	cat >$work/conf <<-CONF
		[sensor]
		name = golden
		addresses = 192.0.2.0/24 2001:db8::/64
	CONF
}

# replay_into NAME: the state $work/NAME, the event lines $work/NAME.json.
replay_into() {
	$teiten replay -c $work/conf --geo $work/geo.csv --log "$work/$1.json" \
		--state "$work/$1" $work/1.pcap $work/2.pcap $work/3.pcap >"$work/$1.ledger"
}

# write_answers NAME DIR: what the golden files hold, of the state $work/NAME.
write_answers() {
	mkdir -p "$2"
	for table in ledger ports cells sport53 prefixes coverage events life \
		resolvers sourceports; do
		$teiten query $table --state "$work/$1" --bin day --format csv >"$2/$table.csv"
	done
	cp "$work/$1.json" "$2/events.json"
	cp "$work/$1.ledger" "$2/replay.txt"
	(cd $work && cat 1.pcap 2.pcap 3.pcap | sha256sum | cut -d' ' -f1) >"$2/captures.sha256"
}
