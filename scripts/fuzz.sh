#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Fuzz each target for some seconds, two at a time. usage: fuzz.sh SECONDS build/fuzz/fuzz_NAME...
#
# A target begins with tests/fuzz/seeds/NAME, what tests/fuzz/make-seeds.sh makes for it, and what
# earlier runs found interesting (build/fuzz/corpus/NAME). Exit 1 when one found something: its
# output ends in build/fuzz/NAME.log, its input in build/fuzz/NAME-*.
set -eu
cd "$(dirname "$0")/.."

if [ "$1" = --one ]; then
	seconds=$2 target=$3 name=${3##*/fuzz_} at=${3%/*}
	mkdir -p "$at/corpus/$name" "$at/seeds/$name"
	tests/fuzz/make-seeds.sh "$name" "$at/seeds/$name"
	seeds=$at/seeds/$name
	[ ! -d "tests/fuzz/seeds/$name" ] || seeds="$seeds tests/fuzz/seeds/$name"
	if "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 -print_final_stats=1 \
		-artifact_prefix="$at/$name-" "$at/corpus/$name" $seeds >"$at/$name.log" 2>&1; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$at/$name.log")
		echo "  FUZZ    $name: $runs inputs in $seconds s, nothing found"
		exit 0
	fi
	tail -n 40 "$at/$name.log" >&2
	echo "  FUZZ    $name: see $at/$name.log" >&2
	exit 1
fi

seconds=$1
shift
export LSAN_OPTIONS="suppressions=$PWD/scripts/leaks.txt:print_suppressions=0"
printf '%s\n' "$@" | xargs -P 2 -n 1 scripts/fuzz.sh --one "$seconds"
