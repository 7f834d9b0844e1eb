/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/output/status_view.h"

#include "user/output/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A sensor whose last minute is older than this does not drain (seconds). */
#define STALE_AFTER 180
/* Less free space than this is told, and so is a disk that is full in so many days. */
#define LOW_SPACE ((double)(512 << 20))
#define LOW_DAYS 14
/* An hour that was watched for so long, and usually has so many packets, is not silent by chance.
 */
#define SILENT_COVERED 3000
#define SILENT_USUAL 60
/* So many packets of the hour, and none has a country. */
#define UNLOCATED_PACKETS 100
/* Country data older than this place moved address space wrongly (days). */
#define OLD_GEO_DAYS 180

void status_blank(struct status_view *view)
{
	*view = (struct status_view){
		.state_dir = "",
		.hour = {.usual = NAN, .per_address_day = NAN, .located = NAN},
		.disk = {.free_bytes = NAN,
			.state_bytes = NAN,
			.minute_bytes = NAN,
			.hour_bytes = NAN,
			.day_bytes = NAN,
			.age_days = NAN},
	};
}

static void __attribute__((format(printf, 2, 3)))
trouble(struct status_view *view, const char *format, ...)
{
	va_list arguments;

	if (view->trouble_count == STATUS_MAX_WORDS)
		return;
	va_start(arguments, format);
	vsnprintf(view->troubles[view->trouble_count++], STATUS_WORDS_LENGTH, format, arguments);
	va_end(arguments);
}

static void __attribute__((format(printf, 2, 3)))
note(struct status_view *view, const char *format, ...)
{
	va_list arguments;

	if (view->note_count == STATUS_MAX_WORDS)
		return;
	va_start(arguments, format);
	vsnprintf(view->notes[view->note_count++], STATUS_WORDS_LENGTH, format, arguments);
	va_end(arguments);
}

/* -- The disk ------------------------------------------------------------------------------ */

/* What a day adds at an age: that of which nothing is dropped yet. */
static double growth_at(const struct status_disk *disk, double age)
{
	double growth = 0;

	if (!disk->minute_days || age < disk->minute_days)
		growth += disk->minute_bytes;
	if (!disk->hour_days || age < disk->hour_days)
		growth += disk->hour_bytes;
	if (!disk->day_days || age < disk->day_days)
		growth += disk->day_bytes;
	return growth;
}

/* The next age above this one at which a kind begins to be dropped; INFINITY after the last. */
static double next_border(const struct status_disk *disk, double age)
{
	const uint32_t days[] = {disk->minute_days, disk->hour_days, disk->day_days};
	double border = INFINITY;

	for (unsigned int i = 0; i < 3; i++)
		if (days[i] > age && days[i] < border)
			border = days[i];
	return border;
}

double status_days_left(const struct status_disk *disk)
{
	double age = disk->age_days, room = disk->free_bytes, days = 0;

	if (!isfinite(age) || !isfinite(room) || !isfinite(growth_at(disk, -1)))
		return NAN;
	for (;;) {
		double growth = growth_at(disk, age), border = next_border(disk, age);

		if (growth > 0 && room < growth * (border - age))
			return days + room / growth;
		if (!isfinite(border))
			return INFINITY;
		room -= growth * (border - age);
		days += border - age;
		age = border;
	}
}

static double kept(double bytes, uint32_t days)
{
	if (bytes > 0 && !days)
		return INFINITY;
	return bytes * days;
}

double status_final_bytes(const struct status_disk *disk)
{
	return kept(disk->minute_bytes, disk->minute_days) +
	       kept(disk->hour_bytes, disk->hour_days) + kept(disk->day_bytes, disk->day_days);
}

static void judge_disk(struct status_view *view)
{
	double days = status_days_left(&view->disk);
	char bytes[NUMBER_MAX], age[NUMBER_MAX];

	if (view->disk.free_bytes < LOW_SPACE)
		trouble(view,
			"%s has only %s left: shorten [retention] in the configuration, or add "
			"space",
			view->state_dir, number_bytes(view->disk.free_bytes, bytes));
	else if (days < LOW_DAYS)
		trouble(view,
			"the disk of %s is full in %s at this pace, before anything is dropped: "
			"shorten [retention] in the configuration, or add space",
			view->state_dir, number_duration((int64_t)(days * 86400), age));
}

/* -- The sensors --------------------------------------------------------------------------- */

static void judge_reading(struct status_view *view, const struct status_sensor *sensor)
{
	if (sensor->unclosed)
		trouble(view,
			"%s: the ledger of %" PRIu64 " minutes did not close; this is a defect of "
			"teiten: please report it",
			sensor->interface, sensor->unclosed);
	if (sensor->unwritten)
		trouble(view,
			"%s: the last %" PRIu64 " minutes could not be stored; their counts wait "
			"in the kernel. Is the disk of %s full, or read-only?",
			sensor->interface, sensor->unwritten, view->state_dir);
	if (sensor->nic_drops)
		trouble(view,
			"%s: the device lost %" PRIu64 " frames in the last minute before they "
			"could be counted: give it more queues and processors (ethtool -L, -G)",
			sensor->interface, sensor->nic_drops);
	if (strcmp(sensor->mode, "generic") == 0)
		note(view,
			"%s: generic mode, the slow one, since the driver has no XDP of its own; "
			"counts are exact all the same",
			sensor->interface);
}

static void judge_sensor(struct status_view *view, const struct status_sensor *sensor)
{
	const char *name = sensor->interface;

	if (!sensor->has_link && !sensor->has_process)
		trouble(view, "%s: pins without a link: `teiten detach -i %s` removes them", name,
			name);
	else if (sensor->has_link && !sensor->has_process)
		trouble(view,
			"%s: counting, but no process drains it: start `teiten run -i %s`, or "
			"`teiten detach -i %s` ends it",
			name, name, name);
	if (sensor->has_link && !sensor->is_there)
		trouble(view,
			"%s: the interface is gone, or in another network namespace: the sensor "
			"waits for it to return, or is there",
			name);
	else if (sensor->has_link && !sensor->is_up)
		trouble(view, "%s: the interface is down: `ip link set %s up`", name, name);
	if (sensor->is_readable)
		judge_reading(view, sensor);
}

static void judge_sensors(struct status_view *view)
{
	int64_t age = view->now - view->last_minute;
	bool drains = false;
	char text[NUMBER_MAX];

	if (view->pins_are_denied)
		trouble(view,
			"the pins cannot be read: run as root, or as a member of group teiten");
	else if (view->pins_error)
		trouble(view, "the pins cannot be read: %s", view->pins_error);
	for (size_t i = 0; i < view->sensor_count; i++) {
		judge_sensor(view, &view->sensors[i]);
		drains |= view->sensors[i].has_link && view->sensors[i].has_process;
	}
	if (view->sensor_count && view->has_minute && age > STALE_AFTER)
		trouble(view, "the last minute stored is %s old%s", number_duration(age, text),
			drains ? ": see what `teiten run` says (journalctl -u teiten)" : "");
}

/* -- What was counted ---------------------------------------------------------------------- */

static void judge_hour(struct status_view *view)
{
	const struct status_hour *hour = &view->hour;
	char usual[NUMBER_MAX];

	if (hour->packets == 0 && hour->covered >= SILENT_COVERED && hour->usual >= SILENT_USUAL)
		trouble(view,
			"no packet arrived in the last hour, where %s are usual: is the darknet "
			"still routed here?",
			number_short(hour->usual, usual));
	if (hour->located == 0 && hour->packets >= UNLOCATED_PACKETS)
		trouble(view, "no source has a country: the country data are missing; "
			      "scripts/fetch-geo.sh gets them, [geo] file names them, SIGHUP "
			      "loads them");
	if (hour->unattributed && view->counts_countries)
		trouble(view,
			"%" PRIu64 " packets of the last hour have no port or no country: a "
			"processor came online after the start; start `teiten run` again",
			hour->unattributed);
	if (hour->misdated)
		note(view, "%" PRIu64 " packets of the last hour had impossible times",
			hour->misdated);
}

static void judge_geo(struct status_view *view)
{
	int64_t age = view->now - view->geo_time;
	char text[NUMBER_MAX];

	if (view->geo_time && view->sensor_count && age > OLD_GEO_DAYS * INT64_C(86400))
		note(view,
			"the country data are %s old, and place what moved since then wrongly: "
			"scripts/fetch-geo.sh gets new ones, SIGHUP loads them",
			number_duration(age, text));
}

/* docs/events.md, "Life of an event": what needs which past. */
const char *status_learning(double age_days)
{
	if (age_days < 1)
		return "learning, and tells nothing in its first 24 hours";
	if (age_days < 2)
		return "learning: windows up to an hour only, until it has seen two days";
	if (age_days < 3)
		return "learning: no drops yet, until it has seen three days";
	if (age_days < 4)
		return "learning: no day windows yet, until it has seen four days";
	return NULL;
}

void status_judge(struct status_view *view)
{
	if (view->history_error[0])
		trouble(view, "%s", view->history_error);
	if (view->damaged)
		trouble(view,
			"%" PRIu64 " records of the history were damaged, and are gaps now: check "
			"the disk",
			view->damaged);
	judge_sensors(view);
	judge_disk(view);
	if (view->has_minute) {
		judge_hour(view);
		judge_geo(view);
	}
}
