/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/geo/write.h"

#include "user/geo/private.h"
#include "user/lib/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void format_key(bool is_v6, uint64_t key, bool last, char text[TEXT_ADDRESS_MAX])
{
	struct text_address address = {.is_v6 = is_v6};
	unsigned int width = is_v6 ? 8 : 4;

	for (unsigned int i = 0; i < width; i++)
		address.bytes[i] = (uint8_t)(key >> 8 * (width - 1 - i));
	if (is_v6 && last)
		memset(address.bytes + 8, 0xff, 8);
	text_format_address(&address, text);
}

static size_t write_steps(FILE *out, const struct geo_steps *steps, bool is_v6)
{
	char first[TEXT_ADDRESS_MAX], last[TEXT_ADDRESS_MAX];
	size_t lines = 0;

	for (size_t i = 0; i < steps->count; i++) {
		country_id country = steps->country[i];

		if (country == COUNTRY_ZZ || country == COUNTRY_XX)
			continue;
		format_key(is_v6, steps->start[i], false, first);
		format_key(is_v6, geo_steps_end(steps, i), true, last);
		fprintf(out, "%s,%s,%s\n", first, last, country_code(country));
		lines++;
	}
	return lines;
}

static void write_head(FILE *out, const struct geo_info *info)
{
	fprintf(out, "# First address, last address, country code; written by teiten geo build.\n");
	if (info->date[0])
		fprintf(out, "# Date: %s\n", info->date);
	for (size_t i = 0; i < info->file_count; i++) {
		const struct geo_file_info *file = &info->files[i];
		const char *name = strrchr(file->path, '/');

		fputs("# Source: ", out);
		/* A name may hold anything, a line end too. */
		for (name = name ? name + 1 : file->path; *name; name++)
			fputc(*name >= 0x20 && *name < 0x7f ? *name : '?', out);
		fprintf(out, " (%s%s%s)\n", geo_format_name(file->format),
			file->date[0] ? ", " : "", file->date);
	}
}

static int write_table(const struct geo *geo, int fd)
{
	int copy = dup(fd);
	FILE *out = copy < 0 ? NULL : fdopen(copy, "w");
	bool empty;
	int failed;

	if (!out) {
		int saved = errno;

		if (copy >= 0)
			close(copy);
		return -saved;
	}
	write_head(out, &geo->info);
	empty = write_steps(out, &geo->v4, false) + write_steps(out, &geo->v6, true) == 0;
	errno = 0;
	failed = fflush(out) != 0 || ferror(out);
	failed = failed ? (errno ? errno : EIO) : fsync(fd) ? errno : 0;
	if (fclose(out) && !failed)
		failed = errno;
	return failed ? -failed : empty ? -ENODATA : 0;
}

int geo_write(const struct geo *geo, const char *path, struct geo_error *error)
{
	char aside[PATH_MAX];
	int length = snprintf(aside, sizeof(aside), "%s.XXXXXX", path);
	int fd, result;

	if (length < 0 || (size_t)length >= sizeof(aside))
		return geo_fail(error, ENAMETOOLONG, path, 0, "the path is too long");
	fd = mkostemp(aside, O_CLOEXEC);
	if (fd < 0)
		return geo_fail(error, errno, path, 0, "cannot be written: %s", strerror(errno));
	result = fchmod(fd, 0644) ? -errno : write_table(geo, fd);
	close(fd);
	if (result == 0 && rename(aside, path))
		result = -errno;
	if (result == 0)
		return 0;
	unlink(aside);
	if (result == -ENODATA)
		return geo_fail(error, ENODATA, path, 0,
			"not written: no address has a country in these files");
	return geo_fail(error, -result, path, 0, "cannot be written: %s", strerror(-result));
}
