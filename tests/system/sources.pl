#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# Distinct sources by exact sets, for tests/system/sources.t.
#   sources.pl make           a capture of two days on standard output
#   sources.pl count ZONE_S   of a capture on standard input: time,kind,proto,port,country,sources by
#                             days that begin ZONE_S seconds before those of UTC; of countries only
#                             what make() writes is known
#   sources.pl compare EXACT KIND LEAST SHARE
#                             a query's CSV on standard input against count's: prints what lacks,
#                             and each line of KIND with LEAST sources that errs by more than SHARE
#   sources.pl rms EXACT KIND LEAST    the root mean square error of those lines
use strict;
use warnings;
use Socket qw(inet_pton AF_INET6);

my $start = 1709251200;    # 2024-03-01T00:00:00Z

# -- A capture ---------------------------------------------------------------------------------------

sub ipv4 {
    my ($protocol, $source, $payload) = @_;
    return "\0" x 12
      . pack("n", 0x0800)
      . pack("C2n3C2nN2", 0x45, 0, 20 + length $payload, 0, 0, 64, $protocol, 0, $source, 0xc0000201)
      . $payload;
}

sub ipv6 {
    my ($protocol, $source, $payload) = @_;
    return "\0" x 12
      . pack("n", 0x86dd)
      . pack("NnC2", 6 << 28, length $payload, $protocol, 64)
      . $source
      . inet_pton(AF_INET6, "2001:db8:ffff::1")
      . $payload;
}

sub tcp_syn { pack("n2N2C2n3", 40000, $_[0], 1, 0, 0x50, 2, 1024, 0, 0) }

sub udp { pack("n4", $_[0], $_[1], 20, 0) . pack("n6", 1, $_[0] == 53 ? 0x8180 : 0, 1, 0, 0, 0) }

# Each: packets a day, protocol, ports, which sources.
my @senders = (
    [6000, \&tcp_syn, 6,  [23],         sub { 0x01000000 + int(rand(6000)) }],    # neighbours
    [9000, \&tcp_syn, 6,  [445],        sub { 0x02000000 + int(rand(1 << 24)) }],
    [3000, \&tcp_syn, 6,  [5000],       sub { 0x03000000 + int(rand(300)) * 256 }],
    [4000, sub { udp(53, $_[0]) },   17, [1024 .. 5023], sub { 0x01800000 + int(rand(2500)) * 77 }],
    [2000, sub { udp(4000, $_[0]) }, 17, [53413],        sub { 0x02000000 + int(rand(400)) }],
    [3000, \&tcp_syn, 6, [80], sub { pack("N4", 0x20010db8, 0, 0, int(rand(2000))) }],
);

sub make {
    my @packets;
    srand 20140211;
    for my $day (0, 1) {
        for my $sender (@senders) {
            my ($count, $layer4, $protocol, $ports, $source) = @$sender;
            for (1 .. $count) {
                my $from = $source->();
                my $payload = $layer4->($ports->[rand @$ports]);
                push @packets,
                  [ $start + 86400 * $day + int(rand 86400),
                    length $from == 16 ? ipv6($protocol, $from, $payload)
                      : ipv4($protocol, $from, $payload) ];
            }
        }
    }
    binmode STDOUT;
    print pack("VvvV4", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1);
    for (sort { $a->[0] <=> $b->[0] } @packets) {
        print pack("V4", $_->[0], 0, length $_->[1], length $_->[1]), $_->[1];
    }
}

# -- Exact sets ----------------------------------------------------------------------------------------

my %country_of = (1 => "JP", 2 => "US", 3 => "CN");

# Protocol, source, transport header of a frame; nothing of others.
sub parse {
    my $type = unpack "x12 n", $_[0];
    if ($type == 0x0800) {
        my $ip = substr $_[0], 14;
        return (ord substr($ip, 9, 1), substr($ip, 12, 4), substr $ip, 4 * (15 & ord $ip));
    }
    return (ord substr($_[0], 20, 1), substr($_[0], 22, 16), substr $_[0], 54) if $type == 0x86dd;
    return;
}

sub key_of_port {
    my ($protocol, $layer4) = @_;
    return "tcp," . unpack "x2 n", $layer4 if $protocol == 6;
    return "udp," . unpack "x2 n", $layer4 if $protocol == 17;
    return "icmp," . ord $layer4           if $protocol == 1;
    return;
}

sub count {
    my ($zone) = @_;
    my %sources;
    binmode STDIN;
    read STDIN, my $header, 24;
    while (read(STDIN, $header, 16) == 16) {
        my ($time, undef, $size) = unpack "V3", $header;
        my $frame;
        read STDIN, $frame, $size;
        my ($protocol, $source, $layer4) = parse($frame);
        next unless defined $protocol;
        my $port = key_of_port($protocol, $layer4);
        next unless defined $port;
        my $day = $time - ($time + $zone) % 86400;
        my $country = length $source == 4 ? $country_of{ ord $source } // "" : "XX";
        my @keys = ("total,,,", "port,$port,");
        push @keys, "country,,,$country" if $country;
        if ($protocol == 17 && unpack("n", $layer4) == 53) {
            push @keys, "sport53,,,";
            push @keys, "sport53,,,$country" if $country;
        }
        $sources{$day}{$_}{$source} = 1 for @keys;
    }
    for my $day (sort { $a <=> $b } keys %sources) {
        my @t = gmtime($day + $zone);
        for my $key (sort keys %{ $sources{$day} }) {
            printf "%04d-%02d-%02d,%s,%d\n", $t[5] + 1900, $t[4] + 1, $t[3], $key,
              scalar keys %{ $sources{$day}{$key} };
        }
    }
}

# -- Comparison ------------------------------------------------------------------------------------------

# Estimates of the lines of a kind, by day and key: [exact, estimated].
sub pairs {
    my ($exact, $kind, $least) = @_;
    my (%estimated, @pairs);
    while (<STDIN>) {
        chomp;
        my @f = split /,/, $_, -1;
        $estimated{ join ",", substr($f[0], 0, 10), @f[1 .. 4] } = $f[5];
    }
    open my $in, "<", $exact or die "$exact: $!\n";
    while (<$in>) {
        chomp;
        my ($key, $of, $count) = /^(([^,]*,[^,]*),.*),(\d+)$/ or die;
        next if $of !~ /,\Q$kind\E$/ || $count < $least;
        push @pairs, [$key, $count, $estimated{$key} // 0];
    }
    return @pairs;
}

my ($what, @arguments) = @ARGV;
if ($what eq "make") {
    make();
} elsif ($what eq "count") {
    count(@arguments);
} elsif ($what eq "compare") {
    my $share = pop @arguments;
    my @pairs = pairs(@arguments);
    print "no such line\n" unless @pairs;
    for (@pairs) {
        print "$_->[0]: $_->[2] instead of $_->[1]\n" if abs($_->[2] / $_->[1] - 1) > $share;
    }
} else {
    my ($squares, @pairs) = (0, pairs(@arguments));
    $squares += ($_->[2] / $_->[1] - 1)**2 for @pairs;
    printf "%.4f\n", sqrt($squares / @pairs);
}
