#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What a kernel's verifier and compiler make of the programs, beside what they made before, as a
# table. usage: verifier-figures.sh [--write] RELEASE <TAP    (the output of kernel tests)
#
# Growth is shown, and fails only above the limits in tests/kernel/verifier.txt. --write puts the
# figures there: do so in the change that moves them.
set -eu
cd "$(dirname "$0")/.."

kept=tests/kernel/verifier.txt
write=0
[ "${1:-}" != --write ] || {
	write=1
	shift
}
[ $# -eq 1 ] || {
	echo "usage: verifier-figures.sh [--write] RELEASE <TAP" >&2
	exit 2
}
series=$(echo "$1" | sed 's/^\([0-9]*\.[0-9]*\).*/\1/')

# SERIES PROCESSED XLATED JITED NAME, one for each program
figures=$(sed -n "s/^# verifier: \([0-9]*\) processed, \([0-9]*\) xlated, \([0-9]*\) jited (\(.*\))\r*$/$series \1 \2 \3 \4/p")
[ -n "$figures" ] || {
	echo "verifier-figures: no figures of Linux $series in the tests' output" >&2
	exit 1
}

# shellcheck disable=SC2016 # awk's own $
echo "$figures" | awk -v series="$series" '
function name_of(line) {
	sub(/^[^ ]+ [^ ]+ [^ ]+ [^ ]+ /, "", line)
	return line
}
function change(now, before) {
	if (before == "")
		return "new"
	return now == before ? "=" : sprintf("%+.1f%%", 100 * (now - before) / before)
}
FNR == NR && /^limit / { limit[$2] = $3 }
FNR == NR {
	if ($1 == series)
		for (i = 2; i <= 4; i++)
			before[name_of($0), i] = $i
	next
}
FNR == 1 {
	most = series in limit ? limit[series] : limit["other"]
	printf "# Linux %s: verified instructions (limit %d), size of the program and of its machine code\n",
		series, most
	printf "# %-24s %10s %8s %9s %8s %9s %8s\n", "program", "verified", "", "bytes", "", "machine", ""
}
{
	name = name_of($0)
	printf "# %-24s %10d %8s %9d %8s %9d %8s\n", name, $2, change($2, before[name, 2]),
		$3, change($3, before[name, 3]), $4, change($4, before[name, 4])
	if ($2 > most) {
		printf "# %s: more than %d verified instructions\n", name, most
		bad = 1
	}
}
END { exit bad }
' "$kept" - || {
	echo "verifier-figures: a program is too complex for Linux $series" >&2
	exit 1
}

if [ "$write" = 1 ]; then
	{
		grep -v "^$series " "$kept"
		echo "$figures"
	} >"$kept.new"
	{
		grep '^#\|^limit' "$kept.new"
		grep -v '^#\|^limit' "$kept.new" | LC_ALL=C sort -V
	} >"$kept"
	rm -f "$kept.new"
fi
