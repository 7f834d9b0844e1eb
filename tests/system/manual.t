#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The manual pages say what the commands take: every option of `teiten COMMAND --help` is in its
# command's synopsis and is described, none is made up, and the pages are well-formed. Needs no root.
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/system/tap.sh
. tests/system/tap.sh

teiten=build/teiten
page=docs/teiten.8
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The options of a help text, one a line, as the page writes them: c, -config, -state ...
options() {
	sed -n 's/^ *\(-[a-z], \)*\(--[a-z-]*\).*/\1\2/p' |
		sed 's/^-\(.\), -\(-.*\)/\1 \2/; s/^-\(-.*\)/\1/' | grep -v -e -help -e -usage
}

# The synopsis of a command: its lines from .Cm COMMAND to the next .Nm.
synopsis() {
	awk -v start=".Cm $1" '/^\.Sh DESCRIPTION/ { exit } $0 == start { on = 1; next }
		/^\.Nm/ { on = 0 } on' "$page"
}

# shellcheck disable=SC2317 # called by claim
described() { grep -q -e "^\.It .*Fl $1\( \|$\)" -e "^\.It .*, $1\( \|$\)" "$page"; }

"$teiten" --help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p' >"$work/commands"
claim "the main help lists the commands" test "$(wc -l <"$work/commands")" -ge 9
sed '/^geo$/d; /^fleet$/d' "$work/commands" >"$work/all"
printf '%s\n' 'geo build' 'geo info' 'geo lookup' 'fleet sensors' 'fleet query' \
	'fleet events' 'fleet report' 'fleet detect' >>"$work/all"
while read -r command; do
	# shellcheck disable=SC2086 # "geo build" is two words
	"$teiten" $command --help | options >"$work/options"
	synopsis "$command" >"$work/synopsis"
	claim "$command has a synopsis" test -s "$work/synopsis"
	while read -r short long; do
		long=${long:-$short}
		# One that has a short form is in the synopsis by that.
		claim "$command $short is in its synopsis" \
			grep -q -e "Fl $short\( \|\$\)" "$work/synopsis"
		claim "$command -$long is described" described "$long"
	done <"$work/options"
	grep -o 'Fl [a-z-]*' "$work/synopsis" | sed 's/^Fl //' | sort -u >"$work/promised"
	cut -d ' ' -f 1 "$work/options" | sort -u >"$work/taken"
	is "the synopsis of $command promises nothing else" \
		"$(comm -23 "$work/promised" "$work/taken")" ""
done <"$work/all"

"$teiten" check --print-default >"$work/default"
claim "etc/teiten.conf is what check prints" cmp "$work/default" etc/teiten.conf
"$teiten" check --print-manual >"$work/keys"
# shellcheck disable=SC2016 # awk's own $
claim "the keys of teiten.conf(5) are what check prints" \
	awk 'NR == FNR { key[NR] = $0; n = NR; next } $0 == key[at + 1] { at++ }
		END { exit at < n }' "$work/keys" docs/teiten.conf.5

"$teiten" check --print-health >"$work/health"
is "the conditions of health in docs/operations.md are what check prints" \
	"$(sed -n '/^## Health in the event log/,/^## [^H]/p' docs/operations.md | grep '^| `')" \
	"$(cat "$work/health")"

# The page has the same words: a name, then sentences that begin with a capital.
is "and so are those in teiten(8)" "$(awk '/^\.Sh/ { on = /HEALTH/ } !on { next }
		/^\.It Cm/ { printf "%s%s", n++ ? "\n" : "", $3; next }
		/^\./ { next } n { printf " %s", $0 } END { print "" }' "$page")" \
	"$(awk -F ' [|] ' '{ gsub(/[`| ]/, "", $1); sub(/ [|]$/, "", $3)
		print $1, toupper(substr($2, 1, 1)) substr($2, 2) ".", \
			toupper(substr($3, 1, 1)) substr($3, 2) "." }' "$work/health")"

if command -v mandoc >/dev/null; then
	LC_ALL=C awk -f scripts/events-manual.awk docs/events.md >"$work/teiten-events.5"
	for manual in docs/*.[1-8] "$work/teiten-events.5"; do
		is "$manual is well-formed" "$(mandoc -Tlint -Wall "$manual" 2>&1 |
			grep -v -e "referenced manual not found" -e "outdated mandoc.db")" ""
	done
else
	echo "# SKIP mandoc is missing: the pages' form is not checked"
fi
done_testing
