#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A disk that the kernel makes read-only under a sensor that counts, and a group of processes with too
# little memory, or just enough: what is said, and that no count is lost. In minutes of a second
# (tests/system/clock.sh). A disk that is full is in badinput.t.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/system/tap.sh
. tests/system/world.sh
. tests/system/clock.sh

need_memory 2000
enter_world
$generator --print-geo >$work/geo.csv
make_cables disk memory
printf '[counting]\nprefixes = no\n' >$work/lean
fast_clock 60


# -- A disk that becomes read-only -----------------------------------------------------------------

# ext4 does so by itself after an error of the disk, open files or not; "abort" is that error.
test_disk() {
	start_sensor disk -c $work/lean
	send disk 1
	wait_minutes disk 1
	before=$(ledger disk)
	mount -o remount,abort $work/disk
	claim "disk: read-only under a running sensor it is told" wait_said disk 'warning: history: '
	echo "# $(grep 'warning: history: ' $work/disk.said)"
	send disk 2 --seed 2
	claim "disk: the event log has the beginning" \
		grep -q '"name":"history","state":"begin"' $work/disk.json
	is "disk: what was stored can be asked for" "$(ledger disk)" "$before"
	claim "disk: the sensor lives and counts" kill -0 $sensor_disk
	end_sensor disk TERM
	is "disk: it ends on TERM" $ended 0
	umount $work/disk
	mount -o loop $work/disk.ext4 $work/disk
	mount -o remount,ro $work/disk
	timeout 30 $teiten run -c $work/lean -i darkdisk --state $work/disk --geo $work/geo.csv >$work/refused 2>&1
	is "disk: a start on a read-only disk ends with 1" $? 1
	claim "disk: and says why: $(tail -n 1 $work/refused)" grep -q 'disk.*[Rr]ead-only' $work/refused
	send disk 3 --seed 3
	mount -o remount,rw $work/disk
	start_sensor disk -c $work/lean
	claim "disk: writable again, it takes over what the kernel counted" \
		grep -q 'counting goes on' $work/disk.said
	send disk 4 --seed 4
	claim "disk: and stores minutes" wait_minutes disk 1
	end_sensor disk TERM
	detach_sensor disk
	same disk
	is "disk: the database is whole" "$(sqlite3 $work/disk/history.db 'PRAGMA integrity_check')" ok
	umount $work/disk
}

mkdir $work/disk
truncate -s 48M $work/disk.ext4
if mkfs.ext4 -q -F $work/disk.ext4 && mount -o loop $work/disk.ext4 $work/disk; then
	test_disk
else
	echo "# SKIP no ext4 on a loop device: a disk that becomes read-only is NOT tested"
fi

# -- Too little memory for a group of processes, and just enough -----------------------------------

# The kernel's own groups, of either version; what this makes in them is empty at the end.
group=
mkdir $work/groups
if mount -t cgroup -o memory cgroup $work/groups 2>/dev/null; then
	limit_file=memory.limit_in_bytes
elif mount -t cgroup2 cgroup2 $work/groups 2>/dev/null; then
	limit_file=memory.max
fi
if mountpoint -q $work/groups; then
	group=$work/groups/teiten-limits-$(readlink /proc/self/ns/mnt | tr -dc 0-9)
	rmdir "$group" 2>/dev/null
	mkdir "$group"
	[ -w "$group/$limit_file" ] || {
		rmdir "$group"
		group=
	}
fi
# The command in the group, as the shell's next process.
in_group() { sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group" "$@"; }
limit() { echo $(($1 << 20)) >"$group/$limit_file"; }

test_memory() {
	for mib in 60 200 400; do
		limit $mib
		in_group timeout 30 $teiten run -c $work/lean -i darkmemory --state $work/memory \
			--geo $work/geo.csv >$work/poor 2>&1
		is "memory: within $mib MiB it does not start: ends with 1" $? 1
		claim "memory: and says how much it needs: $(tail -n 1 $work/poor)" \
			grep -q 'not enough memory for the tables: [0-9]* MiB are needed' $work/poor
		is "memory: and leaves nothing attached" "$(ip link show dev darkmemory | grep -c xdp)" 0
	done
	need=$(sed -n 's/.*: \([0-9]*\) MiB are needed.*/\1/p' $work/poor)
	# docs/operations.md: what the process itself touches at full speed.
	limit $((need + 140))
	enough=$teiten
	printf '#!/bin/sh\necho $$ >"%s/cgroup.procs" && exec "%s" "$@"\n' "$group" $enough >$work/grouped
	chmod +x $work/grouped
	teiten=$work/grouped
	start_sensor memory -c $work/lean
	teiten=$enough
	is "memory: the sensor is in the group" "$(grep -c -x "$sensor_memory" "$group/cgroup.procs")" 1
	for seed in 1 2; do
		send memory $seed --seed $seed --rate 20000
		wait_minutes memory 1
	done
	claim "memory: within $((need + 140)) MiB it lives" kill -0 $sensor_memory
	end_sensor memory TERM
	detach_sensor memory
	same memory
	rmdir "$group"
}

if [ -n "$group" ]; then
	test_memory
else
	echo "# SKIP no group with a limit of memory can be made here: memory limits are NOT tested"
fi
rmdir /sys/fs/bpf/teiten/* /sys/fs/bpf/teiten 2>/dev/null
is "nothing is pinned any more" "$(ls -A /sys/fs/bpf/teiten 2>/dev/null)" ""
[ "$tap_failed" -eq 0 ] || sed 's/^/# /' $work/*.said
done_testing
