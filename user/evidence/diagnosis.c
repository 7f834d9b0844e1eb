/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/evidence/diagnosis.h"

#include <math.h>
#include <stdio.h>

static void describe(const char *what, const struct diagnosis_figures *figures, char text[192])
{
	char domestic[48] = "own country not configured", responses[32] = "";

	if (figures->is_country)
		snprintf(domestic, sizeof(domestic), "of one country");
	else if (isfinite(figures->own))
		snprintf(domestic, sizeof(domestic), "%.1f %% domestic", 100 * figures->own);
	if (isfinite(figures->response))
		snprintf(responses, sizeof(responses), ", %.0f %% responses",
			100 * figures->response);
	snprintf(text, 192, "%s: %.2f packets per source, %.0f sources (%s)%s", what,
		figures->packets / figures->sources, figures->sources, domestic, responses);
}

static bool is_enough(const struct diagnosis_figures *figures)
{
	return figures->samples >= DIAGNOSIS_SAMPLES && figures->sources >= 1;
}

/* What chance lets a twentieth come to among so many sources. */
static double own_limit(double sources)
{
	double share = DIAGNOSIS_OWN_PROBING;

	return fmin(share + 2 * sqrt(share * (1 - share) / sources), DIAGNOSIS_OWN_RESIDUE);
}

/* Each about once, from very many; NaN compares false: an unknown own share decides nothing. */
static bool looks_like_probing(const struct diagnosis_figures *figures)
{
	return figures->packets / figures->sources < DIAGNOSIS_PER_SOURCE_PROBING &&
	       figures->sources >= DIAGNOSIS_MANY_SOURCES &&
	       !(figures->own > own_limit(figures->sources));
}

static bool looks_like_residue(const struct diagnosis_figures *figures)
{
	return figures->packets / figures->sources >= DIAGNOSIS_PER_SOURCE_RESIDUE &&
	       !(figures->own <= DIAGNOSIS_OWN_RESIDUE);
}

enum event_verdict diagnose_sport53(const struct diagnosis_figures *figures, char text[192])
{
	enum event_verdict verdict = EVENT_VERDICT_UNCLEAR;
	const char *what = "unclear";

	text[0] = '\0';
	if (!is_enough(figures))
		return EVENT_VERDICT_NONE;
	if (figures->response < DIAGNOSIS_RESPONSES) {
		what = "unclear, mostly no responses";
	} else if (looks_like_probing(figures)) {
		verdict = EVENT_VERDICT_PROBING;
		what = "reflector probing";
	} else if (looks_like_residue(figures)) {
		verdict = EVENT_VERDICT_RESIDUE;
		what = "an attack's residue";
	}
	describe(what, figures, text);
	return verdict;
}

enum event_verdict diagnose_answers(const struct diagnosis_figures *figures, char text[192])
{
	enum event_verdict verdict = EVENT_VERDICT_UNCLEAR;
	const char *what = "unclear";

	text[0] = '\0';
	if (!is_enough(figures))
		return EVENT_VERDICT_NONE;
	if (figures->packets / figures->sources >= DIAGNOSIS_PER_SOURCE_RESIDUE) {
		verdict = EVENT_VERDICT_BACKSCATTER;
		what = "backscatter of attacks on the sources";
	} else if (looks_like_probing(figures)) {
		verdict = EVENT_VERDICT_PROBING;
		what = "reflector probing";
	}
	describe(what, figures, text);
	return verdict;
}
