/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/config/config.h"
#include "user/config/keys.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* cmocka wants the headers above first. */
#include <cmocka.h>

static struct config_errors errors;

static int parse(const char *text, struct config *config)
{
	return config_parse(text, strlen(text), "t.conf", config, &errors);
}

static void expect_good(const char *text, struct config *config)
{
	int error = parse(text, config);

	if (error)
		fail_msg("%s", errors.text[0]);
}

/* The text has exactly this one error. */
static void expect_error(const char *text, const char *sentence)
{
	struct config config;

	memset(&config, 0x5a, sizeof(config));
	assert_int_equal(parse(text, &config), -EINVAL);
	assert_int_equal(errors.count, 1);
	assert_string_equal(errors.text[0], sentence);
	/* Untouched on failure. */
	for (size_t i = 0; i < sizeof(config); i++)
		assert_int_equal(((unsigned char *)&config)[i], 0x5a);
}

static void without_a_file_the_defaults_hold(void **state)
{
	struct config config;

	(void)state;
	assert_int_equal(config_load(NULL, &config, &errors), 0);
	assert_int_equal(errors.count, 0);
	assert_string_equal(config.name, "");
	assert_string_equal(config.interface, "");
	assert_int_equal(config.attach, CONFIG_ATTACH_AUTO);
	assert_int_equal(config.verdict, TT_VERDICT_DROP);
	assert_int_equal(config.addresses.target_count, 0);
	assert_int_equal(config.addresses.addresses4, 0);
	assert_string_equal(config.timezone, "UTC");
	assert_int_equal(config.country, COUNTRY_ZZ);
	assert_int_equal(config.geo_file_count, 2);
	assert_string_equal(config.geo_file[0], "/var/lib/teiten/geo/geoip");
	assert_string_equal(config.geo_file[1], "/var/lib/teiten/geo/geoip6");
	assert_string_equal(config.state_dir, "/var/lib/teiten");
	assert_string_equal(config.event_log, "/var/log/teiten/events.json");
	assert_true(config.count_countries);
	assert_true(config.count_prefixes);
	assert_int_equal(config.retention_minute, 30);
	assert_int_equal(config.retention_hour, 400);
	assert_int_equal(config.retention_day, 3650);
	assert_true(config.false_events_per_day == 2.0);
	assert_true(config.floor_scale == 1.0);
	assert_string_equal(config.metrics_file, "");
	config_release(&config);
	config_release(&config);
}

static void every_key_is_read(void **state)
{
	struct config config;

	(void)state;
	expect_good("[sensor]\nname = tokyo 1\ninterface=eth0.10\nattach = native\n"
		    "verdict = drop-all\naddresses = 192.0.2.0/24, 2001:db8::/48\n"
		    "timezone = UTC\ncountry = jp\n"
		    "[geo]\nfile = /a\nfile = /b\nfile = /c\n[state]\ndir = /s\n"
		    "[events]\nlog = /l\n[counting]\ncountries = no\nprefixes = off\n"
		    "[retention]\nminute = 0\nhour = 2\nday = 36500\n"
		    "[detect]\nfalse_events_per_day = 0.5\nfloor_scale = 1e1\n"
		    "[metrics]\nfile = /m\n",
		&config);
	assert_string_equal(config.name, "tokyo 1");
	assert_string_equal(config.interface, "eth0.10");
	assert_int_equal(config.attach, CONFIG_ATTACH_NATIVE);
	assert_int_equal(config.verdict, TT_VERDICT_DROP_ALL);
	assert_int_equal(config.addresses.target_count, 2);
	assert_int_equal(config.addresses.addresses4, 256);
	assert_int_equal(config.addresses.networks6, 65536);
	assert_string_equal(country_code(config.country), "JP");
	assert_int_equal(config.geo_file_count, 3);
	assert_string_equal(config.geo_file[2], "/c");
	assert_string_equal(config.state_dir, "/s");
	assert_string_equal(config.event_log, "/l");
	assert_false(config.count_countries);
	assert_false(config.count_prefixes);
	assert_int_equal(config.retention_minute, 0);
	assert_int_equal(config.retention_hour, 2);
	assert_int_equal(config.retention_day, 36500);
	assert_true(config.false_events_per_day == 0.5);
	assert_true(config.floor_scale == 10.0);
	assert_string_equal(config.metrics_file, "/m");
	config_release(&config);
}

static void all_errors_are_said_in_one_go(void **state)
{
	static const char *const expected[] = {
		"t.conf:1: key 'stray' stands before any [section]",
		"t.conf:3: [sensor] verdict = 'dorp' must be one of drop, pass, drop-all",
		"t.conf:4: unknown key 'colour' in [sensor]",
		"t.conf:5: the line is neither [section], key = value nor a comment",
		"t.conf:6: unknown section [sensors]",
		"t.conf:8: a section is written [name], alone on its line",
		"t.conf:11: [retention] minute = '36501' must be between 0 and 36500 days",
		"t.conf:12: [retention] minute is given again, first on line 11",
		"t.conf:13: [retention] hour = 'ten' must be a whole number of days",
		"t.conf:15: [detect] floor_scale = '0' must be between 0.01 and 100",
		"t.conf:16: [detect] false_events_per_day = '' needs a value",
		"t.conf:18: [counting] countries = 'maybe' must be yes or no",
		"t.conf:20: [state] dir = 'here' must be an absolute path",
	};
	struct config config;

	(void)state;
	assert_int_equal(parse("stray = 1\n[sensor]\nverdict = dorp\ncolour = red\nnonsense\n"
			       "[sensors]\nname = not said again\n[geo\nfile = not said\n"
			       "[retention]\nminute = 36501\nminute = 5\nhour = ten\n[detect]\n"
			       "floor_scale = 0\nfalse_events_per_day =\n[counting]\n"
			       "countries = maybe\n[state]\ndir = here\n",
				 &config),
		-EINVAL);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_string_equal(errors.text[i], expected[i]);
	assert_int_equal(errors.count, sizeof(expected) / sizeof(expected[0]));
	assert_int_equal(errors.dropped, 0);
}

static void values_of_the_wrong_kind_are_errors(void **state)
{
	(void)state;
	expect_error("[sensor]\ninterface = a/b",
		"t.conf:2: [sensor] interface = 'a/b' is not a name that a network interface can "
		"have");
	expect_error("[sensor]\ninterface = sixteen-letters-",
		"t.conf:2: [sensor] interface = 'sixteen-letters-' is not a name that a network "
		"interface can have");
	expect_error("[sensor]\ncountry = ZZ",
		"t.conf:2: [sensor] country = 'ZZ' is not a country's two-letter code");
	expect_error("[sensor]\ncountry = JPN",
		"t.conf:2: [sensor] country = 'JPN' is not a country's two-letter code");
	expect_error("[sensor]\ntimezone = ../../../etc/passwd",
		"t.conf:2: [sensor] timezone = '../../../etc/passwd' is not the name of a time "
		"zone");
	expect_error("[sensor]\ntimezone = Asia/Atlantis",
		"t.conf:2: [sensor] timezone = 'Asia/Atlantis' is not a time zone of this system "
		"(/usr/share/zoneinfo/)");
	expect_error("[push]\nurl = ftp://engine.example",
		"t.conf:2: [push] url = 'ftp://engine.example' must be https://HOST:PORT or "
		"http://HOST:PORT");
	expect_error("[detect]\nfloor_scale = nan",
		"t.conf:2: [detect] floor_scale = 'nan' must be a number");
	expect_error("[retention]\nday = 99999999999999999999",
		"t.conf:2: [retention] day = '99999999999999999999' must be between 0 and 36500 "
		"days");
}

static void addresses_do_not_overlap_and_do_not_mix(void **state)
{
	(void)state;
	expect_error("[sensor]\naddresses = 192.0.2.0/24\naddresses = 192.0.2.7",
		"t.conf:3: [sensor] addresses = '192.0.2.7' holds '192.0.2.7', which overlaps an "
		"earlier prefix");
	expect_error("[sensor]\naddresses = 192.0.2.1/24",
		"t.conf:2: [sensor] addresses = '192.0.2.1/24' holds '192.0.2.1/24', which is "
		"neither a prefix (host bits zero) nor a number");
	expect_error("[sensor]\naddresses = 256 192.0.2.0/24",
		"t.conf:2: [sensor] addresses = '256 192.0.2.0/24' holds '192.0.2.0/24' beside a "
		"number: give prefixes or a number");
	expect_error("[sensor]\naddresses = 192.0.2.0/24 256",
		"t.conf:2: [sensor] addresses = '192.0.2.0/24 256' holds '256': a number stands "
		"alone, without prefixes or another number");
	expect_error("[sensor]\naddresses = 0",
		"t.conf:2: [sensor] addresses = '0' holds '0': must be between 1 and 4294967295 "
		"addresses");
	expect_error("[sensor]\naddresses = 2001::/15",
		"t.conf:2: [sensor] addresses = '2001::/15' holds '2001::/15', which is neither a "
		"prefix (host bits zero) nor a number");
	expect_error("[sensor]\naddresses = 2000::/15",
		"t.conf:2: [sensor] addresses = '2000::/15' holds '2000::/15': an IPv6 prefix must "
		"be /16 or longer");
}

static void addresses_are_counted_exactly(void **state)
{
	struct config config;

	(void)state;
	expect_good("[sensor]\naddresses = 4096", &config);
	assert_int_equal(config.addresses.target_count, 0);
	assert_int_equal(config.addresses.addresses4, 4096);
	config_release(&config);

	expect_good("[sensor]\naddresses = 0.0.0.0/0 2001:db8::1 2001:db8::2 2001:db8:0:1::/65",
		&config);
	assert_int_equal(config.addresses.target_count, 4);
	assert_int_equal(config.addresses.addresses4, 4294967296);
	assert_int_equal(config.addresses.networks6, 2);
	assert_int_equal(config.addresses.target[3].mask[1], 0x80); /* network order */
	config_release(&config);
}

static void the_sixty_fifth_prefix_is_refused(void **state)
{
	char text[8192] = "[sensor]\n";
	struct config config;

	(void)state;
	for (int i = 0; i < TT_MAX_TARGETS; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			"addresses = 10.0.%d.0/24\n", i);
	expect_good(text, &config);
	assert_int_equal(config.addresses.target_count, 64);
	assert_int_equal(config.addresses.addresses4, 16384);
	config_release(&config);
	strcat(text, "addresses = 10.1.0.0/24\n");
	expect_error(text, "t.conf:66: [sensor] addresses = '10.1.0.0/24' holds '10.1.0.0/24', "
			   "which is one too many: at most 64 prefixes");
}

static void the_seventeenth_country_file_is_refused(void **state)
{
	char text[1024] = "[geo]\n";

	(void)state;
	for (int i = 0; i < 17; i++)
		strcat(text, "file = /g\n");
	expect_error(text, "t.conf:18: [geo] file = '/g' is one too many: at most 16 files");
}

static void lines_have_a_length_and_no_control_characters(void **state)
{
	char text[512];
	struct config config;

	(void)state;
	/* "name = " and 191 letters are 198 bytes. */
	snprintf(text, sizeof(text), "[sensor]\nname = %0191d\r\n", 1);
	expect_good(text, &config);
	assert_int_equal(strlen(config.name), 191);
	config_release(&config);
	snprintf(text, sizeof(text), "[sensor]\nname = %0192d\n", 1);
	expect_error(text, "t.conf:2: the line is too long: at most 198 bytes");
	expect_error("[sensor]\nname = \033[2J", "t.conf:2: the line holds a control character");
	assert_int_equal(
		config_parse("[sensor]\nna\0me = x", 18, "t.conf", &config, &errors), -EINVAL);
	assert_string_equal(errors.text[0], "t.conf:2: the line holds a control character");
}

static void indented_lines_are_keys_of_their_own(void **state)
{
	struct config config;

	(void)state;
	expect_good("\xef\xbb\xbf[sensor]\n\tname = a\n  country = NL ; comment\n # comment\n",
		&config);
	assert_string_equal(config.name, "a");
	assert_string_equal(country_code(config.country), "NL");
	config_release(&config);
}

static void an_empty_value_clears_the_country_files(void **state)
{
	struct config config;

	(void)state;
	expect_good("[geo]\nfile =\n", &config);
	assert_int_equal(config.geo_file_count, 0);
	config_release(&config);
}

static void errors_beyond_the_capacity_are_counted(void **state)
{
	char text[2048] = "[sensor]\n";
	struct config config;

	(void)state;
	for (int i = 0; i < 70; i++)
		strcat(text, "x = 1\n");
	assert_int_equal(parse(text, &config), -EINVAL);
	assert_int_equal(errors.count, 64);
	assert_int_equal(errors.dropped, 6);
	assert_string_equal(errors.text[63], "t.conf:65: unknown key 'x' in [sensor]");
}

static void a_file_that_cannot_be_read_is_an_error(void **state)
{
	char path[] = "/tmp/test_config.XXXXXX";
	struct config config;
	char page[4096];
	int fd;

	(void)state;
	assert_int_equal(config_load("/nonexistent/t.conf", &config, &errors), -ENOENT);
	assert_string_equal(
		errors.text[0], "/nonexistent/t.conf: cannot be read: No such file or directory");
	assert_int_equal(config_load("/tmp", &config, &errors), -EISDIR);
	assert_int_equal(errors.count, 1);

	fd = mkstemp(path);
	assert_true(fd >= 0);
	memset(page, '\n', sizeof(page));
	for (int i = 0; i < 16; i++)
		assert_int_equal(write(fd, page, sizeof(page)), sizeof(page));
	assert_int_equal(config_load(path, &config, &errors), 0);
	config_release(&config);
	assert_int_equal(write(fd, page, 1), 1);
	assert_int_equal(config_load(path, &config, &errors), -EFBIG);
	close(fd);
	unlink(path);
}

static void what_changes_on_hup_is_in_the_table(void **state)
{
	(void)state;
	assert_true(config_reloadable("geo", "file"));
	assert_true(config_reloadable("events", "log"));
	assert_true(config_reloadable("retention", "minute"));
	assert_true(config_reloadable("detect", "floor_scale"));
	assert_true(config_reloadable("metrics", "file"));
	assert_false(config_reloadable("sensor", "verdict"));
	assert_false(config_reloadable("state", "dir"));
	assert_false(config_reloadable("counting", "countries"));
	assert_false(config_reloadable("sensor", "nothing"));
}

static void a_reload_takes_what_it_may_and_names_the_rest(void **state)
{
	const char *names[CONFIG_MAX_KEYS];
	struct config running, next;

	(void)state;
	expect_good("[sensor]\naddresses = 10.0.0.0/8\n[geo]\nfile = /a\n", &running);
	expect_good("[sensor]\naddresses = 10.0.0.0/9\nverdict = pass\n[geo]\nfile = /b\n"
		    "file = /c\n[retention]\nday = 7\n[state]\ndir = /elsewhere\n",
		&next);
	assert_int_equal(config_fixed_changes(&running, &running, names), 0);
	assert_int_equal(config_fixed_changes(&running, &next, names), 3);
	assert_string_equal(names[0], "sensor.verdict");
	assert_string_equal(names[1], "sensor.addresses");
	assert_string_equal(names[2], "state.dir");

	config_exchange_reloadable(&running, &next);
	assert_int_equal(running.verdict, TT_VERDICT_DROP);
	assert_string_equal(running.state_dir, "/var/lib/teiten");
	assert_int_equal(running.retention_day, 7);
	assert_int_equal(running.geo_file_count, 2);
	assert_string_equal(running.geo_file[1], "/c");
	assert_int_equal(next.geo_file_count, 1);
	assert_string_equal(next.geo_file[0], "/a");
	config_release(&running);
	config_release(&next);
}

/* The text that write() prints. */
static char *printed(void (*write_it)(FILE *))
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	write_it(out);
	fclose(out);
	return text;
}

static char *file_text(const char *path)
{
	FILE *in = fopen(path, "re");
	char *text = calloc(1, 65536);

	if (!in)
		fail_msg("%s: run the tests from the repository's root", path);
	assert_non_null(text);
	assert_true(fread(text, 1, 65535, in) > 0);
	fclose(in);
	return text;
}

static void the_file_in_etc_is_the_default(void **state)
{
	char *table = printed(config_write_default), *file = file_text("etc/teiten.conf");

	(void)state;
	assert_string_equal(file, table);
	free(file);
	free(table);
}

static void the_manual_holds_the_table(void **state)
{
	char *table = printed(config_write_manual), *page = file_text("docs/teiten.conf.5");

	(void)state;
	assert_non_null(strstr(page, table));
	free(page);
	free(table);
}

static void the_default_file_uncommented_is_the_default(void **state)
{
	char *text = printed(config_write_default);
	const char *names[CONFIG_MAX_KEYS];
	struct config defaults, config;
	unsigned int keys = 0;

	(void)state;
	for (char *c = text; *c; c++) {
		if (c[0] == '\n' && c[1] == '#' && c[2] != ' ') {
			c[1] = ' ';
			keys++;
		}
	}
	assert_int_equal(keys, config_key_count + 1); /* the country data has two lines */
	expect_good(text, &config);
	assert_int_equal(config_load(NULL, &defaults, &errors), 0);
	assert_int_equal(config_fixed_changes(&defaults, &config, names), 0);
	for (size_t i = 0; i < config_key_count; i++)
		assert_true(config_key_equal(&config_keys[i], &defaults, &config));
	config_release(&config);
	config_release(&defaults);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_file_the_defaults_hold),
		cmocka_unit_test(every_key_is_read),
		cmocka_unit_test(all_errors_are_said_in_one_go),
		cmocka_unit_test(values_of_the_wrong_kind_are_errors),
		cmocka_unit_test(addresses_do_not_overlap_and_do_not_mix),
		cmocka_unit_test(addresses_are_counted_exactly),
		cmocka_unit_test(the_sixty_fifth_prefix_is_refused),
		cmocka_unit_test(the_seventeenth_country_file_is_refused),
		cmocka_unit_test(lines_have_a_length_and_no_control_characters),
		cmocka_unit_test(indented_lines_are_keys_of_their_own),
		cmocka_unit_test(an_empty_value_clears_the_country_files),
		cmocka_unit_test(errors_beyond_the_capacity_are_counted),
		cmocka_unit_test(a_file_that_cannot_be_read_is_an_error),
		cmocka_unit_test(what_changes_on_hup_is_in_the_table),
		cmocka_unit_test(a_reload_takes_what_it_may_and_names_the_rest),
		cmocka_unit_test(the_file_in_etc_is_the_default),
		cmocka_unit_test(the_manual_holds_the_table),
		cmocka_unit_test(the_default_file_uncommented_is_the_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
