/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a person's terminal can show.
 */
#ifndef TEITEN_OUTPUT_TERMINAL_H
#define TEITEN_OUTPUT_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Whether colours may be sent to out: it is a terminal, NO_COLOR is unset or empty
 * (https://no-color.org), and TERM is set and not "dumb".
 */
bool terminal_has_colours(FILE *out);

#endif
