/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/generator/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A packet to come within the minute. */
struct arrival {
	uint32_t microsecond; /* from the minute's start */
	int attack;           /* -1 = background */
};

/* Packets of one minute; a capture for more than this a minute is asked for by mistake. */
#define MAX_ARRIVALS 10000000u

static int by_time(const void *one, const void *other)
{
	const struct arrival *a = one, *b = other;

	if (a->microsecond != b->microsecond)
		return a->microsecond < b->microsecond ? -1 : 1;
	return a->attack - b->attack;
}

static size_t draw(struct random *random, struct arrival *arrival, size_t count, size_t more,
	double seconds, int attack)
{
	for (; more && count < MAX_ARRIVALS; more--)
		arrival[count++] = (struct arrival){
			.microsecond = (uint32_t)random_below(random, (uint64_t)(seconds * 1e6)),
			.attack = attack,
		};
	return count;
}

static int write_frame(FILE *out, int64_t second, uint32_t microsecond, const struct frame *frame)
{
	uint32_t header[4] = {(uint32_t)second, microsecond, frame->size, frame->wire_size};

	if (fwrite(header, sizeof(header), 1, out) != 1 ||
		fwrite(frame->bytes, frame->size, 1, out) != 1)
		return -EIO;
	return 0;
}

static int write_minute(struct world *world, struct books *books, FILE *out,
	struct arrival *arrival, int64_t start, double seconds)
{
	static struct frame frame;
	size_t count = draw(&world->random, arrival, 0,
		world_background(world, (double)start, seconds), seconds, -1);
	struct plan plan;
	int error = 0;

	for (unsigned int i = 0; i < world->attack_count; i++)
		count = draw(&world->random, arrival, count, world_attack(world, i, seconds),
			seconds, (int)i);
	qsort(arrival, count, sizeof(*arrival), by_time);
	for (size_t i = 0; i < count && !error; i++) {
		if (arrival[i].attack < 0)
			world_plan_background(world, &plan);
		else
			world_plan_attack(world, (unsigned int)arrival[i].attack, &plan);
		frame_build(&plan, &world->random, &frame);
		error = write_frame(out, start + arrival[i].microsecond / 1000000,
			arrival[i].microsecond % 1000000, &frame);
		if (!error)
			books_enter(books, &frame, arrival[i].attack);
	}
	return error;
}

int output_pcap(
	struct world *world, struct books *books, const char *path, int64_t from, int64_t to)
{
	/* Classic pcap, microseconds, in this machine's byte order. */
	static const uint32_t header[6] = {0xa1b2c3d4, 4 << 16 | 2, 0, 0, 65535, 1};
	struct arrival *arrival = reallocarray(NULL, MAX_ARRIVALS, sizeof(*arrival));
	FILE *out = fopen(path, "we");
	int error = 0;

	if (!arrival || !out)
		error = arrival ? -errno : -ENOMEM;
	else if (fwrite(header, sizeof(header), 1, out) != 1)
		error = -EIO;
	for (int64_t start = from; !error && start < to; start += 60 - start % 60) {
		int64_t end = start + 60 - start % 60 < to ? start + 60 - start % 60 : to;

		error = write_minute(world, books, out, arrival, start, (double)(end - start));
	}
	if (out && fclose(out) != 0 && !error)
		error = -errno;
	free(arrival);
	if (error)
		fprintf(stderr, "darknet-generator: %s: %s\n", path, strerror(-error));
	return error;
}
