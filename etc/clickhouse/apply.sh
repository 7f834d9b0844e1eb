#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Make the tables of the fleet on a node of the engine. Running it again changes nothing.
#
#   apply.sh node                  what every node has
#   apply.sh sensor NAME SHARD     the tables of a sensor, on the node that stores it
#   apply.sh register NAME SHARD   only that it exists, on every other node
#   apply.sh query CLUSTER         the tables over all shards, on nodes that are asked
#   apply.sh user NAME <PASSWORD   print what users.d/ needs for the user of a sensor
#
# CLICKHOUSE is the client's command, by default "clickhouse-client"; options such as --host,
# --port, --user and --password belong into it.
set -eu
cd "$(dirname "$0")"
client=${CLICKHOUSE:-clickhouse-client}

usage() {
	sed -n '5,9s/^# *//p' apply.sh >&2
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
