/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/page.h"

#include "user/lib/columns.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A line's width where nothing limits it: longer ones are hard to read. */
#define PROSE_WIDTH 100
#define TEXT_MAX 1024

/* Colours 0 to 15 only, which terminals let their users choose. */
static const char *const style_codes[] = {
	[STYLE_PLAIN] = "",
	[STYLE_BOLD] = "\033[1m",
	[STYLE_DIM] = "\033[2m",
	[STYLE_CYAN] = "\033[36m",
	[STYLE_YELLOW] = "\033[33m",
	[STYLE_RED] = "\033[1;31m",
	[STYLE_GREEN] = "\033[32m",
};
_Static_assert(sizeof(style_codes) / sizeof(style_codes[0]) == STYLES, "a code for each");

#define STYLE_END "\033[0m"

void page_init(struct page *page, char *buffer, size_t room, const struct page_look *look)
{
	*page = (struct page){.look = *look, .buffer = buffer, .room = room};
	page->full = look->height == 0;
	buffer[0] = '\0';
}

/* Bytes that are clean already. Always leaves room for an end of style and of line. */
static void put(struct page *page, const char *bytes, size_t size)
{
	if (page->full)
		return;
	if (size + sizeof(STYLE_END) + 2 > page->room - page->used) {
		page->full = true;
		page->used = page->line_start;
		return;
	}
	memcpy(page->buffer + page->used, bytes, size);
	page->used += size;
}

static void put_styled(
	struct page *page, enum page_style style, const char *bytes, unsigned int columns)
{
	bool styled = page->look.colours && style != STYLE_PLAIN;

	for (; page->spaces; page->spaces--)
		put(page, " ", 1);
	if (styled)
		put(page, style_codes[style], strlen(style_codes[style]));
	put(page, bytes, strlen(bytes));
	if (styled)
		put(page, STYLE_END, strlen(STYLE_END));
	page->column += columns;
}

static unsigned int columns_left(const struct page *page)
{
	return page->column < page->look.width ? page->look.width - page->column : 0;
}

static void text_of(struct page *page, enum page_style style, const char *text, size_t size)
{
	char clean[TEXT_MAX];
	size_t columns = columns_clean(
		text, size, columns_left(page), page->look.unicode, clean, sizeof(clean));

	if (columns)
		put_styled(page, style, clean, (unsigned int)columns);
}

void page_text(struct page *page, enum page_style style, const char *text)
{
	text_of(page, style, text, strlen(text));
}

void page_printf(struct page *page, enum page_style style, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	page_text(page, style, text);
}

void page_to(struct page *page, unsigned int column)
{
	unsigned int to = column > page->column ? column : page->column + 1;

	if (page->column == 0 && column == 0)
		return;
	page->spaces += to - page->column;
	page->column = to;
}

void page_right(struct page *page, enum page_style style, unsigned int end, const char *text)
{
	size_t columns = columns_of(text, strlen(text));

	page_to(page, columns < end ? end - (unsigned int)columns : 0);
	page_text(page, style, text);
}

void page_cut(struct page *page, enum page_style style, unsigned int width, const char *text)
{
	const char *dots = page->look.unicode ? "…" : "..";
	unsigned int dots_width = page->look.unicode ? 1 : 2;
	char clean[TEXT_MAX];

	if (width > columns_left(page))
		width = columns_left(page);
	if (columns_of(text, strlen(text)) <= width || width <= dots_width) {
		columns_clean(text, strlen(text), width, page->look.unicode, clean, sizeof(clean));
		page_text(page, style, clean);
		return;
	}
	columns_clean(text, strlen(text), width - dots_width, page->look.unicode, clean,
		sizeof(clean) - 4);
	snprintf(clean + strlen(clean), 4, "%s", dots);
	page_text(page, style, clean);
}

void page_sparkline(struct page *page, enum page_style style, const double *values, size_t count)
{
	static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const plain[] = {"_", ".", ":", "-", "=", "+", "*", "#"};
	const char *const *levels = page->look.unicode ? bars : plain;
	double greatest = 0;
	char line[TEXT_MAX];
	size_t used = 0;

	for (size_t i = 0; i < count; i++)
		if (isfinite(values[i]) && values[i] > greatest)
			greatest = values[i];
	for (size_t i = 0; i < count && used + 8 < sizeof(line); i++) {
		const char *bar = " ";

		if (isfinite(values[i]))
			bar = levels[values[i] > 0 ? 1 + (int)(6.999 * (values[i] / greatest)) : 0];
		used += (size_t)snprintf(line + used, sizeof(line) - used, "%s", bar);
	}
	if (used)
		text_of(page, style, line, used);
}

void page_line(struct page *page)
{
	page->spaces = 0;
	page->column = 0;
	if (page->full)
		return;
	put(page, "\n", 1);
	page->line_start = page->used;
	page->buffer[page->used] = '\0';
	page->full |= ++page->lines >= page->look.height;
}

void page_wrap(struct page *page, enum page_style style, unsigned int indent, const char *text)
{
	unsigned int width = page->look.width < PROSE_WIDTH ? page->look.width : PROSE_WIDTH;

	while (*text) {
		size_t length = strcspn(text, " ");
		size_t columns = columns_of(text, length);

		if (page->column + columns > width && page->column > indent) {
			page_line(page);
			page_to(page, indent);
		}
		text_of(page, style, text, length);
		text += length;
		text += strspn(text, " ");
		if (*text && page->column < width)
			page_to(page, 0);
	}
	page_line(page);
}

void page_wrapf(
	struct page *page, enum page_style style, unsigned int indent, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	page_wrap(page, style, indent, text);
}

const char *page_finish(struct page *page)
{
	if (page->used > page->line_start)
		page_line(page);
	page->buffer[page->line_start] = '\0';
	return page->buffer;
}
