/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/model/minute.h"

#include "user/model/port.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

static const char *const mode_names[] = {
	[ATTACH_NONE] = "none",
	[ATTACH_FRAGS] = "frags",
	[ATTACH_NATIVE] = "native",
	[ATTACH_GENERIC] = "generic",
	[ATTACH_REPLAY] = "replay",
};
_Static_assert(sizeof(mode_names) / sizeof(mode_names[0]) == ATTACH_MODES, "a name for each mode");

const char *attach_mode_name(enum attach_mode mode)
{
	return mode < ATTACH_MODES ? mode_names[mode] : "?";
}

static void *reserve(size_t bytes)
{
	void *space = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return space == MAP_FAILED ? NULL : space;
}

int minute_reserve(struct minute *minute)
{
	struct minute fresh = {
		.ports = reserve(MINUTE_MAX_PORTS * sizeof(struct port_count)),
		.cells = reserve(MINUTE_MAX_CELLS * sizeof(struct cell_count)),
		.prefixes = reserve(MINUTE_MAX_PREFIXES * sizeof(struct prefix_count)),
		.sources = reserve(sizeof(struct source_sketches)),
		.port_sketches = reserve(MINUTE_MAX_PORTS * TT_SKETCH_BYTES),
		.lanes = reserve(TT_LANES * sizeof(struct lane_sketch)),
	};

	if (!fresh.ports || !fresh.cells || !fresh.prefixes || !fresh.sources ||
		!fresh.port_sketches || !fresh.lanes) {
		minute_release(&fresh);
		return -ENOMEM;
	}
	*minute = fresh;
	return 0;
}

void minute_release(struct minute *minute)
{
	if (minute->ports)
		munmap(minute->ports, MINUTE_MAX_PORTS * sizeof(struct port_count));
	if (minute->cells)
		munmap(minute->cells, MINUTE_MAX_CELLS * sizeof(struct cell_count));
	if (minute->prefixes)
		munmap(minute->prefixes, MINUTE_MAX_PREFIXES * sizeof(struct prefix_count));
	if (minute->sources)
		munmap(minute->sources, sizeof(struct source_sketches));
	if (minute->port_sketches)
		munmap(minute->port_sketches, MINUTE_MAX_PORTS * TT_SKETCH_BYTES);
	if (minute->lanes)
		munmap(minute->lanes, TT_LANES * sizeof(struct lane_sketch));
	*minute = (struct minute){0};
}

void minute_clear(struct minute *minute)
{
	*minute = (struct minute){
		.ports = minute->ports,
		.cells = minute->cells,
		.prefixes = minute->prefixes,
		.sources = minute->sources,
		.port_sketches = minute->port_sketches,
		.lanes = minute->lanes,
	};
}

struct tally minute_frames(const struct minute *minute)
{
	struct tally sum = {0};

	for (unsigned int i = 0; i < TT_CLASSES; i++) {
		sum.packets += minute->ledger[i].packets;
		sum.bytes += minute->ledger[i].bytes;
	}
	return sum;
}

/* Packets of classes that have rows, less the port rows' packets: frames without a row. */
static int64_t rowless(const struct minute *minute)
{
	int64_t difference = 0;

	for (unsigned int i = 0; i < TT_CLASSES; i++)
		if (class_has_rows((enum tt_class)i))
			difference += (int64_t)minute->ledger[i].packets;
	for (size_t i = 0; i < minute->port_count; i++)
		difference -= (int64_t)minute->ports[i].packets;
	return difference;
}

static const char *verify_sport53(const struct minute *minute)
{
	uint64_t sum[SPORT53_CLASSES] = {0};
	uint64_t listed = minute->prefixes_unlisted;

	for (unsigned int c = 0; c < COUNTRY_COUNT; c++)
		for (unsigned int k = 0; k < SPORT53_CLASSES; k++)
			sum[k] += minute->sport53[c][k];
	for (unsigned int k = 0; k < SPORT53_CLASSES; k++)
		if (sum[k] != minute->ledger[TT_UDP53_RESPONSE + k].packets)
			return "source port 53 by country differs from its ledger class";
	for (size_t i = 0; i < minute->prefix_count; i++)
		listed += (uint64_t)minute->prefixes[i].response + minute->prefixes[i].other;
	if (listed != sum[0] + sum[1] + sum[2])
		return "source-port-53 prefixes differ from their ledger classes";
	return NULL;
}

const char *minute_verify(const struct minute *minute)
{
	uint64_t in_ports = 0, in_cells = 0, tcp_syn = 0;

	for (size_t i = 0; i < minute->port_count; i++) {
		if (i > 0 && minute->ports[i].row <= minute->ports[i - 1].row)
			return "port rows out of order";
		in_ports += minute->ports[i].packets;
		tcp_syn += minute->ports[i].syn;
	}
	for (size_t i = 0; i < minute->cell_count; i++)
		in_cells += minute->cells[i].packets;
	if (rowless(minute) < 0)
		return "port rows exceed their ledger classes";
	if (in_cells + minute->unattributed < in_ports)
		return "country cells and unattributed packets fall short of the port rows";
	if (in_cells > in_ports)
		return "country cells exceed the port rows";
	if (tcp_syn > minute->ledger[TT_TCP_SYN].packets)
		return "SYN of the port rows exceed their ledger class";
	return verify_sport53(minute);
}
