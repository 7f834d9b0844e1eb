/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Statistics of the regional registries (APNIC, ARIN ...), delegated and delegated-extended:
 *   version line   2|apnic|20140104|31509|19850701|20140103|+1000
 *   summaries      apnic|*|ipv4|*|22743|summary
 *   records        apnic|JP|ipv4|1.0.16.0|4096|20110412|allocated[|holder]
 */
#include "user/geo/parse.h"

#include "user/lib/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum record_type { TYPE_ASN, TYPE_IPV4, TYPE_IPV6, TYPES };

static const char *const type_names[TYPES] = {"asn", "ipv4", "ipv6"};

/* Of a record. */
enum { FIELD_CODE = 1, FIELD_TYPE, FIELD_START, FIELD_VALUE, FIELD_DATE, FIELD_STATUS, FIELDS };

/* Extensions behind the holder are allowed by the format, and mean nothing here. */
#define MAX_FIELDS 24

struct registry {
	struct geo_work *work;
	uint32_t line;
	bool has_version;
	uint64_t declared;           /* records, by the version line */
	uint64_t declared_of[TYPES]; /* by the summaries */
	bool has_summary[TYPES];
	uint64_t found[TYPES];
};

static int fail(const struct registry *registry, const char *what, const char *field)
{
	return geo_fail(registry->work->error, EINVAL, registry->work->file, registry->line,
		"'%.40s' is no %s: the line is damaged, or the format is another one", field, what);
}

/* yyyymmdd; some registries write seconds since 1970 as the serial: that is no date here. */
static void read_date(struct geo_work *work, const char *text)
{
	uint64_t number;

	if (strlen(text) != 8 || text_parse_unsigned(text, 99999999, &number))
		return;
	geo_work_date(work, (unsigned int)(number / 10000), (unsigned int)(number / 100 % 100),
		(unsigned int)(number % 100));
}

static int read_version(struct registry *registry, char **field)
{
	if (registry->has_version)
		return geo_fail(registry->work->error, EINVAL, registry->work->file, registry->line,
			"a second version line: give joined files one by one, with --geo each");
	if (text_parse_unsigned(field[3], UINT32_MAX, &registry->declared))
		return fail(registry, "number of records", field[3]);
	registry->has_version = true;
	read_date(registry->work, field[2]);
	read_date(registry->work, field[5]);
	registry->work->parsed->skipped++;
	return 0;
}

static bool find_type(const char *name, enum record_type *type)
{
	for (unsigned int i = 0; i < TYPES; i++) {
		if (strcmp(name, type_names[i]) == 0) {
			*type = (enum record_type)i;
			return true;
		}
	}
	return false;
}

static int read_summary(struct registry *registry, char **field)
{
	enum record_type type;

	if (!find_type(field[FIELD_TYPE], &type))
		return fail(registry, "type of record (asn, ipv4, ipv6)", field[FIELD_TYPE]);
	if (text_parse_unsigned(field[4], UINT32_MAX, &registry->declared_of[type]))
		return fail(registry, "number of records", field[4]);
	registry->has_summary[type] = true;
	registry->work->parsed->skipped++;
	return 0;
}

static int read_ipv4(const struct registry *registry, char **field, struct geo_range *range)
{
	struct text_address address;
	uint64_t count;

	if (text_parse_address(field[FIELD_START], &address) || address.is_v6)
		return fail(registry, "IPv4 address", field[FIELD_START]);
	if (text_parse_unsigned(field[FIELD_VALUE], (uint64_t)UINT32_MAX + 1, &count) || !count)
		return fail(registry, "number of IPv4 addresses", field[FIELD_VALUE]);
	range->first = (uint64_t)address.bytes[0] << 24 | (uint64_t)address.bytes[1] << 16 |
		       (uint64_t)address.bytes[2] << 8 | address.bytes[3];
	range->last = range->first + count - 1;
	range->last_low = UINT64_MAX;
	if (range->last > UINT32_MAX)
		return geo_fail(registry->work->error, EINVAL, registry->work->file, registry->line,
			"%s addresses from %s on run past 255.255.255.255", field[FIELD_VALUE],
			field[FIELD_START]);
	return 0;
}

static int read_ipv6(const struct registry *registry, char **field, struct geo_range *range)
{
	char prefix[TEXT_ADDRESS_MAX + 8];
	struct text_address address;
	unsigned int length;
	uint64_t bits;

	if (text_parse_unsigned(field[FIELD_VALUE], 128, &bits) || bits == 0)
		return fail(registry, "IPv6 prefix length (1 to 128)", field[FIELD_VALUE]);
	snprintf(prefix, sizeof(prefix), "%.46s/%u", field[FIELD_START], (unsigned int)bits);
	if (text_parse_prefix(prefix, &address, &length) || !address.is_v6)
		return fail(registry, "IPv6 prefix with its host bits zero", prefix);
	for (unsigned int i = 0; i < 8; i++) {
		range->first = range->first << 8 | address.bytes[i];
		range->first_low = range->first_low << 8 | address.bytes[8 + i];
	}
	range->last = range->first | (length < 64 ? UINT64_MAX >> length : 0);
	range->last_low = length <= 64    ? UINT64_MAX
			  : length == 128 ? range->first_low
					  : range->first_low | UINT64_MAX >> (length - 64);
	return 0;
}

static bool is_given(const char *status)
{
	return strcmp(status, "allocated") == 0 || strcmp(status, "assigned") == 0;
}

/* The last three occur in the joint file of all registries. */
static bool is_kept(const char *status)
{
	static const char *const words[] = {
		"reserved", "available", "ianapool", "ietf", "unallocated"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(status, words[i]) == 0)
			return true;
	return false;
}

static int read_record(struct registry *registry, char **field)
{
	struct geo_work *work = registry->work;
	struct geo_range range = {.line = registry->line, .country = COUNTRY_ZZ};
	enum record_type type;
	int result;

	if (!find_type(field[FIELD_TYPE], &type))
		return fail(registry, "type of record (asn, ipv4, ipv6)", field[FIELD_TYPE]);
	if (!is_given(field[FIELD_STATUS]) && !is_kept(field[FIELD_STATUS]))
		return fail(registry, "status (allocated, assigned, reserved, available)",
			field[FIELD_STATUS]);
	registry->found[type]++;
	if (type == TYPE_ASN) {
		work->parsed->skipped++;
		return 0;
	}
	result = type == TYPE_IPV4 ? read_ipv4(registry, field, &range)
				   : read_ipv6(registry, field, &range);
	if (result)
		return result;
	if (is_given(field[FIELD_STATUS])) {
		range.country =
			geo_work_country(work, field[FIELD_CODE], strlen(field[FIELD_CODE]));
		work->parsed->unknown += range.country == COUNTRY_ZZ;
	} else {
		work->parsed->reserved++;
	}
	return geo_work_add(work, type == TYPE_IPV6, &range);
}

static int read_line(struct registry *registry, char *line)
{
	char *field[MAX_FIELDS];
	size_t count = geo_line_split(line, '|', field, MAX_FIELDS);

	if (count == 6 && strcmp(field[1], "*") == 0 && strcmp(field[5], "summary") == 0)
		return read_summary(registry, field);
	if (count < FIELDS || count > MAX_FIELDS)
		return geo_fail(registry->work->error, EINVAL, registry->work->file, registry->line,
			"the line has %zu fields where a record has 7 or more", count);
	if (isdigit((unsigned char)field[0][0]))
		return read_version(registry, field);
	if (count > FIELDS)
		registry->work->parsed->format = GEO_REGISTRY_EXTENDED;
	return read_record(registry, field);
}

/* A copy that broke off has fewer records than it declares in its first lines. */
static int compare_counts(struct registry *registry)
{
	struct geo_work *work = registry->work;
	uint64_t all = 0;

	for (unsigned int i = 0; i < TYPES; i++) {
		all += registry->found[i];
		if (registry->has_summary[i] && registry->declared_of[i] != registry->found[i])
			return geo_fail(work->error, EINVAL, work->file, registry->line,
				"the file has %llu %s records and declares %llu: it is truncated "
				"or joined; fetch it again",
				(unsigned long long)registry->found[i], type_names[i],
				(unsigned long long)registry->declared_of[i]);
	}
	if (registry->has_version && registry->declared != all)
		return geo_fail(work->error, EINVAL, work->file, registry->line,
			"the file has %llu records and declares %llu: it is truncated or joined; "
			"fetch it again",
			(unsigned long long)all, (unsigned long long)registry->declared);
	return 0;
}

int geo_parse_registry(struct geo_work *work, char *data, size_t size)
{
	struct geo_lines lines = {.next = data, .end = data + size};
	struct registry registry = {.work = work};
	char *line;
	int result;

	work->parsed->format = GEO_REGISTRY;
	while ((result = geo_lines_next(&lines, work, &line)) > 0) {
		registry.line = lines.number;
		if (!*line || *line == '#')
			work->parsed->skipped++;
		else if ((result = read_line(&registry, line)) < 0)
			return result;
	}
	return result ? result : compare_counts(&registry);
}
