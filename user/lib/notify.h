/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a supervisor is told: sd_notify(3)'s protocol, a datagram of NAME=VALUE lines to the Unix
 * socket that $NOTIFY_SOCKET names. The socket is connected once, so that telling needs neither
 * privileges nor a path later: one sendto() on a descriptor.
 */
#ifndef TEITEN_LIB_NOTIFY_H
#define TEITEN_LIB_NOTIFY_H

/*
 * *fd is the connected socket, the caller's to close, or -1 when nobody supervises (no
 * $NOTIFY_SOCKET). Returns 0; -EAFNOSUPPORT for an address that is neither a path nor abstract;
 * -E2BIG for one too long; or the system's -errno. *fd is -1 on failure.
 */
int notify_open(int *fd);

/*
 * Tell a text, "READY=1" or "WATCHDOG=1\nSTATUS=...". Waits a second at most for a supervisor that
 * does not read. Without a socket (-1) it does nothing. 0 or -errno.
 */
int notify_send(int fd, const char *text);

#endif
