/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A history as a store: what readers of other folders see of it.
 */
#ifndef TEITEN_HISTORY_HISTORY_STORE_H
#define TEITEN_HISTORY_HISTORY_STORE_H

#include "user/history/history.h"
#include "user/model/store.h"

struct history_store {
	struct store store;
	struct history *history; /* the caller's, open for as long as the store is used */
};

struct history_store history_store_of(struct history *history);

#endif
