/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A page of styled text, line by line, for a terminal of a given size or for a file.
 *
 *	page_init(&page, buffer, sizeof(buffer), &look);
 *	page_text(&page, STYLE_BOLD, "23/tcp");
 *	page_right(&page, STYLE_PLAIN, 20, "4,321");
 *	page_line(&page);
 *	page_finish(&page) -> "23/tcp         4,321\n"
 *
 * All text goes through columns_clean(): whatever is in it, a line is one line and at most
 * look.width columns, and only the page itself changes colours. What lies beyond width or height
 * is dropped. A full buffer ends the page; the buffer always holds whole, closed lines.
 */
#ifndef TEITEN_OUTPUT_PAGE_H
#define TEITEN_OUTPUT_PAGE_H

#include <stdbool.h>
#include <stddef.h>

enum page_style {
	STYLE_PLAIN,
	STYLE_BOLD,
	STYLE_DIM,
	STYLE_CYAN,
	STYLE_YELLOW,
	STYLE_RED,
	STYLE_GREEN,
	STYLES,
};

#define PAGE_UNLIMITED 1000000u

struct page_look {
	unsigned int width;  /* columns, or PAGE_UNLIMITED */
	unsigned int height; /* lines, or PAGE_UNLIMITED */
	bool colours;        /* escape sequences for styles */
	bool unicode;        /* otherwise ASCII alone */
};

struct page {
	struct page_look look;
	char *buffer;
	size_t room, used;
	size_t line_start;   /* of the line that is being written */
	unsigned int column; /* where the next character goes, trailing space not counted in used */
	unsigned int spaces; /* not yet written before it */
	unsigned int lines;  /* that are complete */
	bool full;           /* of lines or of bytes: the rest is dropped */
};

void page_init(struct page *page, char *buffer, size_t room, const struct page_look *look);

void page_text(struct page *page, enum page_style style, const char *text);
void page_printf(struct page *page, enum page_style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Go to a column; from beyond it, one space on. */
void page_to(struct page *page, unsigned int column);
/* Text that ends before a column. */
void page_right(struct page *page, enum page_style style, unsigned int end, const char *text);
/* Text of at most width columns, "..." in place of what is cut off. */
void page_cut(struct page *page, enum page_style style, unsigned int width, const char *text);

/*
 * A bar for each value, as high as its part of the greatest. Zero is the lowest; a value that is
 * not finite is a gap, and is blank.
 */
void page_sparkline(struct page *page, enum page_style style, const double *values, size_t count);

/* End the line. */
void page_line(struct page *page);

/*
 * Sentences from the current column on, broken between words at the width (at 100 columns where it
 * is wider), following lines begin at indent; ends the line.
 */
void page_wrap(struct page *page, enum page_style style, unsigned int indent, const char *text);

void page_wrapf(struct page *page, enum page_style style, unsigned int indent, const char *format,
	...) __attribute__((format(printf, 4, 5)));

/* Lines that are left. */
static inline unsigned int page_left(const struct page *page)
{
	return page->lines < page->look.height ? page->look.height - page->lines : 0;
}

/* The page, NUL-terminated; a line that was begun is ended. */
const char *page_finish(struct page *page);

#endif
