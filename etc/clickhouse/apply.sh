#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Make the tables of the fleet on a node of the engine. Running it again changes nothing.
#
#   apply.sh node                  what every node has
#   apply.sh sensor NAME SHARD     the tables of a sensor, on the node that stores it
#   apply.sh register NAME SHARD   only that it exists, on every other node
#   apply.sh query CLUSTER         the tables over all shards, on nodes that are asked
#   apply.sh expire MINUTES HOURS DAYS
#                                  drop minutes, hours and days that are older than so many days
#   apply.sh remove NAME           drop a sensor and all of its rows, on every node
#   apply.sh user NAME <PASSWORD   print what users.d/ needs for the user of a sensor
#
# CLICKHOUSE is the client's command, by default "clickhouse-client"; options such as --host,
# --port, --user and --password belong into it.
set -eu
cd "$(dirname "$0")"
client=${CLICKHOUSE:-clickhouse-client}

usage() {
	sed -n '5,12s/^# *//p' apply.sh >&2
	exit 2
}

# Names become parts of SQL: only what needs no quotes is one.
check_name() {
	case $1 in
	'' | [!a-z]* | *[!a-z0-9_]* | ????????????????????????????????????????????????*)
		echo "apply.sh: '$1' is no name: a-z, 0-9 and _, a letter first, at most 47" >&2
		exit 2
		;;
	esac
}

check_shard() {
	case $1 in
	'' | 0* | *[!0-9]* | ?????*)
		echo "apply.sh: '$1' is no number of a shard: 1, 2 ..." >&2
		exit 2
		;;
	esac
}

# shellcheck disable=SC2086 # the client's options are words
ask() { $client --query "$1"; }
# shellcheck disable=SC2086
run() { $client --multiquery; }

# The version is written last, and once: it says that all before it is there.
make() {
	database=$1
	if ask "EXISTS TABLE $database.schema" | grep -q 1 &&
		ask "SELECT count() FROM $database.schema" | grep -qv '^0$'; then
		sed '/^INSERT INTO .*schema/d' | run
	else
		run
	fi
}

# register TABLE NAME SHARD
register() {
	ask "INSERT INTO teiten.$1 SELECT '$2', $3, now()"
}

check_days() {
	case $1 in
	'' | *[!0-9]* | ??????*)
		echo "apply.sh: '$1' is no number of days" >&2
		exit 2
		;;
	esac
}

# A partition goes when all of it is too old: it begins on the date in its name and is a week of
# minutes, a month of hours or a year of days long. 0 days keep everything. Events stay as days do.
expire() {
	ask "SELECT DISTINCT table, partition_id FROM (SELECT table, partition_id,
			toDate(extract(partition, '[0-9]+-[0-9]+-[0-9]+')) AS first,
			multiIf(table LIKE 'event%', 2, partition LIKE '(''minute''%' OR
				partition LIKE '(0,%', 0, partition LIKE '(''hour''%' OR
				partition LIKE '(1,%', 1, 2) AS kind,
			[$1, $2, $3][kind + 1] AS kept, [7, 31, 366][kind + 1] AS long
		FROM system.parts WHERE active AND database = 'teiten' AND table LIKE '%\\_of\\_%'
			AND table NOT LIKE 'about%')
		WHERE kept > 0 AND first + long <= today() - kept" |
		while read -r table partition; do
			ask "ALTER TABLE teiten.$table DROP PARTITION ID '$partition'" </dev/null
			echo "$table: $partition"
		done
}

remove() {
	ask "DROP DATABASE IF EXISTS teiten_$1"
	for table in cell port sport53 prefix ledger coverage event about; do
		ask "DROP TABLE IF EXISTS teiten.${table}_of_$1"
	done
	for table in sensor here; do
		ask "ALTER TABLE teiten.$table DELETE WHERE sensor = '$1'"
	done
}

case ${1:-} in
node)
	[ $# -eq 1 ] || usage
	make teiten <node.sql
	;;
sensor)
	[ $# -eq 3 ] || usage
	check_name "$2"
	check_shard "$3"
	sed "s/@SENSOR@/$2/g" sensor.sql | make "teiten_$2"
	register here "$2" "$3"
	register sensor "$2" "$3"
	;;
register)
	[ $# -eq 3 ] || usage
	check_name "$2"
	check_shard "$3"
	register sensor "$2" "$3"
	;;
query)
	[ $# -eq 2 ] || usage
	check_name "$2"
	sed "s/@CLUSTER@/$2/g" query.sql | run
	;;
expire)
	[ $# -eq 4 ] || usage
	check_days "$2"
	check_days "$3"
	check_days "$4"
	expire "$2" "$3" "$4"
	;;
remove)
	[ $# -eq 2 ] || usage
	check_name "$2"
	remove "$2"
	;;
user)
	[ $# -eq 2 ] || usage
	check_name "$2"
	IFS= read -r password || [ -n "$password" ]
	cat <<-XML
		<yandex><users><teiten_$2>
		<password_sha256_hex>$(printf %s "$password" | sha256sum | cut -d ' ' -f 1)</password_sha256_hex>
		<networks><ip>::/0</ip></networks>
		<profile>teiten_sensor</profile>
		<quota>default</quota>
		<allow_databases><database>teiten_$2</database></allow_databases>
		</teiten_$2></users></yandex>
	XML
	;;
*) usage ;;
esac
