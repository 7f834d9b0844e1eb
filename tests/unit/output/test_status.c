/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/lib/columns.h"
#include "user/output/status_view.h"

/* 2014-02-11T00:00:00Z */
#define FEB11 INT64_C(1392076800)

static struct status_view view;
static char buffer[1 << 16];

/* A sensor that is well, in its second month. */
static int make_view(void **state)
{
	struct status_sensor *sensor = &view.sensors[0];

	(void)state;
	status_blank(&view);
	view.now = FEB11 + 100;
	view.state_dir = "/var/lib/teiten";
	view.sensor_count = 1;
	*sensor = (struct status_sensor){
		.interface = "eth1",
		.has_link = true,
		.has_process = true,
		.is_readable = true,
		.is_there = true,
		.is_up = true,
		.mode = "frags",
		.verdict = "drop",
		.minute = "2014-02-11T00:00:00Z",
		.covered_seconds = 60,
		.frames = 1234567,
		.bytes = 99000000,
	};
	view.has_history = view.has_minute = view.counts_countries = true;
	view.first_minute = FEB11 - 40 * 86400;
	view.last_minute = FEB11;
	view.hour.packets = 1000;
	view.hour.covered = 3600;
	view.hour.usual = 500;
	view.hour.per_address_day = 93.75;
	view.hour.located = 0.98;
	view.hour.ledger[TT_TCP_SYN] = (struct tally){900, 54000};
	view.hour.ledger[TT_UDP_OTHER] = (struct tally){100, 12345};
	view.geo_time = FEB11 - 25 * 86400;
	view.incidents[EVENT_NOTICE] = 2;
	view.incidents[EVENT_CRITICAL] = 1;
	view.disk = (struct status_disk){
		.free_bytes = 12e9,
		.state_bytes = 23e6,
		.minute_bytes = 1e6,
		.hour_bytes = 2e5,
		.day_bytes = 1e4,
		.minute_days = 30,
		.hour_days = 400,
		.age_days = 40,
	};
	return 0;
}

static const char *draw(unsigned int width)
{
	const struct page_look look = {width, PAGE_UNLIMITED, false, true};
	struct page page;

	view.trouble_count = view.note_count = 0;
	status_judge(&view);
	page_init(&page, buffer, sizeof(buffer), &look);
	status_page(&page, &view);
	return page_finish(&page);
}

/* That the words are the only trouble there is. */
static void assert_trouble(const char *words)
{
	draw(80);
	assert_int_equal(view.trouble_count, 1);
	assert_string_equal(view.troubles[0], words);
}

static void a_sensor_that_is_well(void **state)
{
	(void)state;
	assert_string_equal(draw(80),
		"eth1        attached, running; mode frags, verdict drop\n"
		"            last minute 2014-02-11 00:00 UTC (60 s of it), stored 40 s ago\n"
		"            1,234,567 frames, 94 MiB since counting began; 0 unattributed, 0\n"
		"            lost by the device in the last minute\n"
		"history     /var/lib/teiten, 22 MiB\n"
		"            from 2014-01-02 00:00 to 2014-02-11 00:00 UTC, 40 s ago\n"
		"disk        11 GiB free, 1.2 MiB a day, for more than a hundred years\n"
		"countries   files 25 d old; known for 98% of the last hour's packets\n"
		"detector    has seen enough to judge every window\n"
		"incidents   3 open, 1 of them critical: teiten events\n"
		"last hour   1,000 packets, 17 a minute, 2.0x the usual, 94 a day and address;\n"
		"            3600 s covered\n"
		"\n"
		"            class                     packets            bytes   share\n"
		"            tcp_syn                       900           54,000     90%\n"
		"            udp_other                     100           12,345     10%\n"
		"\n"
		"nothing is wrong\n");
}

static void nothing_at_all_is_not_wrong_by_itself(void **state)
{
	(void)state;
	status_blank(&view);
	view.state_dir = "/tmp/x";
	view.has_history = true;
	assert_string_equal(draw(80), "sensor      none is attached\n"
				      "history     /tmp/x\n"
				      "            no minute yet\n"
				      "\n"
				      "nothing is wrong\n");
}

static void each_trouble_says_what_to_do(void **state)
{
	struct status_sensor *sensor = &view.sensors[0];

	(void)state;
	sensor->has_process = false;
	assert_trouble("eth1: counting, but no process drains it: start `teiten run -i eth1`, or "
		       "`teiten detach -i eth1` ends it");
	sensor->has_link = false;
	assert_trouble("eth1: pins without a link: `teiten detach -i eth1` removes them");
	make_view(NULL);
	sensor->is_up = false;
	assert_trouble("eth1: the interface is down: `ip link set eth1 up`");
	make_view(NULL);
	sensor->is_there = false;
	assert_trouble("eth1: the interface is gone, or in another network namespace: the sensor "
		       "waits for it to return, or is there");
	make_view(NULL);
	sensor->unwritten = 3;
	assert_trouble("eth1: the last 3 minutes could not be stored; their counts wait in the "
		       "kernel. Is the disk of /var/lib/teiten full, or read-only?");
	make_view(NULL);
	sensor->unclosed = 1;
	assert_trouble("eth1: the ledger of 1 minutes did not close; this is a defect of teiten: "
		       "please report it");
	make_view(NULL);
	sensor->nic_drops = 12;
	assert_trouble("eth1: the device lost 12 frames in the last minute before they could be "
		       "counted: give it more queues and processors (ethtool -L, -G)");
	make_view(NULL);
	view.now = FEB11 + 400;
	assert_trouble("the last minute stored is 6 min old: see what `teiten run` says "
		       "(journalctl -u teiten)");
	make_view(NULL);
	view.pins_are_denied = true;
	assert_trouble("the pins cannot be read: run as root, or as a member of group teiten");
	make_view(NULL);
	view.damaged = 2;
	assert_trouble("2 records of the history were damaged, and are gaps now: check the disk");
	make_view(NULL);
	view.hour.located = 0;
	assert_trouble("no source has a country: the country data are missing; "
		       "scripts/fetch-geo.sh gets them, [geo] file names them, SIGHUP loads them");
	make_view(NULL);
	view.hour.packets = 0;
	assert_trouble("no packet arrived in the last hour, where 500 are usual: is the darknet "
		       "still routed here?");
	view.hour.covered = 600;
	draw(80);
	assert_int_equal(view.trouble_count, 0);
	make_view(NULL);
	view.hour.unattributed = 7;
	assert_trouble("7 packets of the last hour have no port or no country: a processor came "
		       "online after the start; start `teiten run` again");
	/* Countries are not counted, so that none has one. */
	view.counts_countries = false;
	view.hour.located = NAN;
	assert_non_null(strstr(draw(80), "\ncountries   not counted\n"));
	assert_int_equal(view.trouble_count, 0);
}

static void the_disk_is_judged_before_it_is_full(void **state)
{
	struct status_disk *disk = &view.disk;

	(void)state;
	disk->free_bytes = 400e6;
	assert_trouble("/var/lib/teiten has only 381 MiB left: shorten [retention] in the "
		       "configuration, or add space");
	/* Ten days at 60 MB before minutes are dropped, which would stop it. */
	disk->free_bytes = 600e6;
	disk->minute_bytes = 60e6;
	disk->age_days = 5;
	assert_trouble("the disk of /var/lib/teiten is full in 9 d 23 h at this pace, before "
		       "anything is dropped: shorten [retention] in the configuration, or add "
		       "space");
	/* Minutes are dropped in a day: what remains of the growth fits. */
	disk->age_days = 29;
	draw(80);
	assert_int_equal(view.trouble_count, 0);
}

static void days_left_follow_from_what_is_kept(void **state)
{
	struct status_disk disk = {
		.free_bytes = 1000,
		.minute_bytes = 10,
		.hour_bytes = 4,
		.day_bytes = 1,
		.minute_days = 30,
		.hour_days = 60,
		.day_days = 90,
		.age_days = 20,
	};

	(void)state;
	/* 10 days at 15, 30 at 5, 30 at 1: 330 of 1,000. */
	assert_true(isinf(status_days_left(&disk)));
	assert_true(status_final_bytes(&disk) == 30 * 10 + 60 * 4 + 90);
	/* 150 in the first ten days, 150 in the thirty that follow. */
	disk.free_bytes = 225;
	assert_true(fabs(status_days_left(&disk) - 25) < 1e-9);
	/* Days for ever: one byte a day from day 60 on. */
	disk.free_bytes = 1000;
	disk.day_days = 0;
	assert_true(fabs(status_days_left(&disk) - (40 + 700)) < 1e-9);
	assert_true(isinf(status_final_bytes(&disk)));
	disk.minute_bytes = NAN;
	assert_true(isnan(status_days_left(&disk)));
	disk = (struct status_disk){.free_bytes = 5, .age_days = 1};
	assert_true(isinf(status_days_left(&disk)));
}

static void a_young_sensor_says_what_it_cannot_see(void **state)
{
	(void)state;
	assert_string_equal(status_learning(0.5), "learning, and tells nothing in its first 24 "
						  "hours");
	assert_string_equal(status_learning(1.5),
		"learning: windows up to an hour only, until it has seen two days");
	assert_non_null(status_learning(3.99));
	assert_null(status_learning(4));
}

static void hostile_text_stays_text(void **state)
{
	(void)state;
	view.state_dir = "/tmp/\033[2J\xe2\x80\xae\xff";
	snprintf(view.history_error, sizeof(view.history_error), "bad\033]0;x\007\n%s",
		"\xc2\x9b"
		"31m");
	memcpy(view.sensors[0].interface, "a\033[5m\nb", 8);
	view.sensors[0].frames = UINT64_MAX;
	view.sensors[0].bytes = UINT64_MAX;
	view.hour.packets = UINT64_MAX;
	view.disk.free_bytes = 1e300;
	view.disk.age_days = -1e300;
	view.now = INT64_MAX / 2;
	view.geo_time = 1;
	for (unsigned int width = 1; width < 200; width += 7) {
		for (const char *line = draw(width); *line;) {
			size_t length = strcspn(line, "\n");

			assert_true(columns_of(line, length) <= width);
			for (size_t k = 0; k < length; k++)
				assert_true((unsigned char)line[k] >= ' ' && line[k] != 0x7f);
			line += length + 1;
		}
		assert_null(strstr(buffer, "\xe2\x80\xae"));
		assert_null(strstr(buffer, "\xc2\x9b"));
	}
}

static void json_has_the_same(void **state)
{
	json_t *object;
	char *text;

	(void)state;
	view.hour.packets = UINT64_MAX;
	view.hour.located = NAN;
	view.state_dir = "\xff\033";
	view.sensors[0].unclosed = 1;
	draw(80);
	object = status_json(&view);
	text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(12));
	assert_string_equal(text,
		"{\"sensors\":[{\"interface\":\"eth1\",\"attached\":true,\"running\":true,"
		"\"up\":true,\"attach_mode\":\"frags\",\"verdict\":\"drop\","
		"\"minute\":\"2014-02-11T00:00:00Z\",\"covered_seconds\":60,\"frames\":1234567,"
		"\"bytes\":99000000,\"unattributed\":0,\"late\":0,\"nic_drops\":0,\"unclosed\":1,"
		"\"unwritten\":0}],\"troubles\":[\"eth1: the ledger of 1 minutes did not close; "
		"this is a defect of teiten: please report it\"],\"notes\":[],"
		"\"state\":\"?\\u001B\",\"free_bytes\":12000000000,\"state_bytes\":23000000,"
		"\"bytes_per_day\":1210000,\"days_left\":1192800,"
		"\"first_minute\":\"2014-01-02T00:00:00Z\",\"last_minute\":\"2014-02-11T00:00:"
		"00Z\","
		"\"covered_seconds\":3600,\"packets\":1.84467440737e19,"
		"\"ledger\":{\"tcp_syn\":900,\"udp_other\":100},\"usual\":500,"
		"\"per_address_day\":93.75,\"late\":0,\"misdated\":0,\"unattributed\":0,"
		"\"nic_drops\":0,\"learning\":false,\"open_incidents\":{\"info\":0,\"notice\":2,"
		"\"warning\":0,\"critical\":1},\"country_files\":\"2014-01-17T00:00:00Z\"}");
	free(text);
	json_decref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_sensor_that_is_well, make_view),
		cmocka_unit_test_setup(nothing_at_all_is_not_wrong_by_itself, make_view),
		cmocka_unit_test_setup(each_trouble_says_what_to_do, make_view),
		cmocka_unit_test_setup(the_disk_is_judged_before_it_is_full, make_view),
		cmocka_unit_test_setup(days_left_follow_from_what_is_kept, make_view),
		cmocka_unit_test_setup(a_young_sensor_says_what_it_cannot_see, make_view),
		cmocka_unit_test_setup(hostile_text_stays_text, make_view),
		cmocka_unit_test_setup(json_has_the_same, make_view),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
