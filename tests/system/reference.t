#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Replays of real captures against counts that others made of them. The data lie beside the
# repository, in ../shared/data, and are not part of it.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/system/tap.sh
. tests/system/world.sh

data=
for above in .. ../.. ../../..; do
	[ -z "$data" ] && [ -d $above/shared/data/captures ] && data=$(cd $above/shared/data && pwd)
done
[ -n "$data" ] || {
	echo "# ../shared/data is not there: the reference captures are NOT compared" >&2
	skip_all "no ../shared/data: the reference captures are NOT compared"
}
enter_world

# replay_of NAME CAPTURE OPTION...: into the state $work/NAME; says how long it took.
replay_of() {
	of=$1 capture=$2
	shift 2
	begun=$(date +%s.%N)
	$teiten replay --state "$work/$of" --log "$work/$of.json" "$@" "$capture" \
		>"$work/$of.ledger" 2>"$work/$of.err"
	status=$?
	echo "# ${capture##*/}: $(date +%s.%N | awk -v b="$begun" '{ printf "%.1f", $1 - b }') s" >&3
	echo $status
}
exec 3>&1

# -- Captures counted packet by packet -------------------------------------------------------------

# Packets and bytes of each class, from the list of packets. TCP is split by its flags: SYN 2, ACK
# 16, RST 4, FIN 1; ICMP's types are not in the list, its two classes are compared as one.
classes_of_packets() {
	zcat "$1" | perl -F'\t' -lane '
		next if $. == 1;
		my ($size, $class, $flags, $source, $qr) = @F[3, 5, 15, 13, 16];
		if ($class eq "tcp") {
			my $f = $flags eq "" ? 0 : hex $flags;
			$class = ($f & 4) || ($f & 18) == 18 ? "tcp_backscatter" :
				($f & 23) == 2 ? "tcp_syn" : "tcp_other";
		} elsif ($class eq "udp") {
			$class = $source != 53 ? "udp_other" : $qr eq "1" ? "udp53_response" :
				$qr eq "0" ? "udp53_query" : "udp53_short";
		}
		$class = { nonip => "non_ip", nonfirst_frag => "frag_later" }->{$class} // $class;
		$packets{$class}++; $bytes{$class} += $size;
		END { print "$_ $packets{$_} $bytes{$_}" for keys %packets }' | sort
}

classes_counted() {
	ledger "$1" | awk '{ sub(/^icmp_.*/, "icmp", $1); p[$1] += $2; b[$1] += $3 }
		END { for (c in p) print c, p[c], b[c] }' | sort
}

# TCP and UDP by destination port, both versions of IP together.
ports_of_oracle() {
	awk -F'\t' 'FNR > 1 { n[($3 == 6 ? "tcp" : "udp") "/" $4] += $5 }
		END { for (k in n) print k, n[k] }' "$1" | sort
}

ports_counted() {
	ask "$1" ports --bin all | awk -F, '$2 == "tcp" || $2 == "udp" { print $2 "/" $3, $4 }' | sort
}

# The totals' own names, out of ours. ip_bad and others pass as they are.
totals_counted() {
	ledger "$1" | awk '
		{ n[$1] += $2; all += $2 }
		/^tcp_/ { n["tcp"] += $2 } /^udp/ { n["udp"] += $2 } /^icmp_/ { n["icmp"] += $2 }
		END {
			print "packets", all
			print "nonip", n["non_ip"] + 0
			print "nonfirst_frag", n["frag_later"] + 0
			print "sport53_resp", n["udp53_response"] + 0
			print "sport53_query", n["udp53_query"] + 0
			print "sport53_nodns", n["udp53_short"] + 0
			split("short_eth ip_bad l4_short tcp udp icmp icmp6 other_l4", same, " ")
			for (i in same)
				print same[i], n[same[i]] + 0
		}' | sort
}

totals_of_oracle() {
	awk '$1 ~ /^(packets|nonip|nonfirst_frag|sport53_(resp|query|nodns)|short_eth|ip_bad|l4_short|tcp|udp|icmp|icmp6|other_l4)$/ { print $1, $2 }' "$1" | sort
}

for capture in curated_small.pcap tcpdump_suite.pcap.gz; do
	name=${capture%%.*}
	is "$capture is replayed" "$(replay_of "$name" "$data/captures/$capture")" 0
	is "every packet of $name is in the class that the packet list says, with its bytes" \
		"$(classes_counted "$name")" \
		"$(classes_of_packets "$data/captures/$name.per_packet.tsv.gz" |
			awk '{ print $1, $2, $3 }')"
	is "the totals of $name are the same" "$(totals_counted "$name")" \
		"$(totals_of_oracle "$data/captures/$name.totals.tsv")"
	is "the ports of $name are the same" "$(ports_counted "$name")" \
		"$(ports_of_oracle "$data/captures/$name.ports.tsv")"
done

# -- Two months of 2014 ----------------------------------------------------------------------------

truth=$work/truth
zcat "$data/feb2014/feb2014.pcap.truth.tsv.gz" >$truth
set -- "$data"/geo-2014/delegated-*
is "there are five registry files" $# 5
for file in "$@"; do
	set -- "$@" --geo "$file"
	shift
done
is "feb2014 is replayed" "$(replay_of feb "$data/feb2014/feb2014.pcap.gz" "$@")" 0
is "all its packets are accounted for" "$(frames feb | cut -d' ' -f1)" 185575
is "they fall on 59 days" "$(ask feb ledger --bin day | cut -d, -f1 | sort -u | wc -l)" 59

# The candidates for open resolvers by the definition, read from the capture itself: every packet of
# so small a sensor is sampled.
candidates_of_capture() {
	zcat "$1" | perl -e '
		local $/; my $d = <STDIN>; my $at = 24; my %r;
		while ($at < length $d) {
			my ($s, undef, $n) = unpack "VVV", substr $d, $at, 12;
			my $f = substr $d, $at + 16, $n; $at += 16 + $n;
			next if unpack("n", substr $f, 12, 2) != 0x800 || ord(substr $f, 23, 1) != 17;
			my $h = 14 + (ord(substr $f, 14, 1) & 15) * 4;
			my $u = substr $f, $h, 14 + unpack("n", substr $f, 16, 2) - $h;
			next if length $u < 20 || unpack("n", $u) != 53;
			my $flags = unpack "n", substr $u, 10, 2;
			next if ($flags & 0xf880) != 0x8080 || ($flags & 15) == 5;
			my $c = $r{join ".", unpack "C4", substr $f, 26, 4} ||= [$s, $s, 0, 0, 0];
			$c->[0] = $s if $s < $c->[0];
			($c->[1], $c->[3]) = ($s, $flags & 15) if $s >= $c->[1];
			$c->[2]++;
			$c->[4] = length($u) - 8 if length($u) - 8 > $c->[4];
		}
		for (sort keys %r) {
			my @c = @{$r{$_}};
			my @t = map { my @g = gmtime $_; sprintf "%04d-%02d-%02dT%02d:%02d:%02dZ",
				$g[5] + 1900, $g[4] + 1, @g[3, 2, 1, 0] } @c[0, 1];
			print join(" ", $_, @t, @c[2, 3], 1, $c[4]), "\n"
		}' | sort
}
ask feb resolvers | awk -F, '{ print $1, $3, $4, $5, $6, $7, $8 }' | sort >$work/feb.resolvers
candidates_of_capture "$data/feb2014/feb2014.pcap.gz" >$work/feb.candidates
is "feb2014 has 2,079 candidates for open resolvers" "$(wc -l <$work/feb.candidates)" 2079
claim "each is listed with its times, packets, RCODE and length" \
	cmp $work/feb.resolvers $work/feb.candidates

ask feb ports --bin day >$work/feb.ports
ask feb cells --bin day >$work/feb.cells
ask feb sport53 --bin day >$work/feb.sport53

# ICMP as a sum: the truth has no types.
ports_by_day() {
	awk -F, '{ key = substr($1, 1, 10) " " ($2 == "icmp" ? "icmp" : $2 "/" $3); n[key] += $4 }
		END { for (k in n) print k, n[k] }' $work/feb.ports | sort
}
# Packets from source port 53 stand in the truth by that port, and beside it by their destination.
truth_by_day() {
	perl -F'\t' -lane '
		next if $. == 1 || $F[1] ne "dport";
		my @t = gmtime $F[0];
		$n{sprintf "%04d-%02d-%02d %s", $t[5] + 1900, $t[4] + 1, $t[3],
			$F[2] eq "icmp" ? "icmp" : "$F[2]/$F[3]"} += $F[5];
		END { print "$_ $n{$_}" for keys %n }' $truth | sort
}
is "the daily counts of every port equal the truth: no difference" \
	"$(ports_by_day)" "$(truth_by_day)"
is "the daily counts from source port 53 equal the truth" \
	"$(awk -F, '{ n[substr($1, 1, 10)] += $4 } END { for (d in n) print d, n[d] }' \
		$work/feb.sport53 | sort)" \
	"$(perl -F'\t' -lane 'next if $F[1] ne "sport53"; my @t = gmtime $F[0];
		$n{sprintf "%04d-%02d-%02d", $t[5] + 1900, $t[4] + 1, $t[3]} += $F[5];
		END { print "$_ $n{$_}" for keys %n }' $truth | sort)"

# Countries differ a little: the truth took them from another registry.
telnet=$(awk -F'[\t,]' '
	FILENAME == ARGV[1] { if ($2 == "dport" && $3 == "tcp" && $4 == 23) truth[$5] += $6; next }
	$2 == "tcp" && $3 == 23 { counted[$4] += $5 }
	END {
		for (c in truth) { all += truth[c]; both[c] } for (c in counted) both[c]
		for (c in both) { d = counted[c] - truth[c]; sum += d < 0 ? -d : d }
		cn = counted["CN"] - truth["CN"]
		printf "%.3f %.3f\n", 100 * (cn < 0 ? -cn : cn) / truth["CN"], 100 * sum / 2 / all
	}' $truth $work/feb.cells)
echo "# 23/tcp: CN differs by ${telnet% *} %, all countries by ${telnet#* } % (half the sum)"
claim "23/tcp from CN is within 1 % of the truth" \
	awk -v d="${telnet% *}" 'BEGIN { exit !(d <= 1) }'
claim "23/tcp over all countries is within 1 %" \
	awk -v d="${telnet#* }" 'BEGIN { exit !(d <= 1) }'

is "5000/tcp is first seen on the day of the injected wave" \
	"$(ask feb ports | awk -F, '$2 == "tcp" && $3 == 5000 { print substr($1, 1, 10); exit }')" \
	2014-02-11
is "5000/tcp has its first event while the wave runs" \
	"$(ask feb events | awk -F, '$4 == "open" && $6 ~ /^tcp\/5000/ {
		print ($1 >= "2014-02-11" && $1 < "2014-03-01"); exit }')" 1
claim "events are written, to the log" test -s $work/feb.json
claim "and to the history" test "$(ask feb events | wc -l)" -gt 0
claim "every line of the log is JSON" perl -MJSON::PP -ne 'decode_json($_)' $work/feb.json
is "the country data have their date" \
	"$(perl -MJSON::PP -ne 'print decode_json($_)->{spike}{geo}{date} // "", "\n"' $work/feb.json |
		sort -u)" 2014-06-30
done_testing
