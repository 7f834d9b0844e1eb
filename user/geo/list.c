/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of first address, last address, country code; '#' starts a comment line:
 *   16777216,16777471,AU     1.0.0.0,1.0.0.255,AU     "2001:200::","2001:200:ffff::","JP"
 */
#include "user/geo/parse.h"

#include "user/lib/text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static int fail(const struct geo_work *work, uint32_t line, const char *sentence, const char *text)
{
	return geo_fail(work->error, EINVAL, work->file, line, "'%.60s' %s", text, sentence);
}

/* Without space and one pair of double quotes around it. */
static char *bare(char *field)
{
	size_t length;

	while (*field == ' ' || *field == '\t')
		field++;
	length = strlen(field);
	while (length && (field[length - 1] == ' ' || field[length - 1] == '\t'))
		field[--length] = '\0';
	if (length >= 2 && field[0] == '"' && field[length - 1] == '"') {
		field[length - 1] = '\0';
		field++;
	}
	return field;
}

struct endpoint {
	bool is_v6;
	uint64_t key;
	uint64_t low;
};

static int read_address(
	const struct geo_work *work, uint32_t line, const char *text, struct endpoint *endpoint)
{
	struct text_address address;
	uint64_t number;
	int result = text_parse_unsigned(text, UINT32_MAX, &number);

	*endpoint = (struct endpoint){0};
	if (result == 0) {
		endpoint->key = number;
		return 0;
	}
	if (result == -ERANGE)
		return fail(work, line, "is beyond 4294967295, the last IPv4 address", text);
	if (text_parse_address(text, &address))
		return fail(work, line, "is no address (nor an IPv4 address as a number)", text);
	endpoint->is_v6 = address.is_v6;
	for (unsigned int i = 0; i < (address.is_v6 ? 8 : 4); i++)
		endpoint->key = endpoint->key << 8 | address.bytes[i];
	for (unsigned int i = 8; i < 16 && address.is_v6; i++)
		endpoint->low = endpoint->low << 8 | address.bytes[i];
	return 0;
}

/*
 * Two characters: letters, A1, A2 or ??. Anything else is a column of some other kind of list,
 * and reading on would give a table of unknowns.
 */
static bool is_code(const char *text)
{
	if (strlen(text) != 2)
		return false;
	return strcmp(text, "??") == 0 ||
	       (isalpha((unsigned char)text[0]) && isalnum((unsigned char)text[1]));
}

static int read_line(struct geo_work *work, uint32_t number, char *line)
{
	char *field[3];
	size_t count = geo_line_split(line, ',', field, 3);
	struct endpoint first = {0}, last = {0};
	struct geo_range range = {.line = number};
	int result;

	if (count != 3)
		return geo_fail(work->error, EINVAL, work->file, number,
			"the line has %s fields than first address, last address, country code",
			count < 3 ? "fewer" : "more");
	for (unsigned int i = 0; i < 3; i++)
		field[i] = bare(field[i]);
	if ((result = read_address(work, number, field[0], &first)) ||
		(result = read_address(work, number, field[1], &last)))
		return result;
	if (first.is_v6 != last.is_v6)
		return fail(work, number, "is of another family than the first address", field[1]);
	if (first.key > last.key || (first.key == last.key && first.low > last.low))
		return fail(work, number, "is below the first address of its range", field[1]);
	if (!is_code(field[2]))
		return fail(work, number, "is no two-letter country code", field[2]);
	range.first = first.key;
	range.first_low = first.low;
	range.last = last.key;
	range.last_low = first.is_v6 ? last.low : UINT64_MAX;
	range.country = geo_work_country(work, field[2], 2);
	work->parsed->unknown += range.country == COUNTRY_ZZ;
	return geo_work_add(work, first.is_v6, &range);
}

static unsigned int find_month(const char *name)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (unsigned int i = 0; i < 12; i++)
		if (strncmp(name, months + (size_t)3 * i, 3) == 0)
			return i + 1;
	return 0;
}

/* Up to width digits; *text moves behind them. */
static unsigned int read_number(const char **text, unsigned int width)
{
	unsigned int number = 0;

	for (; width && isdigit((unsigned char)**text); width--, (*text)++)
		number = number * 10 + (unsigned int)(**text - '0');
	return number;
}

/* "Generated: Thu, 25 Jun 2026 04:33:59 GMT", or "Date: 2026-06-25". */
static void read_comment(struct geo_work *work, const char *line)
{
	const char *text = strstr(line, "Generated:");
	unsigned int year, month, day;

	text = text ? text : strstr(line, "Date:");
	if (!text)
		return;
	text = strchr(text, ':') + 1;
	text += strspn(text, " \t");
	if (isalpha((unsigned char)text[0]) && strlen(text) > 5 && text[3] == ',')
		text += 5;
	if (strcspn(text, "-") == 4) {
		year = read_number(&text, 4);
		text += *text == '-';
		month = read_number(&text, 2);
		text += *text == '-';
		day = read_number(&text, 2);
	} else {
		day = read_number(&text, 2);
		text += strspn(text, " ");
		month = find_month(text);
		text += strnlen(text, 3);
		text += strspn(text, " ");
		year = read_number(&text, 4);
	}
	geo_work_date(work, year, month, day);
}

int geo_parse_list(struct geo_work *work, char *data, size_t size)
{
	struct geo_lines lines = {.next = data, .end = data + size};
	char *line;
	int result;

	work->parsed->format = GEO_LIST;
	while ((result = geo_lines_next(&lines, work, &line)) > 0) {
		if (*line == '#')
			read_comment(work, line);
		if (!*line || *line == '#')
			work->parsed->skipped++;
		else if ((result = read_line(work, lines.number, line)) < 0)
			return result;
	}
	return result;
}
