/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the server share, and no one else includes.
 */
#ifndef TEITEN_ENGINE_SERVER_PRIVATE_H
#define TEITEN_ENGINE_SERVER_PRIVATE_H

#include "user/engine/server.h"

#include <curl/curl.h>

#define ADDRESS_MAX 6144
#define ROW_MAX 8192

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

/* libcurl's callbacks for body and head, with the struct answer as context. */
size_t server_take(char *data, size_t size, size_t count, void *context);
size_t server_take_head(char *data, size_t size, size_t count, void *context);
/* What code and answer together mean; sets the sentence. */
enum server_state server_judge(struct server *server, CURLcode code);
/* The sentence: before, then the first line of text, printable. */
void server_say(struct server *server, const char *before, const char *text);

#endif
