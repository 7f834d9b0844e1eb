/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/status_view.h"

#include "user/output/event_words.h"
#include "user/output/number.h"
#include "user/model/port.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/* Where the values begin, and where the columns of the ledger end. */
enum { VALUES = 12, PACKETS_END = 45, BYTES_END = 62, SHARE_END = 70, NARROW_END = 38 };

static void label(struct page *page, const char *text)
{
	page_text(page, STYLE_DIM, text);
	page_to(page, VALUES);
}

/* A sentence behind its label, whose further lines are under the first. */
static void __attribute__((format(printf, 3, 4)))
line(struct page *page, const char *name, const char *format, ...)
{
	char text[STATUS_WORDS_LENGTH];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	label(page, name);
	page_wrap(page, STYLE_PLAIN, VALUES, text);
}

/* -- The sensors --------------------------------------------------------------------------- */

static void draw_reading(
	struct page *page, const struct status_view *view, const struct status_sensor *sensor)
{
	char frames[NUMBER_MAX], bytes[NUMBER_MAX], age[NUMBER_MAX];

	if (sensor->minute[0] && view->has_minute)
		line(page, "", "last minute %.10s %.5s UTC (%u s of it), stored %s ago",
			sensor->minute, sensor->minute + 11, sensor->covered_seconds,
			number_duration(view->now - view->last_minute - 60, age));
	else if (sensor->minute[0])
		line(page, "", "last minute %.10s %.5s UTC (%u s of it)", sensor->minute,
			sensor->minute + 11, sensor->covered_seconds);
	else
		line(page, "", "no minute yet: the first one ends at the next full minute");
	line(page, "",
		"%s frames, %s since counting began; %" PRIu64 " unattributed, %" PRIu64
		" lost by the device in the last minute",
		number_whole(sensor->frames, frames), number_bytes((double)sensor->bytes, bytes),
		sensor->unattributed, sensor->nic_drops);
}

static void draw_sensor(
	struct page *page, const struct status_view *view, const struct status_sensor *sensor)
{
	bool is_well = sensor->has_link && sensor->has_process;

	page_text(page, STYLE_BOLD, sensor->interface);
	page_to(page, VALUES);
	page_text(page, is_well ? STYLE_GREEN : STYLE_RED,
		sensor->has_link ? "attached" : "not attached");
	page_printf(page, STYLE_PLAIN, ", %s",
		!sensor->has_process ? "no process"
		: sensor->has_link   ? "running"
				     : "starting");
	if (sensor->is_readable && sensor->mode[0]) /* told with the first minute */
		page_printf(
			page, STYLE_PLAIN, "; mode %s, verdict %s", sensor->mode, sensor->verdict);
	page_line(page);
	if (sensor->is_readable)
		draw_reading(page, view, sensor);
	else if (sensor->has_link)
		line(page, "", "its counters cannot be read by this user");
}

/* -- The history --------------------------------------------------------------------------- */

static void draw_disk(struct page *page, const struct status_view *view)
{
	const struct status_disk *disk = &view->disk;
	double days = status_days_left(disk), final = status_final_bytes(disk);
	char room[NUMBER_MAX], pace[NUMBER_MAX], size[NUMBER_MAX], text[128] = "";

	if (!isfinite(disk->free_bytes))
		return;
	if (isinf(days) && isfinite(final))
		snprintf(text, sizeof(text), "; it grows to %s and no further",
			number_bytes(final, size));
	else if (isinf(days))
		snprintf(text, sizeof(text), "; it does not grow");
	else if (isfinite(days) && days > 100 * 365)
		snprintf(text, sizeof(text), ", for more than a hundred years");
	else if (isfinite(days))
		snprintf(text, sizeof(text), ", for %s",
			number_duration((int64_t)(days * 86400), size));
	if (isfinite(disk->minute_bytes))
		line(page, "disk", "%s free, %s a day%s", number_bytes(disk->free_bytes, room),
			number_bytes(disk->minute_bytes + disk->hour_bytes + disk->day_bytes, pace),
			text);
	else
		line(page, "disk", "%s free", number_bytes(disk->free_bytes, room));
}

static void draw_history(struct page *page, const struct status_view *view)
{
	char first[EVENT_WORDS_TIME_MAX], last[EVENT_WORDS_TIME_MAX], size[NUMBER_MAX];
	char text[256] = "";

	if (isfinite(view->disk.state_bytes))
		snprintf(text, sizeof(text), ", %s", number_bytes(view->disk.state_bytes, size));
	label(page, "history");
	page_cut(page, STYLE_PLAIN, 60, view->state_dir);
	page_text(page, STYLE_PLAIN, text);
	page_line(page);
	if (view->has_minute)
		line(page, "", "from %s to %s UTC, %s ago",
			event_words_time(view->first_minute, first),
			event_words_time(view->last_minute, last),
			number_duration(view->now - view->last_minute - 60, size));
	else if (view->has_history)
		line(page, "", "no minute yet");
	draw_disk(page, view);
}

static void draw_countries(struct page *page, const struct status_view *view)
{
	char age[NUMBER_MAX], share[NUMBER_MAX], text[160] = "";

	if (view->geo_time)
		snprintf(text, sizeof(text), "files %s old; ",
			number_duration(view->now - view->geo_time, age));
	if (isfinite(view->hour.located))
		line(page, "countries", "%sknown for %s of the last hour's packets", text,
			number_share(view->hour.located, share));
	else if (view->counts_countries)
		line(page, "countries", "%sno packet of the last hour has one", text);
	else
		line(page, "countries", "not counted");
}

static void draw_detector(struct page *page, const struct status_view *view)
{
	const char *learning = status_learning(view->disk.age_days);
	size_t open = 0, severe = 0;
	char text[160];

	for (unsigned int i = 0; i < EVENT_SEVERITIES; i++)
		open += view->incidents[i];
	severe = view->incidents[EVENT_CRITICAL];
	if (severe)
		snprintf(text, sizeof(text), "%zu open, %zu of them critical", open, severe);
	else
		snprintf(text, sizeof(text), "%zu open", open);
	line(page, "detector", "%s", learning ? learning : "has seen enough to judge every window");
	line(page, "incidents", "%s%s", text, open ? ": teiten events" : "");
}

/* -- The last hour ------------------------------------------------------------------------- */

static void draw_rates(struct page *page, const struct status_hour *hour)
{
	double usual = hour->usual > 0 ? (double)hour->packets / hour->usual : NAN;
	char packets[NUMBER_MAX], rate[NUMBER_MAX], ratio[NUMBER_MAX], address[NUMBER_MAX];
	char times[64] = "", addressed[64] = "";

	if (isfinite(usual))
		snprintf(times, sizeof(times), ", %.16s the usual", number_ratio(usual, ratio));
	if (isfinite(hour->per_address_day))
		snprintf(addressed, sizeof(addressed), ", %.16s a day and address",
			number_short(hour->per_address_day, address));
	line(page, "last hour", "%s packets, %s a minute%s%s; %.0f s covered",
		number_whole(hour->packets, packets),
		number_short(
			hour->covered > 0 ? (double)hour->packets * 60 / hour->covered : NAN, rate),
		times, addressed, hour->covered);
	if (hour->late || hour->misdated || hour->unattributed || hour->nic_drops)
		line(page, "",
			"%" PRIu64 " late, %" PRIu64 " misdated, %" PRIu64 " unattributed, %" PRIu64
			" lost by the device",
			hour->late, hour->misdated, hour->unattributed, hour->nic_drops);
}

static void draw_class(struct page *page, const char *name, const struct tally *tally, uint64_t all)
{
	char number[NUMBER_MAX];

	if (page->look.width < SHARE_END) {
		page_text(page, STYLE_PLAIN, name);
		page_right(page, STYLE_PLAIN, NARROW_END, number_whole(tally->packets, number));
		page_line(page);
		return;
	}
	page_to(page, VALUES);
	page_text(page, STYLE_PLAIN, name);
	page_right(page, STYLE_PLAIN, PACKETS_END, number_whole(tally->packets, number));
	page_right(page, STYLE_PLAIN, BYTES_END, number_whole(tally->bytes, number));
	page_right(page, STYLE_PLAIN, SHARE_END,
		number_share((double)tally->packets / (double)all, number));
	page_line(page);
}

static void draw_ledger(struct page *page, const struct status_hour *hour)
{
	bool is_narrow = page->look.width < SHARE_END;

	page_line(page);
	page_to(page, is_narrow ? 0 : VALUES);
	page_text(page, STYLE_DIM, "class");
	page_right(page, STYLE_DIM, is_narrow ? NARROW_END : PACKETS_END, "packets");
	if (!is_narrow) {
		page_right(page, STYLE_DIM, BYTES_END, "bytes");
		page_right(page, STYLE_DIM, SHARE_END, "share");
	}
	page_line(page);
	for (unsigned int i = 0; i < TT_CLASSES; i++)
		if (hour->ledger[i].packets)
			draw_class(page, class_name((enum tt_class)i), &hour->ledger[i],
				hour->packets);
}

/* -- The whole ----------------------------------------------------------------------------- */

static void draw_words(struct page *page, const struct status_view *view)
{
	for (size_t i = 0; i < view->note_count; i++) {
		page_text(page, STYLE_DIM, "- ");
		page_wrap(page, STYLE_PLAIN, 2, view->notes[i]);
	}
	for (size_t i = 0; i < view->trouble_count; i++) {
		page_text(page, STYLE_RED, "! ");
		page_wrap(page, STYLE_PLAIN, 2, view->troubles[i]);
	}
	if (!view->trouble_count) {
		page_text(page, STYLE_GREEN, "nothing is wrong");
		page_line(page);
	}
}

void status_page(struct page *page, const struct status_view *view)
{
	for (size_t i = 0; i < view->sensor_count; i++)
		draw_sensor(page, view, &view->sensors[i]);
	if (view->sensor_count == 0)
		line(page, "sensor", "none is attached");
	draw_history(page, view);
	if (view->has_minute) {
		draw_countries(page, view);
		draw_detector(page, view);
		draw_rates(page, &view->hour);
		if (view->hour.packets)
			draw_ledger(page, &view->hour);
	}
	page_line(page);
	draw_words(page, view);
}
