/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames written as words, for tables of tests:
 *
 *   eth:TYPE          Ethernet header, TYPE hexadecimal      tag:TYPE   a VLAN tag's 4 bytes
 *   ip4:PROTO[,ver=N][,ihl=N][,len=N][,frag=HEX][,from=A.B.C.D][,to=A.B.C.D]   options are zeros
 *   ip6:NEXT[,ver=N][,len=N][,from=ADDR][,to=ADDR]
 *   ext:NEXT:UNITS    extension header of (UNITS + 1) * 8 bytes
 *   ah:NEXT:UNITS     authentication header of (UNITS + 2) * 4 bytes
 *   frag6:NEXT:HEX    fragment header, HEX = offset and flags
 *   tcp:SOURCE:DESTINATION:FLAGS   20 bytes, FLAGS of SAFRPU   udp:SOURCE:DESTINATION   8 bytes
 *   icmp:TYPE         8 bytes      dns:FLAGS   DNS header, FLAGS = its third byte, hexadecimal
 *   zero:N  raw:HEX   bytes        cut:N       keep only the first N bytes of the frame
 *
 * len=auto (the default) is right for the whole frame before cut.
 */
#ifndef TEITEN_TESTS_KERNEL_FRAME_TEXT_H
#define TEITEN_TESTS_KERNEL_FRAME_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_TEXT_MAX 73152

/* Build the frame; returns its length. Aborts with a message on a word it does not know. */
size_t frame_from_text(const char *text, uint8_t frame[FRAME_TEXT_MAX]);

#endif
