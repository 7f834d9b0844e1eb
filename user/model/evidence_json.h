/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What sampled packets say, as JSON: members of an event's object, and the text that the history
 * keeps. As in event_json.h, what is not known is left out.
 */
#ifndef TEITEN_MODEL_EVIDENCE_JSON_H
#define TEITEN_MODEL_EVIDENCE_JSON_H

#include "user/model/event.h"

#include <jansson.h>

/* Add the members to object, those about DNS to dns. Returns 0 or -ENOMEM. */
int evidence_to_object(const struct event_evidence *evidence, json_t *object, json_t *dns);

/*
 * As one object, dns within; malloc'd, for free(). NULL: memory ran out. "{}" says that nothing is
 * known.
 */
char *evidence_to_json(const struct event_evidence *evidence);

/* Read that text back. Returns 0 or -EBADMSG (then *evidence is untouched). */
int evidence_from_json(const char *text, struct event_evidence *evidence);

#endif
