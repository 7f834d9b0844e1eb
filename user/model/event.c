/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/model/event.h"

#include <math.h>

static const char *const phase_names[] = {
	[EVENT_OPEN] = "open",
	[EVENT_UPDATE] = "update",
	[EVENT_END] = "end",
};
_Static_assert(sizeof(phase_names) / sizeof(phase_names[0]) == EVENT_PHASES, "a name for each");

static const char *const kind_names[] = {
	[EVENT_NEW_PORT] = "new_port",
	[EVENT_SURGE] = "surge",
	[EVENT_GROWTH] = "growth",
	[EVENT_DROP] = "drop",
	[EVENT_SPORT53] = "sport53",
	[EVENT_SWEEP] = "sweep",
	[EVENT_COMMON_MODE] = "common_mode",
};
_Static_assert(sizeof(kind_names) / sizeof(kind_names[0]) == EVENT_KINDS, "a name for each");

static const char *const severity_names[] = {
	[EVENT_INFO] = "info",
	[EVENT_NOTICE] = "notice",
	[EVENT_WARNING] = "warning",
	[EVENT_CRITICAL] = "critical",
};
_Static_assert(
	sizeof(severity_names) / sizeof(severity_names[0]) == EVENT_SEVERITIES, "a name for each");

static const char *const reason_names[] = {
	[EVENT_REASON_NONE] = "",
	[EVENT_REASON_ENDED] = "ended",
	[EVENT_REASON_NEW_NORMAL] = "new_normal",
	[EVENT_REASON_TREND] = "trend",
};
_Static_assert(sizeof(reason_names) / sizeof(reason_names[0]) == EVENT_REASONS, "a name for each");

const char *event_phase_name(enum event_phase phase)
{
	return phase < EVENT_PHASES ? phase_names[phase] : "?";
}

const char *event_kind_name(enum event_kind kind)
{
	return kind < EVENT_KINDS ? kind_names[kind] : "?";
}

const char *event_severity_name(enum event_severity severity)
{
	return severity < EVENT_SEVERITIES ? severity_names[severity] : "?";
}

const char *event_reason_name(enum event_reason reason)
{
	return reason < EVENT_REASONS ? reason_names[reason] : "?";
}

const char *event_scale_name(uint32_t minutes)
{
	switch (minutes) {
	case 1:
		return "1m";
	case 10:
		return "10m";
	case 60:
		return "1h";
	case 360:
		return "6h";
	case 1440:
		return "1d";
	case 10080:
		return "1w";
	default:
		return "?";
	}
}

const char *event_verdict_name(enum event_verdict verdict)
{
	static const char *const names[] = {
		"", "reflector_probing", "attack_residue", "backscatter", "unclear"};

	_Static_assert(sizeof(names) / sizeof(names[0]) == EVENT_VERDICTS, "a name for each");
	return (unsigned int)verdict < EVENT_VERDICTS ? names[verdict] : "?";
}

struct event_evidence event_evidence_blank(void)
{
	struct event_evidence blank = {
		.samples = NAN,
		.packets = NAN,
		.top_source = {.packets = NAN, .share = NAN},
		.concentration = NAN,
		.breadth = NAN,
		.mirai = NAN,
		.zmap = NAN,
		.masscan = NAN,
		.recursion_available = NAN,
		.answering = NAN,
		.own_country = NAN,
	};

	for (unsigned int i = 0; i < EVENT_RCODES; i++)
		blank.rcodes[i] = NAN;
	return blank;
}

struct event event_blank(void)
{
	return (struct event){
		.observed = NAN,
		.expected = NAN,
		.r = NAN,
		.ratio = NAN,
		.excess = NAN,
		.log10p = NAN,
		.log10p_lower = NAN,
		.exposure = NAN,
		.g = NAN,
		.season = NAN,
		.sources = NAN,
		.packets_per_source = NAN,
		.dns_response = NAN,
		.dns_query = NAN,
		.dns_short = NAN,
		.evidence = event_evidence_blank(),
	};
}
