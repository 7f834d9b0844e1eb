/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/engine/fleet_private.h"

#include "user/engine/breadth.h"

#include <errno.h>
#include <stdio.h>

struct visiting {
	int (*visit)(void *context, const struct store_row *row);
	void *context;
};

static int visit_row(void *context, const char *sensor, const struct store_row *row)
{
	struct visiting *visiting = context;

	(void)sensor;
	return visiting->visit(visiting->context, row);
}

static struct fleet *fleet_of(const struct store *store)
{
	return ((const struct fleet_store *)store)->fleet;
}

static int rows(struct store *store, const struct store_query *query,
	int (*visit)(void *context, const struct store_row *row), void *context,
	struct store_answer *answer)
{
	struct visiting visiting = {visit, context};

	return fleet_rows(fleet_of(store), query, false, visit_row, &visiting, answer);
}

static int take_port_life(void *context, const struct store_row *row)
{
	*(struct port_life *)context = (struct port_life){
		.first_seen = row->time, .last_seen = row->last, .active_days = row->active_days};
	return 1;
}

static int port_life(
	struct store *store, uint32_t row, unsigned int country, struct port_life *life)
{
	struct store_query query = store_query_all(TABLE_LIFE, BIN_ALL);
	struct store_answer answer;
	int status;

	query.row = row;
	query.country = country;
	/* The port as a whole comes before its countries. */
	status = rows(store, &query, take_port_life, life, &answer);
	if (status == 1)
		return 0;
	return status ? status : fleet_say(fleet_of(store), -ENOENT, "the port was never seen");
}

/* Each sensor's distinct sources are in its own history; those of several do not add. */
static int sources(
	struct store *store, const struct store_sources_query *query, struct store_sources *found)
{
	(void)query;
	(void)found;
	return fleet_say(fleet_of(store), -ENODATA, "distinct sources of a fleet are not kept");
}

static int sensors(
	struct store *store, series_key key, int64_t from, int64_t to, struct store_sensors *found)
{
	struct breadth breadth = {0};
	int status = breadth_applies(key) ? breadth_find(fleet_of(store), key, from, to, &breadth)
					  : fleet_say(fleet_of(store), -ENODATA,
						    "a series of this kind is not told apart");

	if (status)
		return status;
	*found = (struct store_sensors){
		.watching = breadth.watching,
		.seen = breadth.seen,
		.risen = breadth.risen,
		.top_share = breadth.top_share,
		.one_only = breadth.is_one_only,
	};
	if (breadth.packets)
		snprintf(found->top, sizeof(found->top), "%s", breadth.sensors[0].sensor->name);
	breadth_release(&breadth);
	return 0;
}

/* The engine has no such thing as one state of several questions. */
static int hold(struct store *store)
{
	(void)store;
	return 0;
}

static void release(struct store *store)
{
	(void)store;
}

static const char *message(const struct store *store)
{
	return fleet_message(fleet_of(store));
}

static uint64_t damaged(const struct store *store)
{
	(void)store;
	return 0;
}

struct fleet_store fleet_store_of(struct fleet *fleet)
{
	return (struct fleet_store){
		.store =
			{
				.rows = rows,
				.port_life = port_life,
				.sources = sources,
				.sensors = sensors,
				.hold = hold,
				.release = release,
				.message = message,
				.damaged = damaged,
			},
		.fleet = fleet,
	};
}
