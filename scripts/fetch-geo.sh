#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Default country data: the files geoip and geoip6 of Debian's tor-geoipdb into DIR.
# usage: fetch-geo.sh DIR
# The package is only unpacked: installing it would bring the tor daemon. Needs no root, but a
# package index (apt-get update) and a network. What DIR held stays when anything fails.
set -eu

[ $# -eq 1 ] || { echo "usage: fetch-geo.sh DIR" >&2; exit 2; }
mkdir -p "$1"
dir=$(cd "$1" && pwd)
# Beside the repository's script, or where the installed one belongs.
teiten=$(cd "$(dirname "$0")/.." && pwd)/build/teiten
[ -x "$teiten" ] || teiten=$(command -v teiten) || teiten=

# Beside the target: the final rename must not cross a file system.
work=$(mktemp -d "$dir/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
fail() {
	echo "teiten: $1; the country data in $dir is as it was" >&2
	exit 1
}

# apt reads as an unprivileged user, which may not enter $work: only a notice, and switched off.
cd "$work"
apt-get -q -o APT::Sandbox::User=root -o Acquire::Retries=1 -o Acquire::http::Timeout=20 \
	download tor-geoipdb >log 2>&1 || {
	tail -n 3 log >&2
	fail "tor-geoipdb could not be downloaded (no network, or no package index: apt-get update)"
}
dpkg-deb -x tor-geoipdb_*.deb unpacked || fail "the downloaded package cannot be unpacked"

for name in geoip geoip6; do
	file=unpacked/usr/share/tor/$name
	[ -f "$file" ] || fail "the package has no $name"
	# Line after line start,end,CC: a page of a captive portal is not country data.
	awk -F, '/^#/ || /^$/ { next } NF != 3 || length($3) != 2 { exit 1 } { n++ }
		END { exit n < 10000 }' "$file" || fail "$name is not country data"
done
if [ -n "$teiten" ]; then
	"$teiten" geo info --geo unpacked/usr/share/tor/geoip --geo unpacked/usr/share/tor/geoip6 \
		>log 2>&1 || {
		tail -n 3 log >&2
		fail "teiten does not take the downloaded files"
	}
fi

# Each rename is atomic; a reader between the two sees files of two dates, both whole.
for name in geoip geoip6; do
	chmod 0644 "unpacked/usr/share/tor/$name"
	mv -f "unpacked/usr/share/tor/$name" "$dir/$name"
done
echo "country data: $dir/geoip $dir/geoip6 ($(basename tor-geoipdb_*.deb .deb))"
