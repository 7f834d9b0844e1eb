/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/incident_files.h"

#include "user/lib/file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file's formats: libpcap's pcap-savefile(5). */
struct file_head {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy;
	uint32_t snap_length;
	uint32_t link_type;
};

struct record_head {
	uint32_t seconds, nanoseconds;
	uint32_t captured, length;
};

#define MAGIC_NANOSECONDS 0xa1b23c4d
#define LINK_ETHERNET 1
#define RECORD_MAX (sizeof(struct record_head) + TT_SAMPLE_BYTES)
#define SUFFIX ".pcap"

/* -- One file ------------------------------------------------------------------------------ */

/* Read exactly so much: 1, 0 where the file ends before, or a negative errno. */
static int read_whole(int fd, void *data, size_t size, off_t at)
{
	ssize_t got = pread(fd, data, size, at);

	return got < 0 ? -errno : (size_t)got == size;
}

/*
 * Where the last whole record ends, and how many there are: a power cut may have torn one. 0 when
 * the file is empty or no file of ours. What cannot be read is no end: 0 or a negative errno.
 */
static int find_end(int fd, off_t *end, unsigned int *records)
{
	struct file_head head = {0};
	struct record_head record;
	struct stat status;
	off_t at = sizeof(head);
	int more;

	*end = 0;
	*records = 0;
	if (fstat(fd, &status))
		return -errno;
	more = status.st_size ? read_whole(fd, &head, sizeof(head), 0) : 0;
	if (more <= 0 || head.magic != MAGIC_NANOSECONDS)
		return more < 0 ? more : 0;
	while (*records < INCIDENT_FILE_PACKETS) {
		more = read_whole(fd, &record, sizeof(record), at);
		if (more <= 0 || record.captured > TT_SAMPLE_BYTES ||
			at + (off_t)(sizeof(record) + record.captured) > status.st_size)
			break;
		at += (off_t)(sizeof(record) + record.captured);
		++*records;
	}
	*end = at;
	return more < 0 ? more : 0;
}

static int put_head(int fd)
{
	const struct file_head head = {
		.magic = MAGIC_NANOSECONDS,
		.major = 2,
		.minor = 4,
		.snap_length = TT_SAMPLE_BYTES,
		.link_type = LINK_ETHERNET,
	};

	return file_write_all(fd, &head, sizeof(head));
}

static int put_packet(int fd, const struct sampled_packet *packet)
{
	const struct tt_sample *sample = packet->sample;
	uint8_t bytes[RECORD_MAX];
	struct record_head head = {
		.seconds = (uint32_t)(packet->time_ns / 1000000000),
		.nanoseconds = (uint32_t)(packet->time_ns % 1000000000),
		.captured = sample->captured,
		.length = sample->length,
	};

	if (head.captured > TT_SAMPLE_BYTES)
		head.captured = TT_SAMPLE_BYTES;
	/* What a replay cut off, or a driver did not show, is part of the length. */
	if (head.length < head.captured)
		head.length = head.captured;
	memcpy(bytes, &head, sizeof(head));
	memcpy(bytes + sizeof(head), sample->bytes, head.captured);
	return file_write_all(fd, bytes, sizeof(head) + head.captured);
}

/* Append behind the last whole record; on failure the file is as it was before, or gone. */
static int append(const char *path, const struct sampled_packet *packets, size_t count,
	size_t *written, bool *is_new)
{
	CLEANUP_FD int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	unsigned int records;
	off_t before;
	int status;

	*written = 0;
	if (fd < 0)
		return -errno;
	status = find_end(fd, &before, &records);
	if (status)
		return status;
	*is_new = before == 0;
	if (ftruncate(fd, before) || lseek(fd, before, SEEK_SET) < 0)
		status = -errno;
	if (!status && before == 0)
		status = put_head(fd);
	for (size_t i = 0; i < count && !status && records + i < INCIDENT_FILE_PACKETS; i++) {
		status = put_packet(fd, &packets[i]);
		*written += !status;
	}
	if (!status)
		return 0;
	*written = 0;
	/* A torn record is cut off by the next append at the latest. */
	if (before == 0 ? unlink(path) : ftruncate(fd, before))
		return status;
	return status;
}

/* -- All files ----------------------------------------------------------------------------- */

struct census {
	uint64_t count;
	uint64_t bytes;
	struct timespec oldest_time;
	char oldest[NAME_MAX + 1];
};

static bool is_older(const struct stat *status, const char *name, const struct census *census)
{
	const struct timespec *time = &status->st_mtim;

	if (!census->oldest[0])
		return true;
	if (time->tv_sec != census->oldest_time.tv_sec)
		return time->tv_sec < census->oldest_time.tv_sec;
	if (time->tv_nsec != census->oldest_time.tv_nsec)
		return time->tv_nsec < census->oldest_time.tv_nsec;
	return strcmp(name, census->oldest) < 0;
}

static int take_census(const char *directory, struct census *census)
{
	DIR *open_directory = opendir(directory);
	struct dirent *entry;

	*census = (struct census){0};
	if (!open_directory)
		return -errno;
	while ((entry = readdir(open_directory))) {
		size_t length = strlen(entry->d_name);
		struct stat status;

		if (length <= strlen(SUFFIX) ||
			strcmp(entry->d_name + length - strlen(SUFFIX), SUFFIX) != 0 ||
			fstatat(dirfd(open_directory), entry->d_name, &status,
				AT_SYMLINK_NOFOLLOW) ||
			!S_ISREG(status.st_mode))
			continue;
		census->count++;
		census->bytes += (uint64_t)status.st_size;
		if (!is_older(&status, entry->d_name, census))
			continue;
		census->oldest_time = status.st_mtim;
		memcpy(census->oldest, entry->d_name, length + 1);
	}
	closedir(open_directory);
	return 0;
}

/* Remove the oldest until the limits hold. */
static void prune(struct incident_files *files)
{
	struct census census;
	char path[sizeof(files->directory) + NAME_MAX + 2];

	files->has_grown = false;
	while (take_census(files->directory, &census) == 0 && census.count > 0 &&
		(census.count > files->limits.files || census.bytes > files->limits.bytes)) {
		snprintf(path, sizeof(path), "%s/%s", files->directory, census.oldest);
		if (unlink(path))
			return;
		files->removed++;
	}
}

/* Ours are letters, digits and a dash. */
static bool is_name(const char *incident)
{
	for (const char *c = incident; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '-')
			return false;
	return incident[0] != '\0';
}

static int write_packets(
	struct sink *sink, const char *incident, const struct sampled_packet *packets, size_t count)
{
	struct incident_files *files = (struct incident_files *)sink;
	char path[sizeof(files->directory) + 64];
	bool is_new = false;
	size_t written = 0;

	if (files->limits.files == 0 || count == 0)
		return 0;
	files->error = is_name(incident) ? 0 : -EINVAL;
	if (!files->error && mkdir(files->directory, 0750) && errno != EEXIST)
		files->error = -errno;
	if (!files->error) {
		snprintf(path, sizeof(path), "%s/%s" SUFFIX, files->directory, incident);
		files->error = append(path, packets, count, &written, &is_new);
	}
	files->written += written;
	files->failed += files->error ? count : 0;
	files->has_grown = files->has_grown || written > 0;
	if (is_new)
		prune(files);
	return files->error;
}

static int keep_to_limits(struct sink *sink, const struct minute *minute)
{
	struct incident_files *files = (struct incident_files *)sink;

	(void)minute;
	if (files->has_grown)
		prune(files);
	return 0;
}

void incident_files_init(
	struct incident_files *files, const char *state_dir, struct incident_limits limits)
{
	*files = (struct incident_files){
		.sink = {.packets = write_packets, .minute = keep_to_limits},
		.limits = limits,
	};
	snprintf(files->directory, sizeof(files->directory), "%.4000s/incidents", state_dir);
}
