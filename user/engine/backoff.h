/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long to wait after a failure: 1, 2, 4 ... seconds up to a limit, each drawn anew from its
 * upper half, so that a thousand sensors do not come back to a server all at once.
 */
#ifndef TEITEN_ENGINE_BACKOFF_H
#define TEITEN_ENGINE_BACKOFF_H

#include <stdint.h>

#define BACKOFF_FIRST_MS 1000u
#define BACKOFF_LIMIT_MS 300000u

struct backoff {
	uint64_t random; /* state of the generator; any but 0 */
	unsigned int failures;
};

/* Milliseconds to wait after one more failure. */
uint32_t backoff_failed(struct backoff *backoff);
/* It works again. */
void backoff_succeeded(struct backoff *backoff);

#endif
