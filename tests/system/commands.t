#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What a wrong call answers, and that it leaves nothing behind. The second part needs root: it has a
# mount and a network namespace of its own, with its own bpffs.
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/system/tap.sh
. tests/system/tap.sh

if [ -z "${COMMANDS_INSIDE:-}" ] && [ "$(id -u)" -eq 0 ]; then
	COMMANDS_INSIDE=1 exec unshare --mount --net "$0"
fi
teiten=$PWD/build/teiten
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: >"$work/empty"
echo hello >"$work/junk"

# answers TEXT STATUS SENTENCE ARGUMENT...: the exit status, and a part of what is said.
answers() {
	claimed=$1 expected=$2 sentence=$3
	shift 3
	timeout 20 "$teiten" "$@" >"$work/out" 2>&1 </dev/null
	is "$claimed: exit status $expected" "$?" "$expected"
	claim "$claimed: says why" grep -q -e "$sentence" "$work/out"
}

answers "no command" 2 "usage: teiten COMMAND"
answers "an unknown command" 2 "no command 'bogus'" bogus
answers "help of a command" 0 "Usage: teiten events" help events
answers "help of none" 2 "no command 'x'" help x
answers "-h is help" 0 "usage: teiten COMMAND" -h
answers "an unknown option" 2 "unrecognized option" run --bogus
answers "an argument too many" 2 "what is 'x'" check x
answers "a path as interface" 2 "cannot be an interface's name" run -i ../../x
answers "a name too long" 2 "cannot be an interface's name" detach -i abcdefghijklmnop
answers "no interface" 2 "no interface is named" run -c "$work/empty"
answers "a missing configuration" 2 "cannot be read" check -c "$work/none"
answers "an unknown table" 2 "there is no table 'x'" query x
answers "an impossible date" 2 "is not a time" query ports --from 2014-02-30
answers "an interval from its end" 2 "from is after" events --from 2014-03-01 --to 2014-02-01
answers "no history" 1 "no history in $work" query ports --state "$work"
answers "a directory as counts stream" 1 "Is a directory" detect --counts "$work"
answers "junk as counts stream" 1 "not a counts stream" detect --counts "$work/junk"
answers "junk as country data" 1 "neither registry" geo info --geo "$work/junk"
answers "an empty file as country data" 1 "the file is empty" geo info --geo "$work/empty"

if [ -z "${COMMANDS_INSIDE:-}" ] || ! mount -t sysfs sysfs /sys || ! mount -t bpf bpf /sys/fs/bpf; then
	echo "# SKIP not root, or no mounts of its own: starts that fail are not tested"
	done_testing
fi
ip link set lo up
run() { answers "$@" --state "$work/state" --log "$work/log"; }
run "an interface that is not there" 1 "no interface 'nosuch'" run -i nosuch
claim "which leaves no state" test ! -e "$work/state"
run "broken country data" 1 "neither registry" run -i lo --geo "$work/junk"
claim "which leaves no pins" test ! -e /sys/fs/bpf/teiten
run "a capture that is none" 1 "neither a pcap nor a pcapng" replay "$work/junk"
claim "which leaves no state either" test ! -e "$work/state"
answers "detach where nothing is attached" 0 "not attached" detach -i lo
claim "which leaves no pins either" test ! -e /sys/fs/bpf/teiten
answers "status without a history" 1 "no history in $work/state" status --state "$work/state"
claim "which claims no free space" sh -c "! grep -q free '$work/out'"
done_testing
