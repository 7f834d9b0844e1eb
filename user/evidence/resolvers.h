/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open-resolver candidates of a minute, before the history takes them. */
#ifndef TEITEN_EVIDENCE_RESOLVERS_H
#define TEITEN_EVIDENCE_RESOLVERS_H

#include "user/evidence/window.h"
#include "user/model/resolver.h"

struct resolvers;

/* Room for capacity of them; NULL when memory runs out. */
struct resolvers *resolvers_new(size_t capacity);
void resolvers_free(struct resolvers *resolvers);

/* Whether the sample is a candidate's (user/model/resolver.h). */
bool resolvers_is_candidate(const struct seen *seen);

/* Add a candidate's sample. False when it is a new one and there is no room. */
bool resolvers_add(struct resolvers *resolvers, const struct seen *seen);

/* Ascending by address, each once; valid until the next call. */
const struct resolver *resolvers_list(struct resolvers *resolvers, size_t *count);
void resolvers_clear(struct resolvers *resolvers);

#endif
