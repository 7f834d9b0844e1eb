/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text on its way into HTML, SVG and CSV. Whatever is not written in this program (names of
 * sensors, countries and ports, texts of events) goes through here and can neither end an element
 * or attribute nor start one.
 */
#ifndef TEITEN_REPORT_MARKUP_H
#define TEITEN_REPORT_MARKUP_H

#include "user/lib/buffer.h"

/*
 * Text as content or attribute value of HTML and XML: & < > " ' become references, bytes that are
 * not UTF-8 and characters that XML forbids become U+FFFD.
 */
void markup_text(struct buffer *out, const char *text);

/*
 * Markup with values: the format is written as it is, every %s as markup_text() does. Directives:
 * %s %% and d, u, f with precision and with the lengths h, l, ll, z.
 */
void markup(struct buffer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A field of CSV (RFC 4180): quoted where it holds a comma, a quote or a line break. */
void csv_field(struct buffer *out, const char *text);

#endif
