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

static const char *say(const char *words, char text[NUMBER_MAX])
{
	snprintf(text, NUMBER_MAX, "%s", words);
	return text;
}

const char *number_short(double number, char text[NUMBER_MAX])
{
	static const char *const units[] = {"", "k", "M", "G", "T", "P", "E"};
	double size = fabs(number);

	if (!isfinite(number))
		return say("-", text);
	if (size >= 999.5e18)
		return say(number < 0 ? "<-999E" : ">999E", text);
	if (size >= 99999.5)
		return scaled(number, 1000, units, sizeof(units) / sizeof(units[0]), text);
	if (size >= 9.95 || size == trunc(size)) {
		char whole[NUMBER_MAX];

		snprintf(text, NUMBER_MAX, "%s%.31s", number < 0 ? "-" : "",
			number_whole((uint64_t)(size + .5), whole));
		return text;
	}
	if (size < .005)
		return say("<0.01", text);
	snprintf(text, NUMBER_MAX, size < .095 ? "%.2f" : "%.1f", number);
	return text;
}

const char *number_share(double share, char text[NUMBER_MAX])
{
	double percent = share * 100;

	if (!isfinite(share))
		return say("-", text);
	if (percent > 0 && percent < .095)
		return say("<0.1%", text);
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
		return say("-", text);
	/* Beyond that the usual is so near to nothing that its exact size means nothing. */
	if (ratio >= 999.5)
		return say(">999x", text);
	if (ratio == 0)
		return say("0x", text);
	if (ratio > 0 && ratio < .005)
		return say("<.01x", text);
	snprintf(text, NUMBER_MAX,
		ratio < .095   ? "%.2fx"
		: ratio < 9.95 ? "%.1fx"
			       : "%.0fx",
		ratio);
	return text;
}

const char *number_bytes(double bytes, char text[NUMBER_MAX])
{
	static const char *const units[] = {
		" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB", " ZiB"};

	if (!isfinite(bytes))
		return say("-", text);
	return scaled(bytes, 1024, units, sizeof(units) / sizeof(units[0]), text);
}

static const struct {
	int64_t length;
	const char *name;
} units_of_time[] = {{365 * 86400, "y"}, {86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};

/* The largest unit that goes into the seconds at least once. */
static unsigned int unit_of(int64_t seconds)
{
	unsigned int unit = 0;

	while (unit < 4 && seconds < units_of_time[unit].length)
		unit++;
	return unit;
}

const char *number_age(int64_t seconds, char text[NUMBER_MAX])
{
	unsigned int unit = unit_of(seconds);

	snprintf(text, NUMBER_MAX, "%" PRId64 " %s",
		seconds > 0 ? seconds / units_of_time[unit].length : 0, units_of_time[unit].name);
	return text;
}

const char *number_duration(int64_t seconds, char text[NUMBER_MAX])
{
	unsigned int unit = unit_of(seconds);
	int64_t rest = seconds > 0 ? seconds % units_of_time[unit].length : 0;
	size_t length = strlen(number_age(seconds, text));

	/* Seconds mean nothing beside minutes, nor hours beside tens of days. */
	if (unit >= 3 || (unit == 1 && seconds >= 10 * 86400))
		return text;
	rest /= units_of_time[unit + 1].length;
	if (rest)
		snprintf(text + length, NUMBER_MAX - length, " %" PRId64 " %s", rest,
			units_of_time[unit + 1].name);
	return text;
}
