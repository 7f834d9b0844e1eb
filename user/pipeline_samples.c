/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/pipeline_private.h"

static country_id locate_source(const void *context, bool is_v6, uint64_t address)
{
	return is_v6 ? geo_lookup6(context, address) : geo_lookup4(context, (uint32_t)address);
}

static void gather_sample(void *context, const struct tt_sample *sample, int64_t time_ns)
{
	struct pipeline *pipeline = context;
	const struct geo *geo = pipeline->parameters.geo;

	evidence_add(pipeline->evidence, sample, time_ns,
		(struct evidence_places){geo ? locate_source : NULL, geo});
}

void pipeline_take_samples(struct pipeline *pipeline)
{
	struct source *source = pipeline->parameters.source;

	if (source->samples)
		source->samples(source, gather_sample, pipeline);
}

void pipeline_plan_samples(struct pipeline *pipeline, const struct minute *last)
{
	struct source *source = pipeline->parameters.source;
	struct sampling_plan plan;

	if (!source || !source->plan)
		return;
	evidence_plan(pipeline->evidence, last, &plan);
	source->plan(source, &plan);
}

void pipeline_gather(struct pipeline *pipeline)
{
	pipeline_take_samples(pipeline);
	pipeline_plan_samples(pipeline, NULL);
}

int pipeline_remember_samples(struct pipeline *pipeline)
{
	struct history *history = pipeline->parameters.history;
	size_t resolver_count, port_count;
	const struct resolver *resolvers = evidence_resolvers(pipeline->evidence, &resolver_count);
	const struct source_port *ports = evidence_source_ports(pipeline->evidence, &port_count);
	int status = history_add_resolvers(history, resolvers, resolver_count);

	return status ? status : history_add_source_ports(history, ports, port_count);
}

static void hand_over_packets(
	void *context, const char *incident, const struct sampled_packet *packets, size_t count)
{
	struct pipeline *pipeline = context;

	for (unsigned int i = 0; i < PIPELINE_MAX_SINKS; i++) {
		struct sink *sink = pipeline->parameters.sinks[i];

		if (sink && sink->packets)
			sink->packets(sink, incident, packets, count);
	}
}

void pipeline_explain(struct pipeline *pipeline, size_t from)
{
	for (size_t i = from; i < pipeline->events.count; i++) {
		evidence_explain(
			pipeline->evidence, &pipeline->minute, &pipeline->events.events[i]);
		evidence_follow(pipeline->evidence, &pipeline->events.events[i]);
	}
	evidence_packets(pipeline->evidence, hand_over_packets, pipeline);
	pipeline_plan_samples(pipeline, &pipeline->minute);
}
