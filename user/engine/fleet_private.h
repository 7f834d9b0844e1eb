/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the fleet share, and no one else includes.
 */
#ifndef TEITEN_ENGINE_FLEET_PRIVATE_H
#define TEITEN_ENGINE_FLEET_PRIVATE_H

#include "user/engine/fleet.h"

struct fleet {
	struct server *server;
	const char *const *names; /* the caller's */
	size_t name_count;
	struct fleet_sensor *sensors; /* ascending by name */
	size_t sensor_count;
	size_t registered; /* sensors of the engine, asked about or not */
	size_t answering;  /* of them */
	enum server_state state;
	char message[SERVER_SENTENCE_MAX + 64];
};

/* Set the message and return error. */
int fleet_say(struct fleet *fleet, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* server_ask() with the message set; sql NULL is no memory. 0, -EIO or -ENOMEM. */
int fleet_ask(struct fleet *fleet, const char *sql, size_t field_count,
	int (*visit)(void *context, char **fields), void *context);
/* The sensor of that name, or NULL. */
struct fleet_sensor *fleet_find(struct fleet *fleet, const char *name);
/* Who answers is the same as at the last look; else -EIO. */
int fleet_look_again(struct fleet *fleet);
/* A visit: the only field as a uint64_t. */
int fleet_take_number(void *context, char **fields);

#endif
