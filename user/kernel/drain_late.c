/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/kernel/drain_late.h"

#include "bpf/contract.h"

#include <stdlib.h>
#include <string.h>

struct late {
	size_t ports_room, cells_room;
	size_t port_count, cell_count;
	struct port_count *ports;
	struct cell_count *cells; /* of a key there may be several */
};

struct late *late_new(size_t tables)
{
	struct late *late = calloc(1, sizeof(*late));

	if (!late)
		return NULL;
	/* Packets that wait now, and rows of those that waited. */
	late->ports_room = 2 * TT_BATCH * tables + 1;
	late->cells_room = TT_BATCH * tables * (1 + TT_CELLS) + 1;
	late->ports = calloc(late->ports_room, sizeof(*late->ports));
	late->cells = calloc(late->cells_room, sizeof(*late->cells));
	if (!late->ports || !late->cells) {
		late_free(late);
		return NULL;
	}
	return late;
}

void late_free(struct late *late)
{
	if (!late)
		return;
	free(late->ports);
	free(late->cells);
	free(late);
}

/* -- Lists in ascending order -------------------------------------------------------------- */

struct list {
	void *entries;
	size_t *count;
	size_t size;
	uint64_t (*key_of)(const void *);
};

static uint64_t port_key(const void *entry)
{
	return ((const struct port_count *)entry)->row;
}

static uint64_t cell_key(const void *entry)
{
	const struct cell_count *cell = entry;

	return (uint64_t)cell->row << 8 | cell->country;
}

static struct list ports_of(struct minute *minute)
{
	return (struct list){minute->ports, &minute->port_count, sizeof(*minute->ports), port_key};
}

static struct list cells_of(struct minute *minute)
{
	return (struct list){minute->cells, &minute->cell_count, sizeof(*minute->cells), cell_key};
}

static void *entry_at(const struct list *list, size_t place)
{
	return (char *)list->entries + place * list->size;
}

/* Among the first `count` entries the first whose key is not less. */
static size_t place_of(const struct list *list, size_t count, uint64_t key)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (list->key_of(entry_at(list, middle)) < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Its entry, one appended when it comes after all others, or NULL. */
static void *find(struct list *list, const void *fresh)
{
	const uint64_t key = list->key_of(fresh);
	size_t place = place_of(list, *list->count, key);

	if (place < *list->count && list->key_of(entry_at(list, place)) == key)
		return entry_at(list, place);
	if (place < *list->count)
		return NULL;
	++*list->count;
	return memcpy(entry_at(list, place), fresh, list->size);
}

/* Insert entries in ascending order, none of which is in the list: from the end, each moves once.
 */
static void insert(struct list *list, const void *entries, size_t count)
{
	size_t end = *list->count;

	*list->count += count;
	while (count-- > 0) {
		const void *entry = (const char *)entries + count * list->size;
		size_t place = place_of(list, end, list->key_of(entry));

		memmove(entry_at(list, place + count + 1), entry_at(list, place),
			(end - place) * list->size);
		memcpy(entry_at(list, place + count), entry, list->size);
		end = place;
	}
}

/* -- What comes late ----------------------------------------------------------------------- */

struct port_count *late_port(struct late *late, struct minute *minute, uint32_t row)
{
	const struct port_count fresh = {.row = row};
	struct list ports = ports_of(minute);
	struct port_count *port = find(&ports, &fresh);

	for (size_t i = 0; !port && i < late->port_count; i++)
		if (late->ports[i].row == row)
			port = &late->ports[i];
	if (port)
		return port;
	if (late->port_count == late->ports_room) {
		late_merge(late, minute);
		return late_port(late, minute, row);
	}
	late->ports[late->port_count] = fresh;
	return &late->ports[late->port_count++];
}

void late_cell(struct late *late, struct minute *minute, const struct cell_count *more)
{
	const struct cell_count fresh = {.row = more->row, .country = more->country};
	struct list cells = cells_of(minute);
	struct cell_count *cell = find(&cells, &fresh);

	if (cell) {
		cell->packets += more->packets;
		return;
	}
	if (late->cell_count == late->cells_room) {
		late_merge(late, minute);
		late_cell(late, minute, more); /* it may be there by now */
		return;
	}
	late->cells[late->cell_count++] = *more;
}

static int compare_ports(const void *a, const void *b)
{
	return (port_key(a) > port_key(b)) - (port_key(a) < port_key(b));
}

static int compare_cells(const void *a, const void *b)
{
	return (cell_key(a) > cell_key(b)) - (cell_key(a) < cell_key(b));
}

/* Make one of those that have the same key; they are sorted. */
static void join_cells(struct late *late)
{
	size_t count = 0;

	for (size_t i = 0; i < late->cell_count; i++) {
		struct cell_count *last = count ? &late->cells[count - 1] : NULL;

		if (last && cell_key(last) == cell_key(&late->cells[i]))
			last->packets += late->cells[i].packets;
		else
			late->cells[count++] = late->cells[i];
	}
	late->cell_count = count;
}

void late_merge(struct late *late, struct minute *minute)
{
	struct list ports = ports_of(minute), cells = cells_of(minute);

	qsort(late->ports, late->port_count, sizeof(*late->ports), compare_ports);
	qsort(late->cells, late->cell_count, sizeof(*late->cells), compare_cells);
	join_cells(late);
	insert(&ports, late->ports, late->port_count);
	insert(&cells, late->cells, late->cell_count);
	late->port_count = late->cell_count = 0;
}
