/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/kernel/device.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static bool read_number(const char *interface, const char *name, uint64_t *number)
{
	char path[128], text[32];
	FILE *file;
	bool ok;

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", interface, name);
	file = fopen(path, "re");
	if (!file)
		return false;
	ok = fgets(text, sizeof(text), file) != NULL && sscanf(text, "%lu", number) == 1;
	fclose(file);
	return ok;
}

bool device_receive_drops(const char *interface, unsigned int ifindex, uint64_t *drops)
{
	static const char *const names[] = {
		"statistics/rx_missed_errors",
		"statistics/rx_fifo_errors",
		"statistics/rx_over_errors",
	};
	uint64_t sum = 0, number;

	/* Whoever entered a network namespace alone sees the sysfs of another. */
	if (!read_number(interface, "ifindex", &number) || number != ifindex)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!read_number(interface, names[i], &number))
			return false;
		sum += number;
	}
	*drops = sum;
	return true;
}

int device_socket(void)
{
	/* Of a family without addresses and peers: it can ask, and reach nobody. */
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

unsigned int device_index(int socket, const char *interface)
{
	struct ifreq request = {0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	return ioctl(socket, SIOCGIFINDEX, &request) ? 0 : (unsigned int)request.ifr_ifindex;
}

int device_state(int socket, unsigned int index, char name[IF_NAMESIZE], bool *is_up)
{
	struct ifreq request = {.ifr_ifindex = (int)index};

	if (index == 0)
		return -ENODEV;
	/* Renamed between the two questions it is not found: the next second tells. */
	if (ioctl(socket, SIOCGIFNAME, &request))
		return -errno;
	if (ioctl(socket, SIOCGIFFLAGS, &request))
		return errno == ENODEV ? -EAGAIN : -errno;
	snprintf(name, IF_NAMESIZE, "%s", request.ifr_name);
	*is_up = request.ifr_flags & IFF_UP;
	return 0;
}

/* Of this process's network namespace, whatever /sys shows. False: it cannot be told. */
static bool ask(const char *interface, unsigned long what, struct ifreq *request)
{
	int fd = device_socket();
	bool told;

	if (fd < 0)
		return false;
	memset(request, 0, sizeof(*request));
	snprintf(request->ifr_name, sizeof(request->ifr_name), "%s", interface);
	told = ioctl(fd, what, request) == 0;
	close(fd);
	return told;
}

bool device_is_up(const char *interface)
{
	struct ifreq request;

	return ask(interface, SIOCGIFFLAGS, &request) && request.ifr_flags & IFF_UP;
}

bool device_is_promiscuous(const char *interface)
{
	struct ifreq request;

	return ask(interface, SIOCGIFFLAGS, &request) && request.ifr_flags & IFF_PROMISC;
}

unsigned int device_mtu(const char *interface)
{
	struct ifreq request;

	return ask(interface, SIOCGIFMTU, &request) ? (unsigned int)request.ifr_mtu : 0;
}

/* /proc/net/route: name destination gateway flags refcnt use metric mask ... (hexadecimal). */
static bool has_default_route4(const char *interface)
{
	char line[256], name[IF_NAMESIZE + 1];
	unsigned long destination, mask;
	FILE *file = fopen("/proc/net/route", "re");
	bool found = false;

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%16s %lx %*x %*x %*d %*d %*d %lx", name, &destination,
				&mask) == 3 &&
			destination == 0 && mask == 0 && strcmp(name, interface) == 0;
	fclose(file);
	return found;
}

/* /proc/net/ipv6_route: destination length source length gateway metric refcnt use flags name. */
static bool has_default_route6(const char *interface)
{
	const unsigned int reject = 0x200; /* RTF_REJECT: "unreachable", not a way out */
	char line[256], destination[33], name[IF_NAMESIZE + 1];
	unsigned int length, flags;
	FILE *file = fopen("/proc/net/ipv6_route", "re");
	bool found = false;

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%32s %x %*s %*x %*s %*x %*x %*x %x %16s", destination,
				&length, &flags, name) == 4 &&
			length == 0 && strspn(destination, "0") == 32 && !(flags & reject) &&
			strcmp(name, interface) == 0;
	fclose(file);
	return found;
}

bool device_has_default_route(const char *interface)
{
	return has_default_route4(interface) || has_default_route6(interface);
}
