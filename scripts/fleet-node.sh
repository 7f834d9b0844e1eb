# SPDX-License-Identifier: GPL-2.0-or-later
# Nodes of the engine (ClickHouse, from the packages) as ordinary processes on loopback, for tests,
# the demonstration and measurements: source this from the repository's root. Every node is a
# directory of its own, with configuration, data and log; nothing of the machine's own is touched.
# shellcheck shell=sh

# node_packages: succeed when the packages are there; the test and the demonstration need them.
node_packages() {
	command -v clickhouse-server >/dev/null && command -v clickhouse-client >/dev/null
}

# node_make DIR NUMBER [HOST:PORT...]: the configuration of node NUMBER, HTTP on port 8120 + NUMBER,
# HTTPS on 8440 + NUMBER where DIR/server.crt is, the engine's own protocol on 9000 + NUMBER. The
# addresses are those of the shards of the cluster "fleet", replicas of one shard with a comma
# between them. User admin has the password "admin", teiten_reader "reader".
node_make() {
	node_dir=$1 node_number=$2
	shift 2
	mkdir -p "$node_dir/data" "$node_dir/tmp" "$node_dir/files" "$node_dir/users.d"
	node_shards=
	for node_shard in "$@"; do
		node_shards="$node_shards<shard>"
		for node_replica in $(echo "$node_shard" | tr , ' '); do
			node_shards="$node_shards<replica><host>${node_replica%:*}</host>"
			node_shards="$node_shards<port>${node_replica#*:}</port>"
			node_shards="$node_shards<user>teiten_reader</user>"
			node_shards="$node_shards<password>reader</password></replica>"
		done
		node_shards="$node_shards</shard>"
	done
	node_tls=
	[ ! -f "$node_dir/server.crt" ] || node_tls="<https_port>$((8440 + node_number))</https_port>
		<openSSL><server><certificateFile>$node_dir/server.crt</certificateFile>
		<privateKeyFile>$node_dir/server.key</privateKeyFile>
		<verificationMode>none</verificationMode></server></openSSL>"
	cat >"$node_dir/config.xml" <<-XML
		<yandex>
		<logger><level>warning</level><log>$node_dir/log</log>
		<errorlog>$node_dir/errors</errorlog></logger>
		<http_port>$((8120 + node_number))</http_port>
		<tcp_port>$((9000 + node_number))</tcp_port>
		<interserver_http_port>$((9100 + node_number))</interserver_http_port>
		<listen_host>127.0.0.1</listen_host>
		$node_tls
		<path>$node_dir/data/</path>
		<tmp_path>$node_dir/tmp/</tmp_path>
		<user_files_path>$node_dir/files/</user_files_path>
		<users_config>$node_dir/users.xml</users_config>
		<default_profile>default</default_profile>
		<default_database>default</default_database>
		<mark_cache_size>268435456</mark_cache_size>
		<timezone>UTC</timezone>
		<remote_servers><fleet>$node_shards</fleet></remote_servers>
		</yandex>
	XML
	cat >"$node_dir/users.xml" <<-XML
		<yandex>
		<profiles><default/></profiles>
		<users><admin><password>admin</password><networks><ip>127.0.0.1</ip></networks>
		<profile>default</profile><quota>default</quota></admin></users>
		<quotas><default><interval><duration>3600</duration><queries>0</queries>
		<errors>0</errors><result_rows>0</result_rows><read_rows>0</read_rows>
		<execution_time>0</execution_time></interval></default></quotas>
		</yandex>
	XML
	sed "s/@READER@/$(printf reader | sha256sum | cut -d ' ' -f 1)/" etc/clickhouse/users.xml \
		>"$node_dir/users.d/teiten.xml"
}

# node_user DIR NAME: a sensor's user, with the password "NAME's".
node_user() {
	echo "$2's" | etc/clickhouse/apply.sh user "$2" >"$1/users.d/sensor_$2.xml"
}

# node_client DIR [OPTION...]: the client, as admin.
node_client() {
	node_port=$(sed -n 's/.*<tcp_port>\([0-9]*\).*/\1/p' "$1/config.xml")
	shift
	clickhouse-client --host 127.0.0.1 --port "$node_port" --user admin --password admin "$@"
}

# node_apply DIR ARGUMENT...: etc/clickhouse/apply.sh at that node.
node_apply() {
	node_port=$(sed -n 's/.*<tcp_port>\([0-9]*\).*/\1/p' "$1/config.xml")
	shift
	CLICKHOUSE="clickhouse-client --host 127.0.0.1 --port $node_port --user admin --password admin" \
		etc/clickhouse/apply.sh "$@"
}

# node_start DIR: start it and wait until it answers; its process is in DIR/pid. Fails after 30 s.
node_start() {
	setpriv --pdeathsig KILL clickhouse-server --config-file="$1/config.xml" \
		>"$1/said" 2>&1 &
	echo $! >"$1/pid"
	for _ in $(seq 300); do
		node_client "$1" --query "SELECT 1" >/dev/null 2>&1 && return 0
		kill -0 "$(cat "$1/pid")" 2>/dev/null || break
		sleep 0.1
	done
	echo "fleet: the node in $1 did not start:" >&2
	tail -n 5 "$1/said" "$1/errors" >&2
	return 1
}

# node_end DIR SIGNAL: send it, and wait for the end.
node_end() {
	node_pid=$(cat "$1/pid")
	kill "-$2" "$node_pid" 2>/dev/null || true
	# It is this shell's child, or that of one that has ended.
	wait "$node_pid" 2>/dev/null || true
	while kill -0 "$node_pid" 2>/dev/null; do
		sleep 0.05
	done
}
