# SPDX-License-Identifier: GPL-2.0-or-later
# The results of scripts/bench-peers.sh as a table and, into the file `json`, as JSON. Medians over
# the rounds, with the smallest and the largest. Round 0 is the unhurried one.
# Columns: name round offered device counted seconds sender_cpu softirq tool_cpu
# Lines of the name "make": round frames seconds cpu softirq, frames made without a cable.

function sort(values, count,    i, j, value)
{
	for (i = 2; i <= count; i++) {
		value = values[i]
		for (j = i - 1; j >= 1 && values[j] > value; j--)
			values[j + 1] = values[j]
		values[j + 1] = value
	}
}

# Fills median, least, most of one figure of one tool.
function spread(name, figure,    sorted, i, count)
{
	count = rounds[name]
	for (i = 1; i <= count; i++)
		sorted[i] = value[name, figure, i]
	sort(sorted, count)
	least = sorted[1]
	most = sorted[count]
	median = (sorted[int((count + 1) / 2)] + sorted[int(count / 2) + 1]) / 2
	return median
}

function figures(name, figure)
{
	spread(name, figure)
	return sprintf("\"%s\":{\"median\":%.6g,\"min\":%.6g,\"max\":%.6g}", figure, median, least, most)
}

function whole(name, figure)
{
	spread(name, figure)
	return sprintf("\"%s\":{\"median\":%.0f,\"min\":%.0f,\"max\":%.0f}", figure, median, least, most)
}

function row(name)
{
	printf "%-11s %11.0f %11.0f %11.0f %11.0f  %6.2f", name, spread(name, "offered"),
		spread(name, "device"), spread(name, "counted"), spread(name, "lost"),
		spread(name, "seconds")
	spread(name, "mpps")
	printf " %7.3f (%.3f-%.3f)", median, least, most
	spread(name, "cpu")
	printf " %7.3f (%.3f-%.3f)", median, least, most
	printf " %7.3f %6.3f %6.0f%%", spread(name, "cpu_kernel"), spread(name, "cpu_tool"),
		100 * spread(name, "sender")
	printf "  %s\n", (name in gentle_offered) ? \
		sprintf("%d of %d", gentle_counted[name], gentle_offered[name]) : "-"
}

function json_of(name)
{
	return sprintf("\"%s\":{%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,\"unhurried\":{\"offered\":%d,\"counted\":%d}}",
		name, whole(name, "offered"), whole(name, "device"), whole(name, "counted"),
		whole(name, "lost"), figures(name, "seconds"), figures(name, "mpps"),
		figures(name, "cpu"), figures(name, "cpu_kernel"), figures(name, "cpu_tool"), figures(name, "sender"),
		gentle_offered[name], gentle_counted[name])
}

$1 == "make" {
	make_cpu = ($5 + (apart ? $6 : 0)) / $3
	next
}

$2 == 0 {
	gentle_offered[$1] = $3
	gentle_counted[$1] = $5
	next
}

{
	i = ++rounds[$1]
	millions = $5 / 1e6
	value[$1, "offered", i] = $3
	value[$1, "device", i] = $4
	value[$1, "counted", i] = $5
	value[$1, "lost", i] = $3 - $5
	value[$1, "seconds", i] = $6
	value[$1, "mpps", i] = millions / $6
	value[$1, "sender", i] = $7 / $6
	kernel_cpu = $7 + (apart ? $8 : 0) - $3 * make_cpu
	value[$1, "cpu_kernel", i] = millions ? kernel_cpu / millions : 0
	value[$1, "cpu_tool", i] = millions ? $9 / millions : 0
	value[$1, "cpu", i] = millions ? (kernel_cpu + $9) / millions : 0
}

END {
	count = split(peers, name, " ")
	printf "\n%-11s %11s %11s %11s %11s  %6s %-23s %-23s %7s %6s %7s  %s\n", "medians", "offered",
		"device", "counted", "lost", "s", "   Mpps (min-max)", " CPU s/M (min-max)", "kernel",
		"tool", "sender", "unhurried"
	for (i = 1; i <= count; i++)
		if (rounds[name[i]] && name[i] != "fastnetmon")
			row(name[i])
	if (rounds["fastnetmon"]) {
		print "counts no ports:"
		row("fastnetmon")
	}
	for (i = 1; i <= count; i++)
		if (name[i] ~ /^(pmacctd|softflowd|nfpcapd)$/ && rounds[name[i]] && \
			spread(name[i], "mpps") > best) {
			best = spread(name[i], "mpps")
			best_name = name[i]
		}
	if (best && rounds["teiten"]) {
		times = spread("teiten", "mpps") / best
		cheaper = spread(best_name, "cpu") / spread("teiten", "cpu")
		printf "teiten counts %.1f times as many packets a second as the best tool that " \
			"aggregates by port (%s), %.1f times as many a CPU second\n", times, best_name,
			cheaper
	}
	printf "{\"kernel\":\"%s\",\"seconds\":%d,\"rate\":%d,\"best_aggregating\":\"%s\",", kernel,
		seconds, rate, best_name >json
	if (times)
		printf "\"teiten_over_best\":{\"packets_per_second\":%.2f,\"packets_per_cpu_second\":%.2f},",
			times, cheaper >json
	printf "\"peers\":{" >json
	for (i = 1; i <= count; i++)
		if (rounds[name[i]])
			printf "%s%s", written++ ? "," : "", json_of(name[i]) >json
	print "}}" >json
}
