/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/report/digits.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define NOT_KNOWN "\xe2\x80\x93"
#define MINUS "\xe2\x88\x92"
#define TIMES "\xc3\x97"
/* Keeps a number and its sign on one line. */
#define SPACE "\xc2\xa0"

void digits_count(uint64_t value, char text[DIGITS_MAX])
{
	char digits[24];
	size_t size = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, value);
	size_t at = 0;

	for (size_t i = 0; i < size; i++) {
		if (i > 0 && (size - i) % 3 == 0)
			text[at++] = ',';
		text[at++] = digits[i];
	}
	text[at] = '\0';
}

void digits_rate(double value, char text[DIGITS_MAX])
{
	if (!isfinite(value))
		snprintf(text, DIGITS_MAX, NOT_KNOWN);
	else if (value >= 99.95 || (value == floor(value) && value >= 0))
		digits_count((uint64_t)llround(fmin(value, 9e18)), text);
	else if (value >= 9.995)
		snprintf(text, DIGITS_MAX, "%.1f", value);
	else if (value >= 0.1)
		snprintf(text, DIGITS_MAX, "%.2f", value);
	else if (value >= 0.001)
		snprintf(text, DIGITS_MAX, "%.2g", value);
	else
		snprintf(text, DIGITS_MAX, "<0.001");
}

void digits_share(double share, char text[DIGITS_MAX])
{
	if (!isfinite(share))
		snprintf(text, DIGITS_MAX, NOT_KNOWN);
	else if (share > 0 && share < 0.0005)
		snprintf(text, DIGITS_MAX, "<0.1" SPACE "%%");
	else if (share > 0.9995 && share < 1)
		snprintf(text, DIGITS_MAX, ">99.9" SPACE "%%");
	else
		snprintf(text, DIGITS_MAX,
			share == 1 || share == 0 ? "%.0f" SPACE "%%" : "%.1f" SPACE "%%",
			share * 100);
}

void digits_change(double before, double after, char text[DIGITS_MAX])
{
	double ratio = after / before;

	if (!isfinite(ratio))
		snprintf(text, DIGITS_MAX, NOT_KNOWN);
	else if (ratio >= 2)
		snprintf(text, DIGITS_MAX, ratio < 9.95 ? TIMES "%.1f" : TIMES "%.0f", ratio);
	else if (ratio >= 1)
		snprintf(text, DIGITS_MAX, "+%.0f" SPACE "%%", (ratio - 1) * 100);
	else
		snprintf(text, DIGITS_MAX, MINUS "%.0f" SPACE "%%", (1 - ratio) * 100);
}

struct digits_ticks digits_ticks_for(double maximum)
{
	static const double steps[] = {1, 2, 2.5, 5};
	struct digits_ticks ticks = {1, 1};

	for (double power = 1; power < 1e19; power *= 10) {
		for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
			ticks.step = steps[i] * power;
			if (ticks.step != floor(ticks.step))
				continue;
			ticks.count = 1;
			while (ticks.count < 5 && ticks.step * ticks.count < maximum)
				ticks.count++;
			if (ticks.step * ticks.count >= maximum)
				return ticks;
		}
	}
	return ticks;
}

uint64_t digits_tick(const struct digits_ticks *ticks, unsigned int i)
{
	double value = ticks->step * i;

	return value < 0x1p64 ? (uint64_t)value : UINT64_MAX;
}
