# SPDX-License-Identifier: GPL-2.0-or-later
# TAP for shell tests: source this from the repository's root, make claims, end with done_testing.
# What fails is told on stderr as well, which prove shows without -v.
# shellcheck shell=sh

tap_count=0
tap_failed=0

# claim TEXT COMMAND...: the command succeeds.
claim() {
	tap_text=$1
	shift
	tap_count=$((tap_count + 1))
	if "$@"; then
		echo "ok $tap_count - $tap_text"
	else
		echo "not ok $tap_count - $tap_text"
		echo "# $0: not ok $tap_count - $tap_text" >&2
		tap_failed=1
	fi
}

# is TEXT GOT EXPECTED; where they differ in many lines, the first differences are shown.
is() {
	claim "$1" test "$2" = "$3"
	[ "$2" != "$3" ] || return 0
	if [ "$(printf '%s' "$2$3" | wc -l)" -eq 0 ]; then
		printf "#   got:      %s\n#   expected: %s\n" "$2" "$3" >&2
		return
	fi
	tap_got=$(mktemp)
	printf '%s\n' "$2" >"$tap_got"
	printf '%s\n' "$3" | diff -U 0 - "$tap_got" | sed -n "s/^/#   /; 3,22p" >&2
	rm -f "$tap_got"
}

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

done_testing() {
	echo "1..$tap_count"
	exit $tap_failed
}
