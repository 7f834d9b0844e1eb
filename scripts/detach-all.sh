#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Detach every sensor of this machine: last drain, link and pins removed. For the removal of the
# package, and for an upgrade that changes the layout of the pins. The processes must have ended.
# Exit 0 when nothing of teiten is attached any more, else 1; each failure is told.
set -u
teiten=${TEITEN:-$(dirname "$0")/../../bin/teiten}
pins=/sys/fs/bpf/teiten
tried=

[ -d $pins ] || exit 0

# The configuration knows where the history is.
for configuration in /etc/teiten/*.conf; do
	[ -f "$configuration" ] || continue
	interface=$(sed -n '/^\[sensor\]/,/^\[/s/^[[:space:]]*interface[[:space:]]*=[[:space:]]*//p' \
		"$configuration" | sed 's/[[:space:]]*$//')
	[ -n "$interface" ] || continue
	"$teiten" detach -c "$configuration"
	tried="$tried $interface "
done

# What is pinned for other interfaces was started by hand. Bytes of a name may be written %XX.
for directory in "$pins"/*/v*; do
	[ -d "$directory" ] || continue
	name=$(basename "$(dirname "$directory")" | sed 's/%\(..\)/\\x\1/g')
	# shellcheck disable=SC2059 # the escapes of the name are meant
	interface=$(env printf "$name")
	case $tried in
	*" $interface "*) ;;
	*) "$teiten" detach -i "$interface" ;;
	esac
done

for directory in "$pins"/*/v*; do
	[ ! -d "$directory" ] || exit 1
done
