/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/detect/common_mode.h"

#include "user/detect/statistics.h"

#define LOW .8
#define HIGH 1.25

float common_factor(float *ratios, size_t count)
{
	double median;

	if (count < COMMON_MIN_SERIES)
		return 1;
	median = median_of(ratios, count);
	return median > HIGH || median < LOW ? (float)median : 1;
}

static void extend(uint8_t *run, bool goes_on)
{
	if (!goes_on)
		*run = 0;
	else if (*run < UINT8_MAX)
		(*run)++;
}

int common_mode_block(struct common_mode *common, float yesterday)
{
	float g = common->factor;

	extend(&common->rises, g > 1 && g > yesterday * COMMON_SAME);
	extend(&common->falls, g < 1 && g * COMMON_SAME < yesterday);
	extend(&common->calms, g == 1);
	if (!common->is_open &&
		(common->rises >= COMMON_RISE_BLOCKS || common->falls >= COMMON_FALL_BLOCKS)) {
		common->is_open = true;
		return 1;
	}
	if (common->is_open && common->calms >= COMMON_CALM_BLOCKS) {
		common->is_open = false;
		return -1;
	}
	return 0;
}
