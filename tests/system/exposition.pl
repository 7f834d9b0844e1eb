#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# Is this a Prometheus text file that a collector takes, and that `promtool check metrics` likes?
#   exposition.pl FILE    prints each fault with its line; exit status 1 when there is one
# Stricter than the format: HELP and TYPE before the samples of a family, each once and in that
# order, families not torn apart, no sample twice, base units, _total on counters and on nothing else.
use strict;
use warnings;

my ($file) = @ARGV or die "usage: exposition.pl FILE\n";
open my $in, '<:raw', $file or die "$file: $!\n";
local $/;
my $text = <$in>;
my ($family, %type, %done, %seen, $faults, $line);
sub fault { print "$file:$line: $_[0]\n"; $faults = 1 }

$line = 0;
fault('empty') unless length $text;
fault('the last line has no newline') unless $text =~ /\n\z/;
fault('not ASCII') if $text =~ /[^\n\x20-\x7e]/;
for (split /\n/, $text, -1) {
	$line++;
	next if $line > 1 && $_ eq '' && $line == 1 + ($text =~ tr/\n//);
	if (/^# HELP ([a-z_][a-z0-9_]*) (\S.*)$/) {
		my ($name, $words) = ($1, $2);
		fault("family $name again") if $done{$name}++;
		fault("the help of $name is no sentence") unless $words =~ /^[A-Z0-9].*\.$/;
		fault("$name is not teiten's") unless $name =~ /^teiten_/;
		$family = $name;
	} elsif (/^# TYPE ([a-z_][a-z0-9_]*) (counter|gauge)$/) {
		my ($name, $kind) = ($1, $2);
		fault("type of $name without its help") unless defined $family && $family eq $name;
		fault("type of $name again") if $type{$name};
		$type{$name} = $kind;
		fault("$name: a counter ends with _total, nothing else does")
			if ($kind eq 'counter') != ($name =~ /_total$/);
		fault("$name: not a base unit")
			if $name =~ /_(milliseconds|minutes|hours|days|kilobytes|megabytes|percent)(_|$)/;
	} elsif (/^([a-z_][a-z0-9_]*)\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\} (\S+)$/) {
		my ($name, $labels, $value) = ($1, $2, $3);
		fault("$name outside of its family") unless defined $family && $family eq $name && $type{$name};
		fault("$name: labels end with a comma") if $labels =~ /,$/;
		my %names;
		$names{$_}++ for $labels =~ /([a-z_]+)="/g;
		fault("$name: a label twice") if grep { $_ > 1 } values %names;
		fault("$name has no sensor") unless $names{sensor};
		my $series = $name . '{' . $labels . '}';
		fault("$series again") if $seen{$series}++;
		fault("$name: $value is no number")
			unless $value =~ /^-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:e[+-]?[0-9]+)?$/i;
		fault("$name: a counter below zero") if $type{$name} && $type{$name} eq 'counter' && $value < 0;
	} else {
		fault("neither comment nor sample: $_");
	}
}
for my $name (keys %done) {
	fault("$name has no samples") unless grep { /^\Q$name\E\{/ } keys %seen;
}
exit($faults ? 1 : 0);
