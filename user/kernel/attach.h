/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sensor on an interface: a pinned XDP link and pinned maps in
 * /sys/fs/bpf/teiten/<interface>/v<layout>/. They outlive the process: counting goes on while it is
 * away, and the next start takes them over.
 */
#ifndef TEITEN_KERNEL_ATTACH_H
#define TEITEN_KERNEL_ATTACH_H

#include "user/kernel/program.h"
#include "user/model/minute.h"

#include <sys/types.h>

#define ATTACH_ROOT "/sys/fs/bpf/teiten"

#define PIN_PATH_MAX 512

/*
 * Where an interface's pins are. Bytes of the name outside [A-Za-z0-9_-] are written %XX: bpffs
 * refuses dots.
 */
void pin_directory_path(const char *interface, char path[PIN_PATH_MAX]);

/* The pin directory of an interface, locked: at most one process has it. */
struct pin_directory {
	char path[PIN_PATH_MAX];
	int fd; /* carries the lock; -1: not held */
};

/*
 * Make and lock the directory of an interface, mounting bpffs where it is missing. -EBUSY: another
 * teiten has it. -ESTALE: it holds pins of another layout, which *error names.
 */
int pin_directory_open(
	const char *interface, struct pin_directory *directory, struct kernel_error *error);

/*
 * As root, for a process that is about to become another user: mount bpffs where it is missing,
 * make ATTACH_ROOT and give it to that user. 0, or with a sentence a negative errno.
 */
int pin_root_give(uid_t user, gid_t group, struct kernel_error *error);

/* Give the lock back; a set of pins stays, the rest of one and an empty directory go. */
void pin_directory_close(struct pin_directory *directory);

/* Remove every pin of the directory and the directory; counting stops with the link. */
int pin_directory_remove(struct pin_directory *directory, struct kernel_error *error);

/* Whether a link is pinned there: teiten counts on the interface, with or without a process. */
bool pin_directory_has_link(const struct pin_directory *directory);

/* Whether counters are pinned there, with a link or without: what a last drain can take. */
bool pin_directory_has_counters(const struct pin_directory *directory);

enum attach_choice {
	ATTACH_CHOICE_AUTO,
	ATTACH_CHOICE_FRAGS,
	ATTACH_CHOICE_NATIVE,
	ATTACH_CHOICE_GENERIC
};

struct attachment {
	int link_fd;
	unsigned int ifindex;
	enum attach_mode mode;
	bool is_taken_over; /* the link was pinned and has only got a new program */
};

/*
 * Attach the program to interface number ifindex and pin link and maps; interface is what messages
 * call it. A pinned link is taken over: its program is replaced
 * without a frame between. Otherwise the ladder: multi-buffer native, native, generic; a choice
 * other than auto takes that rung alone. A final program climbs the rungs that it fits. -EBUSY: a
 * foreign program is attached, *error names it and the two ways out.
 */
int attach_interface(struct program *program, const struct pin_directory *directory,
	const char *interface, unsigned int ifindex, enum attach_choice choice,
	struct attachment *attachment, struct kernel_error *error);

/* The interface that a link is on: its index, 0 when the interface is gone, or a negative errno. */
int attach_ifindex(const struct attachment *attachment);

/* Stop counting: close and unpin the link. Maps and their pins stay. */
int attach_remove_link(const struct pin_directory *directory);

#endif
