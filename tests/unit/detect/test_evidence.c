/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a minute says about an event's series, and what it does not know. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "user/detect/evidence.h"
#include "user/model/port.h"

static struct minute minute;

/* Ten packets at 23/tcp, seven of them from one country; 80/tcp has none. */
static void make_minute(uint32_t sources)
{
	const uint32_t row = port_row(PORT_TCP, 23);

	minute_clear(&minute);
	minute.ports[0] = (struct port_count){.row = row, .sources = sources, .packets = 10};
	minute.port_count = 1;
	minute.cells[0] = (struct cell_count){.row = row, .country = 9, .packets = 3};
	minute.cells[1] = (struct cell_count){.row = row, .country = 44, .packets = 7};
	minute.cell_count = 2;
}

static struct event filled(const char *key)
{
	struct event event = event_blank();

	assert_true(series_parse(key, &event.key));
	evidence_fill(&event, &minute);
	return event;
}

static void sources_of_a_port_are_its_minutes(void **state)
{
	struct event event;

	(void)state;
	make_minute(4);
	event = filled("tcp/23");
	assert_true(event.sources == 4 && event.packets_per_source == 2.5);
	assert_true(filled("tcp/23@JP").sources == 4);
	assert_true(isnan(filled("tcp/80").sources));
}

static void unknown_sources_are_no_number_and_countries_stay(void **state)
{
	struct event event;

	(void)state;
	make_minute(0);
	event = filled("tcp/23");
	assert_true(isnan(event.sources) && isnan(event.packets_per_source));
	assert_int_equal(event.top_country_count, 2);
	assert_int_equal(event.top_countries[0].country, 44);
	assert_int_equal(event.top_countries[0].packets, 7);
	assert_true(isnan(filled("tcp/23@JP").sources));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sources_of_a_port_are_its_minutes),
		cmocka_unit_test(unknown_sources_are_no_number_and_countries_stay),
	};

	assert_int_equal(minute_reserve(&minute), 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
