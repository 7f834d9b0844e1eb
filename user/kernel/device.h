/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the system says about an interface of this process's network namespace. */
#ifndef TEITEN_KERNEL_DEVICE_H
#define TEITEN_KERNEL_DEVICE_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

/* Whether a default route leaves through the interface: dropping there locks the operator out. */
bool device_has_default_route(const char *interface);

/*
 * Frames that the device or its driver lost before XDP saw them: rx_missed_errors, rx_over_errors
 * and rx_fifo_errors as /sys/class/net/<interface>/statistics has them. False when /sys has no such
 * interface of number ifindex: it is gone, or /sys is of another network namespace (one that has an
 * interface of the same name and number is taken for this one: no more can be seen). It makes no
 * call that a confined sensor may not.
 */
bool device_receive_drops(const char *interface, unsigned int ifindex, uint64_t *drops);

/* Whether the interface is up. */
bool device_is_up(const char *interface);

/* Whether it takes frames for others, as a mirrored port needs. */
bool device_is_promiscuous(const char *interface);

/*
 * A socket to ask about the interfaces of this process's network namespace, for the two below: they
 * then need neither privileges nor a sysfs of that namespace. The caller closes it. A negative
 * errno on failure.
 */
int device_socket(void);

/* The interface's number; 0 when there is none of that name. */
unsigned int device_index(int socket, const char *interface);

/*
 * What interface number index is called now, and whether it is up. -ENODEV when it is gone; another
 * negative errno when that cannot be told.
 */
int device_state(int socket, unsigned int index, char name[IF_NAMESIZE], bool *is_up);

/* MTU in bytes, 0 when unknown. */
unsigned int device_mtu(const char *interface);

#endif
