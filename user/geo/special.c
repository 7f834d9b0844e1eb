/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/geo/special.h"

#include <errno.h>

struct span {
	uint64_t first;
	uint64_t last;
};

#define IP4(a, b, c, d) ((uint64_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))
/* The upper 64 bits of a:b:c:d:: */
#define IP6(a, b, c, d) ((uint64_t)(a) << 48 | (uint64_t)(b) << 32 | (uint64_t)(c) << 16 | (d))

static const struct span special4[] = {
	{IP4(0, 0, 0, 0), IP4(0, 255, 255, 255)},       /* 0/8: this network */
	{IP4(10, 0, 0, 0), IP4(10, 255, 255, 255)},     /* 10/8: private */
	{IP4(100, 64, 0, 0), IP4(100, 127, 255, 255)},  /* 100.64/10: shared by carriers */
	{IP4(127, 0, 0, 0), IP4(127, 255, 255, 255)},   /* 127/8: loopback */
	{IP4(169, 254, 0, 0), IP4(169, 254, 255, 255)}, /* 169.254/16: link-local */
	{IP4(172, 16, 0, 0), IP4(172, 31, 255, 255)},   /* 172.16/12: private */
	{IP4(192, 0, 0, 0), IP4(192, 0, 0, 255)},       /* 192.0.0/24: IETF protocols */
	{IP4(192, 0, 2, 0), IP4(192, 0, 2, 255)},       /* 192.0.2/24: documentation */
	{IP4(192, 88, 99, 0), IP4(192, 88, 99, 255)},   /* 192.88.99/24: 6to4 relays */
	{IP4(192, 168, 0, 0), IP4(192, 168, 255, 255)}, /* 192.168/16: private */
	{IP4(198, 18, 0, 0), IP4(198, 19, 255, 255)},   /* 198.18/15: benchmarks */
	{IP4(198, 51, 100, 0), IP4(198, 51, 100, 255)}, /* 198.51.100/24: documentation */
	{IP4(203, 0, 113, 0), IP4(203, 0, 113, 255)},   /* 203.0.113/24: documentation */
	{IP4(224, 0, 0, 0), UINT32_MAX},                /* 224/4 multicast, 240/4 reserved */
};

static const struct span special6[] = {
	{0, 0},                                                  /* ::, ::1, mapped IPv4 */
	{IP6(0x64, 0xff9b, 1, 0), IP6(0x64, 0xff9b, 1, 0xffff)}, /* 64:ff9b:1::/48: translation */
	{IP6(0x100, 0, 0, 0), IP6(0x100, 0, 0, 1)}, /* 100::/64 discard, 100:0:0:1::/64 dummy */
	/* 2001::/23 (IETF protocols) but for the four reachable ones */
	{IP6(0x2001, 0, 0, 0), IP6(0x2001, 2, 0xffff, 0xffff)},
	{IP6(0x2001, 4, 0, 0), IP6(0x2001, 4, 0x111, 0xffff)},
	{IP6(0x2001, 4, 0x113, 0), IP6(0x2001, 0x1f, 0xffff, 0xffff)},
	{IP6(0x2001, 0x40, 0, 0), IP6(0x2001, 0x1ff, 0xffff, 0xffff)},
	{IP6(0x2001, 0xdb8, 0, 0), IP6(0x2001, 0xdb8, 0xffff, 0xffff)}, /* documentation */
	{IP6(0x2002, 0, 0, 0), IP6(0x2002, 0xffff, 0xffff, 0xffff)},    /* 6to4 */
	{IP6(0x3fff, 0, 0, 0), IP6(0x3fff, 0xfff, 0xffff, 0xffff)},  /* 3fff::/20: documentation */
	{IP6(0x5f00, 0, 0, 0), IP6(0x5f00, 0xffff, 0xffff, 0xffff)}, /* segment routing */
	{IP6(0xfc00, 0, 0, 0), IP6(0xfdff, 0xffff, 0xffff, 0xffff)}, /* fc00::/7: unique local */
	{IP6(0xfe80, 0, 0, 0), IP6(0xfebf, 0xffff, 0xffff, 0xffff)}, /* fe80::/10: link-local */
	{IP6(0xff00, 0, 0, 0), UINT64_MAX},                          /* multicast */
};

static int draw(const struct span *spans, size_t count, struct geo_steps *steps)
{
	uint64_t next = 0;

	for (size_t i = 0; i < count; i++) {
		if (spans[i].first > next && geo_steps_append(steps, next, GEO_SILENT))
			return -ENOMEM;
		if (geo_steps_append(steps, spans[i].first, COUNTRY_XX))
			return -ENOMEM;
		if (spans[i].last == steps->last)
			return 0;
		next = spans[i].last + 1;
	}
	return geo_steps_append(steps, next, GEO_SILENT);
}

int geo_special_steps4(struct geo_steps *steps)
{
	return draw(special4, sizeof(special4) / sizeof(special4[0]), steps);
}

int geo_special_steps6(struct geo_steps *steps)
{
	return draw(special6, sizeof(special6) / sizeof(special6[0]), steps);
}
