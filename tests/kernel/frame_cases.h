/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One claim a line: a frame, the class it ends in, and its row. The kernel tests run them through
 * the loaded program; the unit tests through the same parser compiled for the host.
 */
#ifndef TEITEN_TESTS_KERNEL_FRAME_CASES_H
#define TEITEN_TESTS_KERNEL_FRAME_CASES_H

struct frame_case {
	const char *claim;
	const char *frame; /* tests/kernel/frame_text.h */
	const char *class;
	const char *row; /* "tcp/23"; NULL: none */
	int passes;      /* under the verdict drop: ARP and neighbour discovery live */
};

static const struct frame_case frame_cases[] = {
	/* Ethernet */
	{"fourteen_bytes_of_ipv4_are_a_cut_header", "eth:0800", "ip_bad", 0, 0},
	{"arp_is_not_ip_and_passes", "eth:0806 zero:28", "non_ip", 0, 1},
	{"llc_is_not_ip", "eth:0026 raw:424203 zero:35", "non_ip", 0, 0},
	{"mpls_is_not_ip", "eth:8847 zero:46", "non_ip", 0, 0},
	{"pppoe_is_not_ip", "eth:8864 zero:46", "non_ip", 0, 0},
	{"type_zero_is_not_ip", "eth:0000 zero:46", "non_ip", 0, 0},
	/* VLAN */
	{"one_tag_is_skipped", "eth:8100 tag:0800 ip4:6 tcp:1:23:S", "tcp_syn", "tcp/23", 0},
	{"qinq_is_skipped", "eth:88a8 tag:8100 tag:0800 ip4:6 tcp:1:23:S", "tcp_syn", "tcp/23", 0},
	{"old_qinq_type_is_skipped", "eth:9100 tag:8100 tag:0800 ip4:6 tcp:1:80:S", "tcp_syn",
		"tcp/80", 0},
	{"arp_behind_a_tag_passes", "eth:8100 tag:0806 zero:28", "non_ip", 0, 1},
	{"a_cut_tag_is_short", "eth:8100 tag:0800 cut:17", "short_eth", 0, 0},
	{"a_cut_second_tag_is_short", "eth:88a8 tag:8100 tag:0800 cut:20", "short_eth", 0, 0},
	{"eight_tags_are_walked",
		"eth:8100 tag:8100 tag:8100 tag:8100 tag:8100 tag:8100 tag:8100 tag:8100 tag:0800 "
		"ip4:17 udp:9:9",
		"udp_other", "udp/9", 0},
	{"nine_tags_are_too_deep",
		"eth:8100 tag:8100 tag:8100 tag:8100 tag:8100 tag:8100 tag:8100 tag:8100 tag:8100 "
		"tag:0800 ip4:17 udp:9:9",
		"too_deep", 0, 0},
	{"a_cut_ninth_tag_is_short",
		"eth:8100 tag:8100 tag:8100 tag:8100 tag:8100 tag:8100 tag:8100 tag:8100 tag:8100 "
		"cut:48",
		"short_eth", 0, 0},
	/* IPv4 */
	{"a_cut_ipv4_header_is_bad", "eth:0800 ip4:6 tcp:1:23:S cut:33", "ip_bad", 0, 0},
	{"version_5_in_ipv4_is_bad", "eth:0800 ip4:6,ver=5 tcp:1:23:S", "ip_bad", 0, 0},
	{"version_6_in_ipv4_is_bad", "eth:0800 ip4:6,ver=6 tcp:1:23:S zero:40", "ip_bad", 0, 0},
	{"ihl_4_is_bad", "eth:0800 ip4:6,ihl=4 tcp:1:23:S", "ip_bad", 0, 0},
	{"ihl_0_is_bad", "eth:0800 ip4:6,ihl=0 tcp:1:23:S", "ip_bad", 0, 0},
	{"total_length_below_the_header_is_bad", "eth:0800 ip4:6,len=19 tcp:1:23:S", "ip_bad", 0,
		0},
	{"total_length_below_the_options_is_bad", "eth:0800 ip4:6,ihl=6,len=23 tcp:1:23:S",
		"ip_bad", 0, 0},
	{"cut_options_are_bad", "eth:0800 ip4:6,ihl=15 cut:60", "ip_bad", 0, 0},
	{"options_are_skipped", "eth:0800 ip4:6,ihl=15 tcp:1:23:S", "tcp_syn", "tcp/23", 0},
	{"total_length_zero_means_the_whole_frame", "eth:0800 ip4:6,len=0 tcp:1:23:S", "tcp_syn",
		"tcp/23", 0},
	{"total_length_bounds_the_ports", "eth:0800 ip4:6,len=23 tcp:1:23:S", "l4_short", 0, 0},
	{"padding_behind_the_total_length_is_not_flags", "eth:0800 ip4:6,len=33 tcp:1:23:S",
		"tcp_other", "tcp/23", 0},
	{"total_length_beyond_the_frame_is_the_frame", "eth:0800 ip4:6,len=1500 tcp:1:23:S",
		"tcp_syn", "tcp/23", 0},
	{"other_protocols_have_no_row", "eth:0800 ip4:47 zero:20", "other_l4", 0, 0},
	{"ipv6_in_ipv4_is_another_protocol", "eth:0800 ip4:41 zero:40", "other_l4", 0, 0},
	/* Fragments */
	{"a_first_fragment_has_ports", "eth:0800 ip4:17,frag=2000 udp:9:1900", "udp_other",
		"udp/1900", 0},
	{"a_later_fragment_is_not_counted_as_a_port", "eth:0800 ip4:17,frag=0001 udp:9:1900",
		"frag_later", 0, 0},
	{"a_later_fragment_with_more_to_come", "eth:0800 ip4:6,frag=3fff tcp:1:23:S", "frag_later",
		0, 0},
	{"dont_fragment_is_no_fragment", "eth:0800 ip4:6,frag=4000 tcp:1:23:S", "tcp_syn", "tcp/23",
		0},
	{"the_reserved_bit_is_no_fragment", "eth:0800 ip4:6,frag=8000 tcp:1:23:S", "tcp_syn",
		"tcp/23", 0},
	/* TCP */
	{"syn_is_a_scan", "eth:0800 ip4:6 tcp:1:23:S", "tcp_syn", "tcp/23", 0},
	{"syn_with_push_and_urgent_is_a_scan", "eth:0800 ip4:6 tcp:1:23:SPU", "tcp_syn", "tcp/23",
		0},
	{"syn_fin_is_neither", "eth:0800 ip4:6 tcp:1:23:SF", "tcp_other", "tcp/23", 0},
	{"syn_ack_is_backscatter", "eth:0800 ip4:6 tcp:80:40000:SA", "tcp_backscatter", "tcp/40000",
		0},
	{"syn_ack_fin_is_backscatter", "eth:0800 ip4:6 tcp:80:40000:SAF", "tcp_backscatter",
		"tcp/40000", 0},
	{"rst_is_backscatter", "eth:0800 ip4:6 tcp:80:40000:R", "tcp_backscatter", "tcp/40000", 0},
	{"rst_with_syn_is_backscatter", "eth:0800 ip4:6 tcp:80:40000:RS", "tcp_backscatter",
		"tcp/40000", 0},
	{"rst_ack_is_backscatter", "eth:0800 ip4:6 tcp:80:40000:RA", "tcp_backscatter", "tcp/40000",
		0},
	{"ack_is_other", "eth:0800 ip4:6 tcp:80:40000:A", "tcp_other", "tcp/40000", 0},
	{"no_flags_are_other", "eth:0800 ip4:6 tcp:80:0:-", "tcp_other", "tcp/0", 0},
	{"port_65535_is_a_port", "eth:0800 ip4:6 tcp:80:65535:S", "tcp_syn", "tcp/65535", 0},
	{"tcp_cut_before_its_flags_is_other", "eth:0800 ip4:6 tcp:1:23:S cut:47", "tcp_other",
		"tcp/23", 0},
	{"tcp_cut_behind_its_flags_is_a_scan", "eth:0800 ip4:6 tcp:1:23:S cut:48", "tcp_syn",
		"tcp/23", 0},
	{"four_bytes_are_ports", "eth:0800 ip4:6 tcp:1:23:S cut:38", "tcp_other", "tcp/23", 0},
	{"three_bytes_are_no_ports", "eth:0800 ip4:6 tcp:1:23:S cut:37", "l4_short", 0, 0},
	{"no_byte_of_tcp_is_short", "eth:0800 ip4:6", "l4_short", 0, 0},
	/* UDP and source port 53 */
	{"dns_response", "eth:0800 ip4:17 udp:53:40000 dns:81", "udp53_response", "udp/40000", 0},
	{"dns_query", "eth:0800 ip4:17 udp:53:40000 dns:01", "udp53_query", "udp/40000", 0},
	{"eleven_bytes_of_payload_are_short", "eth:0800 ip4:17 udp:53:53 zero:11", "udp53_short",
		"udp/53", 0},
	{"twelve_bytes_of_payload_are_enough", "eth:0800 ip4:17 udp:53:53 zero:12", "udp53_query",
		"udp/53", 0},
	{"a_cut_dns_header_is_short", "eth:0800 ip4:17 udp:53:40000 dns:81 cut:53", "udp53_short",
		"udp/40000", 0},
	{"destination_53_is_ordinary", "eth:0800 ip4:17 udp:40000:53 dns:01", "udp_other", "udp/53",
		0},
	{"tcp_source_53_is_tcp", "eth:0800 ip4:6 tcp:53:40000:SA", "tcp_backscatter", "tcp/40000",
		0},
	{"udp_with_four_bytes_has_ports", "eth:0800 ip4:17 udp:9:1900 cut:38", "udp_other",
		"udp/1900", 0},
	/* ICMP */
	{"echo_request", "eth:0800 ip4:1 icmp:8", "icmp_other", "icmp/8", 0},
	{"echo_reply_is_backscatter", "eth:0800 ip4:1 icmp:0", "icmp_backscatter", "icmp/0", 0},
	{"unreachable_is_backscatter", "eth:0800 ip4:1 icmp:3", "icmp_backscatter", "icmp/3", 0},
	{"time_exceeded_is_backscatter", "eth:0800 ip4:1 icmp:11", "icmp_backscatter", "icmp/11",
		0},
	{"mask_reply_is_backscatter", "eth:0800 ip4:1 icmp:18", "icmp_backscatter", "icmp/18", 0},
	{"type_35_is_not_type_3", "eth:0800 ip4:1 icmp:35", "icmp_other", "icmp/35", 0},
	{"type_255_is_a_type", "eth:0800 ip4:1 icmp:255", "icmp_other", "icmp/255", 0},
	{"icmp_without_its_type_has_no_row", "eth:0800 ip4:1", "icmp_other", 0, 0},
	{"icmp6_over_ipv4_is_icmp6", "eth:0800 ip4:58 icmp:128", "icmp6", "icmp6/128", 0},
	/* IPv6 */
	{"ipv6_and_ipv4_share_rows", "eth:86dd ip6:6 tcp:1:23:S", "tcp_syn", "tcp/23", 0},
	{"ipv6_dns_response", "eth:86dd ip6:17 udp:53:40000 dns:80", "udp53_response", "udp/40000",
		0},
	{"a_cut_ipv6_header_is_bad", "eth:86dd ip6:6 tcp:1:23:S cut:53", "ip_bad", 0, 0},
	{"version_4_in_ipv6_is_bad", "eth:86dd ip6:6,ver=4 tcp:1:23:S", "ip_bad", 0, 0},
	{"payload_length_zero_means_the_whole_frame", "eth:86dd ip6:6,len=0 tcp:1:23:S", "tcp_syn",
		"tcp/23", 0},
	{"payload_length_bounds_the_ports", "eth:86dd ip6:6,len=3 tcp:1:23:S", "l4_short", 0, 0},
	{"neighbour_solicitation_passes", "eth:86dd ip6:58 icmp:135", "icmp6", "icmp6/135", 1},
	{"redirect_passes", "eth:86dd ip6:58 icmp:137", "icmp6", "icmp6/137", 1},
	{"echo_request_6_does_not_pass", "eth:86dd ip6:58 icmp:128", "icmp6", "icmp6/128", 0},
	{"icmp6_without_its_type_has_no_row", "eth:86dd ip6:58", "icmp6", 0, 0},
	{"no_next_header_is_another_protocol", "eth:86dd ip6:59", "other_l4", 0, 0},
	/* IPv6 extension headers */
	{"hop_by_hop_is_walked", "eth:86dd ip6:0 ext:6:0 tcp:1:23:S", "tcp_syn", "tcp/23", 0},
	{"a_chain_is_walked", "eth:86dd ip6:0 ext:60:1 ext:43:0 ext:17:2 udp:9:5060", "udp_other",
		"udp/5060", 0},
	{"mobility_hip_and_shim6_are_walked",
		"eth:86dd ip6:135 ext:139:0 ext:140:0 ext:6:0 "
		"tcp:1:23:S",
		"tcp_syn", "tcp/23", 0},
	{"authentication_counts_four_byte_units", "eth:86dd ip6:51 ah:6:4 tcp:1:23:S", "tcp_syn",
		"tcp/23", 0},
	{"a_first_fragment_6_has_ports", "eth:86dd ip6:44 frag6:17:0001 udp:9:1900", "udp_other",
		"udp/1900", 0},
	{"an_atomic_fragment_has_ports", "eth:86dd ip6:44 frag6:6:0000 tcp:1:23:S", "tcp_syn",
		"tcp/23", 0},
	{"a_later_fragment_6_has_no_ports", "eth:86dd ip6:44 frag6:6:0008 tcp:1:23:S", "frag_later",
		0, 0},
	{"a_cut_extension_header_ends_at_its_next_header", "eth:86dd ip6:0 ext:6:3 cut:60",
		"l4_short", 0, 0},
	{"a_cut_extension_before_icmp6_has_no_row", "eth:86dd ip6:0 ext:58:3 cut:60", "icmp6", 0,
		0},
	{"an_extension_header_of_one_byte_is_another_protocol", "eth:86dd ip6:0 ext:6:0 cut:55",
		"other_l4", 0, 0},
	{"a_cut_fragment_header_is_another_protocol", "eth:86dd ip6:44 frag6:6:0000 cut:61",
		"other_l4", 0, 0},
	{"payload_length_cuts_extension_headers_too", "eth:86dd ip6:0,len=8 ext:6:1 tcp:1:23:S",
		"l4_short", 0, 0},
	{"sixteen_extension_headers_are_walked",
		"eth:86dd ip6:60 ext:60:0 ext:60:0 ext:60:0 ext:60:0 ext:60:0 ext:60:0 ext:60:0 "
		"ext:60:0 ext:60:0 ext:60:0 ext:60:0 ext:60:0 ext:60:0 ext:60:0 ext:60:0 ext:6:0 "
		"tcp:1:23:S",
		"tcp_syn", "tcp/23", 0},
	{"seventeen_extension_headers_are_too_deep",
		"eth:86dd ip6:60 ext:60:0 ext:60:0 ext:60:0 ext:60:0 ext:60:0 ext:60:0 ext:60:0 "
		"ext:60:0 ext:60:0 ext:60:0 ext:60:0 ext:60:0 ext:60:0 ext:60:0 ext:60:0 ext:60:0 "
		"ext:6:0 tcp:1:23:S",
		"too_deep", 0, 0},
	{"headers_beyond_the_first_buffer_are_walked",
		"eth:86dd ip6:60 ext:60:255 ext:60:255 ext:6:255 tcp:1:23:S zero:2000", "tcp_syn",
		"tcp/23", 0},
	{"neighbour_discovery_behind_extensions_passes", "eth:86dd ip6:0 ext:58:0 icmp:135",
		"icmp6", "icmp6/135", 1},
	/* Sizes */
	{"a_jumbo_frame_is_whole", "eth:0800 ip4:17 udp:9:9 zero:8960", "udp_other", "udp/9", 0},
	{"the_largest_frame_that_runs_whole", "eth:0800 ip4:6,len=0 tcp:1:23:S zero:65546",
		"tcp_syn", "tcp/23", 0},
	{"a_longer_frame_is_cut_but_counted_whole", "eth:0800 ip4:6,len=0 tcp:1:23:S zero:70000",
		"tcp_syn", "tcp/23", 0},
	{"thirteen_bytes_are_short", "eth:0800 cut:13", "short_eth", 0, 0},
	{"no_bytes_are_short", "eth:0800 cut:0", "short_eth", 0, 0},
};

#define FRAME_CASES (sizeof(frame_cases) / sizeof(frame_cases[0]))

#endif
