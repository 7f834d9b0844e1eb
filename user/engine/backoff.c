/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/engine/backoff.h"

/* Marsaglia's xorshift64: no secret depends on it. */
static uint64_t draw(struct backoff *backoff)
{
	uint64_t x = backoff->random ? backoff->random : 1;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	backoff->random = x;
	return x;
}

uint32_t backoff_failed(struct backoff *backoff)
{
	uint32_t longest = BACKOFF_FIRST_MS;

	for (unsigned int i = 0; i < backoff->failures && longest < BACKOFF_LIMIT_MS; i++)
		longest *= 2;
	if (longest > BACKOFF_LIMIT_MS)
		longest = BACKOFF_LIMIT_MS;
	if (backoff->failures < 32)
		backoff->failures++;
	return longest / 2 + (uint32_t)(draw(backoff) % (longest / 2 + 1));
}

void backoff_succeeded(struct backoff *backoff)
{
	backoff->failures = 0;
}
