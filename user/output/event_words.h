/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events in a person's words.
 */
#ifndef TEITEN_OUTPUT_EVENT_WORDS_H
#define TEITEN_OUTPUT_EVENT_WORDS_H

#include "user/model/event.h"
#include "user/output/page.h"

#define EVENT_WORDS_MAX 64

/*
 * A key as people say it: "23/tcp", "23/tcp from CN", "source port 53/udp", "8/icmp", "tcp_syn",
 * "tcp ports in use", "many ports", "all series".
 */
const char *event_words_key(series_key key, char text[EVENT_WORDS_MAX]);

/* Key and kind: "5000/tcp new port", "source port 53/udp from CN rise". */
const char *event_words_what(series_key key, enum event_kind kind, char text[EVENT_WORDS_MAX]);

/* "a minute", "10 minutes", "an hour", "6 hours", "a day", "a week"; "?" otherwise. */
const char *event_words_scale(uint32_t minutes);

/* Why it ended, in a few words: "two quiet hours", "it is the usual level now"; "" for none. */
const char *event_words_reason(enum event_reason reason);

enum page_style event_words_style(enum event_severity severity);

/* Its countries with their shares, at most limit: "CN 40%, US 12%"; "-" when not known. */
#define EVENT_WORDS_COUNTRIES_MAX 80
const char *event_words_countries(
	const struct event *event, unsigned int limit, char text[EVENT_WORDS_COUNTRIES_MAX]);

/* 2014-02-11 00:07, in UTC; "?" outside the years 0 to 9999. */
#define EVENT_WORDS_TIME_MAX 32
const char *event_words_time(int64_t time, char text[EVENT_WORDS_TIME_MAX]);

#endif
