/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/generator/output.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64
#define TICK 0.01 /* seconds */

struct sender {
	int fd;
	struct world *world;
	struct books *books;
	unsigned int count;
	struct frame frame[BATCH];
	int attack[BATCH];
	struct iovec part[BATCH];
	struct mmsghdr message[BATCH];
};

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int open_device(const char *interface, bool bypass)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET};
	int one = 1, size = 4 << 20, error;
	int fd;

	address.sll_ifindex = (int)if_nametoindex(interface);
	if (!address.sll_ifindex)
		return -errno;
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if ((bypass && setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)) != 0) ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

/* Send what is collected; only what the kernel took is entered. */
static int flush(struct sender *sender)
{
	unsigned int done = 0;

	while (done < sender->count) {
		int sent = sendmmsg(sender->fd, sender->message + done, sender->count - done, 0);

		if (sent < 0 && (errno == ENOBUFS || errno == EAGAIN)) {
			struct pollfd writable = {.fd = sender->fd, .events = POLLOUT};

			sender->books->refused += errno == ENOBUFS;
			poll(&writable, 1, 1);
			continue;
		}
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -errno;
		for (; sent; sent--, done++)
			books_enter(sender->books, &sender->frame[done], sender->attack[done]);
		/* Of the frame that ended it sendmmsg() does not say more. */
		sender->books->refused += done < sender->count;
	}
	sender->count = 0;
	return 0;
}

static int push(struct sender *sender, int attack)
{
	unsigned int i = sender->count++;
	struct plan plan;

	if (attack < 0)
		world_plan_background(sender->world, &plan);
	else
		world_plan_attack(sender->world, (unsigned int)attack, &plan);
	frame_build(&plan, &sender->world->random, &sender->frame[i]);
	sender->attack[i] = attack;
	sender->part[i] = (struct iovec){sender->frame[i].bytes, sender->frame[i].size};
	sender->message[i].msg_hdr = (struct msghdr){.msg_iov = &sender->part[i], .msg_iovlen = 1};
	return sender->count == BATCH ? flush(sender) : 0;
}

static int push_many(struct sender *sender, uint64_t count, int attack)
{
	int error = 0;

	for (; count && !error && !stopped; count--)
		error = push(sender, attack);
	return error;
}

/* One stretch of paced traffic. */
static int send_tick(struct sender *sender, double seconds)
{
	struct world *world = sender->world;
	int error = push_many(sender, world_background(world, (double)time(NULL), seconds), -1);

	for (unsigned int i = 0; i < world->attack_count && !error; i++)
		error = push_many(sender, world_attack(world, i, seconds), (int)i);
	return error ? error : flush(sender);
}

int output_send(struct world *world, struct books *books, const char *interface, double seconds,
	double rate)
{
	static struct sender sender;
	struct sigaction action = {.sa_handler = stop};
	double start = now(), sent_until = start, end = start + seconds;
	int error = 0;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sender.world = world;
	sender.books = books;
	sender.fd = open_device(interface, rate == 0);
	if (sender.fd < 0)
		error = sender.fd;
	world->rate = rate * 60;
	while (!error && !stopped && sent_until < end) {
		double time = now() < end ? now() : end;

		if (rate == 0) {
			error = push_many(&sender, BATCH, -1);
		} else if (time > sent_until) {
			error = send_tick(&sender, time - sent_until);
		}
		sent_until = time;
		if (rate != 0 && time < end)
			usleep((useconds_t)(TICK * 1e6));
	}
	if (sender.fd >= 0) {
		/* A signal may have come between two batches. */
		if (!error)
			error = flush(&sender);
		close(sender.fd);
	}
	if (error)
		fprintf(stderr, "darknet-generator: %s: %s\n", interface, strerror(-error));
	return error;
}
