/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One server of the engine (ClickHouse), over HTTP or HTTPS: rows in, answers out.
 *
 * A request waits for its answer. Certificates are verified, redirects are not followed, no other
 * protocol is spoken; user and password travel as headers. Nothing that the server answers is
 * believed: an insert that is not answered by an empty 200 has failed, an answer of rows ends with
 * the first that has another number of fields than asked.
 */
#ifndef TEITEN_ENGINE_SERVER_H
#define TEITEN_ENGINE_SERVER_H

#include "user/engine/tsv.h"

#include <stdint.h>

/* What became of a request. The names are those that people see. */
enum server_state {
	SERVER_OK,
	SERVER_UNREACHABLE, /* no connection, or it broke */
	SERVER_SILENT,      /* no answer in time */
	SERVER_CERTIFICATE, /* TLS: not the server that was meant */
	SERVER_REFUSED,     /* wrong user or password, or not allowed */
	SERVER_SCHEMA,      /* a table or column is missing, or another version */
	SERVER_FULL,        /* disk, memory or parts: it takes no more at present */
	SERVER_GARBAGE,     /* what answers is not the engine */
	SERVER_FAILED,      /* the engine says something else is wrong */
	SERVER_STATES,
};

/* "ok", "unreachable", "silent", ...; static. */
const char *server_state_name(enum server_state state);

struct server_parameters {
	const char *url;  /* http://host:port or https://host:port */
	const char *user; /* "" = none */
	const char *password;
	const char *ca_file; /* "" = the system's */
	bool verify;         /* the certificate */
	/* Seconds without progress, and to connect; an insert may take five times that. */
	unsigned int timeout;
};

#define SERVER_SENTENCE_MAX 512

/* Owned by the caller; 8 KiB at most are kept of a row. */
struct server;

/* 0, -EINVAL (the URL is of another form, or a text has control bytes) or -ENOMEM. */
int server_open(const struct server_parameters *parameters, struct server **server);
void server_close(struct server *server);

/* Why the last request failed: a sentence without a full stop, printable. */
const char *server_sentence(const struct server *server);

/*
 * Insert rows into database.table, whose names are letters, digits and underscores, compressed.
 * On failure some or all of them may be in the table.
 */
enum server_state server_insert(
	struct server *server, const char *database, const char *table, const struct tsv *rows);

/*
 * Ask, and visit each row of the answer, which must have field_count fields. A visit that returns
 * other than 0 ends the request with SERVER_GARBAGE. Rows that were visited before a failure may
 * be anything less than the answer. in_address: the query goes into the address, for proxies that
 * look there (at most 4 KiB).
 */
#define SERVER_MAX_FIELDS 48
enum server_state server_ask(struct server *server, const char *query, bool in_address,
	size_t field_count, int (*visit)(void *context, char **fields), void *context);

/* Bytes sent as compressed bodies so far. */
uint64_t server_sent_bytes(const struct server *server);

#endif
