/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/detect/baseline.h"
#include "user/detect/common_mode.h"
#include "user/detect/state.h"
#include "user/model/port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* More series than MAX_REFERENCES, and all of them busy. */
#define BUSY 20000u

/* A hundred series have each of the rates from 91 to 290 packets an hour, in no order. */
static float rate_of(uint32_t port)
{
	unsigned int rank = port * 7919u % BUSY / 100;

	return 91.f + (float)rank;
}

static struct detect *busy_series(bool backwards)
{
	struct detect_parameters parameters = detect_defaults();
	struct series busy = {.episode = EPISODE_NONE};
	struct detect *detect;

	parameters.capacity = BUSY + 1;
	assert_int_equal(detect_new(&parameters, &detect), 0);
	for (uint32_t i = 0; i < BUSY; i++) {
		uint32_t port = backwards ? BUSY - 1 - i : i;

		busy.packets = rate_of(port);
		assert_int_not_equal(
			series_table_add(&detect->table,
				series_make(SERIES_PORT, port_row(PORT_TCP, port), 0), &busy),
			SERIES_NONE);
	}
	return detect;
}

static void too_many_references_leave_those_of_twice_the_rate_in_any_order(void **state)
{
	(void)state;
	for (unsigned int backwards = 0; backwards < 2; backwards++) {
		struct detect *detect = busy_series(backwards);

		roll_references(detect);
		assert_true(detect->clock.reference_rate == 2 * COMMON_MIN_RATE);
		/* 180 to 290: a rate is of the packets and three tenths more. */
		assert_int_equal(detect->reference_count, 111 * 100);
		for (uint32_t i = 0; i < detect->table.count; i++) {
			const struct series *series = detect_series(detect, i);

			assert_int_equal(!!(series->flags & SERIES_REFERENCE),
				baseline_rate(series) > 2 * COMMON_MIN_RATE);
		}
		for (uint32_t i = 0; i < detect->reference_count; i++)
			assert_true(detect_series(detect, detect->references[i])->flags &
				    SERIES_REFERENCE);
		detect_free(detect);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(too_many_references_leave_those_of_twice_the_rate_in_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
