/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/cmd.h"

#include "user/cmd/setup.h"
#include "user/cmd/top_read.h"
#include "user/lib/file.h"
#include "user/lib/log.h"
#include "user/lib/text.h"
#include "user/output/screen.h"
#include "user/output/terminal.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_PORTS 20
/* The screen is drawn again this often; counts change with the minute (milliseconds). */
#define DRAW_EVERY 1000
/* Lines of TOP_PORTS_MAX ports with all their styles, or a terminal of 1,000 by 300. */
#define PAGE_BYTES (512 << 10)

struct top {
	struct common_options options;
	enum top_window window;
	uint64_t ports;
	bool once;
	bool json;
	struct config config;
	struct top_reader reader;
	struct top_view view;
	char page[PAGE_BYTES];
};

/* -- One snapshot -------------------------------------------------------------------------- */

static int finish_output(void)
{
	if (fflush(stdout) || ferror(stdout)) {
		log_error("standard output: %s", strerror(errno));
		return CMD_FAILED;
	}
	return CMD_DONE;
}

static int print_json(const struct top *top)
{
	json_t *object = top_json(&top->view);
	int error =
		object ? json_dumpf(object, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) : -1;

	json_decref(object);
	if (error) {
		log_error("out of memory");
		return CMD_FAILED;
	}
	puts("");
	return finish_output();
}

static int print_once(struct top *top)
{
	struct page_look look = terminal_look(stdout);
	struct page page;

	top_read(&top->reader, top->window, &top->view);
	if (top->json)
		return print_json(top);
	page_init(&page, top->page, sizeof(top->page), &look);
	top_page(&page, &top->view, false);
	fputs(page_finish(&page), stdout);
	return finish_output();
}

/* -- The screen ---------------------------------------------------------------------------- */

static int draw(struct top *top)
{
	struct page_look look = terminal_look(stdout);
	struct page page;

	terminal_size(stdout, &look.width, &look.height);
	page_init(&page, top->page, sizeof(top->page), &look);
	top_page(&page, &top->view, true);
	return screen_draw(page_finish(&page));
}

/* Whether the key ends the program; others change what is shown. */
static bool take_key(struct top *top, int key)
{
	enum top_window before = top->window;

	switch (key) {
	case 'q':
	case 'Q':
	case 3: /* Ctrl-C where the terminal makes no signal of it */
		return true;
	case 'm':
		top->window = TOP_MINUTE;
		break;
	case 'h':
		top->window = TOP_HOUR;
		break;
	case 'd':
		top->window = TOP_DAY;
		break;
	default:
		return false;
	}
	if (top->window != before)
		top_read(&top->reader, top->window, &top->view);
	return false;
}

static int run(struct top *top)
{
	int event = SCREEN_TIME, error = 0;

	top_read(&top->reader, top->window, &top->view);
	while (!error && event != SCREEN_END) {
		error = draw(top);
		event = error ? SCREEN_END : screen_wait(DRAW_EVERY);
		if (event > 0 && take_key(top, event))
			break;
		if (event == SCREEN_TIME && top_read_pulse(&top->reader, &top->view))
			top_read(&top->reader, top->window, &top->view);
	}
	return error;
}

static int show(struct top *top)
{
	int error = screen_open();

	if (!error)
		error = run(top);
	screen_close();
	if (error) {
		log_error("standard output: %s", strerror(-error));
		return CMD_FAILED;
	}
	return CMD_DONE;
}

/* -- Command line -------------------------------------------------------------------------- */

enum { KEY_ONCE = OPTION_OWN, KEY_JSON, KEY_OVER };

static const struct argp_option argp_options[] = {
	OPTIONS_CONFIG,
	OPTIONS_INTERFACE("this sensor"),
	OPTIONS_STATE,
	{"over", KEY_OVER, "WINDOW", 0, "the last minute, hour (default) or day", 0},
	{"ports", 'n', "COUNT", 0, "so many ports with --once and --json (default 20, at most 200)",
		0},
	{"once", KEY_ONCE, NULL, 0, "one snapshot as text; the default where there is no terminal",
		0},
	{"json", KEY_JSON, NULL, 0, "one snapshot as one JSON object", 0},
	{0},
};

static void parse_window(struct argp_state *state, struct top *top, const char *name)
{
	for (unsigned int i = 0; i < TOP_WINDOWS; i++) {
		if (strcmp(name, top_window_name((enum top_window)i)) == 0) {
			top->window = (enum top_window)i;
			return;
		}
	}
	argp_error(state, "--over '%s' is not one of minute, hour, day", name);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct top *top = state->input;

	switch (key) {
	case KEY_OVER:
		parse_window(state, top, argument);
		return 0;
	case 'n':
		if (text_parse_unsigned(argument, TOP_PORTS_MAX, &top->ports) || !top->ports)
			argp_error(state, "--ports '%s' is not a number from 1 to %d", argument,
				TOP_PORTS_MAX);
		return 0;
	case KEY_ONCE:
		top->once = true;
		return 0;
	case KEY_JSON:
		top->json = true;
		return 0;
	default:
		return options_parse(key, argument, state, &top->options);
	}
}

int cmd_top(int argc, char **argv)
{
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.doc = "The last minutes, live: ports, classes, and what is unusual about them. "
		       "Also "
		       "of a history that no sensor writes.\v"
		       "Keys: q ends; m, h and d show the last minute, hour and day.",
	};
	struct top *top = calloc(1, sizeof(*top));
	bool is_screen;
	int status;

	if (!top)
		return CMD_FAILED;
	top->window = TOP_HOUR;
	top->ports = DEFAULT_PORTS;
	argp_parse(&argp, argc, argv, 0, NULL, top);
	is_screen = !top->once && !top->json && terminal_is_screen(stdout);
	status = setup_config(&top->options, &top->config);
	if (status != CMD_DONE) {
		free(top);
		return status;
	}
	if (top_reader_open(&top->reader, &top->config, top->options.interface,
		    is_screen ? TOP_PORTS_MAX : (size_t)top->ports)) {
		log_error("%s", top->reader.trouble);
		status = CMD_FAILED;
	} else {
		status = is_screen ? show(top) : print_once(top);
		top_reader_close(&top->reader);
	}
	config_release(&top->config);
	free(top);
	return status;
}
