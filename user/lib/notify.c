/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/lib/notify.h"

#include "user/lib/file.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

int notify_open(int *fd)
{
	const char *name = getenv("NOTIFY_SOCKET");
	const struct timeval patience = {.tv_sec = 1};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	CLEANUP_FD int fresh = -1;
	size_t length;

	*fd = -1;
	if (!name || !name[0])
		return 0;
	length = strlen(name);
	if ((name[0] != '/' && name[0] != '@') || !name[1])
		return -EAFNOSUPPORT;
	if (length >= sizeof(address.sun_path))
		return -E2BIG;
	memcpy(address.sun_path, name, length);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	fresh = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fresh < 0 || setsockopt(fresh, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) ||
		connect(fresh, (const struct sockaddr *)&address,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)))
		return -errno;
	*fd = take_fd(&fresh);
	return 0;
}

int notify_send(int fd, const char *text)
{
	if (fd < 0)
		return 0;
	return send(fd, text, strlen(text), MSG_NOSIGNAL) < 0 ? -errno : 0;
}
