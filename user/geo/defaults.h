/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the country data of a fresh installation lie: the files of Debian's tor-geoipdb, unpacked
 * by the package. Used when neither the configuration nor the command line names a file.
 */
#ifndef TEITEN_GEO_DEFAULTS_H
#define TEITEN_GEO_DEFAULTS_H

/* An initializer of an array of paths; later files win, but these two share no address. */
#define GEO_DEFAULT_FILES                                                                          \
	{                                                                                          \
		"/var/lib/teiten/geo/geoip", "/var/lib/teiten/geo/geoip6"                          \
	}
#define GEO_DEFAULT_FILE_COUNT 2

#endif
