#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Prometheus's own checker of metrics and alerts, build/tools/promtool, out of Debian's package: installed
# it would start a server. Exit 1 when it cannot be had; tests say then that they did without.
set -eu
cd "$(dirname "$0")/.."

if [ -x build/tools/promtool ] || command -v promtool >/dev/null; then
	exit 0
fi
at=$(mktemp -d)
trap 'rm -rf "$at"' EXIT
(cd "$at" && apt-get -q -o APT::Sandbox::User="$(id -un)" download prometheus >log 2>&1 &&
	dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool) 2>>"$at/log" || {
	tail -n 1 "$at/log" >&2
	exit 1
}
mkdir -p build/tools
mv "$at/usr/bin/promtool" build/tools/
