/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/input/captures.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct slot {
	struct capture_packet packet;
	uint8_t data[CAPTURES_DATA_MAX];
};

struct captures {
	const char *const *paths;
	size_t count;
	size_t index;            /* of the file being read or to be opened next */
	struct capture *capture; /* NULL between files */
	struct capture_error *error;
	uint64_t done_bytes; /* of the files before index */
	uint64_t total_bytes;
	bool has_ahead; /* ahead is the result of a read that captures_next() has not given yet */
	int ahead;
	unsigned int in_hand; /* slot of the packet given last */
	struct slot slot[2];
};

static uint64_t regular_size(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
}

static bool is_pipe(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISFIFO(status.st_mode);
}

struct file_id {
	dev_t device;
	ino_t inode;
};

/* Add the file to those before it. False: it is one of them, by whatever name. */
static bool add_file(const char *path, struct file_id *before, size_t *count)
{
	struct stat status;

	if (stat(path, &status) || !S_ISREG(status.st_mode))
		return true;
	for (size_t i = 0; i < *count; i++)
		if (before[i].device == status.st_dev && before[i].inode == status.st_ino)
			return false;
	before[(*count)++] = (struct file_id){status.st_dev, status.st_ino};
	return true;
}

static int try_one(struct captures *captures, const char *path)
{
	struct capture *capture;
	int error = capture_open(path, captures->error, &capture);

	if (error)
		return error;
	capture_close(capture);
	captures->total_bytes += regular_size(path);
	return 0;
}

static int try_all(struct captures *captures)
{
	struct file_id *before = calloc(captures->count, sizeof(*before));
	size_t before_count = 0;
	int error = 0;

	if (!before) {
		snprintf(captures->error->text, sizeof(captures->error->text), "out of memory");
		return -ENOMEM;
	}
	for (size_t i = 0; !error && i < captures->count; i++) {
		const char *path = captures->paths[i];

		if (is_pipe(path))
			continue;
		error = try_one(captures, path);
		if (error || add_file(path, before, &before_count))
			continue;
		snprintf(captures->error->text, sizeof(captures->error->text),
			"%s is named twice: its packets would be counted twice", path);
		error = -EEXIST;
	}
	free(before);
	return error;
}

int captures_open(const char *const *paths, size_t count, struct capture_error *error,
	struct captures **captures)
{
	struct captures *opened = calloc(1, sizeof(*opened));
	int result;

	if (!opened) {
		snprintf(error->text, sizeof(error->text), "out of memory");
		return -ENOMEM;
	}
	opened->paths = paths;
	opened->count = count;
	opened->error = error;
	result = try_all(opened);
	if (result) {
		captures_close(opened);
		return result;
	}
	*captures = opened;
	return 0;
}

void captures_close(struct captures *captures)
{
	if (!captures)
		return;
	capture_close(captures->capture);
	free(captures);
}

static void next_file(struct captures *captures)
{
	capture_close(captures->capture);
	captures->capture = NULL;
	captures->done_bytes += regular_size(captures->paths[captures->index]);
	captures->index++;
}

static void keep(struct slot *slot, const struct capture_packet *packet)
{
	slot->packet = *packet;
	if (slot->packet.available > CAPTURES_DATA_MAX)
		slot->packet.available = CAPTURES_DATA_MAX;
	if (slot->packet.available)
		memcpy(slot->data, packet->data, slot->packet.available);
	slot->packet.data = slot->data;
}

static int read_into(struct captures *captures, struct slot *slot)
{
	while (captures->index < captures->count) {
		struct capture_packet packet = {0};
		int result = 0;

		if (!captures->capture)
			result = capture_open(captures->paths[captures->index], captures->error,
				&captures->capture);
		if (!result)
			result = capture_next(captures->capture, &packet);
		if (result > 0) {
			keep(slot, &packet);
			return 1;
		}
		next_file(captures);
		if (result < 0)
			return result;
	}
	return 0;
}

static void look_ahead(struct captures *captures)
{
	if (captures->has_ahead)
		return;
	captures->ahead = read_into(captures, &captures->slot[!captures->in_hand]);
	captures->has_ahead = true;
}

int captures_next(struct captures *captures, struct capture_packet *packet)
{
	look_ahead(captures);
	captures->has_ahead = false;
	if (captures->ahead == 1) {
		captures->in_hand = !captures->in_hand;
		*packet = captures->slot[captures->in_hand].packet;
	}
	return captures->ahead;
}

int captures_peek(struct captures *captures, int64_t *seconds)
{
	look_ahead(captures);
	if (captures->ahead != 1)
		return 0;
	*seconds = captures->slot[!captures->in_hand].packet.seconds;
	return 1;
}

const char *captures_path(const struct captures *captures)
{
	size_t last = captures->count - 1;

	return captures->paths[captures->index < last ? captures->index : last];
}

void captures_progress(const struct captures *captures, uint64_t *bytes_read, uint64_t *bytes_total)
{
	uint64_t inside = 0;
	uint64_t size;

	if (captures->capture)
		capture_progress(captures->capture, &inside, &size);
	*bytes_read = captures->done_bytes + inside;
	*bytes_total = captures->total_bytes;
}
