#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Which lines and branches of user/ and of the parser in bpf/ the tests reach, by folder: by the unit
# tests, which need no root, and by all (unit, kernel, system, golden), child processes included. Needs root.
#
# The program is built anew for gcov in build/coverage, which lies over build/ in a mount namespace of
# its own, so that tests find it where they look for it. tests/coverage/uncovered.txt says why what is
# left has no test; an entry that no longer holds, and a function without one, fail.
#
# COVERAGE_TESTS  system and golden tests to run; default: all but package.t, which builds its own
set -eu
cd "$(dirname "$0")/.."

if [ "${1:-}" != --inside ]; then
	mkdir -p build/coverage
	exec unshare --mount --propagation private "$0" --inside
fi
mount --bind build/coverage build
find build -name '*.gcda' -delete

jobs=$(nproc)
build() {
	make --no-print-directory -s -j "$jobs" SANITIZE=--coverage \
		CFLAGS='-O0 -g --coverage -std=gnu11 -fno-strict-aliasing -w' "$@"
}
# Processes of other users write their counts too.
open_counts() { chmod -R a+rwX build; }
count() { find build -name '*.gcda' | scripts/coverage.pl "$@"; }
complain() { echo "coverage: $*: some failed; their lines count all the same" >&2; }

gcc -I. -D_GNU_SOURCE "-DCOUNTS_DIRECTORY=\"$PWD/build\"" -c -o build/keep_counts.o \
	tests/coverage/keep_counts.c
build build/teiten LDFLAGS="-Wl,--wrap=confine_paths $PWD/build/keep_counts.o"
# shellcheck disable=SC2046 # names without blanks
build build/darknet-generator build/tests/bench/fill_history build/tests/system/inject \
	$(printf '%s\n' tests/unit/*/test_*.c tests/kernel/test_*.c | sed 's|^|build/|;s|\.c$||')
# What is loaded before the program counts nothing.
make --no-print-directory -s build/tests/system/fast_clock.so build/tests/system/failing.so

for test in tests/unit/*/test_*.c; do
	HOSTILE_FRAMES=100000 "build/${test%.c}" >build/unit.log 2>&1 || complain "$test"
	HOSTILE_FRAMES=
done
count --save build/without-root
build/teiten --version >/dev/null # so that every file of counts is there
open_counts
# shellcheck disable=SC2046 # names without blanks
HOSTILE_KERNEL_FRAMES=20000 prove -Q $(printf '%s\n' tests/kernel/test_*.c |
	sed 's|^|build/|;s|\.c$||') || complain "kernel tests"
open_counts
tests=$(find tests/system tests/golden -name '*.t' ! -name package.t | sort)
prove -Q -j 3 ${COVERAGE_TESTS:-$tests} ||
	complain "system tests"
count --beside build/without-root tests/coverage/uncovered.txt
