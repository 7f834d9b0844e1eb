/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/engine/server.h"

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define ADDRESS_MAX 6144
#define ROW_MAX 8192
/* Fast: the link is rarely the bottleneck, and the text shrinks to a fifth all the same. */
#define GZIP_LEVEL 1
/*
 * Whoever sends may hold a reading transaction of the sensor's history meanwhile: an engine that
 * answers a byte a second must not keep that open, and the history's log growing, for ever.
 */
#define INSERT_TIMEOUTS 5

struct answer {
	size_t field_count; /* 0: the answer must be empty */
	int (*visit)(void *context, char **fields);
	void *context;
	long status; /* of HTTP, once its head is there */
	bool is_bad; /* a row was not what was asked for */
	size_t used; /* of text: the row that is being read, or the error message */
	char text[ROW_MAX];
};

struct server {
	CURL *curl;
	struct curl_slist *headers;
	struct curl_slist *gzip_headers;
	char url[ADDRESS_MAX / 2];
	char sentence[SERVER_SENTENCE_MAX];
	char curl_error[CURL_ERROR_SIZE];
	uint8_t *packed;
	size_t packed_room;
	uint64_t sent;
	long insert_seconds;
	struct answer answer;
};

const char *server_state_name(enum server_state state)
{
	static const char *const names[] = {"ok", "unreachable", "silent", "certificate", "refused",
		"schema", "full", "garbage", "failed"};
	_Static_assert(sizeof(names) / sizeof(names[0]) == SERVER_STATES, "a name for each");

	return state < SERVER_STATES ? names[state] : "?";
}

/* -- Opening ------------------------------------------------------------------------------- */

static bool has_control_bytes(const char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			return true;
	return false;
}

/* scheme://host[:port][/], nothing behind it: the rest of an address is made here. */
static bool url_is_plain(const char *url)
{
	const char *host = strncmp(url, "http://", 7) == 0    ? url + 7
			   : strncmp(url, "https://", 8) == 0 ? url + 8
							      : NULL;
	size_t length = host ? strcspn(host, "/?#@ \\") : 0;

	return length > 0 && (!host[length] || strcmp(host + length, "/") == 0) &&
	       strlen(url) < 1024;
}

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

	if (!url_is_plain(parameters->url) || has_control_bytes(parameters->url) ||
		has_control_bytes(parameters->user) || has_control_bytes(parameters->password))
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

/* -- What comes back ----------------------------------------------------------------------- */

/* The engine's own failures may come after rows, behind a head that said 200. */
static bool is_exception(const char *text)
{
	const char *code = strstr(text, "Code: ");

	return code && code < text + 32 && strstr(text, "xception");
}

static bool end_row(struct answer *answer)
{
	char *fields[SERVER_MAX_FIELDS];

	answer->text[answer->used] = '\0';
	if (is_exception(answer->text) ||
		tsv_split(answer->text, fields, SERVER_MAX_FIELDS) != answer->field_count ||
		answer->visit(answer->context, fields))
		return false;
	answer->used = 0;
	return true;
}

static size_t take(char *data, size_t size, size_t count, void *context)
{
	struct answer *answer = context;

	(void)size;
	for (size_t i = 0; i < count; i++) {
		if (answer->used == sizeof(answer->text) - 1) {
			/* Of a message the beginning is enough; a row this long is none. */
			answer->is_bad = answer->is_bad || (answer->status == 200);
			return answer->is_bad ? 0 : count;
		}
		if (answer->field_count && answer->status == 200 && data[i] == '\n') {
			if (!answer->is_bad && !end_row(answer)) {
				answer->is_bad = true;
				return 0;
			}
			continue;
		}
		answer->text[answer->used++] = data[i];
	}
	answer->text[answer->used] = '\0';
	return count;
}

static size_t take_head(char *data, size_t size, size_t count, void *context)
{
	struct answer *answer = context;

	(void)size;
	if (count > 12 && strncmp(data, "HTTP/", 5) == 0) {
		answer->status = strtoul(data + 9, NULL, 10) & 0xfff;
		answer->used = 0;
	}
	return count;
}

/* -- What it means ------------------------------------------------------------------------- */

static enum server_state state_of_curl(CURLcode code)
{
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		return SERVER_SILENT;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return SERVER_CERTIFICATE;
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_BAD_CONTENT_ENCODING:
	case CURLE_HTTP2:
		return SERVER_GARBAGE;
	default:
		return SERVER_UNREACHABLE;
	}
}

/* The engine's codes, dbms/src/Common/ErrorCodes.cpp of ClickHouse. */
static enum server_state state_of_code(unsigned long code, const char *text)
{
	switch (code) {
	case 192: /* unknown user */
	case 193: /* wrong password */
	case 194: /* password required */
	case 195: /* address not allowed */
	case 291: /* database access denied */
	case 392: /* DDL denied */
	case 497: /* access denied */
	case 516: /* authentication failed */
		return SERVER_REFUSED;
	case 8:   /* column not in the stream */
	case 10:  /* column not found in a block */
	case 16:  /* no such column in a table */
	case 47:  /* unknown identifier */
	case 60:  /* unknown table */
	case 81:  /* unknown database */
	case 691: /* unknown element of an enumeration */
		return SERVER_SCHEMA;
	case 158: /* too many rows */
	case 201: /* quota */
	case 202: /* too many queries */
	case 241: /* memory */
	case 243: /* disk */
	case 252: /* too many parts */
		return SERVER_FULL;
	default:
		return strstr(text, "No space left") || strstr(text, "errno: 28,") ? SERVER_FULL
										   : SERVER_FAILED;
	}
}

/* Only what can be printed goes on: the sentence is seen on terminals. */
static void say(struct server *server, const char *before, const char *text)
{
	size_t used = (size_t)snprintf(server->sentence, sizeof(server->sentence), "%s", before);

	for (; *text && *text != '\n' && used + 1 < sizeof(server->sentence); text++)
		server->sentence[used++] = isprint((unsigned char)*text) ? *text : '?';
	server->sentence[used] = '\0';
	while (used && (server->sentence[used - 1] == '.' || server->sentence[used - 1] == ' '))
		server->sentence[--used] = '\0';
}

static enum server_state judge_text(struct server *server)
{
	struct answer *answer = &server->answer;
	char before[64];

	if (is_exception(answer->text)) {
		say(server, "the engine answers: ", answer->text);
		return state_of_code(
			strtoul(strstr(answer->text, "Code: ") + 6, NULL, 10), answer->text);
	}
	if (answer->status == 401 || answer->status == 403) {
		say(server, "the engine refuses the user or what it asks", "");
		return SERVER_REFUSED;
	}
	snprintf(before, sizeof(before),
		"HTTP status %ld, and not as the engine answers: ", answer->status);
	say(server, before, answer->text);
	/* Of a proxy before a server that is away. */
	return answer->status >= 502 && answer->status <= 504 ? SERVER_UNREACHABLE : SERVER_GARBAGE;
}

static enum server_state judge(struct server *server, CURLcode code)
{
	struct answer *answer = &server->answer;

	if (answer->is_bad || (code == CURLE_OK && answer->status != 200))
		return judge_text(server);
	if (code != CURLE_OK) {
		say(server, "",
			server->curl_error[0] ? server->curl_error : curl_easy_strerror(code));
		return state_of_curl(code);
	}
	/* What is left of an answer after its last newline is no row. */
	if (answer->used)
		return judge_text(server);
	server->sentence[0] = '\0';
	return SERVER_OK;
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
			say(server, "out of memory", "");
			return SERVER_FAILED;
		}
	}
	length = snprintf(address, sizeof(address), "%s/%s%s", server->url,
		in_address ? "?query=" : "", in_address ? escaped : "");
	curl_free(escaped);
	if (length < 0 || (size_t)length >= sizeof(address)) {
		say(server, "a query is too long for an address", "");
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
	curl_easy_setopt(server->curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(server->curl, CURLOPT_WRITEDATA, &server->answer);
	curl_easy_setopt(server->curl, CURLOPT_HEADERFUNCTION, take_head);
	curl_easy_setopt(server->curl, CURLOPT_HEADERDATA, &server->answer);
	return judge(server, curl_easy_perform(server->curl));
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
		say(server, "out of memory", "");
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
