#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The scripts that fetch and compare: what they do when the world does not cooperate.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/system/tap.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# -- fetch-geo.sh: apt-get and the package are stand-ins -------------------------------------------

mkdir "$work/bin" "$work/geo"
echo old >"$work/geo/geoip"
stand_in() { printf '#!/bin/sh\n%s\n' "$2" >"$work/bin/$1"; chmod +x "$work/bin/$1"; }
fetch() { PATH=$work/bin:$PATH scripts/fetch-geo.sh "$work/geo" >"$work/out" 2>&1; echo $?; }
# A package whose geoip and geoip6 hold so many lines of that text.
package() {
	stand_in apt-get ': >tor-geoipdb_1_all.deb'
	stand_in dpkg-deb "mkdir -p unpacked/usr/share/tor; for n in geoip geoip6; do
		awk 'BEGIN { for (i = 0; i < $1; i++) print \"$2\" }' >unpacked/usr/share/tor/\$n; done"
}

stand_in apt-get 'echo "E: no network"; exit 100'
is "without a network it fails" "$(fetch)" 1
claim "and says so" grep -q "no network" "$work/out"
is "and the old data stays" "$(cat "$work/geo/geoip")" old
is "and nothing is left beside it" "$(ls -A "$work/geo")" geoip

package 20000 '<html>,please,log in'
is "a page of a captive portal is refused" "$(fetch)" 1
is "and the old data stays once more" "$(cat "$work/geo/geoip")" old

package 3 '1,2,CN'
is "a file of three lines is refused" "$(fetch)" 1

# -- check-vmlinux.sh ------------------------------------------------------------------------------

if [ -r /sys/kernel/btf/vmlinux ]; then
	cat >"$work/right.h" <<-EOF
		typedef unsigned char __u8;
		typedef unsigned short __u16;
		typedef unsigned int __u32;
		enum xdp_action {
			XDP_DROP = 1,
			XDP_PASS = 2,
		};
		struct ethhdr {
			__u8 h_dest[6];
			__u8 h_source[6];
			__u16 h_proto;
		};
		struct iphdr {
			__u8 ihl : 4;
			__u8 version : 4;
			__u8 tos;
			__u16 tot_len;
			__u16 id;
			__u16 frag_off;
			__u8 ttl;
			__u8 protocol;
			__u16 check;
			__u32 saddr;
			__u32 daddr;
		};
	EOF
	compare() { scripts/check-vmlinux.sh "$work/$1.h" >"$work/out"; echo $?; }
	is "right layouts agree with the kernel" "$(compare right)" 0
	sed 's/__u8 ihl : 4/__u8 ihl : 3/' "$work/right.h" >"$work/width.h"
	is "a wrong bit width is found" "$(compare width)" 1
	claim "and named" grep -q "^struct iphdr: ihl 0 3 differs" "$work/out"
	sed 's/__u32 daddr;//' "$work/right.h" >"$work/size.h"
	is "a wrong size is found" "$(compare size)" 1
	sed 's/XDP_PASS = 2/XDP_PASS = 3/' "$work/right.h" >"$work/value.h"
	is "a wrong value is found" "$(compare value)" 1
	claim "and named with the right one" grep -q "^XDP_PASS = 3: the kernel has 2" "$work/out"
else
	echo "# SKIP check-vmlinux.sh: this kernel has no BTF"
fi
is "without kernel BTF it skips" \
	"$(scripts/check-vmlinux.sh vmlinux.h "$work/none" 2>"$work/out"; echo $?)" 0
claim "and says so loudly" grep -q "^SKIP .*NOT compared" "$work/out"
done_testing
