/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/model/health.h"

static const struct health_text texts[] = {
	[HEALTH_HISTORY] = {"history", false, "a minute cannot be stored",
		"free space, or mend the disk; the counts wait in the kernel and come with the "
		"first minute that can be written"},
	[HEALTH_HISTORY_DAMAGED] = {"history_damaged", true,
		"the database was damaged at the start and has been moved aside",
		"history.db.damaged-N keeps the old one: restore a copy, or read what is left with "
		"sqlite3"},
	[HEALTH_DISK_SPACE] = {"disk_space", false,
		"the state's file system has less than 512 MiB left",
		"add space, or shorten [retention]"},
	[HEALTH_SLOW] = {"slow", false, "a minute took more than 20 s to drain, store and judge",
		"look at teiten_stage_seconds: a slow disk, or too little CPU"},
	[HEALTH_INTERFACE] = {"interface", false, "it is down or gone; the time is a gap",
		"bring it back: the sensor attaches again by itself"},
	[HEALTH_INTERFACE_NAME] = {"interface_name", false,
		"the interface has another name than the configuration says",
		"counting goes on; write the new name into [sensor] before the next start"},
	[HEALTH_NIC_DROPS] = {"nic_drops", false,
		"the device dropped frames before the program; over after ten minutes without",
		"a larger ring (ethtool -G), more queues, a faster CPU"},
	[HEALTH_UNATTRIBUTED] = {"unattributed", false,
		"packets have no country cell or no port row; over after ten minutes without",
		"a CPU came online after the start: restart the sensor"},
	[HEALTH_UNLISTED_PREFIXES] = {"unlisted_prefixes", false,
		"more prefixes sent from port 53 than the table holds; over after ten minutes "
		"without",
		"nothing: their packets are counted, only the list is not complete"},
	[HEALTH_UNCLOSED] = {"unclosed", true, "the ledger of a minute did not close",
		"a defect of the sensor: please report it"},
	[HEALTH_CLOCK_STEP] = {"clock_step", true, "the wall clock moved by more than two seconds",
		"nothing; labels follow the clock, intervals do not"},
	[HEALTH_REFUSED_CALL] = {"refused_call", true,
		"the sensor tried a system call that it does not need, and that was refused",
		"it is named on standard error. After an upgrade of the C library: please report "
		"it. Without one: something tries to misuse the sensor; look at the host"},
	[HEALTH_DETECTOR_STATE] = {"detector_state", true,
		"the detector's saved state is damaged or of another version",
		"nothing: it was learned anew from the history's minutes; the old state is kept as "
		"the snapshot detector_damaged in history.db"},
	[HEALTH_DETECTOR_FULL] = {"detector_full", false,
		"the detector has no room for another series or event; over after ten minutes "
		"without",
		"a flood of random ports; what was known before is judged all the same"},
	[HEALTH_COUNTRY_DATA] = {"country_data", false, "new data could not be used on HUP",
		"the reason is on standard error; the old table stays"},
	[HEALTH_COUNTRY_DATA_OLD] = {"country_data_old", false,
		"the country data are more than a year old",
		"systemctl start teiten-geo, or other files in [geo] and HUP"},
	[HEALTH_COUNTRY_DATA_MISSING] = {"country_data_missing", false,
		"there are no country data: every source counts as ZZ",
		"systemctl start teiten-geo, or files in [geo] and HUP"},
	[HEALTH_EVENT_LOG] = {"event_log", false,
		"it cannot be written, or could not be opened again on HUP",
		"the reason is on standard error; the history has every event. A log in another "
		"directory than before takes a restart, since the sensor may write in no other"},
	[HEALTH_EVENT_MAP] = {"event_map", false, "the maps that bpftool shows cannot be written",
		"restart the sensor; history and log are not concerned"},
	[HEALTH_INCIDENT_FILES] = {"incident_files", false,
		"sampled packets of an incident cannot be written",
		"space and permission below the state directory; events are not concerned"},
	[HEALTH_METRICS] = {"metrics", false, "the file of [metrics] cannot be written",
		"its directory must exist at the start and let the sensor's user write"},
};
_Static_assert(sizeof(texts) / sizeof(texts[0]) == HEALTH_CONDITIONS, "a text for each");

const struct health_text *health_text(enum health_condition condition)
{
	return &texts[condition];
}
