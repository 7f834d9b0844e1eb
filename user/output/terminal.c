/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool terminal_has_colours(FILE *out)
{
	const char *refused = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");

	if (refused && *refused)
		return false;
	return terminal && *terminal && strcmp(terminal, "dumb") != 0 && isatty(fileno(out));
}
