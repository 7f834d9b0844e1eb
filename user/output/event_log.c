/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/event_log.h"

#include "user/lib/file.h"
#include "user/model/event_json.h"
#include "user/model/port.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct event_log {
	int fd;
	char *path; /* NULL: standard output */
	bool torn;  /* the file ends within a line */
};

static bool ends_within_a_line(const char *path)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	char last;

	if (fd < 0 || fstat(fd, &status) || !S_ISREG(status.st_mode) || !status.st_size)
		return false;
	return pread(fd, &last, 1, status.st_size - 1) == 1 && last != '\n';
}

int event_log_reopen(struct event_log *log)
{
	int fd;

	if (!log->path)
		return 0;
	fd = open(
		log->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0640);
	if (fd < 0)
		return -errno;
	if (log->fd >= 0)
		close(log->fd);
	log->fd = fd;
	log->torn = ends_within_a_line(log->path);
	return 0;
}

int event_log_open(const char *path, struct event_log **log)
{
	bool to_stdout = !path || strcmp(path, "-") == 0;
	struct event_log *opened = calloc(1, sizeof(*opened));
	int error = -ENOMEM;

	if (!opened)
		return -ENOMEM;
	opened->fd = to_stdout ? STDOUT_FILENO : -1;
	if (to_stdout) {
		*log = opened;
		return 0;
	}
	opened->path = strdup(path);
	if (opened->path)
		error = event_log_reopen(opened);
	if (error) {
		event_log_close(opened);
		return error;
	}
	*log = opened;
	return 0;
}

void event_log_close(struct event_log *log)
{
	if (!log)
		return;
	if (log->path && log->fd >= 0)
		close(log->fd);
	free(log->path);
	free(log);
}

/* Take back the last count bytes, if they are still the end of a regular file. */
static bool take_back(int fd, size_t count)
{
	off_t end = lseek(fd, 0, SEEK_CUR);
	struct stat status;

	/* Without O_APPEND, as standard output may be, the offset must go back too. */
	return end >= (off_t)count && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
	       status.st_size == end && ftruncate(fd, end - (off_t)count) == 0 &&
	       lseek(fd, end - (off_t)count, SEEK_SET) >= 0;
}

static int write_bytes(struct event_log *log, const char *bytes, size_t size)
{
	ssize_t written;

	do
		written = write(log->fd, bytes, size);
	while (written < 0 && errno == EINTR);
	if (written < 0)
		return -errno;
	if ((size_t)written < size) {
		if (written > 0 && !take_back(log->fd, (size_t)written))
			log->torn = true;
		return -ENOSPC;
	}
	log->torn = false;
	return 0;
}

/* text is freed; NULL is what the JSON calls give when memory runs out. */
static int write_line(struct event_log *log, char *text)
{
	CLEANUP_FREE char *json = text;
	CLEANUP_FREE char *line = NULL;
	int size;

	if (!json)
		return -ENOMEM;
	size = asprintf(&line, "%s%s\n", log->torn ? "\n" : "", json);
	if (size < 0) {
		line = NULL;
		return -ENOMEM;
	}
	return write_bytes(log, line, (size_t)size);
}

int event_log_spike(struct event_log *log, const char *sensor, const struct event *event)
{
	return write_line(log, event_to_json(event, sensor));
}

int event_log_health(struct event_log *log, const char *sensor, int64_t time, const char *name,
	enum event_log_state state, const char *text)
{
	json_t *health = json_object();

	if (event_json_text(health, "name", name) ||
		event_json_text(health, "state", state == EVENT_LOG_BEGIN ? "begin" : "end") ||
		event_json_text(health, "text", text)) {
		json_decref(health);
		return -ENOMEM;
	}
	return write_line(log, event_line(time, "health", sensor, health));
}

static int add_classes(json_t *stats, const struct minute *minute)
{
	json_t *classes = json_object();

	if (json_object_set_new(stats, "classes", classes))
		return -ENOMEM;
	for (unsigned int i = 0; i < TT_CLASSES; i++) {
		const struct tally *tally = &minute->ledger[i];
		json_t *entry;

		if (!tally->packets)
			continue;
		entry = json_object();
		if (json_object_set_new(classes, class_name((enum tt_class)i), entry) ||
			event_json_number(entry, "packets", (double)tally->packets) ||
			event_json_number(entry, "bytes", (double)tally->bytes))
			return -ENOMEM;
	}
	return 0;
}

static int add_counts(json_t *stats, const struct minute *minute)
{
	struct tally frames = minute_frames(minute);
	bool replay = minute->mode == ATTACH_REPLAY;
	const struct {
		const char *name;
		uint64_t number;
		bool known;
	} counts[] = {
		{"packets", frames.packets, true},
		{"bytes", frames.bytes, true},
		{"unattributed", minute->unattributed, true},
		{"prefixes_unlisted", minute->prefixes_unlisted, true},
		{"late", minute->late, replay},
		{"misdated", minute->misdated, replay},
		{"nic_drops", minute->nic_drops, !replay},
	};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (counts[i].known &&
			event_json_number(stats, counts[i].name, (double)counts[i].number))
			return -ENOMEM;
	return add_classes(stats, minute);
}

int event_log_stats(struct event_log *log, const char *sensor, const struct minute *minute)
{
	json_t *stats = json_object();
	int error = event_json_number(stats, "covered_seconds", minute->covered);

	if (!error && minute->addresses)
		error = event_json_number(stats, "addresses", (double)minute->addresses);
	if (!error)
		error = event_json_text(stats, "attach_mode", attach_mode_name(minute->mode));
	if (!error && minute->covered > 0)
		error = add_counts(stats, minute);
	if (error) {
		json_decref(stats);
		return error;
	}
	return write_line(log, event_line(minute->start, "stats", sensor, stats));
}
