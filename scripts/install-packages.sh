#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Install what is missing of scripts/packages.txt. usage: install-packages.sh GROUP...
# Needs root, or sudo, only when something is missing.
set -eu
cd "$(dirname "$0")"

missing=
for group in "$@"; do
	# shellcheck disable=SC2013 # a package is a word
	for package in $(awk -v group="$group" '$1 == group { print $2 }' packages.txt); do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
		[ "$state" = installed ] || missing="$missing $package"
	done
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
	sudo=
elif command -v sudo >/dev/null; then
	sudo=sudo
else
	echo "teiten: these packages are missing; install them as root:$missing" >&2
	exit 1
fi
echo "  INSTALL$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086 # $missing is a list of words, $sudo may be nothing
if ! { $sudo apt-get -q update &&
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install $missing; } \
	>"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "teiten: apt-get could not install:$missing" >&2
	exit 1
fi
