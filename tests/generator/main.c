/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/generator/output.h"

#include "user/lib/text.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_GEO_FILES 8
#define DEFAULT_RATE 3.5 /* packets per minute in a capture */

struct options {
	const char *pcap, *interface, *counts;
	int64_t from, to;
	double seconds, rate;
	uint64_t seed;
	bool print_geo;
	char *geo[MAX_GEO_FILES];
	size_t geo_count;
	struct world world;
};

enum {
	KEY_PCAP = 256,
	KEY_FROM,
	KEY_TO,
	KEY_SEND,
	KEY_SECONDS,
	KEY_RATE,
	KEY_SEED,
	KEY_ATTACK,
	KEY_GEO,
	KEY_COUNTS,
	KEY_PRINT_GEO
};

static const struct argp_option argp_options[] = {
	{"pcap", KEY_PCAP, "FILE", 0, "write a capture (Ethernet, in time order)", 0},
	{"from", KEY_FROM, "TIME", 0, "start of the capture, RFC 3339 or a date", 0},
	{"to", KEY_TO, "TIME", 0, "end of the capture, exclusive", 0},
	{"send", KEY_SEND, "IFACE", 0, "send live instead", 0},
	{"seconds", KEY_SECONDS, "N", 0, "how long to send (default 60)", 0},
	{"rate", KEY_RATE, "RATE", 0,
		"background: packets per minute in a capture (default 3.5), per second live "
		"(default 1; 0 = as fast as possible)",
		0},
	{"attack", KEY_ATTACK, "KIND", 0,
		"on top: telnet:CC:RATE, dns:RATE, port:PORT:RATE or port:PORT:CC:RATE, RATE in "
		"packets per minute (repeatable)",
		0},
	{"geo", KEY_GEO, "FILE", 0,
		"country data as start,end,CC, for source addresses (repeatable)", 0},
	{"print-geo", KEY_PRINT_GEO, NULL, 0,
		"print the country data that sources are taken from, and stop", 0},
	{"counts", KEY_COUNTS, "FILE", 0, "write the exact counts there, not to stdout", 0},
	{"seed", KEY_SEED, "N", 0, "same seed, same packets (default 1)", 0},
	{0},
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct options *options = state->input;
	int error = 0;

	switch (key) {
	case KEY_PCAP:
		options->pcap = value;
		break;
	case KEY_FROM:
		error = text_parse_time(value, &options->from);
		break;
	case KEY_TO:
		error = text_parse_time(value, &options->to);
		break;
	case KEY_SEND:
		options->interface = value;
		break;
	case KEY_SECONDS:
		error = text_parse_double(value, 0, 1e7, &options->seconds);
		break;
	case KEY_RATE:
		error = text_parse_double(value, 0, 1e7, &options->rate);
		break;
	case KEY_SEED:
		error = text_parse_unsigned(value, UINT64_MAX, &options->seed);
		break;
	case KEY_ATTACK:
		error = world_add_attack(&options->world, value);
		break;
	case KEY_GEO:
		if (options->geo_count == MAX_GEO_FILES)
			argp_error(state, "at most %d country files", MAX_GEO_FILES);
		else
			options->geo[options->geo_count++] = value;
		break;
	case KEY_PRINT_GEO:
		options->print_geo = true;
		break;
	case KEY_COUNTS:
		options->counts = value;
		break;
	case ARGP_KEY_END:
		if (!options->print_geo && !options->pcap == !options->interface)
			argp_error(state, "give either --pcap or --send");
		if (options->pcap && options->from >= options->to)
			argp_error(state, "--pcap needs --from and a later --to");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	if (error)
		argp_error(state, "'%s': %s", value, strerror(-error));
	return 0;
}

/* The attacks' countries must be in the data: an attack from elsewhere would be a lie. */
static int check_countries(const struct world *world)
{
	for (unsigned int i = 0; i < world->attack_count; i++) {
		const char *country = world->attack[i].country;

		if (country[0] && !sources_have(world->sources, country)) {
			fprintf(stderr,
				"darknet-generator: the country data has no addresses of %.2s\n",
				country);
			return -ENODATA;
		}
	}
	return 0;
}

static int write_counts(const struct options *options, const struct books *books)
{
	FILE *out = options->counts ? fopen(options->counts, "we") : stdout;
	bool failed;

	if (!out) {
		fprintf(stderr, "darknet-generator: %s: %s\n", options->counts, strerror(errno));
		return -EIO;
	}
	books_write(books, &options->world, out);
	failed = fflush(out) != 0;
	if (out != stdout)
		failed |= fclose(out) != 0;
	return failed ? -EIO : 0;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {.options = argp_options,
		.parser = parse_option,
		.doc = "Background radiation of a small darknet, and attacks on it."};
	static struct books books;
	struct options options = {.seconds = 60, .rate = -1, .seed = 1};
	struct sources sources;
	int error;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	error = options.geo_count ? sources_read(options.geo, options.geo_count, &sources)
				  : sources_builtin(&sources);
	if (error)
		return 1;
	if (options.print_geo) {
		sources_print(&sources, stdout);
		sources_release(&sources);
		return fflush(stdout) != 0;
	}
	options.world.sources = &sources;
	options.world.random.state = options.seed;
	error = check_countries(&options.world);
	if (!error && options.pcap) {
		options.world.rate = options.rate < 0 ? DEFAULT_RATE : options.rate;
		error = output_pcap(&options.world, &books, options.pcap, options.from, options.to);
	} else if (!error) {
		options.world.is_live = true;
		error = output_send(&options.world, &books, options.interface, options.seconds,
			options.rate < 0 ? 1 : options.rate);
	}
	/* What was sent before an error was sent. */
	if (books.frames.packets && write_counts(&options, &books))
		error = -EIO;
	sources_release(&sources);
	return error ? 1 : 0;
}
