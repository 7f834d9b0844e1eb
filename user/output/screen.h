/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole terminal as one page that is drawn again and again, and its keys.
 *
 * screen_open() switches to the alternate screen, hides the cursor and takes keys one by one. The
 * terminal is put back by screen_close(), and whatever ends the process: a return from main,
 * exit(), a signal that kills or stops it, an assertion. (SIGKILL alone cannot be helped.) After a
 * stop (Ctrl-Z) and "fg" the screen is taken again and drawn anew.
 *
 * One at a time; the process's signal dispositions are the screen's while it is open.
 */
#ifndef TEITEN_OUTPUT_SCREEN_H
#define TEITEN_OUTPUT_SCREEN_H

#include <stddef.h>

/* 0 or -errno. Keys come from standard input, or the controlling terminal where that is none. */
int screen_open(void);
void screen_close(void);

/* Replace what is shown; lines end with "\n" and are no wider and no more than the terminal. */
int screen_draw(const char *page);

enum screen_event {
	SCREEN_TIME = -1,   /* nothing happened */
	SCREEN_RESIZE = -2, /* the size changed, or the screen was taken again */
	SCREEN_END = -3,    /* a signal, or no more keys: end in order */
};

/* Wait at most so many milliseconds: a key (a character above 0) or an event. */
int screen_wait(int milliseconds);

#endif
