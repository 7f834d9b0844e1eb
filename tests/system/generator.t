#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The sender of the demonstration tells the truth: its books are what it wrote and what arrived.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/system/tap.sh

[ "$(id -u)" -eq 0 ] || skip_all "namespaces need root"
if [ -z "${INSIDE:-}" ]; then
	INSIDE=1 exec unshare --mount --net --pid --fork --kill-child --mount-proc "$0"
fi
generator=build/darknet-generator
mount -t tmpfs tmpfs /mnt
month="--from 2026-01-01 --to 2026-01-31"

book() { awk -F'\t' -v table="$1" -v key="$2" '$1 == table && $2 == key { print $3, $4 }' "$3"; }
# Sum of a table's packets and bytes.
sum() { awk -F'\t' -v table="$1" '$1 == table { p += $3; b += $4 } END { print p + 0, b + 0 }' "$2"; }

# shellcheck disable=SC2086 # two options
for run in 1 2; do
	$generator --pcap /mnt/$run.pcap $month --seed 7 --counts /mnt/$run.tsv \
		--attack telnet:CN:0.5 --attack dns:0.25 --attack port:5000:BR:0.25
done
# shellcheck disable=SC2086
$generator --pcap /mnt/3.pcap $month --seed 8 --counts /mnt/3.tsv
claim "the same seed writes the same capture" cmp -s /mnt/1.pcap /mnt/2.pcap
claim "another seed writes another" sh -c '! cmp -s /mnt/1.pcap /mnt/3.pcap'
frames=$(book frames all /mnt/1.tsv)
is "the classes sum to the frames" "$(sum class /mnt/1.tsv)" "$frames"
is "a capture is its header, and 16 bytes and the data of each frame" \
	"$(stat -c %s /mnt/1.pcap)" "$((24 + 16 * ${frames% *} + ${frames#* }))"
is "an attack that is not understood is wrong usage" \
	"$($generator --pcap /mnt/x --from 2026-01-01 --to 2026-01-02 --attack telnet:cn:1 \
		2>/dev/null; echo $?)" 64
is "a country without addresses is an error" \
	"$($generator --pcap /mnt/x --from 2026-01-01 --to 2026-01-02 --attack telnet:AQ:1 \
		2>/dev/null; echo $?)" 1

unshare --net sleep 60 &
far=$!
sleep 0.3
ip link add near type veth peer name far
ip link set far netns $far
echo 1 >/proc/sys/net/ipv6/conf/near/disable_ipv6
ip link set near arp off up
nsenter --net=/proc/$far/ns/net \
	sh -c 'echo 1 >/proc/sys/net/ipv6/conf/far/disable_ipv6; ip link set far arp off up'
received() { awk '$1 == "near:" { print $3, $2 }' /proc/net/dev; }

before=$(received)
nsenter --net=/proc/$far/ns/net $generator --send far --seconds 2 --rate 20000 \
	--attack telnet:CN:6000 --counts /mnt/live.tsv
after=$(received)
is "what it says it sent is what arrived, in packets and bytes" \
	"$((${after% *} - ${before% *})) $((${after#* } - ${before#* }))" \
	"$(book frames all /mnt/live.tsv)"
is "no frame was dropped on the way out" \
	"$(nsenter --net=/proc/$far/ns/net awk '$1 == "far:" { print $13 }' /proc/net/dev)" 0
sent=$(book frames all /mnt/live.tsv)
claim "20,000 a second for 2 seconds are 40,000 within a tenth" \
	test "${sent% *}" -gt 36000 -a "${sent% *}" -lt 44000
kill $far
done_testing
