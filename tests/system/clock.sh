# SPDX-License-Identifier: GPL-2.0-or-later
# Minutes that pass faster: source this after world.sh. Calls that fail, too. The program is
# the product itself, under the clock of fast_clock.c and the failures of failing.c.
# shellcheck shell=sh disable=SC2034,SC2154

# fast_clock FACTOR: from here on $teiten lives in time that runs FACTOR times as fast.
fast_clock() {
	factor=$1
	real_teiten=$teiten
	perl -MTime::HiRes=clock_gettime,CLOCK_BOOTTIME -e '
		my $now = int(clock_gettime(CLOCK_BOOTTIME) * 1e9);
		open my $out, ">", $ARGV[0] or die;
		print $out pack("q<5", $now, time() * 10**9, $ARGV[1], 0, 0)' $work/time "$factor"
	printf '#!/bin/sh\nexport LD_PRELOAD="%s" TEST_CLOCK=%s TEST_FAILURES=%s\nexec "%s" "$@"\n' \
		"$PWD/build/tests/system/fast_clock.so $PWD/build/tests/system/failing.so" \
		$work/time $work/failures "$teiten" >$work/teiten-fast
	truncate -s 4096 $work/failures
	chmod +x $work/teiten-fast
	teiten=$work/teiten-fast
}

# fast_now: seconds since 1970 by that clock, with a fraction.
fast_now() {
	perl -MTime::HiRes=clock_gettime,CLOCK_BOOTTIME -e '
		open my $in, "<", $ARGV[0] or die;
		read $in, my $bytes, 32;
		my ($from, $wall, $factor, $step) = unpack "q<4", $bytes;
		printf "%.3f\n", ($wall + $step + (clock_gettime(CLOCK_BOOTTIME) * 1e9 - $from) * $factor) / 1e9
		' $work/time
}

# until_border: real seconds until the next minute of that clock begins.
until_border() { fast_now | awk -v factor="$factor" '{ print (60 - $1 % 60) / factor }'; }

# fail_every N...: of each kind of call (tests/system/failing.c, in its order) every Nth fails.
fail_every() {
	perl -e 'open my $io, "+<", shift or die;
		print $io pack "q<*", @ARGV' $work/failures "$@"
}
# failed: how many calls of each kind have failed.
failed() {
	perl -e 'open my $io, "<", shift or die;
		read $io, my $bytes, 4096;
		print join(" ", (unpack "q<*", $bytes)[9 .. 17]), "\n"' $work/failures
}

# The place of a kind of call in these lists.
failing_kind() {
	case $1 in
	pwrite) echo 0 ;;
	write) echo 2 ;;
	truncate) echo 5 ;;
	sync) echo 6 ;;
	bpf) echo 7 ;;
	esac
}
# fail_nth KIND N: of the calls from now on the Nth fails, and no other.
fail_nth() {
	perl -e 'my ($file, $kind, $n) = @ARGV;
		open my $io, "+<", $file or die;
		seek $io, (18 + $kind) * 8, 0;
		print $io pack "q<", $n' $work/failures "$(failing_kind "$1")" "$2"
}
# still_nth KIND: calls until that one; 0: it came, and failed.
still_nth() {
	perl -e 'my ($file, $kind) = @ARGV;
		open my $io, "<", $file or die;
		seek $io, (18 + $kind) * 8, 0;
		read $io, my $bytes, 8;
		print unpack("q<", $bytes), "\n"' $work/failures "$(failing_kind "$1")"
}

# set_clock SECONDS: somebody sets the wall clock forward, or back.
set_clock() {
	perl -e 'open my $io, "+<", $ARGV[0] or die;
		seek $io, 24, 0;
		read $io, my $bytes, 8;
		seek $io, 24, 0;
		print $io pack "q<", unpack("q<", $bytes) + $ARGV[1] * 10**9' $work/time "$1"
}

# slow_down SECONDS: so long takes what the program measures of its own work, each time; 0: as ever.
slow_down() {
	perl -e 'open my $io, "+<", $ARGV[0] or die;
		seek $io, 32, 0;
		print $io pack "q<", $ARGV[1] * 10**9' $work/time "$1"
}

# -- What is sent, said and stored -----------------------------------------------------------------

# send N FILE [OPTION...]: for a second, 2,000 packets a second and an attack from port 53; the books are
# $work/N.FILE.tsv.
send() {
	cable=$1 books=$2
	shift 2
	at_far "$generator" --send "far$cable" --geo "$work/geo.csv" --rate 2000 --seconds 1 \
		--attack dns:3000 --counts "$work/$cable.$books.tsv" "$@"
}

# wait_said N PATTERN: the sensor of N says it, within 20 s.
wait_said() {
	for _ in $(seq 200); do
		grep -q "$2" "$work/$1.said" && return 0
		sleep 0.1
	done
	return 1
}

# wait_minutes N COUNT: its history has so many more minutes, within 20 s.
wait_minutes() {
	until=$(($(ask "$1" coverage | wc -l) + $2))
	for _ in $(seq 200); do
		[ "$(ask "$1" coverage | wc -l)" -lt $until ] || return 0
		sleep 0.1
	done
	return 1
}

# same N: its history has what all of its books say.
same() {
	is "$1: each class has what was sent, packets and bytes" "$(ledger "$1")" "$(sent "$work/$1".*.tsv)"
}
