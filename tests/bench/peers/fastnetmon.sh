# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034,SC2154
# It counts hosts and totals, no ports. Its bans, its notifications and its usage report are off.
# The count is its own, asked for over the loopback interface of the benchmark's network.
needs=fastnetmon

start() {
	echo 192.0.2.0/24 >"$room/networks"
	echo 2001:db8::/64 >>"$room/networks"
	: >"$room/whitelist"
	sed "s|@INTERFACE@|$dark|; s|@ROOM@|$room|" "$repo/tests/bench/peers/fastnetmon.conf" \
		>"$room/fastnetmon.conf"
	fastnetmon --configuration_file "$room/fastnetmon.conf" --log_file "$room/log" \
		--disable_pid_logic >/dev/null 2>&1 &
	peer=$!
}

# Not by asking it: a packet socket hears every interface until it is bound to its own.
is_ready() { has_packet_socket && grep -q 'Starting Prometheus endpoint' "$room/log"; }

# perl-base is part of every Debian.
fastnetmon_total() {
	perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new("127.0.0.1:9209") or exit 1;
		print $s "GET /metrics HTTP/1.0\r\n\r\n";
		print <$s>;' >"$room/metrics" && awk '
		$1 ~ /total_simple_packets_processed$/ { printf "%.0f", $2; found = 1 }
		END { exit !found }' "$room/metrics"
}

finish() {
	counted=$(fastnetmon_total)
	kill -TERM "$peer"
	wait "$peer" 2>/dev/null || true # it dies of the signal, and the shell would say so
}
