#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Static analysis: shellcheck, cppcheck, clang-tidy and scan-build, each without a word, or it fails.
# usage: lint.sh [TOOL...]    after `make`: clang-tidy reads the generated skeletons
#
# What is switched off stands with its reason in .clang-tidy, in scripts/cppcheck.txt, and below.
set -eu
cd "$(dirname "$0")/.."

objects=build/lint
jobs=$(nproc)
# COUNTS_DIRECTORY: scripts/coverage.sh names it to tests/coverage/.
flags='-I. -Ibuild -D_GNU_SOURCE -DTEITEN_VERSION=\"0\" -DCOUNTS_DIRECTORY=\"build\" -std=gnu11'

sources() { git ls-files 'user/*.c' 'tests/*.c' | grep -v '\.bpf\.c$'; }

lint_shellcheck() {
	git ls-files | while read -r file; do
		head -n 1 "$file" | grep -qa '^#!/bin/\(ba\)\{0,1\}sh' && printf '%s\n' "$file"
	done | xargs shellcheck
}

lint_cppcheck() {
	# Two macros of libbpf that it cannot find.
	cppcheck --enable=warning,style,performance,portability --inline-suppr --quiet -j "$jobs" \
		--error-exitcode=1 --std=c11 -I. -Ibuild -D_GNU_SOURCE '-DTEITEN_VERSION="0"' -D__x86_64__ \
		'-DSEC(name)=' '-DLIBBPF_OPTS(type,name,...)=struct type name = {__VA_ARGS__}' \
		--suppress=missingIncludeSystem --suppressions-list=scripts/cppcheck.txt \
		--suppress='*:build/*' bpf user tests
}

# tidy OPTION...: the files of standard input
tidy() {
	# shellcheck disable=SC2016 # the inner shell's own $
	xargs -r -P "$jobs" -n 4 sh -c \
		'log=$(clang-tidy --quiet '"$*"' "$@" -- '"$flags"' 2>/dev/null) || { printf "%s\n" "$log"; exit 1; }' sh
}

lint_tidy() {
	# These define functions of libc, whose headers name parameters as only libc may (__fd).
	interposed='^tests/system/\(failing\|fast_clock\)\.c$\|^tests/unit/pipeline/test_failing_calls\.c$'
	failed=0
	sources | grep -v "^tests/bench/\|$interposed" | tidy || failed=1
	sources | grep "$interposed" |
		tidy --checks=-readability-inconsistent-declaration-parameter-name || failed=1
	return "$failed"
}

lint_scan() {
	# valist.Uninitialized: LLVM 14 takes every va_start for none.
	# unix.Malloc: does not know __attribute__((cleanup)); LeakSanitizer watches the unit tests.
	scan-build --status-bugs --use-cc=clang -o "$objects/reports" \
		-disable-checker valist.Uninitialized -disable-checker unix.Malloc \
		make -j "$jobs" B="$objects" CC=clang "$objects/teiten" >"$objects/scan.log" 2>&1 || {
		grep 'warning:\|error:' "$objects/scan.log" >&2
		return 1
	}
}

mkdir -p "$objects"
status=0
[ $# -gt 0 ] || set -- shellcheck cppcheck tidy scan
for tool; do
	began=$(date +%s)
	if "lint_$tool"; then
		echo "  LINT    $tool: clean, $(($(date +%s) - began)) s"
	else
		echo "  LINT    $tool: see above" >&2
		status=1
	fi
done
exit "$status"
