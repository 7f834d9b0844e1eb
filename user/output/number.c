/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *number_whole(uint64_t number, char text[NUMBER_MAX])
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, number), used = 0;

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			text[used++] = ',';
		text[used++] = digits[i];
	}
	text[used] = '\0';
	return text;
}

/* The number with a unit of a list, each step times larger than the one before. */
static const char *scaled(double number, double step, const char *const *units, unsigned int count,
	char text[NUMBER_MAX])
{
	unsigned int unit = 0;

	/* 999.6 would print as 1000: it belongs to the next unit. */
	while (fabs(number) >= step - step / 2000 && unit + 1 < count) {
		number /= step;
		unit++;
	}
	if (fabs(number) < 9.95 && unit)
		snprintf(text, NUMBER_MAX, "%.1f%s", number, units[unit]);
	else
		snprintf(text, NUMBER_MAX, "%.0f%s", number, units[unit]);
	return text;
}

static const char *unknown(char text[NUMBER_MAX])
{
	return strcpy(text, "-");
}

const char *number_short(double number, char text[NUMBER_MAX])
{
	static const char *const units[] = {"", "k", "M", "G", "T", "P", "E"};
	double size = fabs(number);

	if (!isfinite(number))
		return unknown(text);
	if (size >= 99999.5)
		return scaled(number, 1000, units, sizeof(units) / sizeof(units[0]), text);
	if (size >= 9.95 || size == trunc(size)) {
		char whole[NUMBER_MAX];

		snprintf(text, NUMBER_MAX, "%s%.31s", number < 0 ? "-" : "",
			number_whole((uint64_t)(size + .5), whole));
		return text;
	}
	snprintf(text, NUMBER_MAX, size < .095 ? "%.2f" : "%.1f", number);
	return text;
}

const char *number_share(double share, char text[NUMBER_MAX])
{
	double percent = share * 100;

	if (!isfinite(share))
		return unknown(text);
	if (percent > 0 && percent < .095)
		return strcpy(text, "<0.1%");
	/* 99.96 % is not all of it. */
	if (percent > 99.5 && percent < 100)
		snprintf(text, NUMBER_MAX, "99.9%%");
	else
		snprintf(text, NUMBER_MAX,
			percent < 9.95 && percent != trunc(percent) ? "%.1f%%" : "%.0f%%", percent);
	return text;
}

const char *number_ratio(double ratio, char text[NUMBER_MAX])
{
	if (!isfinite(ratio))
		return unknown(text);
	if (ratio >= 9.95 || ratio < 0)
		number_short(ratio, text);
	else
		snprintf(text, NUMBER_MAX, ratio < .095 ? "%.2f" : "%.1f", ratio);
	return strcat(text, "x");
}

const char *number_bytes(double bytes, char text[NUMBER_MAX])
{
	static const char *const units[] = {
		" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB", " ZiB"};

	if (!isfinite(bytes))
		return unknown(text);
	return scaled(bytes, 1024, units, sizeof(units) / sizeof(units[0]), text);
}

const char *number_duration(int64_t seconds, char text[NUMBER_MAX])
{
	static const struct {
		int64_t length;
		const char *name;
	} units[] = {{365 * 86400, "y"}, {86400, "d"}, {3600, "h"}, {60, "min"}};
	int64_t first, second;

	if (seconds < 60) {
		snprintf(text, NUMBER_MAX, "%d s", seconds > 0 ? (int)seconds : 0);
		return text;
	}
	for (unsigned int i = 0; i < 4; i++) {
		if (seconds < units[i].length)
			continue;
		first = seconds / units[i].length;
		second = i < 3 ? seconds % units[i].length / units[i + 1].length : 0;
		/* Minutes mean nothing beside days, hours nothing beside tens of days. */
		if (second && !(i == 1 && first >= 10))
			snprintf(text, NUMBER_MAX, "%" PRId64 " %s %" PRId64 " %s", first,
				units[i].name, second, units[i + 1].name);
		else
			snprintf(text, NUMBER_MAX, "%" PRId64 " %s", first, units[i].name);
		break;
	}
	return text;
}
