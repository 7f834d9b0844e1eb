/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A capture file of any bytes: read whole, every byte of every packet looked at, the clock run over
 * its times. Input: the file.
 */
#include "user/input/captures.h"
#include "user/input/packet_clock.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t sink;

static void require(int condition)
{
	if (!condition)
		abort();
}

static void look_at(const struct capture_packet *packet)
{
	uint8_t sum = 0;

	require(packet->nanoseconds < 1000000000);
	require(packet->available <= packet->length && packet->available <= CAPTURES_DATA_MAX);
	for (uint32_t i = 0; i < packet->available; i++)
		sum ^= packet->data[i];
	sink = sum;
}

static void read_all(const char *path)
{
	struct packet_clock clock = packet_clock_new(PACKET_CLOCK_GAP);
	const char *paths[] = {path};
	struct capture_error error = {""};
	struct capture_packet packet;
	struct captures *captures;
	int result;

	if (captures_open(paths, 1, &error, &captures)) {
		require(error.text[0] != '\0');
		return;
	}
	while ((result = captures_next(captures, &packet)) > 0) {
		bool leaps = packet_clock_leaps(&clock, packet.seconds);
		int64_t following;
		bool has = leaps && captures_peek(captures, &following);

		look_at(&packet);
		packet_clock_step(&clock, packet.seconds, has ? &following : NULL);
	}
	require(result == 0 || error.text[0] != '\0');
	captures_close(captures);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[32];
	int fd = memfd_create("capture", MFD_CLOEXEC);

	require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	read_all(path);
	close(fd);
	return 0;
}
