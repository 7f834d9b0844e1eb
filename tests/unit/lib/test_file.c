/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct folder {
	char name[64];
	char path[96];
};

static struct folder make_folder(void)
{
	struct folder folder;

	snprintf(folder.name, sizeof(folder.name), "/tmp/teiten-test-XXXXXX");
	assert_non_null(mkdtemp(folder.name));
	snprintf(folder.path, sizeof(folder.path), "%s/file", folder.name);
	return folder;
}

static size_t files_in(const struct folder *folder)
{
	char pattern[96];
	glob_t found;
	size_t count;

	snprintf(pattern, sizeof(pattern), "%s/*", folder->name);
	count = glob(pattern, 0, NULL, &found) ? 0 : found.gl_pathc;
	if (count)
		globfree(&found);
	return count;
}

static void remove_folder(const struct folder *folder)
{
	unlink(folder->path);
	rmdir(folder->path);
	assert_int_equal(rmdir(folder->name), 0);
}

static void assert_content(const char *path, const char *expected)
{
	CLEANUP_FREE char *data = NULL;
	size_t size;

	assert_int_equal(file_read_all(path, 1 << 20, &data, &size), 0);
	assert_int_equal(size, strlen(expected));
	assert_string_equal(data, expected);
}

static void replacing_writes_the_whole_new_content_with_the_exact_mode(void **state)
{
	struct folder folder = make_folder();
	struct stat status;

	(void)state;
	umask(077);
	assert_int_equal(file_replace(folder.path, "first", 5, 0644, FILE_DURABLE), 0);
	assert_content(folder.path, "first");
	assert_int_equal(stat(folder.path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0644);
	assert_int_equal(file_replace(folder.path, "", 0, 0640, FILE_VISIBLE), 0);
	assert_content(folder.path, "");
	assert_int_equal(files_in(&folder), 1);
	remove_folder(&folder);
}

static void a_reader_that_has_the_old_file_open_keeps_it(void **state)
{
	struct folder folder = make_folder();
	char text[8] = "";
	int fd;

	(void)state;
	assert_int_equal(file_replace(folder.path, "old", 3, 0644, FILE_VISIBLE), 0);
	fd = open(folder.path, O_RDONLY);
	assert_int_equal(file_replace(folder.path, "new", 3, 0644, FILE_VISIBLE), 0);
	assert_int_equal(read(fd, text, 7), 3);
	assert_string_equal(text, "old");
	close(fd);
	remove_folder(&folder);
}

static void a_full_disk_leaves_the_old_file_and_nothing_beside_it(void **state)
{
	struct folder folder = make_folder();
	struct rlimit before, limit;
	char large[8192] = {0};

	(void)state;
	assert_int_equal(file_replace(folder.path, "old", 3, 0644, FILE_VISIBLE), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 4096;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(
		file_replace(folder.path, large, sizeof(large), 0644, FILE_DURABLE), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_content(folder.path, "old");
	assert_int_equal(files_in(&folder), 1);
	remove_folder(&folder);
}

static void a_target_that_cannot_be_replaced_leaves_nothing_beside_it(void **state)
{
	struct folder folder = make_folder();

	(void)state;
	assert_int_equal(mkdir(folder.path, 0755), 0);
	assert_int_equal(file_replace(folder.path, "x", 1, 0644, FILE_VISIBLE), -EISDIR);
	assert_int_equal(files_in(&folder), 1);
	assert_int_equal(file_replace("/nonexistent/file", "x", 1, 0644, FILE_VISIBLE), -ENOENT);
	remove_folder(&folder);
}

static void a_file_of_the_limit_is_read_and_one_byte_more_is_not(void **state)
{
	struct folder folder = make_folder();
	static char content[10001];
	char *data = NULL;
	size_t size = 7;

	(void)state;
	memset(content, 'x', sizeof(content));
	assert_int_equal(file_replace(folder.path, content, 10000, 0644, FILE_VISIBLE), 0);
	assert_int_equal(file_read_all(folder.path, 10000, &data, &size), 0);
	assert_int_equal(size, 10000);
	assert_memory_equal(data, content, 10000);
	assert_int_equal(data[10000], 0);
	free(data);
	data = NULL;
	size = 7;
	assert_int_equal(file_read_all(folder.path, 9999, &data, &size), -EFBIG);
	assert_null(data);
	assert_int_equal(size, 7);
	assert_int_equal(file_read_all(folder.path, 0, &data, &size), -EFBIG);
	remove_folder(&folder);
}

static void a_file_without_a_known_size_is_read_to_its_end(void **state)
{
	CLEANUP_FREE char *data = NULL;
	size_t size;

	(void)state;
	assert_int_equal(file_read_all("/proc/self/status", 1 << 20, &data, &size), 0);
	assert_true(size > 100);
	assert_int_equal(size, strlen(data));
	assert_int_equal(file_read_all("/dev/zero", 100000, &data, &size), -EFBIG);
	assert_int_equal(file_read_all("/tmp", 100000, &data, &size), -EISDIR);
}

static int cleaned_up_fd(void)
{
	CLEANUP_FD int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	return fd;
}

static void cleanup_closes_and_taking_keeps(void **state)
{
	int gone = cleaned_up_fd();
	CLEANUP_FD int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	CLEANUP_FREE char *text = strdup("text");
	char *taken = take_pointer(&text);
	int kept = take_fd(&fd);

	(void)state;
	assert_int_equal(gone, kept);
	assert_int_equal(fd, -1);
	assert_null(text);
	assert_int_equal(fcntl(kept, F_GETFD), FD_CLOEXEC);
	close(kept);
	free(taken);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replacing_writes_the_whole_new_content_with_the_exact_mode),
		cmocka_unit_test(a_reader_that_has_the_old_file_open_keeps_it),
		cmocka_unit_test(a_full_disk_leaves_the_old_file_and_nothing_beside_it),
		cmocka_unit_test(a_target_that_cannot_be_replaced_leaves_nothing_beside_it),
		cmocka_unit_test(a_file_of_the_limit_is_read_and_one_byte_more_is_not),
		cmocka_unit_test(a_file_without_a_known_size_is_read_to_its_end),
		cmocka_unit_test(cleanup_closes_and_taking_keeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
