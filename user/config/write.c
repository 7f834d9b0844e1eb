/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/config/keys.h"

#include <string.h>

static bool starts_section(size_t i)
{
	return i == 0 || strcmp(config_keys[i].section, config_keys[i - 1].section) != 0;
}

/* Each line of text, with what stands before and behind it. */
static void write_lines(FILE *out, const char *before, const char *text, const char *behind)
{
	for (;;) {
		size_t length = strcspn(text, "\n");

		fprintf(out, "%s%.*s%s", before, (int)length, text, behind);
		if (!text[length])
			return;
		text += length + 1;
	}
}

void config_write_default(FILE *out)
{
	fputs("# teiten's configuration; teiten.conf(5) describes it, `teiten check` reads it.\n"
	      "# Each key stands here commented out, at its default.\n",
		out);
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];
		char before[64];

		if (starts_section(i))
			fprintf(out, "\n[%s]\n", key->section);
		else
			fputs("\n", out);
		write_lines(out, "# ", key->help, "\n");
		snprintf(before, sizeof(before), *key->fallback ? "#%s = " : "#%s =", key->key);
		write_lines(out, before, key->fallback, "\n");
	}
}

/* mdoc wants each sentence on a line of its own, none longer than 80 bytes. */
static void write_paragraph(FILE *out, const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t length = strcspn(text, " \n");

		if (column && column + 1 + length > 80) {
			fputc('\n', out);
			column = 0;
		}
		if (column)
			fputc(' ', out);
		/* A hyphen of an option must not become typography. */
		fprintf(out, "%s%.*s", *text == '-' ? "\\" : "", (int)length, text);
		column += (column != 0) + length + (*text == '-');
		if (text[length - 1] == '.') {
			fputc('\n', out);
			column = 0;
		}
		text += length + strspn(text + length, " \n");
	}
	if (column)
		fputc('\n', out);
}

static void write_range(FILE *out, const struct config_key *key)
{
	if (key->type == CONFIG_DAYS || key->type == CONFIG_COUNT || key->type == CONFIG_NUMBER)
		fprintf(out, "From %g to %g.\n", key->minimum, key->maximum);
}

void config_write_manual(FILE *out)
{
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];

		if (starts_section(i))
			fprintf(out, "%s.Ss [%s] keys\n.Bl -tag -width Ds\n", i ? ".El\n" : "",
				key->section);
		fprintf(out, ".It Cm %s\n", key->key);
		write_paragraph(out, key->help);
		write_range(out, key);
		if (*key->fallback) {
			fputs("Default:\n", out);
			write_lines(out, ".Ql ", key->fallback,
				strchr(key->fallback, '\n') ? "\n" : " .\n");
		}
		fputs(key->reloadable ? "Changes on HUP.\n" : "Needs a restart.\n", out);
	}
	fputs(".El\n", out);
}
