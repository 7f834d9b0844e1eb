#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Compare every struct and every enumerator of vmlinux.h with the running kernel's BTF: size, member
# names, offsets and bit widths; values. usage: check-vmlinux.sh [HEADER [KERNEL_BTF]]
# Exit 0 when all agree or the kernel has no BTF (said loudly), 1 with one line for each that differs.
set -eu

header=${1:-$(cd "$(dirname "$0")/.." && pwd)/vmlinux.h}
kernel=${2:-/sys/kernel/btf/vmlinux}
if [ ! -r "$kernel" ]; then
	echo "SKIP check-vmlinux: $kernel cannot be read: vmlinux.h was NOT compared" >&2
	exit 0
fi
header=$(cd "$(dirname "$header")" && pwd)/$(basename "$header")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One variable of each type makes clang describe the type whole. Enumerators are read from the text:
# BTF does not hold the unused ones.
{
	printf '#include "%s"\n' "$header"
	awk '/^(struct|union) [a-z0-9_]+ \{/ { printf "%s %s v_%s;\n", $1, $2, $2 }' "$header"
} >"$work/all.c"
grep -q ' v_' "$work/all.c" || { echo "check-vmlinux: no struct found in $header" >&2; exit 1; }
clang -target bpf -g -O2 -c -o "$work/all.o" "$work/all.c"
bpftool btf dump file "$work/all.o" >"$work/ours"
bpftool btf dump file "$kernel" >"$work/kernel"

# BTF text -> "NAME@COPY size N", "NAME@COPY MEMBER offset width" with anonymous members laid flat,
# and "enum NAME VALUE". Only types named in the file `wanted`, or all when it is empty.
cat >"$work/flatten.awk" <<'EOF'
function flatten(owner, id, base,    i) {
	for (i = 1; i <= members[id]; i++) {
		if (name[id, i] == "(anon)")
			flatten(owner, type[id, i], base + offset[id, i])
		else
			print owner, name[id, i], base + offset[id, i], width[id, i]
	}
}
function value_of(key,    text) {
	text = $0
	sub(".*" key "=", "", text)
	sub("[^-0-9].*", "", text)
	return text
}
function quoted(    part) {
	split($0, part, "'")
	return part[2]
}
BEGIN {
	while ((getline line < wanted) > 0)
		want[line] = some = 1
}
/^\[/ {
	id = substr($1, 2, length($1) - 2)
	aggregate = $2 == "STRUCT" || $2 == "UNION"
	enumeration = $2 == "ENUM"
	if (aggregate) {
		size[id] = value_of("size")
		if (quoted() != "(anon)" && (!some || quoted() in want))
			top[id] = quoted()
	}
	next
}
aggregate {
	i = ++members[id]
	name[id, i] = quoted()
	type[id, i] = value_of("type_id")
	offset[id, i] = value_of("bits_offset")
	width[id, i] = /bitfield_size=/ ? value_of("bitfield_size") : 0
	next
}
enumeration { print "enum", quoted(), value_of("val") }
END {
	for (id in top) {
		owner = top[id] "@" id
		print owner, "size", size[id], "bytes"
		flatten(owner, id, 0)
	}
}
EOF
awk -v wanted=/dev/null -f "$work/flatten.awk" "$work/ours" >"$work/ours.flat"
awk '/@/ { sub(/@.*/, "", $1); print $1 }' "$work/ours.flat" | sort -u >"$work/names"
awk -v wanted="$work/names" -f "$work/flatten.awk" "$work/kernel" >"$work/kernel.flat"
awk '/^enum/ { inside = 1; next } /^}/ { inside = 0 }
	inside && $2 == "=" { sub(/,$/, "", $3); print "enum", $1, $3 }' "$header" >>"$work/ours.flat"

# The kernel may have several types of one name: one of them must agree with all of ours.
awk '
	FNR == NR {
		if ($1 == "enum") {
			values[$2] = values[$2] " " $3 " "
			next
		}
		split($1, part, "@")
		copies[part[1], ++count[part[1]]] = $1
		if ($1 in seen)
			count[part[1]]--
		seen[$1] = 1
		has[$1, $2, $3, $4] = 1
		next
	}
	$1 == "enum" {
		if ($2 == "true" || $2 == "false" || done[$2]++)
			next
		if (index(values[$2], " " $3 " "))
			next
		printf "%s = %s: the kernel has%s\n", $2, $3, values[$2] ? values[$2] : " no such value"
		bad = 1
		next
	}
	{
		sub(/@.*/, "", $1)
		ours[$1] = ours[$1] $2 " " $3 " " $4 "\n"
	}
	END {
		for (struct in ours) {
			structs++
			least = -1
			lines = split(ours[struct], line, "\n") - 1
			for (c = 1; c <= count[struct]; c++) {
				wrong = 0
				text = ""
				for (i = 1; i <= lines; i++) {
					split(line[i], f, " ")
					if (!((copies[struct, c], f[1], f[2], f[3]) in has)) {
						wrong++
						text = text "struct " struct ": " line[i] " differs\n"
					}
				}
				if (least < 0 || wrong < least) {
					least = wrong
					said = text
				}
			}
			if (least < 0)
				said = "struct " struct ": not in this kernel\n"
			if (least != 0) {
				printf "%s", said
				bad = 1
			}
		}
		if (!bad)
			print "vmlinux.h: " structs " structs agree with this kernel"
		exit bad
	}' "$work/kernel.flat" "$work/ours.flat"
