#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What `make run` does. With IFACE: the sensor on that interface. Without: a demonstration on a
# darknet made for it, in namespaces of its own, that leaves nothing behind but build/.
#
#   IFACE=eth1   count on a real interface, in the foreground (CONF=FILE, STATE=DIR)
#   SEED=1 PORT=5000 COUNTRY=CN   change the demonstration's packets and attacks
#
# The demonstration: a month of background radiation goes through `teiten replay`, then `teiten run`
# counts live what the generator sends: background and three attacks. The generator keeps its own
# books; the last table holds both.
set -eu

repo=$(cd "$(dirname "$0")/.." && pwd)
teiten=$repo/build/teiten
generator=$repo/build/darknet-generator
geo=$repo/build/geo
# Its own for each demonstration: the end of one removes the directory that another mounts over.
room=${DEMO_INSIDE:-$repo/build/demo.$$}
SEED=${SEED:-1} PORT=${PORT:-5000} COUNTRY=${COUNTRY:-CN}
export SEED PORT COUNTRY

say() { printf '\n== %s\n' "$*"; }
fail() {
	echo "demo: $*" >&2
	exit 1
}

as_root() {
	[ "$(id -u)" -ne 0 ] || return 0
	command -v sudo >/dev/null || fail "this needs root, and there is no sudo: run it as root"
	exec sudo env SEED="$SEED" PORT="$PORT" COUNTRY="$COUNTRY" IFACE="${IFACE:-}" \
		CONF="${CONF:-}" STATE="${STATE:-}" "$repo/scripts/demo.sh"
}

# -- A real interface ------------------------------------------------------------------------------

run_on_interface() {
	state=${STATE:-/var/lib/teiten}
	ip link show dev "$IFACE" >/dev/null 2>&1 || fail "there is no interface $IFACE"
	if [ -n "${CONF:-}" ]; then
		"$teiten" check -c "$CONF" || exit
		exec "$teiten" run -c "$CONF" -i "$IFACE" ${STATE:+--state "$STATE"}
	fi
	mkdir -p "$state" /var/log/teiten
	[ -f "$state/geo/geoip" ] || "$repo/scripts/fetch-geo.sh" "$state/geo" ||
		echo "demo: without country data every source counts as ZZ" >&2
	set --
	for file in "$state/geo/geoip" "$state/geo/geoip6"; do
		[ ! -f "$file" ] || set -- "$@" --geo "$file"
	done
	exec "$teiten" run -i "$IFACE" --state "$state" "$@"
}

# -- Outside the namespaces ------------------------------------------------------------------------

# Without a network the generator's own short list of networks is the country data.
prepare_geo() {
	[ -f "$geo/geoip" ] && [ -f "$geo/geoip6" ] && return
	"$repo/scripts/fetch-geo.sh" "$geo" && return
	echo "demo: going on with a built-in list of 14 countries" >&2
	mkdir -p "$geo"
	"$generator" --print-geo >"$geo/builtin.csv"
}

check_choices() {
	case $SEED in
	'' | *[!0-9]* | ??????????*) fail "SEED is a number of at most nine digits, not '$SEED'" ;;
	esac
	case $PORT in
	'' | *[!0-9]* | ??????*) fail "PORT is a number from 1 to 65535, not '$PORT'" ;;
	esac
	if [ "$PORT" -lt 1 ] || [ "$PORT" -gt 65535 ]; then
		fail "PORT is a number from 1 to 65535, not $PORT"
	fi
	# shellcheck disable=SC2046 # a list of options
	"$teiten" geo info --all $(geo_options) |
		awk -v country="$COUNTRY" '$1 == country && $2 > 0 { found = 1 } END { exit !found }' ||
		fail "COUNTRY is two capital letters of the country data, not '$COUNTRY'"
}

stop_inside() {
	trap '' INT TERM HUP
	# Not unshare, which waits for it and then ends: only so is everything gone afterwards.
	first=$(cat "/proc/$inside/task/$inside/children" 2>/dev/null || true)
	# shellcheck disable=SC2086 # a list of at most one
	kill -KILL ${first:-$inside} 2>/dev/null || true
	wait "$inside" 2>/dev/null || true
	rmdir "$room" 2>/dev/null || true
	echo "demo: interrupted" >&2
	exit 130
}

# Everything happens in a mount, network and process namespace: when its first process dies, so do
# all others, the links, the pins and the files. Killing that process is the whole clean-up.
enter_namespaces() {
	mkdir -p "$room"
	DEMO_INSIDE=$room unshare --mount --net --pid --fork --kill-child --mount-proc \
		"$repo/scripts/demo.sh" &
	inside=$!
	trap stop_inside INT TERM HUP
	status=0
	wait $inside || status=$?
	rmdir "$room" 2>/dev/null || true
	exit $status
}

# -- Inside ----------------------------------------------------------------------------------------

sensor_pid=
sender_pid=

geo_options() {
	if [ -f "$geo/geoip" ] && [ -f "$geo/geoip6" ]; then
		echo "--geo $geo/geoip --geo $geo/geoip6"
	else
		echo "--geo $geo/builtin.csv"
	fi
}

make_room() {
	mount -t tmpfs -o mode=0755 tmpfs "$room"
	# A fresh sysfs shows this namespace's interfaces; bpffs goes on top of it.
	mount -t sysfs sysfs /sys
	mount -t bpf bpf /sys/fs/bpf
	mkdir "$room/state"
	cat >"$room/teiten.conf" <<-EOF
		[sensor]
		name = demo
		interface = darknet
		addresses = 192.0.2.0/24 2001:db8::/64
		[state]
		dir = $room/state
		[events]
		log = $room/events.json
	EOF
}

# darknet is the sensor's end of the cable; its other end, router, is in a namespace of its own.
# Neither end speaks by itself: every frame on it is the generator's.
make_cable() {
	unshare --net sleep 3600 &
	router=$!
	ip link set lo up
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ "$(readlink /proc/$router/ns/net)" = "$(readlink /proc/self/ns/net)" ] || break
		sleep 0.1
	done
	ip link add darknet type veth peer name router
	ip link set router netns "$router"
	echo 1 >/proc/sys/net/ipv6/conf/darknet/disable_ipv6
	ip link set darknet arp off up
	at_router sh -c 'echo 1 >/proc/sys/net/ipv6/conf/router/disable_ipv6
		ip link set router arp off up'
}

at_router() { nsenter --net="/proc/$router/ns/net" "$@"; }

minute_of() { date -u -d "@$(($1 / 60 * 60))" +%Y-%m-%dT%H:%M:%SZ; }

replay_month() {
	now=$(date +%s)
	live_from=$(minute_of "$now")
	from=$(minute_of $((now - 30 * 86400)))
	say "1/4 a month of background radiation, $from to $live_from"
	# shellcheck disable=SC2046 # a list of options
	"$generator" --pcap "$room/month.pcap" --from "$from" --to "$live_from" --seed "$SEED" \
		$(geo_options) --counts "$room/month.tsv"
	awk -F'\t' '$1 == "frames" { print $3 " packets, " $4 " bytes" }' "$room/month.tsv"
	# shellcheck disable=SC2046
	"$teiten" replay -c "$room/teiten.conf" $(geo_options) --state "$room/state" \
		"$room/month.pcap" >"$room/replay.txt" || {
		cat "$room/replay.txt"
		fail "the replay failed"
	}
	rm "$room/month.pcap"
}

start_sensor() {
	say "2/4 the sensor goes live on interface darknet"
	# shellcheck disable=SC2046
	"$teiten" run -c "$room/teiten.conf" -i darknet --state "$room/state" $(geo_options) &
	sensor_pid=$!
	for _ in $(seq 150); do
		kill -0 $sensor_pid 2>/dev/null || {
			wait $sensor_pid || true
			fail "teiten run ended before it was attached"
		}
		for link in /sys/fs/bpf/teiten/darknet/v*/link; do
			[ ! -e "$link" ] || return 0
		done
		sleep 0.2
	done
	fail "teiten run did not attach within 30 seconds"
}

# Background and attacks until shortly before the second minute border from now.
send_attacks() {
	now=$(date +%s)
	border=$((now / 60 * 60 + 120))
	say "3/4 background and three attacks, until $(minute_of "$border")"
	echo "23/tcp from $COUNTRY, DNS responses from many countries, $PORT/tcp from $COUNTRY"
	# shellcheck disable=SC2046
	at_router "$generator" --send router --seconds $((border - now - 3)) --rate 0.0583 \
		--seed $((SEED + 1)) $(geo_options) --counts "$room/sent.tsv" \
		--attack "telnet:$COUNTRY:600" --attack dns:400 --attack "port:$PORT:$COUNTRY:300" &
	sender_pid=$!
	while kill -0 $sender_pid 2>/dev/null; do
		printf '  %3d s to the border\n' $((border - $(date +%s)))
		sleep 10
	done
	wait $sender_pid || fail "the generator failed"
	live_to=$(minute_of $((border)))
	last=$(minute_of $((border - 60)))
	for _ in $(seq 60); do
		"$teiten" query coverage --state "$room/state" --from "$last" --to "$live_to" \
			--format csv | grep -q "^$last," && return
		sleep 0.5
	done
	fail "the minute $last is not in the history"
}

# Every class, what was sent beside what was counted; fails when one differs.
compare() {
	"$teiten" query ledger --state "$room/state" --from "$live_from" --to "$live_to" --bin all \
		--format csv >"$room/ledger.csv"
	awk -v sent="$room/sent.tsv" '
		BEGIN {
			while ((getline line < sent) > 0) {
				split(line, part, "\t")
				if (part[1] == "class") {
					packets[part[2]] = part[3]
					bytes[part[2]] = part[4]
				}
			}
			printf "%-17s%12s%12s%12s%12s\n", "class", "sent", "counted", "bytes sent", "counted"
			FS = ","
		}
		FNR > 1 { counted[$2] = $3; length_[$2] = $4; packets[$2] += 0; bytes[$2] += 0 }
		END {
			for (class in packets) {
				equal = packets[class] == counted[class] && bytes[class] == length_[class]
				differs += !equal
				printf "%-17s%12d%12d%12d%12d%s\n", class, packets[class], counted[class],
					bytes[class], length_[class], equal ? "" : "  differs" | "sort"
			}
			close("sort")
			print differs ? differs " classes differ" : "every class is equal"
			exit differs > 0
		}' "$room/ledger.csv"
}

# Each attack has an event of its series; says which has none.
attacks_found() {
	"$teiten" query events --state "$room/state" --from "$live_from" --to "$live_to" --bin all \
		--format csv >"$room/events.csv"
	missing=0
	for key in tcp/23 udp-src53 "tcp/$PORT"; do
		awk -F, -v key="$key" '$6 == key { found = 1 } END { exit !found }' \
			"$room/events.csv" && continue
		echo "no event for $key"
		missing=1
	done
	[ $missing -eq 1 ] || echo "each of the three attacks has its event"
	return $missing
}

# The way an operator ends it: the process, then the program, which counts on without it.
stop_sensor() {
	kill -TERM $sensor_pid
	wait $sensor_pid 2>>"$room/sensor.log" || true
	"$teiten" detach -c "$room/teiten.conf" 2>>"$room/sensor.log" || {
		cat "$room/sensor.log" >&2
		fail "teiten detach failed"
	}
	say "detached; nothing is left but build/"
}

inside() {
	trap 'exit 130' INT TERM HUP
	make_room
	make_cable
	replay_month
	start_sensor
	send_attacks
	say "4/4 what the sensor says: teiten events"
	"$teiten" events --state "$room/state"
	status=0
	attacks_found || status=1
	say "teiten query ledger --bin all, beside the generator's books"
	compare || status=1
	stop_sensor
	exit $status
}

for tool in unshare nsenter ip awk; do
	command -v $tool >/dev/null || fail "$tool is missing: apt-get install util-linux iproute2"
done
for program in "$teiten" "$generator"; do
	[ -x "$program" ] || fail "$program is missing: run make first"
done
if [ -n "${IFACE:-}" ]; then
	as_root
	run_on_interface
elif [ -n "${DEMO_INSIDE:-}" ]; then
	inside
else
	prepare_geo
	check_choices
	as_root
	enter_namespaces
fi
