#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Check that every #include "..." of bpf/ and user/ obeys scripts/layers.txt.
# Exit 0 when all do, 1 with one line for each that does not.
set -eu
cd "$(dirname "$0")/.."

# shellcheck disable=SC2016 # awk's own $
find bpf user -name '*.[ch]' | sort | xargs awk '
function folder(path) {
	if (path == "bpf/contract.h")
		return "contract"
	if (path ~ /\.skel\.h$/)
		return "generated"
	if (path == "vmlinux.h" || path ~ /^bpf\//)
		return "bpf"
	if (path ~ /^user\/pipeline[._]/)
		return "user/pipeline"
	if (path == "user/main.c")
		return "user/main"
	sub(/\/[^\/]*$/, "", path)
	return path
}
function refuse(why) {
	printf "%s:%d: %s\n", FILENAME, FNR, why
	bad = 1
}
BEGIN {
	while ((getline line < "scripts/layers.txt") > 0) {
		if (line ~ /^#/ || line == "")
			continue
		split(line, part, ": *")
		known[part[1]] = 1
		n = split(part[2], allowed, " ")
		for (i = 1; i <= n; i++)
			may[part[1], allowed[i]] = 1
	}
}
/^#[ \t]*include[ \t]*"/ {
	split($0, quoted, "\"")
	from = folder(FILENAME)
	if (from == "contract")
		from = "bpf"
	to = folder(quoted[2])
	if (!(from in known))
		refuse("folder " from " is not in scripts/layers.txt")
	else if (quoted[2] !~ /\// && to != "bpf" && to != "generated")
		refuse("\"" quoted[2] "\": write includes from the root")
	else if (from != to && !((from, to) in may) && !(from == "bpf" && to == "contract"))
		refuse(from " may not include " to)
	next
}
/^#[ \t]*include[ \t]*</ && FILENAME ~ /^user\// && FILENAME !~ /^user\/(kernel|cmd)\// && /<bpf\// {
	refuse("only user/kernel may use libbpf")
}
END { exit bad }
'
