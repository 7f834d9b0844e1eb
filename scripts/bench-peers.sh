#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What `make bench-peers` does: teiten and other tools on the same path, one after the other, in
# alternating order; a table, and build/bench-peers.json.
#
#   SECONDS_EACH=10 ROUNDS=2   how long each is loaded, and how often
#   RATE=0                     frames offered a second; 0: as many as the path takes
#   PEERS="teiten xdp-drop …"  which: the names in tests/bench/peers/
#   GENTLE=40000               frames offered at 20,000/s first: what a tool counts unhurried
#
# The path: frames of the counting benchmark's mix R, each made in place by an XDP program of a live
# test run (BPF_F_TEST_XDP_LIVE_FRAMES), are redirected through a devmap into one end of a veth pair
# and arrive at the other end, in another network namespace, as from a driver: at its XDP program,
# or, where a tool has none, in the kernel's network stack and the tool's packet socket. The kernel
# receives on the CPU that sends, so a slow receive path slows the sender (its offer is smaller) and
# loses nothing by itself; the tool's process has the other CPUs. That favours tools in user space:
# on a network card they would share CPUs with the interrupts, and lose frames there.
#
#   offered   frames the sender gave to the cable; device: rx_packets of the receiving end
#   counted   packets by the tool's own report; lost: offered - counted
#   Mpps      counted / seconds of sending
#   CPU       seconds a million counted packets: `kernel` is the sending thread's CPU time (the
#             receive path runs in it) less what making so many frames costs without a cable,
#             measured in the same round; plus the softirq time of that CPU where the kernel keeps
#             it apart (CONFIG_IRQ_TIME_ACCOUNTING). `tool` is the user and system time of the
#             tool's processes from the first frame until they are idle again.
#   sender    the share of a CPU that the sending thread got: below 100 % others ran beside it, and
#             the rates are that much lower
#   unhurried of GENTLE frames at 20,000/s: what a tool takes of this mix when it loses nothing
#             (tools with ports leave out later fragments)
set -eu

repo=$(cd "$(dirname "$0")/.." && pwd)
cable=$repo/build/tests/bench/cable
peers=$repo/tests/bench/peers
room=$repo/build/bench-peers
json=$repo/build/bench-peers.json
SECONDS_EACH=${SECONDS_EACH:-10} ROUNDS=${ROUNDS:-2} RATE=${RATE:-0} GENTLE=${GENTLE:-40000}
PEERS=${PEERS:-teiten xdp-drop tcpdump pmacctd softflowd nfpcapd fastnetmon}
export SECONDS_EACH ROUNDS RATE GENTLE PEERS

fail() {
	echo "bench-peers: $*" >&2
	exit 1
}

# -- Outside the namespaces ------------------------------------------------------------------------

stop_inside() {
	trap '' INT TERM HUP
	# Not unshare, which waits for it and then ends: only so is everything gone afterwards.
	first=$(cat "/proc/$inside/task/$inside/children" 2>/dev/null || true)
	# shellcheck disable=SC2086 # a list of at most one
	kill -KILL ${first:-$inside} 2>/dev/null || true
	wait "$inside" 2>/dev/null || true
	rmdir "$room" 2>/dev/null || true
	exit 130
}

# When the first process of the namespaces dies, so do all others, the links, the pins, the files.
enter_namespaces() {
	[ "$(id -u)" -eq 0 ] || fail "this needs root"
	rm -rf "$room"
	mkdir -p "$room"
	BENCH_INSIDE=1 unshare --mount --net --pid --ipc --fork --kill-child --mount-proc \
		"$repo/scripts/bench-peers.sh" &
	inside=$!
	trap stop_inside INT TERM HUP
	status=0
	wait $inside || status=$?
	rmdir "$room"
	exit $status
}

# -- The path --------------------------------------------------------------------------------------

dark=dark # the receiver's end, here; the sender's end, far, is in a namespace of its own

make_room() {
	results=$room/results
	mount -t tmpfs -o mode=0755,size=4G tmpfs "$room"
	mount -t sysfs sysfs /sys
	mount -t bpf bpf /sys/fs/bpf
	mount -t tmpfs tmpfs /tmp
	mount -t tmpfs tmpfs /run
	ip link set lo up
	: >"$results"
	unshare --net sleep infinity &
	far_side=$!
	until [ "$(readlink /proc/$far_side/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do
		sleep 0.1
	done
}

at_far() { nsenter --net="/proc/$far_side/ns/net" "$@"; }

# A new cable for each run: its counters begin at zero, and nothing speaks on it but the sender.
make_cable() {
	ip link del $dark 2>/dev/null || true
	ip link add $dark type veth peer name far
	ip link set far netns "$far_side"
	# Without an XDP program a veth takes redirected frames only with receive offload on.
	ethtool -K $dark gro on
	echo 1 >/proc/sys/net/ipv6/conf/$dark/disable_ipv6
	ip link set $dark arp off promisc on up
	at_far sh -c 'echo 1 >/proc/sys/net/ipv6/conf/far/disable_ipv6; ip link set far arp off up'
}

device_packets() { cat /sys/class/net/$dark/statistics/rx_packets; }

# -- What the tools' files use ---------------------------------------------------------------------

has_packet_socket() { [ "$(wc -l </proc/net/packet)" -gt 1 ]; }

# CPU seconds of a command that ends, its children included.
cpu_of_command() {
	sh -c '"$@" >/dev/null 2>&1; times' sh "$@" | awk -F'[ms ]+' '
		NR == 2 { print $1 * 60 + $2 + $3 * 60 + $4 }'
}

# CPU seconds of a process, its threads and its descendants.
cpu_of() {
	cat /proc/[0-9]*/stat 2>/dev/null | awk -v root="$1" -v tick="$(getconf CLK_TCK)" '
		{
			pid = $1
			sub(/^.*\) /, "")
			parent[pid] = $2
			spent[pid] = ($12 + $13 + $14 + $15) / tick
		}
		END {
			for (pid in parent)
				for (at = pid; at in parent; at = parent[at])
					if (at == root) {
						sum += spent[pid]
						break
					}
			print sum + 0
		}'
}

more() { awk -v a="$1" -v b="$2" -v by="$3" 'BEGIN { exit !(a > b + by) }'; }

# Until the tool has worked off what it holds: a second in which it spends less than 30 ms.
wait_until_idle() {
	before=$(cpu_of "$1")
	for _ in $(seq 30); do
		sleep 1
		after=$(cpu_of "$1")
		more "$after" "$before" 0.03 || return 0
		before=$after
	done
}

# -- One run ---------------------------------------------------------------------------------------

# run_peer NAME ROUND SEND-OPTIONS...: a line of results, or a loud SKIP. A shell of its own, as the
# tool's file sets its variables and functions.
# shellcheck disable=SC2030,SC2031
# name round offered device counted seconds sender_cpu softirq tool_cpu
run_peer() (
	name=$1 round=$2
	shift 2
	rm -rf "${room:?}/run"
	mkdir "$room/run"
	room=$room/run
	needs='' peer='' counted='' cpu_finish=0
	# shellcheck source=/dev/null
	. "$peers/$name.sh"
	command -v "$needs" >/dev/null ||
		skip "$needs is not installed (scripts/install-packages.sh bench)"
	make_cable
	start
	wait_until_ready || skip "it does not start here"
	sleep 1
	cpu=$(cpu_of "$peer")
	sent=$(at_far "$cable" send -i far "$@")
	wait_until_idle "$peer"
	cpu=$(awk -v a="$(cpu_of "$peer")" -v b="$cpu" 'BEGIN { print a - b }')
	device=$(device_packets)
	kill -0 "$peer" 2>/dev/null || skip "it ended under load"
	finish
	[ -n "$counted" ] || skip "it reported no count"
	# shellcheck disable=SC2086 # four words
	set -- $sent
	awk -v OFS='\t' -v name="$name" -v round="$round" -v offered="$1" -v device="$device" \
		-v counted="$counted" -v seconds="$2" -v sender="$3" -v softirq="$4" \
		-v tool="$cpu" -v finish="$cpu_finish" 'BEGIN {
			print name, round, offered, device, counted, seconds, sender, softirq, tool + finish
		}' >>"$results"
)

# Ends the run: the tool has no line of results, and everybody hears why.
# shellcheck disable=SC2031
skip() {
	echo "SKIP $name: $*" >&2
	tail -n 5 "$room/log" >&2 2>/dev/null || true
	[ -z "$peer" ] || kill -KILL "$peer" 2>/dev/null || true
	exit 0
}

# shellcheck disable=SC2031
wait_until_ready() {
	for _ in $(seq 100); do
		kill -0 "$peer" 2>/dev/null || return 1
		! is_ready || return 0
		sleep 0.2
	done
	return 1
}

run_round() {
	printf 'make\t%s\t%s\n' "$1" "$("$cable" send -s 2 | tr ' ' '\t')" >>"$results"
	order=$PEERS
	[ $(($1 % 2)) -eq 1 ] || order=$(echo "$PEERS" | tr ' ' '\n' | tac | tr '\n' ' ')
	for name in $order; do
		run_peer "$name" "$1" -s "$SECONDS_EACH" -r "$RATE"
		tail -n 1 "$results" | awk -F'\t' -v name="$name" '$1 == name {
			printf "round %d  %-11s offered %11d  counted %11d\n", $2, $1, $3, $5 }'
	done
}

# -- Results ---------------------------------------------------------------------------------------

irq_time_is_apart() {
	{ zcat /proc/config.gz || cat "/boot/config-$(uname -r)"; } 2>/dev/null |
		grep -q '^CONFIG_IRQ_TIME_ACCOUNTING=y'
}

# The table, and the same figures as JSON.
summarise() {
	apart=0
	! irq_time_is_apart || apart=1
	awk -F'\t' -v peers="$PEERS" -v apart=$apart -v json="$json" -v kernel="$(uname -r)" \
		-v seconds="$SECONDS_EACH" -v rate="$RATE" -f "$peers/summary.awk" "$results"
}

# teiten's ledger is the device's own count, in each run, unhurried and at full speed.
ledger_is_exact() {
	case " $PEERS " in
	*" teiten "*) ;;
	*) return 0 ;;
	esac
	awk -F'\t' -v expected=$((ROUNDS + (GENTLE > 0))) '$1 == "teiten" {
			runs++
			if ($4 != $5) {
				printf "teiten counted %d of %d frames of the device\n", $5, $4
				wrong++
			}
		}
		END {
			printf "teiten: the ledger is the rx_packets of the device in %d of %d runs\n",
				runs - wrong, expected
			exit wrong || runs != expected
		}' "$results"
}

inside() {
	trap 'exit 130' INT TERM HUP
	make_room
	for name in $PEERS; do
		[ "$GENTLE" -eq 0 ] || run_peer "$name" 0 -r 20000 -n "$GENTLE"
	done
	for round in $(seq "$ROUNDS"); do
		run_round "$round"
	done
	summarise
	ledger_is_exact
}

for tool in unshare nsenter ip ethtool awk; do
	command -v $tool >/dev/null || fail "$tool is missing (scripts/install-packages.sh run)"
done
for program in "$repo/build/teiten" "$cable"; do
	[ -x "$program" ] || fail "$program is missing: run make bench-peers"
done
for name in $PEERS; do
	[ -f "$peers/$name.sh" ] || fail "there is no $peers/$name.sh"
done
if [ -n "${BENCH_INSIDE:-}" ]; then
	inside
else
	enter_namespaces
fi
