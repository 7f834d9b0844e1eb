#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# Sum up gcov's counts: coverage.pl [--save FILE] [--beside FILE] [UNCOVERED] <LIST-OF-GCDA-FILES
#
# A line, a branch or a function counts as reached when any program reached it. Prints a table by folder
# and the functions that nothing reached; with UNCOVERED, checks that file against them both ways, and
# that nine lines in ten are reached. --save keeps the sums, --beside shows kept ones in a column.
use strict;
use warnings;
use JSON::PP;

my ($save, $beside, $uncovered);
while (my $argument = shift) {
	if ($argument eq '--save') { $save = shift }
	elsif ($argument eq '--beside') { $beside = shift }
	else { $uncovered = $argument }
}

my (%line, %branch, %function);
while (my $data = <STDIN>) {
	chomp $data;
	open(my $gcov, '-|', 'gcov', '--json-format', '--branch-probabilities', '--stdout', $data)
		or die "gcov: $!\n";
	for my $document (<$gcov>) {
		for my $file (@{ decode_json($document)->{files} }) {
			(my $name = $file->{file}) =~ s{^\./}{};
			next unless $name =~ m{^user/} || $name =~ m{^bpf/(parse|layer4|plain)\.h$};
			for my $at (@{ $file->{lines} }) {
				my ($number, $i) = ($at->{line_number}, 0);
				$line{$name}{$number} |= $at->{count} > 0 ? 1 : 0;
				$branch{$name}{"$number:" . $i++} |= $_->{count} > 0 ? 1 : 0
					for @{ $at->{branches} };
			}
			$function{$name}{ $_->{name} } |= $_->{execution_count} > 0 ? 1 : 0
				for @{ $file->{functions} };
		}
	}
	close($gcov);
}

sub folder { my ($name) = @_; return $name =~ m{^(user/[^/]+)/} ? $1 : $name =~ m{^user/} ? 'user' : $name }

my %sum;
for my $name (keys %line) {
	for my $folder (folder($name), 'all') {
		$sum{$folder}{lines} += keys %{ $line{$name} };
		$sum{$folder}{reached} += grep { $_ } values %{ $line{$name} };
		$sum{$folder}{branches} += keys %{ $branch{$name} || {} };
		$sum{$folder}{taken} += grep { $_ } values %{ $branch{$name} || {} };
	}
}

if ($save) {
	open(my $out, '>', $save) or die "$save: $!\n";
	print $out encode_json(\%sum);
	exit 0;
}

my $before = {};
if ($beside) {
	open(my $in, '<', $beside) or die "$beside: $!\n";
	$before = decode_json(<$in>);
}

# Of all lines, those of files included that nothing has reached yet.
sub percent {
	my ($folder, $sum, $part, $whole) = @_;
	return '-' unless $sum{$folder}{$whole};
	return sprintf('%.1f %%', 100 * ($sum->{$part} || 0) / $sum{$folder}{$whole});
}

printf "%-16s %7s %10s %10s   %8s %10s %10s\n", 'folder', 'lines', 'no root', 'all tests', 'branches',
	'no root', 'all tests';
for my $folder ((sort grep { $_ ne 'all' } keys %sum), 'all') {
	my ($now, $was) = ($sum{$folder}, $before->{$folder});
	printf "%-16s %7d %10s %10s   %8d %10s %10s\n", $folder, $now->{lines},
		percent($folder, $was, 'reached', 'lines'), percent($folder, $now, 'reached', 'lines'),
		$now->{branches}, percent($folder, $was, 'taken', 'branches'),
		percent($folder, $now, 'taken', 'branches');
}

print "\nfiles with less than 90 % of their lines reached:\n";
for my $name (sort keys %line) {
	my @missed = sort { $a <=> $b } grep { !$line{$name}{$_} } keys %{ $line{$name} };
	my $lines = keys %{ $line{$name} };
	next if @missed <= $lines / 10;
	my @ranges;
	for (@missed) {
		if (@ranges && $ranges[-1][1] >= $_ - 2) { $ranges[-1][1] = $_ }
		else { push @ranges, [$_, $_] }
	}
	printf "  %-32s %3d %% of %4d: %s\n", $name, 100 * ($lines - @missed) / $lines, $lines,
		join(' ', map { $_->[0] == $_->[1] ? $_->[0] : "$_->[0]-$_->[1]" } @ranges);
}

exit 0 unless $uncovered;
my ($bad, %reason) = (0);
open(my $in, '<', $uncovered) or die "$uncovered: $!\n";
while (<$in>) {
	next if /^#/ || /^\s*$/;
	my ($place, $why) = /^(\S+)\s+(\S.*)$/ or die "$uncovered:$.: PLACE REASON\n";
	$reason{$place} = $why;
}
print "\nfunctions that no test reaches:\n";
for my $name (sort keys %function) {
	for my $function (sort keys %{ $function{$name} }) {
		my $place = "$name:$function";
		my $why = delete $reason{$place};
		if ($function{$name}{$function}) {
			next unless $why;
			print "  $place: is reached; take it out of $uncovered\n";
			$bad = 1;
			next;
		}
		print "  $place: ", $why || "NO REASON in $uncovered", "\n";
		$bad = 1 unless $why;
	}
}
for (sort keys %reason) {
	print "  $_: is not there; take it out of $uncovered\n";
	$bad = 1;
}
if ($sum{all}{reached} < 0.9 * $sum{all}{lines}) {
	print "less than 90 % of the lines are reached\n";
	$bad = 1;
}
exit $bad;
