/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/cmd/run.h"

#include "user/cmd/cmd.h"
#include "user/cmd/setup.h"
#include "user/lib/log.h"

static void reload_geo(struct run *run, const struct config *config)
{
	struct sensor_process *sensor = &run->sensor;
	struct geo *geo;
	bool fails = setup_geo(config, &geo) != CMD_DONE ||
		     setup_kernel_geo(sensor->program, geo) != CMD_DONE;

	sensor_health(sensor, HEALTH_COUNTRY_DATA, fails,
		"the new country data cannot be used; the old table stays");
	if (fails) {
		geo_free(geo);
		return;
	}
	geo_free(pipeline_set_geo(sensor->pipeline, geo));
	sensor_set_geo(sensor, geo);
	log_info("country data reloaded (%s %s)", geo_info(geo)->id, geo_info(geo)->date);
}

void run_reload(struct run *run)
{
	struct sensor_process *sensor = &run->sensor;
	const char *fixed[CONFIG_MAX_KEYS];
	struct config next;
	size_t count;

	if (setup_config(&run->options, &next) != CMD_DONE) {
		log_warning("the configuration stays as it was");
		return;
	}
	count = config_fixed_changes(&sensor->config, &next, fixed);
	for (size_t i = 0; i < count; i++)
		log_warning("%s changes only with a restart; the old value stays", fixed[i]);
	reload_geo(run, &next);
	config_exchange_reloadable(&sensor->config, &next);
	config_release(&next);
	sensor->is_log_lost = log_sink_reopen(&sensor->log, sensor->config.event_log) != 0;
	pipeline_reconfigure(
		sensor->pipeline, setup_detect(&sensor->config), setup_retention(&sensor->config));
	sensor_watch(sensor);
}
