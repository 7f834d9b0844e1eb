/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/lib/columns.h"

#include <locale.h>
#include <string.h>
#include <wchar.h>

/* Zero columns wide and no accent: they change the order of what is around them, or hide. */
static const struct {
	wchar_t first, last;
} invisible[] = {
	{0x00ad, 0x00ad},
	{0x034f, 0x034f},
	{0x061c, 0x061c},
	{0x115f, 0x1160},
	{0x17b4, 0x17b5},
	{0x180b, 0x180f},
	{0x200b, 0x200f},
	{0x2028, 0x202e},
	{0x2060, 0x206f},
	{0x3164, 0x3164},
	{0xfe00, 0xfe0f},
	{0xfeff, 0xfeff},
	{0xffa0, 0xffa0},
	{0xfff0, 0xfffb},
	{0xe0000, 0xe0fff},
};

/*
 * One character of at most size bytes (> 0). Returns its length in bytes, and 0 in *character when
 * they are no valid, shortest UTF-8: then it is one byte.
 */
static size_t decode(const char *text, size_t size, wchar_t *character)
{
	const unsigned char *byte = (const unsigned char *)text;
	size_t length = byte[0] < 0x80 ? 1 : byte[0] < 0xe0 ? 2 : byte[0] < 0xf0 ? 3 : 4;
	static const wchar_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	wchar_t value = byte[0] & (length == 1 ? 0x7f : 0x3f >> (length - 1));

	*character = 0;
	if (length > size || (byte[0] >= 0x80 && byte[0] < 0xc2) || byte[0] > 0xf4)
		return 1;
	for (size_t i = 1; i < length; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return 1;
		value = value << 6 | (byte[i] & 0x3f);
	}
	if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
		return 1;
	*character = value;
	return length;
}

/* Of a character that may be shown as it is; -1 of others. The caller has set the locale. */
static int width_of(wchar_t character, size_t length)
{
	if (length == 1)
		return character >= ' ' && character < 0x7f ? 1 : -1;
	for (size_t i = 0; i < sizeof(invisible) / sizeof(invisible[0]); i++)
		if (character >= invisible[i].first && character <= invisible[i].last)
			return -1;
	return wcwidth(character);
}

/* wcwidth knows only what the thread's locale says; without C.UTF-8 nothing but ASCII is known. */
static locale_t unicode_locale(void)
{
	static locale_t locale;

	if (!locale)
		locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	return locale;
}

static bool is_ascii(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)text[i] >= 0x80)
			return false;
	return true;
}

/* out may be NULL: only the columns are wanted. */
static size_t walk(
	const char *text, size_t size, size_t limit, bool unicode, char *out, size_t room)
{
	size_t columns = 0, used = 0;
	unsigned int marks = COLUMNS_MAX_MARKS;

	while (size) {
		wchar_t character;
		size_t length = decode(text, size, &character);
		int width = unicode || length == 1 ? width_of(character, length) : -1;
		bool hidden = width < 0 || (width == 0 && marks == COLUMNS_MAX_MARKS);
		size_t written = hidden ? 1 : length;

		if (hidden)
			width = 1;
		marks = width ? 0 : marks + 1;
		if (columns + (size_t)width > limit || (out && used + written >= room))
			break;
		if (out)
			memcpy(out + used, hidden ? "?" : text, written);
		used += written;
		columns += (size_t)width;
		text += length;
		size -= length;
	}
	if (out)
		out[used] = '\0';
	return columns;
}

static size_t walk_in_locale(
	const char *text, size_t size, size_t limit, bool unicode, char *out, size_t room)
{
	locale_t locale = unicode_locale(), before;
	size_t columns;

	if (!locale)
		return walk(text, size, limit, false, out, room);
	before = uselocale(locale);
	columns = walk(text, size, limit, unicode, out, room);
	uselocale(before);
	return columns;
}

size_t columns_of(const char *text, size_t size)
{
	/* Most text is: a locale need not be changed for it. */
	return is_ascii(text, size) ? size : walk_in_locale(text, size, (size_t)-1, true, NULL, 0);
}

size_t columns_clean(
	const char *text, size_t size, size_t limit, bool unicode, char *out, size_t room)
{
	return unicode && !is_ascii(text, size) ? walk_in_locale(text, size, limit, true, out, room)
						: walk(text, size, limit, false, out, room);
}
