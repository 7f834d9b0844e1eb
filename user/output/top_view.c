/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/top_view.h"

#include <math.h>

static const struct {
	const char *name;
	int64_t length;
} windows[] = {
	[TOP_MINUTE] = {"minute", 60},
	[TOP_HOUR] = {"hour", 3600},
	[TOP_DAY] = {"day", 86400},
};
_Static_assert(sizeof(windows) / sizeof(windows[0]) == TOP_WINDOWS, "a name for each");

const char *top_window_name(enum top_window window)
{
	return window < TOP_WINDOWS ? windows[window].name : "?";
}

int64_t top_window_length(enum top_window window)
{
	return window < TOP_WINDOWS ? windows[window].length : 60;
}

struct top_view top_view_blank(void)
{
	return (struct top_view){
		.sensor = "",
		.arriving = NAN,
		.usual = NAN,
		.per_address_day = NAN,
		.sources = NAN,
		.window = TOP_HOUR,
	};
}

double top_ratio(uint64_t packets, double usual)
{
	if (!isfinite(usual))
		return NAN;
	if (usual > 0)
		return (double)packets / usual;
	return packets ? INFINITY : NAN;
}
