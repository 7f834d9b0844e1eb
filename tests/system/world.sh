# SPDX-License-Identifier: GPL-2.0-or-later
# A world of a test's own, for shell tests that count packets: source this after tap.sh from the
# repository's root. Network, mounts, processes, sysfs and bpffs are the test's alone and end with
# its first process, however that ends; the files are in a tmpfs at $work.
# shellcheck shell=sh disable=SC2034,SC2086,SC2154

teiten=$PWD/build/teiten
generator=$PWD/build/darknet-generator
work=/mnt

# enter_world: run the calling script again inside a new world; outside, wait for it and end.
enter_world() {
	[ "$(id -u)" -eq 0 ] || skip_all "namespaces and BPF programs need root"
	[ -z "${INSIDE:-}" ] || {
		make_world
		return
	}
	# Should this shell be killed outright, the world goes with it.
	INSIDE=1 setpriv --pdeathsig KILL \
		unshare --mount --net --pid --fork --kill-child --mount-proc "$0" &
	outside=$!
	trap leave_world INT TERM HUP
	wait $outside
	exit
}

# Not unshare is killed, which waits for the first process inside, but that process itself.
leave_world() {
	trap '' INT TERM HUP
	first=$(cat "/proc/$outside/task/$outside/children" 2>/dev/null)
	# shellcheck disable=SC2086 # a list of at most one
	kill -KILL ${first:-$outside} 2>/dev/null
	wait $outside 2>/dev/null
	exit 130
}

make_world() {
	mount -t tmpfs -o mode=0755 tmpfs $work
	mount -t sysfs sysfs /sys
	mount -t bpf -o mode=0755 bpf /sys/fs/bpf
	ip link set lo up
	# The machine's own configuration and history are none of this world's business.
	mkdir -p /etc/teiten /var/lib/teiten
	mount -t tmpfs tmpfs /etc/teiten
	mount -t tmpfs tmpfs /var/lib/teiten
}

# need_memory MIB: skip where so much is not available; tables of sensors are not small.
need_memory() {
	awk -v need="$1" '/^MemAvailable/ { exit !($2 >= need * 1024) }' /proc/meminfo ||
		skip_all "this needs $1 MiB of memory: NOT tested"
}

# -- Cables ----------------------------------------------------------------------------------------

# make_cables N...: for each N a cable from dark$N, here, to far$N in a namespace of its own, with a
# queue for each processor. Neither end speaks by itself: every frame on it is a test's.
make_cables() {
	queues="numtxqueues $(nproc) numrxqueues $(nproc)"
	unshare --net sleep infinity &
	far=$!
	while [ "$(readlink /proc/$far/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do
		sleep 0.05
	done
	for cable in "$@"; do
		ip link add "dark$cable" $queues type veth peer name "far$cable" $queues
		ip link set "far$cable" netns $far
		echo 1 >"/proc/sys/net/ipv6/conf/dark$cable/disable_ipv6"
		ip link set "dark$cable" arp off up
		at_far sh -c "echo 1 >/proc/sys/net/ipv6/conf/far$cable/disable_ipv6
			ip link set far$cable arp off up"
	done
}

at_far() { nsenter --net="/proc/$far/ns/net" "$@"; }

# Packets and bytes that a device received, bytes with the Ethernet header of 14, which the kernel
# leaves out where an XDP program looks at a veth's frames.
device_received() {
	awk -v device="$1:" '$1 == device { printf "%.0f %.0f\n", $3, $2 + 14 * $3 }' /proc/net/dev
}

# lost N FILE...: frames that the sending device of dark$N dropped and did not tell its senders of,
# whose books FILE... are. Whether it tells depends on the kernel; what it tells of is sent again.
lost() {
	dropped=$(at_far awk -v device="far$1:" '$1 == device { print $13 }' /proc/net/dev)
	shift
	cat "$@" | awk -v n="$dropped" '$1 == "device" { n -= $3 } END { print n }'
}

# -- Sensors ---------------------------------------------------------------------------------------

# start_sensor N [OPTION...]: `teiten run` on dark$N with the state $work/$N, its words in
# $work/$N.out; its process is $sensor. Returns when it counts, or has ended.
start_sensor() {
	which=$1
	shift
	: >"$work/$which.said"
	"$teiten" run -i "dark$which" --state "$work/$which" --log "$work/$which.json" \
		--geo $work/geo.csv "$@" >"$work/$which.said" 2>&1 &
	sensor=$!
	eval "sensor_$which=$sensor"
	while kill -0 $sensor 2>/dev/null && ! grep -q ': counting' "$work/$which.said"; do
		sleep 0.05
	done
	cat "$work/$which.said" >>"$work/$which.out"
}

# end_sensor N SIGNAL: sends it to the sensor of N and waits; prints its exit status.
end_sensor() {
	eval "ending=\$sensor_$1"
	kill "-$2" "$ending"
	{ wait "$ending"; } 2>/dev/null
	ended=$?
	tail -n 3 "$work/$1.said" >>"$work/$1.out"
}

# pins_of INTERFACE: where what its sensor pins is, with "." written as "%2E" in the interface.
pins_of() {
	echo "/sys/fs/bpf/teiten/$1/v$(sed -n 's/^#define TT_LAYOUT //p' bpf/contract.h)"
}

# detach_sensor N: the last drain of dark$N; its words in $work/$N.detached.
detach_sensor() {
	"$teiten" detach -i "dark$1" --state "$work/$1" >"$work/$1.detached" 2>&1
}

# -- Time ------------------------------------------------------------------------------------------

now() { date +%s; }

# wait_until TIME, in seconds since 1970, with a fraction.
wait_until() {
	sleep "$(date +%s.%N | awk -v until="$1" '{ print (until > $1 ? until - $1 : 0) }')"
}

# wait_for_minute N TIME: the sensor of N has stored the minute that begins at TIME.
wait_for_minute() {
	minute=$(date -u -d "@$2" +%Y-%m-%dT%H:%M:%SZ)
	for _ in $(seq 100); do
		ask "$1" coverage --from "$minute" | grep -q "^$minute," && return 0
		sleep 0.1
	done
	echo "# the sensor of dark$1 did not store $minute" >&2
	return 1
}

# wait_for_health PINS TIME: the maps that operators read, which are written after the history, tell
# of the minute that begins at TIME.
wait_for_health() {
	minute=$(date -u -d "@$2" +%Y-%m-%dT%H:%M:%SZ)
	for _ in $(seq 100); do
		! bpftool map dump pinned "$1/health" 2>/dev/null | grep -q "$minute" || return 0
		sleep 0.1
	done
	echo "# $1/health does not tell of $minute" >&2
	return 1
}

# -- Books -----------------------------------------------------------------------------------------

# ask N TABLE [OPTION...]: the rows of `teiten query`, without the header.
ask() {
	of=$1
	shift
	"$teiten" query "$@" --state "$work/$of" --format csv 2>>"$work/$of.out" | tail -n +2
}

# ledger N: class, packets, bytes over all minutes, sorted by class.
ledger() { ask "$1" ledger --bin all | cut -d, -f2- | tr , ' ' | sort; }

# frames N: packets and bytes of all classes together.
frames() { ledger "$1" | awk '{ p += $2; b += $3 } END { printf "%.0f %.0f\n", p, b }'; }

# sent FILE...: what the generator's books say of the classes, in the form of ledger.
sent() {
	cat "$@" | awk -F'\t' '$1 == "class" { p[$2] += $3; b[$2] += $4 }
		END { for (c in p) print c, p[c], b[c] }' | sort
}
