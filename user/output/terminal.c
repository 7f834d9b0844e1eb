/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool terminal_is_screen(FILE *out)
{
	const char *terminal = getenv("TERM");

	return terminal && *terminal && strcmp(terminal, "dumb") != 0 && isatty(fileno(out));
}

bool terminal_has_colours(FILE *out)
{
	const char *refused = getenv("NO_COLOR");

	return !(refused && *refused) && terminal_is_screen(out);
}

bool terminal_has_unicode(void)
{
	/* Not setlocale(): numbers and comparisons of the rest stay those of the C locale. */
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool has;

	if (!locale)
		return false;
	has = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
	freelocale(locale);
	return has;
}

void terminal_size(FILE *out, unsigned int *columns, unsigned int *lines)
{
	struct winsize size;

	*columns = 80;
	*lines = 24;
	if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_row) {
		*columns = size.ws_col;
		*lines = size.ws_row;
	}
}

struct page_look terminal_look(FILE *out)
{
	struct page_look look = {
		.width = PAGE_UNLIMITED,
		.height = PAGE_UNLIMITED,
		.colours = terminal_has_colours(out),
		.unicode = terminal_has_unicode(),
	};
	unsigned int lines;

	if (isatty(fileno(out)))
		terminal_size(out, &look.width, &lines);
	return look;
}
