/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program's parser against an independent decoder (tests/hostile/), over every combination of
 * what decides and millions of random frames, under sanitizers: class, row, fingerprints,
 * addresses and what passes agree, and no byte beyond the frame is read.
 *
 * HOSTILE_FRAMES=N makes N random frames (default 12 million: seconds), HOSTILE_SEED=N others.
 */
#include "tests/hostile/decoder.h"
#include "tests/hostile/frames.h"
#include "tests/unit/bpf/host_parser.h"
#include "user/model/port.h"

#include <sanitizer/asan_interface.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define RANDOM_FRAMES 12000000
#define RANDOM_SEED 1

/*
 * Frames lie two bytes behind a multiple of 16, as drivers align IP headers. What is around a frame
 * is poisoned: a byte too many stops the test.
 */
static _Alignas(16) uint8_t arena[64 + HOSTILE_FRAME_MAX + 64];
static uint8_t *const place = arena + 64 + 2;

static struct {
	uint64_t frames;
	uint64_t by_class[TT_CLASSES];
} seen;

static uint64_t number_of(const char *name, uint64_t missing)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : missing;
}

static uint32_t row_of(const struct decoded *decoded)
{
	switch (decoded->row) {
	case DECODED_TCP:
		return port_row(PORT_TCP, decoded->number);
	case DECODED_UDP:
		return port_row(PORT_UDP, decoded->number);
	case DECODED_ICMP:
		return port_row(PORT_ICMP, decoded->number);
	case DECODED_ICMP6:
		return port_row(PORT_ICMP6, decoded->number);
	default:
		return TT_ROW_NONE;
	}
}

static uint32_t marks_of(const struct decoded *decoded)
{
	return (uint32_t)decoded->is_mirai << TT_MIRAI | (uint32_t)decoded->is_zmap << TT_ZMAP |
	       (uint32_t)decoded->is_masscan << TT_MASSCAN;
}

/* Marks are looked for where a whole TCP header lies in the first buffer, as in every real SYN. */
static bool is_whole_header(const uint8_t *bytes, size_t linear, const struct decoded *decoded)
{
	size_t ip = decoded->fixed_end - 20;

	return decoded->class == TT_TCP_SYN && decoded->address_size == 4 &&
	       ip + bytes[ip] % 16 * 4u + 20 <= linear;
}

static bool is_number(uint64_t number, const uint8_t *bytes, size_t size)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < size; i++)
		sum = sum * 256 + bytes[i];
	return number == sum;
}

static const char *addresses_differ(const struct packet *packet, const struct decoded *decoded)
{
	if (packet->is_v6 != (decoded->address_size == 16))
		return "address family";
	if (memcmp(packet->destination, decoded->destination, decoded->address_size) != 0)
		return "destination";
	if (!packet->is_v6)
		return is_number(packet->source, decoded->source, 4) ? NULL : "source";
	if (!is_number(packet->source, decoded->source, 8) ||
		!is_number(packet->source_low, decoded->source + 8, 8))
		return "source";
	return NULL;
}

static const char *differ(const struct packet *packet, const struct decoded *decoded)
{
	if (packet->class != decoded->class)
		return "class";
	if (packet->row != row_of(decoded))
		return "row";
	if (packet->row != TT_ROW_NONE &&
		port_slot_class(packet->row, packet->slot) != decoded->class &&
		decoded->class != TT_ICMP_BACKSCATTER && decoded->class != TT_ICMP_OTHER)
		return "slot";
	if (packet->is_neighbour != decoded->is_neighbour)
		return "what passes";
	/* Without addresses nothing can be off target (bpf/sensor.bpf.c). */
	if (decoded->class <= TT_OFF_TARGET)
		return NULL;
	if (packet->has_addresses != (decoded->address_size > 0))
		return "has addresses";
	return addresses_differ(packet, decoded);
}

static void tell(const uint8_t *bytes, size_t length, const struct packet *packet,
	const struct decoded *decoded, const char *what)
{
	print_error("%s differs: parser %s row %#x slot %u, decoder %s row %#x; frame of %zu:",
		what, class_name((enum tt_class)packet->class), packet->row, packet->slot,
		class_name(decoded->class), row_of(decoded), length);
	for (size_t i = 0; i < length; i++)
		print_error("%s%02x", i % 16 ? "" : "\n  ", bytes[i]);
	print_error("\n");
	fail_msg("%s differs", what);
}

/* Whole in one buffer, or with the first buffer ending anywhere behind the fixed headers. */
static void compare(void *context, const uint8_t *bytes, size_t length)
{
	struct decoded decoded = decode(bytes, length);
	size_t linear = length;
	struct packet packet;
	const char *what;

	(void)context;
	memcpy(place, bytes, length);
	ASAN_POISON_MEMORY_REGION(place + length, HOSTILE_FRAME_MAX + 62 - length);
	if (seen.frames % 2 && decoded.fixed_end && decoded.fixed_end < length)
		linear = decoded.fixed_end + seen.frames / 2 % (length - decoded.fixed_end);
	packet = host_parse(place, length, linear);
	what = differ(&packet, &decoded);
	if (!what && is_whole_header(bytes, linear, &decoded) && packet.marks != marks_of(&decoded))
		what = "fingerprints";
	if (what)
		tell(bytes, length, &packet, &decoded, what);
	ASAN_UNPOISON_MEMORY_REGION(place + length, HOSTILE_FRAME_MAX + 62 - length);
	seen.frames++;
	seen.by_class[decoded.class]++;
}

static void all_of(void (*make)(struct hostile *hostile))
{
	struct hostile hostile = {.visit = compare};
	uint64_t before = seen.frames;

	make(&hostile);
	assert_int_equal(seen.frames - before, hostile.made);
	print_message("# %llu frames\n", (unsigned long long)hostile.made);
}

static void tags_of_every_depth(void **state)
{
	(void)state;
	all_of(hostile_tags);
}

static void ipv4_of_every_length(void **state)
{
	(void)state;
	all_of(hostile_ipv4);
}

static void ipv6_of_every_length(void **state)
{
	(void)state;
	all_of(hostile_ipv6);
}

static void extension_chains_of_every_depth(void **state)
{
	(void)state;
	all_of(hostile_extensions);
}

static void layer4_of_every_kind(void **state)
{
	(void)state;
	all_of(hostile_layer4);
}

static void random_frames(void **state)
{
	struct hostile hostile = {.visit = compare};
	uint64_t count = number_of("HOSTILE_FRAMES", RANDOM_FRAMES);

	(void)state;
	hostile_random(&hostile, number_of("HOSTILE_SEED", RANDOM_SEED), count);
	assert_int_equal(hostile.made, count);
}

/* off_target needs prefixes; every other class is met often, or the frames prove nothing. */
static void every_class_is_met(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < TT_CLASSES; i++) {
		print_message("# %-16s %llu\n", class_name((enum tt_class)i),
			(unsigned long long)seen.by_class[i]);
		if (i != TT_OFF_TARGET)
			assert_true(seen.by_class[i] > 1000);
	}
	print_message("# %llu frames\n", (unsigned long long)seen.frames);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_of_every_depth),
		cmocka_unit_test(ipv4_of_every_length),
		cmocka_unit_test(ipv6_of_every_length),
		cmocka_unit_test(extension_chains_of_every_depth),
		cmocka_unit_test(layer4_of_every_kind),
		cmocka_unit_test(random_frames),
		cmocka_unit_test(every_class_is_met),
	};

	ASAN_POISON_MEMORY_REGION(arena, 64 + 2);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
