/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages to the operator, on standard error, one line each: text for a terminal, as columns.h
 * cleans it, of 1,023 bytes at most. Only commands and the pipeline's edges log; stages return
 * errors. errno is preserved.
 */
#ifndef TEITEN_LIB_LOG_H
#define TEITEN_LIB_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO };

/* "teiten: <message>\n" (errors and warnings with that word in front). */
void log_message(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define log_error(...) log_message(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_message(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_message(LOG_LEVEL_INFO, __VA_ARGS__)

#endif
