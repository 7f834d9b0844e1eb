/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/history/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Readers and the writer wait this long for each other's short locks (recovery, checkpoint). */
#define BUSY_MILLISECONDS 5000
/* Databases up to this size are verified whole when a writer opens them (0.3 s). */
#define VERIFY_BYTES ((off_t)256 << 20)
/* Damaged databases that are kept; then opening fails and says so. */
#define MAX_MOVED_ASIDE 100

static const char settings[] =
	"PRAGMA journal_mode = WAL;"
	/* On the disk before the kernel's counts, which outlive it, are taken as stored. */
	"PRAGMA synchronous = FULL;"
	"PRAGMA cache_size = -16384;"
	/* No temporary file: a confined writer may have no place for it. */
	"PRAGMA temp_store = MEMORY;"
	"PRAGMA journal_size_limit = 67108864;";

struct place {
	char directory[PATH_MAX - 64];
	char database[PATH_MAX];
};

static int find_place(const char *state_dir, struct place *place)
{
	if (strlen(state_dir) >= sizeof(place->directory))
		return -ENAMETOOLONG;
	memcpy(place->directory, state_dir, strlen(state_dir) + 1);
	snprintf(place->database, sizeof(place->database), "%s/history.db", state_dir);
	return 0;
}

static int take_lock(struct history *history, const struct place *place)
{
	char path[PATH_MAX];
	int lock;

	snprintf(path, sizeof(path), "%s/history.lock", place->directory);
	lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (lock < 0)
		return say(history, -errno, "%s: %s", path, strerror(errno));
	if (flock(lock, LOCK_EX | LOCK_NB)) {
		int error = errno == EWOULDBLOCK ? EBUSY : errno;

		close(lock);
		return say(history, -error, "%s: %s", place->directory,
			error == EBUSY ? "another teiten writes this history" : strerror(error));
	}
	history->lock = lock;
	return 0;
}

/* Make the file ourselves: SQLite gives -wal and -shm the mode that it finds on the database. */
static int make_file(struct history *history, const struct place *place)
{
	int file = open(place->database, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	int error = errno;

	if (file < 0)
		return error == EEXIST
			       ? 0
			       : say(history, -error, "%s: %s", place->database, strerror(error));
	error = fchmod(file, 0640) ? errno : 0;
	close(file);
	return error ? say(history, -error, "%s: %s", place->database, strerror(error)) : 0;
}

/* A file: address with % ? # escaped, as SQLite wants it. */
static void make_uri(const char *path, const char *options, char *uri, size_t room)
{
	size_t used = (size_t)snprintf(uri, room, "file:");

	for (const char *c = path; *c && used + 4 < room; c++) {
		if (strchr("%?#", *c))
			used += (size_t)snprintf(
				uri + used, room - used, "%%%02X", (unsigned int)(unsigned char)*c);
		else
			uri[used++] = *c;
	}
	snprintf(uri + used, room - used, "?%s", options);
}

static int connect_to(struct history *history, const struct place *place, const char *options)
{
	char uri[PATH_MAX * 3];
	int persist = 1, result;

	make_uri(place->database, options, uri, sizeof(uri));
	sqlite3_close_v2(history->db);
	history->db = NULL;
	result = sqlite3_open_v2(uri, &history->db,
		SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX |
			(history->writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY),
		NULL);
	if (result != SQLITE_OK)
		return result;
	sqlite3_extended_result_codes(history->db, 1);
	sqlite3_busy_timeout(history->db, BUSY_MILLISECONDS);
	/* The file may come from anywhere: its schema runs no code of its own. */
	sqlite3_db_config(history->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(history->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(history->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(history->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	/* Readers without write permission need the -wal and -shm of a stopped writer. */
	sqlite3_file_control(history->db, "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
	return SQLITE_OK;
}

static bool is_damage(int result)
{
	return (result & 0xff) == SQLITE_CORRUPT || (result & 0xff) == SQLITE_NOTADB;
}

/* quick_check's verdict: SQLITE_OK, SQLITE_CORRUPT or another failure. */
static int verify(sqlite3 *db, const struct place *place)
{
	sqlite3_stmt *ready = NULL;
	struct stat file;
	int result;

	if (stat(place->database, &file) || file.st_size > VERIFY_BYTES)
		return SQLITE_OK;
	result = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &ready, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_step(ready);
	if (result == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(ready, 0);

		result = text && strcmp(text, "ok") == 0 ? SQLITE_OK : SQLITE_CORRUPT;
	}
	sqlite3_finalize(ready);
	return result;
}

/* Rename the database and what belongs to it to history.db.damaged-<n>. */
static int move_aside(struct history *history, const struct place *place)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	char from[PATH_MAX + 8], to[PATH_MAX + 64];
	unsigned int number = 1;

	sqlite3_close_v2(history->db);
	history->db = NULL;
	for (;; number++) {
		snprintf(to, sizeof(to), "%s.damaged-%u", place->database, number);
		if (access(to, F_OK))
			break;
		if (number == MAX_MOVED_ASIDE)
			return say(history, -EBADMSG,
				"%s is damaged, and %u damaged ones are kept already",
				place->database, number);
	}
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		snprintf(from, sizeof(from), "%s%s", place->database, suffixes[i]);
		snprintf(to, sizeof(to), "%s.damaged-%u%s", place->database, number, suffixes[i]);
		if (rename(from, to) && errno != ENOENT)
			return say(history, -errno, "%s: %s", from, strerror(errno));
	}
	return say(history, 0,
		"%s was damaged and is now history.db.damaged-%u; history starts anew",
		place->database, number);
}

static int refuse_version(struct history *history, const struct place *place, int version)
{
	return say(history, -EPROTO,
		"%s has schema version %d, which this teiten does not know; nothing was changed: "
		"use the teiten that wrote it, or another --state",
		place->database, version);
}

/* SQLite's verdict on a database that is connected for writing, made ready when it is good. */
static int prepare_writer(struct history *history, const struct place *place, int *version)
{
	int result = schema_check(history->db, version);

	if (result == SQLITE_SCHEMA)
		return result;
	if (result == SQLITE_OK)
		result = verify(history->db, place);
	else if (result == SQLITE_EMPTY)
		result = SQLITE_OK;
	if (result == SQLITE_OK)
		result = sqlite3_exec(history->db, settings, NULL, NULL, NULL);
	if (result == SQLITE_OK && schema_check(history->db, version) == SQLITE_EMPTY) {
		result = sqlite3_exec(history->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
		result = result ?: schema_create(history->db);
		result = result ?: sqlite3_exec(history->db, "COMMIT", NULL, NULL, NULL);
	}
	if (result == SQLITE_OK)
		result = schema_complete(history->db);
	return result;
}

static int open_writer(struct history *history, const struct place *place, bool create)
{
	int error = take_lock(history, place);
	int version = 0, result;

	for (unsigned int attempt = 0; !error && attempt < 2; attempt++) {
		error = create ? make_file(history, place) : 0;
		if (error)
			break;
		result = connect_to(history, place, "mode=rw");
		if (result == SQLITE_OK)
			result = prepare_writer(history, place, &version);
		if (result == SQLITE_OK)
			return 0;
		if (result == SQLITE_SCHEMA)
			return refuse_version(history, place, version);
		if (!is_damage(result) || attempt > 0)
			return sqlite_error(history, result);
		error = move_aside(history, place);
		create = true;
	}
	return error;
}

static bool has_wal(const struct place *place)
{
	char path[PATH_MAX + 8];
	struct stat file;

	snprintf(path, sizeof(path), "%s-wal", place->database);
	return stat(path, &file) == 0 && file.st_size > 0;
}

/*
 * A WAL that holds minutes, in a directory that cannot be written and without the -shm of its
 * writer: SQLite has no way to read that in place, so a copy of both files is read.
 */
static int open_copy(struct history *history, const struct place *place, int *version)
{
	struct place copy;
	char directory[COPY_PATH_MAX];
	int result;

	if (copy_database(place->database, directory))
		return SQLITE_CANTOPEN;
	result = find_place(directory, &copy) ? SQLITE_CANTOPEN
					      : connect_to(history, &copy, "mode=ro");
	if (result == SQLITE_OK)
		result = schema_check(history->db, version);
	remove_copy(directory);
	return result;
}

static bool needs_other_way(int result)
{
	return (result & 0xff) == SQLITE_CANTOPEN || (result & 0xff) == SQLITE_READONLY;
}

static int open_reader(struct history *history, const struct place *place)
{
	int version = 0;
	int result = connect_to(history, place, "mode=ro");

	if (result == SQLITE_OK)
		result = schema_check(history->db, &version);
	/*
	 * A directory that cannot be written refuses the -shm that a WAL database needs, even with
	 * nothing in the WAL: then the file alone is the whole truth, and nobody writes it.
	 */
	if (needs_other_way(result) && !has_wal(place)) {
		result = connect_to(history, place, "mode=ro&immutable=1");
		if (result == SQLITE_OK)
			result = schema_check(history->db, &version);
	}
	if (needs_other_way(result) && access(place->database, R_OK) == 0)
		result = open_copy(history, place, &version);
	if (result == SQLITE_SCHEMA || result == SQLITE_EMPTY)
		return refuse_version(history, place, version);
	if (result == SQLITE_OK)
		return 0;
	if (needs_other_way(result) && access(place->database, R_OK))
		return say(history, -errno, "%s: %s", place->database, strerror(errno));
	if (needs_other_way(result))
		return say(history, -EROFS,
			"%s-wal holds minutes that cannot be read here; copy history.db and "
			"history.db-wal to a directory with write permission",
			place->database);
	if (is_damage(result))
		return say(
			history, -EBADMSG, "%s: %s", place->database, sqlite3_errmsg(history->db));
	return sqlite_error(history, result);
}

static int reserve_memory(struct history *history)
{
	int error = sums_reserve(&history->sums);

	error = error ?: sums_reserve(&history->earlier);
	error = error ?: blob_reader_reserve(&history->reader);
	error = error ?: blob_reader_reserve(&history->life_reader);
	if (history->writable)
		error = error ?: blob_writer_reserve(&history->writer);
	if (history->writable)
		error = error ?: sketches_reserve(&history->hour);
	return error ? say(history, error,
			       "not enough memory: the history reserves %s of "
			       "address space",
			       history->writable ? "4.5 GB" : "2.5 GB")
		     : 0;
}

static int open_all(struct history *history, const char *state_dir, unsigned int flags)
{
	struct place place;
	int error = find_place(state_dir, &place);

	if (error)
		return say(history, error, "%s: %s", state_dir, strerror(-error));
	if (!(flags & HISTORY_CREATE) && access(place.database, F_OK)) {
		error = -errno;
		return error == -ENOENT || error == -ENOTDIR
			       ? say(history, -ENOENT, "there is no history in %s", state_dir)
			       : say(history, error, "%s: %s", place.database, strerror(-error));
	}
	error = reserve_memory(history);
	if (error)
		return error;
	return history->writable ? open_writer(history, &place, flags & HISTORY_CREATE)
				 : open_reader(history, &place);
}

int history_open(const char *state_dir, unsigned int flags, struct history **history,
	struct history_error *error)
{
	struct history *fresh = calloc(1, sizeof(*fresh));
	int status;

	*error = (struct history_error){""};
	if (!fresh) {
		snprintf(error->text, sizeof(error->text), "not enough memory");
		return -ENOMEM;
	}
	fresh->lock = -1;
	fresh->writable = flags & HISTORY_WRITE;
	fresh->open_hour = fresh->open_day = fresh->sketched_hour = NO_TIME;
	status = open_all(fresh, state_dir, fresh->writable ? flags : flags & ~HISTORY_CREATE);
	*error = fresh->error;
	fresh->has_sources = !status && schema_has_sources(fresh->db);
	if (status) {
		history_close(fresh);
		return status;
	}
	*history = fresh;
	return 0;
}

void history_close(struct history *history)
{
	if (!history)
		return;
	for (unsigned int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(history->statements[i]);
	if (history->db && history->writable && !sqlite3_get_autocommit(history->db))
		sqlite3_exec(history->db, "ROLLBACK", NULL, NULL, NULL);
	/* A stopped sensor leaves all in one file, which can be copied and read anywhere. */
	if (history->db && history->writable)
		sqlite3_wal_checkpoint_v2(
			history->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_close_v2(history->db);
	sums_release(&history->sums);
	sums_release(&history->earlier);
	sketches_release(&history->hour);
	sketches_release(&history->asked);
	blob_reader_release(&history->reader);
	blob_reader_release(&history->life_reader);
	if (history->writer.out.bytes)
		blob_writer_release(&history->writer);
	minute_release(&history->minute);
	if (history->lock >= 0)
		close(history->lock);
	free(history);
}
