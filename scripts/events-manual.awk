# SPDX-License-Identifier: GPL-2.0-or-later
# docs/events.md as the manual page teiten-events(5), in mdoc: so that it is said once.
# Knows what that file uses: headings, paragraphs, tables, lists of two levels, literal blocks, and
# within a line `code`, **bold** and <sub>.
#   LC_ALL=C awk -f scripts/events-manual.awk docs/events.md

function flush_line() {
	if (line == "")
		return
	if (line ~ /^[.']/)
		line = "\\&" line
	print line
	line = ""
}

# Literal text: what roff would interpret, escaped.
function literal(s) {
	gsub(/\\/, "\\e", s)
	gsub(/-/, "\\-", s)
	return s
}

# `code` and **bold** as font changes; <sub>x</sub> as _x.
function inline(s,    out, at, end) {
	gsub(/<sub>/, "_", s)
	gsub(/<\/sub>/, "", s)
	while ((at = match(s, /`[^`]*`|\*\*[^*]*\*\*/))) {
		end = RSTART + RLENGTH
		out = out substr(s, 1, RSTART - 1) "\\fB"
		if (substr(s, RSTART, 1) == "`")
			out = out literal(substr(s, RSTART + 1, RLENGTH - 2))
		else
			out = out substr(s, RSTART + 2, RLENGTH - 4)
		out = out "\\fR"
		s = substr(s, end)
	}
	return out s
}

# Bytes, as mandoc counts them: what is not ASCII is written \\[uXXXX] first.
function width(s) {
	gsub(/[\300-\367][\200-\277]+/, "\\\\[uXXXX]", s)
	return length(s)
}

# Text, filled to lines of at most 78 bytes, each sentence beginning a line.
function text(s,    words, n, i) {
	n = split(inline(s), words, " ")
	for (i = 1; i <= n; i++) {
		if (line != "" && width(line) + 1 + width(words[i]) > 78)
			flush_line()
		line = line (line == "" ? "" : " ") words[i]
		if (words[i] ~ /[.!?][)"]?(\\fR)?$/)
			flush_line()
	}
}

function end_lists(down_to) {
	for (; depth > down_to; depth--) {
		flush_line()
		print ".El"
		was_paragraph = 1
	}
}

function begin_list(kind) {
	flush_line()
	print kind
	depth++
}

function paragraph_break() {
	flush_line()
	if (was_paragraph)
		print ".Pp"
	was_paragraph = 1
}

# A row of two columns is name and meaning; of three, the second is a unit or a condition.
function table_row(    cells, n) {
	gsub(/\\\|/, "\001")
	n = split($0, cells, /\|/)
	for (i = 1; i <= n; i++) {
		gsub(/^ +| +$/, "", cells[i])
		gsub("\001", "|", cells[i])
	}
	if (!in_table) {
		in_table = 1
		end_lists(0)
		begin_list(".Bl -tag -width Ds")
		return
	}
	if (cells[2] ~ /^-+$/)
		return
	flush_line()
	line = ".It " inline(cells[2])
	if (n == 5 && cells[3] != "")
		line = line " Pq " inline(cells[3])
	print line
	line = ""
	text(cells[n - 1])
}

# A line of JSON is long: folded behind commas.
function literal_line(s,    part) {
	while (length(s) > 72 && (part = substr(s, 1, 72)) ~ /,/) {
		sub(/,[^,]*$/, ",", part)
		print literal(part)
		s = "  " substr(s, length(part) + 1)
	}
	s = literal(s)
	print s ~ /^[.']/ ? "\\&" s : s
}

BEGIN {
	print ".\\\" SPDX-License-Identifier: GPL-2.0-or-later"
	print ".\\\" Made from docs/events.md by scripts/events-manual.awk."
	print ".Dd November 26, 2026"
	print ".Dt TEITEN-EVENTS 5\n.Os\n.Sh NAME\n.Nm teiten-events"
	print ".Nd the events of the darknet sensor\n.Sh DESCRIPTION"
}
/^```/ {
	flush_line()
	if (!in_literal) {
		end_lists(0)
		print ".Bd -literal"
	} else {
		print ".Ed"
		was_paragraph = is_break = 1
	}
	in_literal = !in_literal
	next
}
in_literal { literal_line($0); next }
/^\|/ { table_row(); next }
in_table { in_table = 0; end_lists(0); is_break = 1 }
/^# / { next }
/^## / {
	end_lists(0)
	flush_line()
	print ".Sh " toupper(substr($0, 4))
	was_paragraph = 0
	next
}
/^### / {
	end_lists(0)
	flush_line()
	print ".Ss " substr($0, 5)
	was_paragraph = 0
	next
}
/^- / || /^  - / {
	level = /^- / ? 1 : 2
	end_lists(level)
	while (depth < level)
		begin_list(".Bl -bullet -compact")
	flush_line()
	print ".It"
	sub(/^ *- /, "")
	text($0)
	next
}
/^ *$/ {
	if (!depth)
		flush_line()
	is_break = 1
	next
}
{
	if (is_break) {
		if (depth && !/^ /)
			end_lists(0)
		if (!depth)
			paragraph_break()
	}
	is_break = 0
	was_paragraph = 1
	text($0)
}
END {
	end_lists(0)
	flush_line()
	print ".Sh SEE ALSO\n.Xr teiten.conf 5 ,\n.Xr teiten 8"
}
