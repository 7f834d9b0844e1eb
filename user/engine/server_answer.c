/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/engine/server_private.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

size_t server_take(char *data, size_t size, size_t count, void *context)
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

size_t server_take_head(char *data, size_t size, size_t count, void *context)
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
void server_say(struct server *server, const char *before, const char *text)
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
		server_say(server, "the engine answers: ", answer->text);
		return state_of_code(
			strtoul(strstr(answer->text, "Code: ") + 6, NULL, 10), answer->text);
	}
	if (answer->status == 401 || answer->status == 403) {
		server_say(server, "the engine refuses the user or what it asks", "");
		return SERVER_REFUSED;
	}
	snprintf(before, sizeof(before),
		"HTTP status %ld, and not as the engine answers: ", answer->status);
	server_say(server, before, answer->text);
	/* Of a proxy before a server that is away. */
	return answer->status >= 502 && answer->status <= 504 ? SERVER_UNREACHABLE : SERVER_GARBAGE;
}

enum server_state server_judge(struct server *server, CURLcode code)
{
	struct answer *answer = &server->answer;

	if (answer->is_bad || (code == CURLE_OK && answer->status != 200))
		return judge_text(server);
	if (code != CURLE_OK) {
		server_say(server, "",
			server->curl_error[0] ? server->curl_error : curl_easy_strerror(code));
		return state_of_curl(code);
	}
	/* What is left of an answer after its last newline is no row. */
	if (answer->used)
		return judge_text(server);
	server->sentence[0] = '\0';
	return SERVER_OK;
}
