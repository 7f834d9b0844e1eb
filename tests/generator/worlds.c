/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/generator/worlds.h"

#include "user/lib/text.h"

#include <errno.h>
#include <string.h>

/* One in so many background packets has this shape. */
static const struct {
	enum shape shape;
	unsigned int weight;
} shapes[] = {
	{SHAPE_SYN, 3600},
	{SHAPE_SYN_MIRAI, 900},
	{SHAPE_SYN_ZMAP, 700},
	{SHAPE_SYN_MASSCAN, 500},
	{SHAPE_SYN_ACK, 600},
	{SHAPE_RST, 300},
	{SHAPE_TCP_OTHER, 150},
	{SHAPE_UDP, 1300},
	{SHAPE_DNS_RESPONSE, 220},
	{SHAPE_DNS_QUERY, 60},
	{SHAPE_DNS_SHORT, 20},
	{SHAPE_ICMP_ECHO, 600},
	{SHAPE_ICMP_BACKSCATTER, 350},
	{SHAPE_SYN6, 120},
	{SHAPE_UDP6, 40},
	{SHAPE_ICMP6_ECHO, 80},
	{SHAPE_DNS_RESPONSE6, 20},
	{SHAPE_ARP, 60},
	{SHAPE_GRE, 30},
	{SHAPE_UDP_FRAGMENT_FIRST, 20},
	{SHAPE_FRAGMENT_LATER, 20},
	{SHAPE_TCP_CUT, 10},
	{SHAPE_L4_SHORT, 10},
	{SHAPE_IP_BAD, 10},
	{SHAPE_TOO_DEEP, 3},
	{SHAPE_CUT_TAG, 3},
	{SHAPE_SHORT, 3},
};

static const uint16_t tcp_ports[] = {23, 22, 445, 80, 3389, 443, 8080, 2323, 1433, 81, 5555, 8443,
	25, 21, 5900, 6379, 3306, 7547, 37215, 52869, 110, 139, 8088, 9200, 27017, 5432, 2222, 8000,
	8291, 60001};
static const uint16_t udp_ports[] = {
	5060, 123, 1900, 161, 53, 137, 53413, 389, 11211, 69, 5353, 500, 27015, 1434, 3478};

/* Countries of the sources; "" is any that the data has. */
static const struct {
	char country[3];
	unsigned int weight;
} countries[] = {
	{"CN", 18},
	{"US", 20},
	{"RU", 8},
	{"NL", 7},
	{"BR", 6},
	{"VN", 5},
	{"IN", 5},
	{"KR", 4},
	{"TW", 4},
	{"DE", 5},
	{"GB", 3},
	{"FR", 3},
	{"JP", 3},
	{"", 9},
};

static unsigned int pick_weight(struct random *random, unsigned int sum)
{
	return (unsigned int)random_below(random, sum);
}

static enum shape pick_shape(struct random *random)
{
	unsigned int sum = 0, at;
	size_t i = 0;

	for (size_t j = 0; j < sizeof(shapes) / sizeof(shapes[0]); j++)
		sum += shapes[j].weight;
	for (at = pick_weight(random, sum); at >= shapes[i].weight; i++)
		at -= shapes[i].weight;
	return shapes[i].shape;
}

static void pick_country(struct random *random, char country[2])
{
	unsigned int sum = 0, at;
	size_t i = 0;

	for (size_t j = 0; j < sizeof(countries) / sizeof(countries[0]); j++)
		sum += countries[j].weight;
	for (at = pick_weight(random, sum); at >= countries[i].weight; i++)
		at -= countries[i].weight;
	memcpy(country, countries[i].country, 2);
}

/* Zipf with exponent 1 over the list, by its inverse for a continuous rank; one in 12 anywhere. */
static uint16_t pick_port(struct random *random, const uint16_t *ports, unsigned int count)
{
	double rank = exp(random_unit(random) * log(count + 1.0)) - 1;

	if (random_below(random, 12) == 0)
		return (uint16_t)(1 + random_below(random, 65535));
	return ports[rank < count ? (unsigned int)rank : count - 1];
}

static void pick_addresses(struct world *world, struct plan *plan, char country[2])
{
	struct random *random = &world->random;

	plan->source = sources_pick4(world->sources, random, country);
	plan->destination = WORLD_NETWORK + (uint32_t)random_below(random, 256);
	plan->source6 = sources_pick6(world->sources, random);
	plan->source6_host = random_next(random);
	plan->destination6 = WORLD_NETWORK6;
	plan->destination6_host = random_below(random, 256);
}

uint64_t world_background(struct world *world, double time, double seconds)
{
	/* Most at 14:00 UTC, least at 02:00: 25 % above and below the mean. */
	double cycle = world->is_live
			       ? 1
			       : 1 + 0.25 * sin(2 * 3.14159265358979 * (time / 86400.0 - 8.0 / 24));
	double mean = world->rate * seconds / 60 * cycle;

	return random_poisson(&world->random, mean * random_gamma(&world->random, 12));
}

uint64_t world_attack(struct world *world, unsigned int i, double seconds)
{
	return random_poisson(&world->random, world->attack[i].rate * seconds / 60);
}

void world_plan_background(struct world *world, struct plan *plan)
{
	struct random *random = &world->random;
	bool is_udp;
	char country[2];

	if (world->scan_left) {
		world->scan_left--;
		world->scan.destination = WORLD_NETWORK + ((world->scan.destination + 1) & 0xff);
		*plan = world->scan;
		return;
	}
	*plan = (struct plan){.shape = pick_shape(random)};
	while (world->is_live && plan->shape == SHAPE_SHORT)
		plan->shape = pick_shape(random);
	pick_country(random, country);
	pick_addresses(world, plan, country);
	is_udp = plan->shape == SHAPE_UDP || plan->shape == SHAPE_UDP6 ||
		 plan->shape == SHAPE_UDP_FRAGMENT_FIRST;
	plan->port =
		is_udp ? pick_port(random, udp_ports, sizeof(udp_ports) / sizeof(udp_ports[0]))
		       : pick_port(random, tcp_ports, sizeof(tcp_ports) / sizeof(tcp_ports[0]));
	/* Answers come back to the port that was forged. */
	if (plan->shape == SHAPE_SYN_ACK || plan->shape == SHAPE_RST ||
		plan->shape == SHAPE_DNS_RESPONSE || plan->shape == SHAPE_DNS_RESPONSE6)
		plan->port = (uint16_t)(1024 + random_below(random, 64512));
	if (random_below(random, 200) == 0)
		plan->vlan_tags = 1 + (unsigned int)random_below(random, 2);
	/* One in ten goes on to the next addresses: counts of a port vary more than chance. */
	if (plan->shape <= SHAPE_SYN_MASSCAN && random_below(random, 10) == 0) {
		world->scan = *plan;
		world->scan_left = 1 + (unsigned int)random_below(random, 4);
	}
}

void world_plan_attack(struct world *world, unsigned int i, struct plan *plan)
{
	const struct attack *attack = &world->attack[i];
	char country[2] = {attack->country[0], attack->country[1]};

	*plan = (struct plan){0};
	if (!country[0])
		pick_country(&world->random, country);
	pick_addresses(world, plan, country);
	plan->port = attack->port;
	switch (attack->kind) {
	case ATTACK_TELNET:
		plan->shape = SHAPE_SYN_MIRAI;
		break;
	case ATTACK_DNS:
		plan->shape = SHAPE_DNS_RESPONSE;
		plan->port = (uint16_t)(1024 + random_below(&world->random, 64512));
		break;
	case ATTACK_PORT:
		plan->shape = SHAPE_SYN;
	}
}

static bool take_country(const char *text, char country[2])
{
	if (!text || strlen(text) != 2 || text[0] < 'A' || text[0] > 'Z' || text[1] < 'A' ||
		text[1] > 'Z')
		return false;
	memcpy(country, text, 2);
	return true;
}

int world_add_attack(struct world *world, char *text)
{
	char words[64];
	char *rest = words;
	const char *kind, *country = NULL;
	struct attack attack = {.text = text};
	uint64_t port = 23;

	if (world->attack_count == WORLD_MAX_ATTACKS || strlen(text) >= sizeof(words))
		return -EINVAL;
	memcpy(words, text, strlen(text) + 1);
	kind = strsep(&rest, ":");
	if (strcmp(kind, "telnet") == 0 && rest) {
		attack.kind = ATTACK_TELNET;
		country = strsep(&rest, ":");
	} else if (strcmp(kind, "dns") == 0 && rest) {
		attack.kind = ATTACK_DNS;
	} else if (strcmp(kind, "port") == 0 && rest) {
		attack.kind = ATTACK_PORT;
		if (text_parse_unsigned(strsep(&rest, ":"), 65535, &port) || !rest)
			return -EINVAL;
		if (strchr(rest, ':'))
			country = strsep(&rest, ":");
	} else {
		return -EINVAL;
	}
	if ((country && !take_country(country, attack.country)) || !rest ||
		text_parse_double(rest, 0, 1e9, &attack.rate))
		return -EINVAL;
	attack.port = (uint16_t)port;
	world->attack[world->attack_count++] = attack;
	return 0;
}
