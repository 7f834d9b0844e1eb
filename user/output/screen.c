/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/screen.h"

#include "user/lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Alternate screen, cursor hidden, no wrapping at the right edge; and all of it back. */
static const char take[] = "\033[?1049h\033[?25l\033[?7l\033[H\033[2J";
static const char give_back[] = "\033[0m\033[?7h\033[?25h\033[?1049l";

/* Those that end a process by default: first the terminal, then what they would have done. */
static const int fatal[] = {
	SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT, SIGALRM, SIGPIPE, SIGXCPU, SIGXFSZ};
/* Those that ask it to end. */
static const int polite[] = {SIGINT, SIGTERM, SIGHUP};

/* Signal handlers have no argument that could carry it. */
static struct {
	bool is_registered; /* with atexit() */
	volatile sig_atomic_t is_taken;
	volatile sig_atomic_t is_ended;
	volatile sig_atomic_t is_resized;
	int keys; /* -1: there are none */
	bool owns_keys;
	struct termios before;
	struct termios raw;
} screen = {.keys = -1};

/* Async-signal-safe: write and tcsetattr are. */
static void write_now(const char *text, size_t size)
{
	while (size) {
		ssize_t written = write(STDOUT_FILENO, text, size);

		if (written < 0 && errno != EINTR)
			return;
		if (written > 0) {
			text += written;
			size -= (size_t)written;
		}
	}
}

static void take_terminal(void)
{
	if (screen.keys >= 0)
		tcsetattr(screen.keys, TCSADRAIN, &screen.raw);
	write_now(take, sizeof(take) - 1);
	screen.is_taken = 1;
}

static void give_terminal_back(void)
{
	if (!screen.is_taken)
		return;
	screen.is_taken = 0;
	write_now(give_back, sizeof(give_back) - 1);
	if (screen.keys >= 0)
		tcsetattr(screen.keys, TCSADRAIN, &screen.before);
}

static void on_polite(int signal)
{
	(void)signal;
	screen.is_ended = 1;
}

static void on_resize(int signal)
{
	(void)signal;
	screen.is_resized = 1;
}

static void on_fatal(int number)
{
	give_terminal_back();
	signal(number, SIG_DFL);
	raise(number);
}

static void set_handler(int number, void (*handler)(int signal), int flags)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

	sigemptyset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

/* Stop as the default would, and go on from here when the shell continues the job. */
static void on_stop(int number)
{
	int saved = errno;
	sigset_t unblocked;

	give_terminal_back();
	set_handler(number, SIG_DFL, 0);
	raise(number);
	sigemptyset(&unblocked);
	sigaddset(&unblocked, number);
	sigprocmask(SIG_UNBLOCK, &unblocked, NULL); /* it stops here */
	set_handler(number, on_stop, 0);
	take_terminal();
	screen.is_resized = 1;
	errno = saved;
}

/* After a SIGSTOP, which no handler sees: the shell has had the terminal meanwhile. */
static void on_continue(int signal)
{
	(void)signal;
	if (!screen.is_taken)
		return;
	take_terminal();
	screen.is_resized = 1;
}

static void open_keys(void)
{
	screen.owns_keys = !isatty(STDIN_FILENO);
	screen.keys =
		screen.owns_keys ? open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY) : STDIN_FILENO;
	if (screen.keys < 0 || tcgetattr(screen.keys, &screen.before))
		return;
	screen.raw = screen.before;
	/* Keys one by one and unseen; Ctrl-C and Ctrl-Z remain signals. */
	screen.raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	screen.raw.c_cc[VMIN] = 1;
	screen.raw.c_cc[VTIME] = 0;
}

int screen_open(void)
{
	if (!screen.is_registered && atexit(give_terminal_back))
		return -ENOMEM;
	screen.is_registered = true;
	screen.is_ended = screen.is_resized = 0;
	open_keys();
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		set_handler(fatal[i], on_fatal, SA_RESETHAND);
	for (size_t i = 0; i < sizeof(polite) / sizeof(polite[0]); i++)
		set_handler(polite[i], on_polite, 0);
	set_handler(SIGWINCH, on_resize, 0);
	set_handler(SIGTSTP, on_stop, 0);
	set_handler(SIGCONT, on_continue, 0);
	take_terminal();
	return 0;
}

void screen_close(void)
{
	give_terminal_back();
	if (screen.owns_keys && screen.keys >= 0)
		close(screen.keys);
	screen.keys = -1;
}

/* Append to a text whose room the caller has reckoned. */
static size_t append(char *text, const char *more, size_t size)
{
	memcpy(text, more, size);
	return size;
}

int screen_draw(const char *page)
{
	static const char home[] = "\033[H", next[] = "\r\n", clear_line[] = "\033[K";
	/* What was below is cleared; the last line is not ended, which would scroll. */
	static const char clear_rest[] = "\033[0m\033[J";
	size_t size = strlen(page), used = 0;
	/* A line end becomes five bytes at most. */
	CLEANUP_FREE char *text = malloc(6 * size + 32);
	bool is_first = true;

	if (!text)
		return -ENOMEM;
	used += append(text + used, home, sizeof(home) - 1);
	while (*page) {
		size_t length = strcspn(page, "\n");

		if (!is_first)
			used += append(text + used, next, sizeof(next) - 1);
		used += append(text + used, clear_line, sizeof(clear_line) - 1);
		used += append(text + used, page, length);
		page += length + (page[length] == '\n');
		is_first = false;
	}
	used += append(text + used, clear_rest, sizeof(clear_rest) - 1);
	return file_write_all(STDOUT_FILENO, text, used);
}

int screen_wait(int milliseconds)
{
	struct pollfd poll_keys = {.fd = screen.keys, .events = POLLIN};
	unsigned char key;
	ssize_t size;
	int ready;

	if (!screen.is_ended && !screen.is_resized) {
		ready = poll(&poll_keys, 1, milliseconds);
		if (ready > 0) {
			size = read(screen.keys, &key, 1);
			if (size == 1)
				return key ? key : SCREEN_TIME;
			if (size == 0 || errno != EINTR)
				return SCREEN_END;
		}
	}
	if (screen.is_ended)
		return SCREEN_END;
	if (screen.is_resized) {
		screen.is_resized = 0;
		return SCREEN_RESIZE;
	}
	return SCREEN_TIME;
}
