/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of tab-separated text, as the engine reads and writes them: a tab between fields, a newline
 * after each row; tab, newline, backslash and NUL within a text are written as \t \n \\ \0.
 *
 * Writing: a buffer of fixed size. A row that does not fit is not there at all, so that the caller
 * can send what is full and begin again:
 *
 *	tsv_unsigned(&out, 23); tsv_text(&out, name);
 *	if (!tsv_end_row(&out)) { send(out.data, out.used); tsv_clear(&out); ... once more }
 */
#ifndef TEITEN_ENGINE_TSV_H
#define TEITEN_ENGINE_TSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tsv {
	char *data;
	size_t room;
	size_t used; /* bytes of whole rows */
	size_t next; /* where the next field goes */
	uint64_t rows;
	unsigned int fields; /* of the row that is being written */
	bool is_over;        /* one of them did not fit */
};

/* room bytes, zero rows. 0 or -ENOMEM; tsv_release() it. */
int tsv_reserve(struct tsv *tsv, size_t room);
void tsv_release(struct tsv *tsv);
/* No rows. */
void tsv_clear(struct tsv *tsv);

void tsv_text(struct tsv *tsv, const char *text);
void tsv_unsigned(struct tsv *tsv, uint64_t number);
void tsv_signed(struct tsv *tsv, int64_t number);
/* 17 significant digits; nan for what is not finite. */
void tsv_double(struct tsv *tsv, double number);
/* False: the row did not fit, and is not there. */
bool tsv_end_row(struct tsv *tsv);

/*
 * Split a row (without its newline, NUL-terminated) in place into at most maximum fields, their
 * escapes undone. Returns how many it has, or 0 when there are more, or an escape is cut.
 */
size_t tsv_split(char *row, char **fields, size_t maximum);

/*
 * text as a literal of SQL between single quotes, backslashes and quotes escaped, control bytes as
 * \xHH. Returns its length, or 0 when it does not fit, NUL included, into room.
 */
size_t tsv_sql_literal(const char *text, char *out, size_t room);

#endif
