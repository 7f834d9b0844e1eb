/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files: read one whole within a limit, replace one in a single step, and give back descriptors,
 * streams and memory when their variable ends:
 *
 *	CLEANUP_FD int fd = open(...);		closed unless negative
 *	CLEANUP_FILE FILE *in = fopen(...);	closed unless NULL
 *	CLEANUP_FREE char *text = ...;		freed
 *
 * A variable gives its object away by take_fd(&fd) or take_pointer(&text). errno is preserved.
 */
#ifndef TEITEN_LIB_FILE_H
#define TEITEN_LIB_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define CLEANUP_FD __attribute__((cleanup(file_cleanup_fd)))
#define CLEANUP_FILE __attribute__((cleanup(file_cleanup_stream)))
#define CLEANUP_FREE __attribute__((cleanup(file_cleanup_memory)))

void file_cleanup_fd(int *fd);
void file_cleanup_stream(FILE **stream);
/* pointer: the address of a pointer to memory from malloc. */
void file_cleanup_memory(void *pointer);

/* The descriptor in *fd, which is -1 afterwards. */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* The pointer in *(place), which is NULL afterwards. */
#define take_pointer(place)                                                                        \
	({                                                                                         \
		__typeof__(*(place)) taken_ = *(place);                                            \
		*(place) = NULL;                                                                   \
		taken_;                                                                            \
	})

/*
 * Read a whole file of at most limit bytes. *data is malloc'd, the caller frees it; a NUL that
 * *size does not count follows the last byte. Pipes and files of /proc are read to their end.
 * Returns 0, -EFBIG when there is more than limit, -ENOMEM, or open's and read's -errno.
 */
int file_read_all(const char *path, size_t limit, char **data, size_t *size);

enum file_durability {
	FILE_VISIBLE, /* readers see the old file or the new one; a power cut may lose the new */
	FILE_DURABLE, /* the same, and the new one is on the disk at return */
};

/*
 * Write size bytes beside path, then rename them over it: whoever opens path finds the old content
 * or the new, whole. A symbolic link at path is replaced, not followed. mode is exact, no umask.
 * On failure path is as it was, and nothing is left beside it. Returns 0 or -errno.
 */
int file_replace(const char *path, const void *data, size_t size, mode_t mode,
	enum file_durability durability);

/* Write all bytes, in as many writes as it takes. Returns 0 or -errno. */
int file_write_all(int fd, const void *data, size_t size);

#endif
