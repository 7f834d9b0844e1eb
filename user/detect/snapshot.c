/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/detect/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/*
 * header, then the parts in this order, then the CRC-32 of all before it. Parts are the structures
 * as they are in memory: a snapshot is for the same program on the same kind of machine.
 *
 *   clock, judgement, series[count], episodes[EPISODES], incident book, predecessors
 */
#define MAGIC "TTDETECT"
#define VERSION 1u
#define BYTE_ORDER_MARK 0x01020304u

struct header {
	char magic[8];
	uint32_t version;
	uint32_t byte_order;
	uint32_t sizes[6]; /* of the structures: another layout is another version */
	uint32_t series;
	uint32_t pad;
	uint64_t refused;
};

static struct header describe(const struct detect *detect)
{
	struct header header = {
		.version = VERSION,
		.byte_order = BYTE_ORDER_MARK,
		.sizes = {sizeof(struct clock), sizeof(struct judgement), sizeof(struct series),
			sizeof(struct episode), sizeof(struct incident_book),
			sizeof(struct predecessor)},
		.series = detect->table.count,
		.refused = detect->table.refused,
	};

	memcpy(header.magic, MAGIC, sizeof(header.magic));
	return header;
}

/* The parts and their sizes, in order; the same list writes and reads. */
#define PARTS 6
struct part {
	void *data;
	size_t size;
};

static void list_parts(const struct detect *detect, uint32_t series, struct part parts[PARTS])
{
	parts[0] = (struct part){(void *)&detect->clock, sizeof(detect->clock)};
	parts[1] = (struct part){(void *)&detect->judgement, sizeof(detect->judgement)};
	parts[2] = (struct part){detect->table.series, series * sizeof(struct series)};
	parts[3] = (struct part){detect->episodes, EPISODES * sizeof(struct episode)};
	parts[4] = (struct part){detect->book, sizeof(*detect->book)};
	parts[5] = (struct part){detect->predecessors, PREDECESSORS * sizeof(struct predecessor)};
}

static uint32_t checksum(const uint8_t *data, size_t size)
{
	return (uint32_t)crc32_z(crc32_z(0, NULL, 0), data, size);
}

static size_t snapshot_size(const struct part parts[PARTS])
{
	size_t size = sizeof(struct header) + sizeof(uint32_t);

	for (int i = 0; i < PARTS; i++)
		size += parts[i].size;
	return size;
}

int detect_save(const struct detect *detect, uint8_t **data, size_t *size)
{
	struct header header = describe(detect);
	struct part parts[PARTS];
	size_t total, at = sizeof(header);
	uint8_t *fresh;
	uint32_t sum;

	list_parts(detect, header.series, parts);
	total = snapshot_size(parts);
	fresh = malloc(total);
	if (!fresh)
		return -ENOMEM;
	memcpy(fresh, &header, sizeof(header));
	for (int i = 0; i < PARTS; i++) {
		memcpy(fresh + at, parts[i].data, parts[i].size);
		at += parts[i].size;
	}
	sum = checksum(fresh, at);
	memcpy(fresh + at, &sum, sizeof(sum));
	*data = fresh;
	*size = total;
	return 0;
}

/* -- Loading: a checksum proves no intent, so every number that is used as a place is checked ---
 */

static int check_header(
	const struct detect *detect, const uint8_t *data, size_t size, struct header *header)
{
	struct header wanted = describe(detect);
	struct part parts[PARTS];
	uint32_t sum;

	if (size < sizeof(*header) + sizeof(sum))
		return -EBADMSG;
	memcpy(header, data, sizeof(*header));
	if (memcmp(header->magic, wanted.magic, sizeof(wanted.magic)) != 0 ||
		header->version != wanted.version || header->byte_order != wanted.byte_order ||
		memcmp(header->sizes, wanted.sizes, sizeof(wanted.sizes)) != 0 ||
		header->series == 0 || header->series > DETECT_MAX_CAPACITY + 1)
		return -EBADMSG;
	list_parts(detect, header->series, parts);
	if (size != snapshot_size(parts))
		return -EBADMSG;
	memcpy(&sum, data + size - sizeof(sum), sizeof(sum));
	if (sum != checksum(data, size - sizeof(sum)))
		return -EBADMSG;
	return header->series > detect->table.capacity ? -ENOSPC : 0;
}

static bool is_flag(bool *flag)
{
	uint8_t byte;

	memcpy(&byte, flag, 1);
	return byte <= 1;
}

static bool check_clock(struct clock *clock)
{
	const struct volume *volume = &clock->volume;

	return is_flag(&clock->is_started) && is_flag(&clock->hour_is_open) &&
	       is_flag(&clock->six_is_open) && is_flag(&clock->day_is_open) &&
	       is_flag(&clock->noon_is_open) && is_flag(&clock->common.is_open) &&
	       clock->block <= BLOCK_NONE && volume->hours <= 24 &&
	       clock->first_hour <= clock->hour &&
	       (clock->sweep_incident == INCIDENT_NONE || clock->sweep_incident < INCIDENTS);
}

static bool check_flags(struct detect *detect)
{
	for (uint32_t i = 0; i < EPISODES; i++) {
		struct episode *episode = &detect->episodes[i];

		if (!is_flag(&episode->is_used) || !is_flag(&episode->is_rebased) ||
			!is_flag(&episode->saw_midnight) || !is_flag(&episode->is_taken_up) ||
			!is_flag(&episode->six_is_hot) || !is_flag(&episode->day_is_hot))
			return false;
	}
	return true;
}

static bool check_series(struct detect *detect)
{
	const struct series_table *table = &detect->table;

	if (table->series[0].key != BLANK_KEY || table->series[0].episode != EPISODE_NONE)
		return false;
	for (uint32_t i = 0; i < table->count; i++) {
		const struct series *series = &table->series[i];

		/* All are rolled every six hours; a larger distance would be a very long loop. */
		if (detect->clock.span - series->span > SPANS &&
			series->span - detect->clock.span > 1)
			return false;
		if (series->block > BLOCK_NONE)
			return false;
		if (series->episode == EPISODE_NONE)
			continue;
		if (series->episode >= EPISODES || !detect->episodes[series->episode].is_used ||
			detect->episodes[series->episode].series != i)
			return false;
	}
	return true;
}

static bool check_episodes(struct detect *detect)
{
	detect->free_episode_count = 0;
	for (uint32_t i = EPISODES; i-- > 0;) {
		struct episode *episode = &detect->episodes[i];

		if (!episode->is_used) {
			detect->free_episodes[detect->free_episode_count++] = (uint16_t)i;
			continue;
		}
		if (episode->series >= detect->table.count || episode->kind >= EVENT_KINDS ||
			detect->table.series[episode->series].episode != i ||
			(episode->incident != INCIDENT_NONE && episode->incident >= INCIDENTS))
			return false;
	}
	return true;
}

static bool check_book(struct incident_book *book)
{
	for (uint32_t i = 0; i < INCIDENTS; i++)
		if (!is_flag(&book->incidents[i].is_used) || !is_flag(&book->incidents[i].is_sweep))
			return false;
	return incident_book_rebuild(book) == 0;
}

static void list_references(struct detect *detect)
{
	detect->reference_count = 0;
	for (uint32_t i = 0; i < detect->table.count; i++) {
		struct series *series = detect_series(detect, i);

		if (!(series->flags & SERIES_REFERENCE))
			continue;
		if (detect->reference_count < MAX_REFERENCES)
			detect->references[detect->reference_count++] = i;
		else
			series->flags &= (uint8_t)~SERIES_REFERENCE;
	}
}

static int fill(struct detect *detect, const uint8_t *data, size_t size)
{
	struct part parts[PARTS];
	struct header header;
	int error = check_header(detect, data, size, &header);
	size_t at = sizeof(header);

	if (error)
		return error;
	list_parts(detect, header.series, parts);
	for (int i = 0; i < PARTS; i++) {
		memcpy(parts[i].data, data + at, parts[i].size);
		at += parts[i].size;
	}
	detect->table.count = header.series;
	detect->table.refused = header.refused;
	if (!check_clock(&detect->clock) || !check_flags(detect) || !check_series(detect) ||
		!check_episodes(detect) || !check_book(detect->book) ||
		series_table_rebuild(&detect->table))
		return -EBADMSG;
	season_table_fill(&detect->judgement.seasons);
	clock_judge_hour(detect);
	list_references(detect);
	return 0;
}

int detect_load(const struct detect_parameters *parameters, const uint8_t *data, size_t size,
	struct detect **detect)
{
	struct detect *fresh;
	int error = detect_new(parameters, &fresh);

	if (error)
		return error;
	error = fill(fresh, data, size);
	if (error) {
		detect_free(fresh);
		return error;
	}
	*detect = fresh;
	return 0;
}
