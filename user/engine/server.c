/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/engine/server_private.h"

#include "user/lib/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Fast: the link is rarely the bottleneck, and the text shrinks to a fifth all the same. */
#define GZIP_LEVEL 1
/*
 * Whoever sends may hold a reading transaction of the sensor's history meanwhile: an engine that
 * answers a byte a second must not keep that open, and the history's log growing, for ever.
 */
#define INSERT_TIMEOUTS 5

const char *server_state_name(enum server_state state)
{
	static const char *const names[] = {"ok", "unreachable", "silent", "certificate", "refused",
		"schema", "full", "garbage", "failed"};
	_Static_assert(sizeof(names) / sizeof(names[0]) == SERVER_STATES, "a name for each");

	return state < SERVER_STATES ? names[state] : "?";
}

/* -- Opening ------------------------------------------------------------------------------- */

static int add_header(struct curl_slist **list, const char *name, const char *value)
{
	char line[1024];
	struct curl_slist *longer;

	if ((size_t)snprintf(line, sizeof(line), "%s: %s", name, value) >= sizeof(line))
		return -EINVAL;
	longer = curl_slist_append(*list, line);
	if (!longer)
		return -ENOMEM;
	*list = longer;
	return 0;
}

static int make_headers(
	const struct server_parameters *parameters, bool gzip, struct curl_slist **list)
{
	/* Without the answer "100 Continue" to wait for. */
	int error = add_header(list, "Expect", "");

	if (!error && parameters->user[0])
		error = add_header(list, "X-ClickHouse-User", parameters->user);
	if (!error && parameters->user[0])
		error = add_header(list, "X-ClickHouse-Key", parameters->password);
	if (!error && gzip)
		error = add_header(list, "Content-Encoding", "gzip");
	return error;
}

static void set_options(CURL *curl, const struct server_parameters *parameters)
{
	long seconds = (long)parameters->timeout;

	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "teiten/" TEITEN_VERSION);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, seconds);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, seconds);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, parameters->verify ? 1L : 0L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, parameters->verify ? 2L : 0L);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (parameters->ca_file[0])
		curl_easy_setopt(curl, CURLOPT_CAINFO, parameters->ca_file);
}

int server_open(const struct server_parameters *parameters, struct server **server)
{
	struct server *fresh;
	int error;

	if (!text_is_server_url(parameters->url) || text_has_control_bytes(parameters->user) ||
		text_has_control_bytes(parameters->password))
		return -EINVAL;
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return -ENOMEM;
	fresh = calloc(1, sizeof(*fresh));
	if (!fresh)
		return -ENOMEM;
	fresh->curl = curl_easy_init();
	error = fresh->curl ? make_headers(parameters, false, &fresh->headers) : -ENOMEM;
	if (!error)
		error = make_headers(parameters, true, &fresh->gzip_headers);
	if (error) {
		server_close(fresh);
		return error;
	}
	snprintf(fresh->url, sizeof(fresh->url), "%s", parameters->url);
	fresh->insert_seconds = INSERT_TIMEOUTS * (long)parameters->timeout;
	if (fresh->url[strlen(fresh->url) - 1] == '/')
		fresh->url[strlen(fresh->url) - 1] = '\0';
	set_options(fresh->curl, parameters);
	curl_easy_setopt(fresh->curl, CURLOPT_ERRORBUFFER, fresh->curl_error);
	*server = fresh;
	return 0;
}

void server_close(struct server *server)
{
	if (!server)
		return;
	curl_easy_cleanup(server->curl);
	curl_slist_free_all(server->headers);
	curl_slist_free_all(server->gzip_headers);
	free(server->packed);
	free(server);
}

const char *server_sentence(const struct server *server)
{
	return server->sentence;
}

uint64_t server_sent_bytes(const struct server *server)
{
	return server->sent;
}

/* -- Requests ------------------------------------------------------------------------------ */

static enum server_state request(
	struct server *server, const char *in_address, const void *body, size_t size, bool is_gzip)
{
	char address[ADDRESS_MAX];
	char *escaped = NULL;
	int length;

	if (in_address) {
		escaped = curl_easy_escape(server->curl, in_address, 0);
		if (!escaped) {
			server_say(server, "out of memory", "");
			return SERVER_FAILED;
		}
	}
	length = snprintf(address, sizeof(address), "%s/%s%s", server->url,
		in_address ? "?query=" : "", in_address ? escaped : "");
	curl_free(escaped);
	if (length < 0 || (size_t)length >= sizeof(address)) {
		server_say(server, "a query is too long for an address", "");
		return SERVER_FAILED;
	}
	server->answer.status = 0;
	server->answer.is_bad = false;
	server->answer.used = 0;
	server->answer.text[0] = '\0';
	server->curl_error[0] = '\0';
	curl_easy_setopt(server->curl, CURLOPT_URL, address);
	curl_easy_setopt(server->curl, CURLOPT_TIMEOUT, is_gzip ? server->insert_seconds : 0L);
	curl_easy_setopt(
		server->curl, CURLOPT_HTTPHEADER, is_gzip ? server->gzip_headers : server->headers);
	curl_easy_setopt(server->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
	curl_easy_setopt(server->curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(server->curl, CURLOPT_WRITEFUNCTION, server_take);
	curl_easy_setopt(server->curl, CURLOPT_WRITEDATA, &server->answer);
	curl_easy_setopt(server->curl, CURLOPT_HEADERFUNCTION, server_take_head);
	curl_easy_setopt(server->curl, CURLOPT_HEADERDATA, &server->answer);
	return server_judge(server, curl_easy_perform(server->curl));
}

/* Into server->packed; the size, or 0 when memory runs out. */
static size_t pack(struct server *server, const struct tsv *rows)
{
	z_stream stream = {.next_in = (Bytef *)rows->data, .avail_in = (uInt)rows->used};
	size_t size = 0;

	/* 15 + 16: the largest window, as gzip. */
	if (deflateInit2(&stream, GZIP_LEVEL, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return 0;
	if (deflateBound(&stream, rows->used) > server->packed_room) {
		free(server->packed);
		server->packed_room = deflateBound(&stream, rows->room);
		server->packed = malloc(server->packed_room);
		if (!server->packed)
			server->packed_room = 0;
	}
	stream.next_out = server->packed;
	stream.avail_out = (uInt)server->packed_room;
	if (server->packed && deflate(&stream, Z_FINISH) == Z_STREAM_END)
		size = server->packed_room - stream.avail_out;
	deflateEnd(&stream);
	return size;
}

enum server_state server_insert(
	struct server *server, const char *database, const char *table, const struct tsv *rows)
{
	char query[256];
	size_t size;

	server->answer.field_count = 0;
	if (!rows->used)
		return SERVER_OK;
	snprintf(query, sizeof(query), "INSERT INTO %s.%s FORMAT TabSeparated", database, table);
	size = pack(server, rows);
	if (!size) {
		server_say(server, "out of memory", "");
		return SERVER_FAILED;
	}
	server->sent += size;
	return request(server, query, server->packed, size, true);
}

enum server_state server_ask(struct server *server, const char *query, bool in_address,
	size_t field_count, int (*visit)(void *context, char **fields), void *context)
{
	server->answer.field_count = field_count;
	server->answer.visit = visit;
	server->answer.context = context;
	return in_address ? request(server, query, "", 0, false)
			  : request(server, NULL, query, strlen(query), false);
}
