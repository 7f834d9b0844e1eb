/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/history/world.h"

#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/wait.h>

static struct minute minute;
static uint64_t seed = 21;

static int try_open(unsigned int flags, struct history_error *error)
{
	struct history *history = NULL;
	int status = history_open(world_dir, flags, &history, error);

	history_close(history);
	return status;
}

static void fill(struct history *history, int64_t from, unsigned int minutes)
{
	for (unsigned int i = 0; i < minutes; i++) {
		random_minute(&minute, from + 60 * (int64_t)i, &seed);
		add_alone(history, &minute);
	}
}

static uint64_t count_minutes(struct history *history)
{
	return digest_of(history, TABLE_COVERAGE, BIN_MINUTE, 0, INT64_MAX).rows;
}

static void run_sql(const char *text)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(world_path("history.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void overwrite(const char *name, off_t at, const void *bytes, size_t size)
{
	int file = open(world_path(name), O_WRONLY);

	assert_true(file >= 0);
	assert_int_equal(pwrite(file, bytes, size, at), size);
	close(file);
}

static void no_history_is_said_and_not_made(void **state)
{
	struct history_error error;

	(void)state;
	assert_int_equal(try_open(HISTORY_READ, &error), -ENOENT);
	assert_non_null(strstr(error.text, "there is no history in /tmp/teiten-history-"));
	assert_int_equal(try_open(HISTORY_WRITE, &error), -ENOENT);
	assert_int_equal(access(world_path("history.db"), F_OK), -1);
}

static void a_second_writer_is_refused_and_a_left_over_lock_is_not(void **state)
{
	struct history *history = open_new();
	struct history_error error;

	(void)state;
	assert_int_equal(try_open(HISTORY_WRITE, &error), -EBUSY);
	history_close(history);
	assert_int_equal(access(world_path("history.lock"), F_OK), 0);
	assert_int_equal(try_open(HISTORY_WRITE, &error), 0);
}

static void files_are_for_owner_and_group(void **state)
{
	static const char *const names[] = {"history.db", "history.db-wal", "history.db-shm"};
	mode_t before = umask(0);
	struct history *history = open_new();
	struct stat file;

	(void)state;
	fill(history, FEB11, 1);
	umask(before);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(stat(world_path(names[i]), &file), 0);
		assert_int_equal(file.st_mode & 0777, 0640);
	}
	history_close(history);
}

static void another_schema_is_refused_and_left_alone(void **state)
{
	struct history *history = open_new();
	struct history_error error;

	(void)state;
	fill(history, FEB11, 2);
	history_close(history);
	for (unsigned int i = 0; i < 2; i++) {
		run_sql(i ? "PRAGMA user_version = 0" : "PRAGMA user_version = 3");
		assert_int_equal(try_open(HISTORY_WRITE | HISTORY_CREATE, &error), -EPROTO);
		assert_non_null(strstr(error.text, i ? "version 0" : "version 3"));
		assert_non_null(
			strstr(error.text, "use the teiten that wrote it, or another --state"));
		assert_int_equal(try_open(HISTORY_READ, &error), -EPROTO);
	}
	assert_int_equal(access(world_path("history.db.damaged-1"), F_OK), -1);
	run_sql("PRAGMA user_version = 2");
	history = open_as(HISTORY_READ);
	assert_int_equal(count_minutes(history), 2);
	history_close(history);
}

static void a_foreign_database_is_refused_and_left_alone(void **state)
{
	struct history_error error;

	(void)state;
	run_sql("CREATE TABLE other (x); PRAGMA user_version = 2");
	assert_int_equal(try_open(HISTORY_WRITE | HISTORY_CREATE, &error), -EPROTO);
	assert_int_equal(try_open(HISTORY_READ, &error), -EPROTO);
	run_sql("SELECT x FROM other");
}

static void a_damaged_database_is_moved_aside_by_a_writer(void **state)
{
	static const char *const damage[] = {"not a database", "SQLite format 3"};
	char garbage[3000];
	struct history_error error;
	struct history *history;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		char name[64];

		history = open_new();
		fill(history, FEB11, 70);
		history_close(history);
		/* A header that is none; then pages that are none. */
		memset(garbage, 'x', sizeof(garbage));
		memcpy(garbage, damage[i], strlen(damage[i]));
		overwrite("history.db", i ? 4096 : 0, garbage, sizeof(garbage));
		assert_int_equal(try_open(HISTORY_READ, &error) == -EBADMSG || i, 1);
		assert_int_equal(try_open(HISTORY_WRITE, &error), 0);
		snprintf(name, sizeof(name), "history.db.damaged-%u", i + 1);
		assert_non_null(strstr(error.text, name));
		assert_int_equal(access(world_path(name), F_OK), 0);
		history = open_as(HISTORY_WRITE);
		assert_int_equal(count_minutes(history), 0);
		fill(history, FEB11, 1);
		assert_int_equal(count_minutes(history), 1);
		history_close(history);
	}
}

static void a_damaged_minute_is_a_gap_and_moved_aside(void **state)
{
	struct history *history = open_new();

	(void)state;
	fill(history, FEB11, 30);
	history_close(history);
	run_sql("UPDATE minute SET data = substr(data, 1, 40) WHERE start = 1392076860;"
		"UPDATE minute SET data = NULL || zeroblob(0) WHERE 0;"
		"UPDATE minute SET data = zeroblob(70) WHERE start = 1392076920");
	history = open_as(HISTORY_READ);
	assert_int_equal(count_minutes(history), 28);
	assert_int_equal(history_damaged(history), 2);
	history_close(history);
	history = open_as(HISTORY_WRITE);
	fill(history, FEB11 + 3600, 1);
	assert_int_equal(history_damaged(history), 2);
	assert_int_equal(count_minutes(history), 29);
	assert_int_equal(history_damaged(history), 2);
	history_close(history);
	run_sql("DELETE FROM minute WHERE (SELECT count(*) FROM damaged) != 2");
	history = open_as(HISTORY_READ);
	assert_int_equal(count_minutes(history), 29);
	history_close(history);
}

static void a_reader_sees_one_state_while_the_writer_goes_on(void **state)
{
	struct history *writer = open_new();
	struct history *reader;

	(void)state;
	fill(writer, FEB11, 3);
	reader = open_as(HISTORY_READ);
	assert_int_equal(history_begin(writer), 0);
	random_minute(&minute, FEB11 + 7200, &seed);
	assert_int_equal(history_add_minute(writer, &minute), 0);
	assert_int_equal(count_minutes(reader), 3);
	assert_int_equal(history_commit(writer), 0);
	assert_int_equal(count_minutes(reader), 4);
	history_close(writer);
	assert_int_equal(count_minutes(reader), 4);
	history_close(reader);
}

/* As another user, who may read the files and nothing else; the number of minutes, or 255. */
static uint64_t count_as_nobody(void)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		struct history *history;
		struct history_error error;

		if (setgid(65534) || setuid(65534) ||
			history_open(world_dir, HISTORY_READ, &history, &error))
			_exit(255);
		_exit((int)count_minutes(history));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return (uint64_t)WEXITSTATUS(status);
}

static void let_everybody_read(void)
{
	static const char *const names[] = {"history.db", "history.db-wal", "history.db-shm"};

	chmod(world_dir, 0755);
	for (unsigned int i = 0; i < 3; i++)
		if (access(world_path(names[i]), F_OK) == 0)
			chmod(world_path(names[i]), 0644);
}

static void readers_need_no_write_permission(void **state)
{
	struct history *writer;
	pid_t child;

	(void)state;
	if (getuid() != 0) {
		print_message("SKIPPED: changing users needs root\n");
		skip();
	}
	writer = open_new();
	fill(writer, FEB11, 3);
	let_everybody_read();
	assert_int_equal(count_as_nobody(), 3); /* while the sensor runs */
	history_close(writer);
	assert_int_equal(count_as_nobody(), 3); /* when it is stopped */
	unlink(world_path("history.db-wal"));
	unlink(world_path("history.db-shm"));
	assert_int_equal(count_as_nobody(), 3); /* a copy of the file alone */

	/* Killed: what it committed lies in the WAL alone. */
	child = fork();
	if (child == 0) {
		writer = open_as(HISTORY_WRITE);
		fill(writer, FEB11 + 600, 2);
		_exit(0);
	}
	assert_int_equal(waitpid(child, NULL, 0), child);
	let_everybody_read();
	assert_int_equal(count_as_nobody(), 5);
	unlink(world_path("history.db-shm"));
	assert_int_equal(count_as_nobody(), 5);
}

/* Two minutes that are in the WAL alone: their writer was killed, and its -shm is gone. */
static void leave_minutes_in_the_wal(void)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		fill(open_as(HISTORY_WRITE), FEB11 + 600, 2);
		_exit(0);
	}
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(unlink(world_path("history.db-shm")), 0);
}

static void a_wal_on_a_read_only_file_system_is_read_from_a_copy(void **state)
{
	char copies[] = "/tmp/teiten-copies-XXXXXX";
	struct history_error error;
	struct history *history;

	(void)state;
	if (mount("tmpfs", world_dir, "tmpfs", 0, "size=8m,mode=0755")) {
		print_message("SKIPPED: a file system needs root: %s\n", strerror(errno));
		skip();
	}
	history = open_new();
	fill(history, FEB11, 3);
	history_close(history);
	leave_minutes_in_the_wal();
	assert_int_equal(mount(NULL, world_dir, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	assert_non_null(mkdtemp(copies));
	assert_int_equal(setenv("TMPDIR", copies, 1), 0);
	history = open_as(HISTORY_READ);
	assert_int_equal(count_minutes(history), 5);
	/* The copy has no name any more: however the reader ends, nothing is left. */
	assert_int_equal(rmdir(copies), 0);
	history_close(history);
	/* No place for a copy: the three minutes of the file are not taken for the whole. */
	assert_int_equal(try_open(HISTORY_READ, &error), -EROFS);
	assert_non_null(strstr(error.text, "history.db-wal holds minutes that cannot be read"));
	assert_int_equal(unsetenv("TMPDIR"), 0);
	assert_int_equal(umount(world_dir), 0);
}

static void a_full_disk_costs_the_minute_and_nothing_else(void **state)
{
	struct history *history;
	uint64_t before, at_failure = 0;
	int status = 0;
	char file[4096] = "";
	int filler;

	(void)state;
	if (mount("tmpfs", world_dir, "tmpfs", 0, "size=1m,mode=0755")) {
		print_message("SKIPPED: a small file system needs root: %s\n", strerror(errno));
		skip();
	}
	history = open_new();
	fill(history, FEB11, 70);
	before = count_minutes(history);
	assert_int_equal(before, 70);
	filler = open(world_path("filler"), O_WRONLY | O_CREAT, 0600);
	assert_true(filler >= 0);
	while (write(filler, file, sizeof(file)) > 0)
		;
	close(filler);
	for (unsigned int i = 0; i < 200 && !status; i++) {
		random_minute(&minute, FEB11 + 60 * (70 + (int64_t)i), &seed);
		assert_int_equal(history_begin(history), 0);
		status = history_add_minute(history, &minute);
		status = status ? status : history_commit(history);
		at_failure = i;
	}
	assert_int_equal(status, -ENOSPC);
	assert_int_equal(history_rollback(history), 0);
	assert_int_equal(count_minutes(history), 70 + at_failure);
	/* Space returns: the same minute goes in. */
	unlink(world_path("filler"));
	add_alone(history, &minute);
	assert_int_equal(count_minutes(history), 71 + at_failure);
	history_close(history);
	history = open_as(HISTORY_WRITE);
	assert_int_equal(count_minutes(history), 71 + at_failure);
	history_close(history);
	assert_int_equal(umount(world_dir), 0);
}

static void an_open_hour_that_cannot_be_read_is_not_taken_for_none(void **state)
{
	struct history *history = open_new();

	(void)state;
	random_minute(&minute, FEB11, &seed);
	add_alone(history, &minute);
	run_sql("ALTER TABLE meta RENAME TO away");
	assert_true(history_begin(history) < 0);
	assert_non_null(strstr(history_message(history), "meta"));
	/* It has left no transaction open. */
	run_sql("ALTER TABLE away RENAME TO meta");
	random_minute(&minute, FEB11 + 3600, &seed);
	add_alone(history, &minute);
	assert_int_equal(count_minutes(history), 2);
	history_close(history);
}

int main(void)
{
#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, world_open, world_close)
	const struct CMUnitTest tests[] = {
		IN_A_WORLD(no_history_is_said_and_not_made),
		IN_A_WORLD(a_second_writer_is_refused_and_a_left_over_lock_is_not),
		IN_A_WORLD(files_are_for_owner_and_group),
		IN_A_WORLD(another_schema_is_refused_and_left_alone),
		IN_A_WORLD(a_foreign_database_is_refused_and_left_alone),
		IN_A_WORLD(a_damaged_database_is_moved_aside_by_a_writer),
		IN_A_WORLD(a_damaged_minute_is_a_gap_and_moved_aside),
		IN_A_WORLD(a_reader_sees_one_state_while_the_writer_goes_on),
		IN_A_WORLD(readers_need_no_write_permission),
		IN_A_WORLD(a_wal_on_a_read_only_file_system_is_read_from_a_copy),
		IN_A_WORLD(a_full_disk_costs_the_minute_and_nothing_else),
		IN_A_WORLD(an_open_hour_that_cannot_be_read_is_not_taken_for_none),
	};

	assert_int_equal(minute_reserve(&minute), 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
