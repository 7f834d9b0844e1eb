/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a person's terminal can show.
 */
#ifndef TEITEN_OUTPUT_TERMINAL_H
#define TEITEN_OUTPUT_TERMINAL_H

#include "user/output/page.h"

#include <stdbool.h>
#include <stdio.h>

/*
 * Whether colours may be sent to out: it is a terminal, NO_COLOR is unset or empty
 * (https://no-color.org), and TERM is set and not "dumb".
 */
bool terminal_has_colours(FILE *out);

/* Whether the user's locale (LC_ALL, LC_CTYPE, LANG) is one of UTF-8. */
bool terminal_has_unicode(void);

/* Whether out is a terminal whose cursor can be moved: TERM is set and not "dumb". */
bool terminal_is_screen(FILE *out);

/*
 * How a page for out should look: as wide as the terminal, of any width where out is none; of any
 * height.
 */
struct page_look terminal_look(FILE *out);

/* The terminal's size now; 80x24 where it does not say. */
void terminal_size(FILE *out, unsigned int *columns, unsigned int *lines);

#endif
