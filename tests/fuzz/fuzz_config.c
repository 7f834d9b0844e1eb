/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a configuration: a config that is taken is whole, and both writers take it back. */
#include "user/config/config.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config_errors errors;
	const char *names[CONFIG_MAX_KEYS];
	struct config config, defaults;
	int error = config_parse((const char *)data, size, "fuzz", &config, &errors);

	if (error) {
		if (!errors.count)
			abort(); /* refused without a reason */
		return 0;
	}
	if (config.addresses.target_count > TT_MAX_TARGETS ||
		config.geo_file_count > CONFIG_MAX_GEO_FILES || !config.name || !config.state_dir)
		abort();
	if (config_load(NULL, &defaults, &errors))
		abort();
	config_fixed_changes(&defaults, &config, names);
	config_exchange_reloadable(&defaults, &config);
	config_release(&defaults);
	config_release(&config);
	return 0;
}
