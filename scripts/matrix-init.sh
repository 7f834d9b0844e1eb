#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
# Process 1 of the guest that check-matrix.sh boots: run every test, write to the second serial
# line what they print, power off.
/bin/busybox --install -s /bin
export PATH=/sbin:/bin # iproute2's ip first: busybox's knows no veth
export HOSTILE_KERNEL_FRAMES=20000 # an emulated processor is thirty times slower
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t bpf bpf /sys/fs/bpf
for module in /modules/*; do
	insmod "$module"
done
ip link set lo up
exec >/dev/ttyS1 2>&1
echo "# release $(uname -r)"
for test in /tests/*; do
	echo "# begin ${test#/tests/}"
	"$test" || echo "not ok - ${test#/tests/} ends with status $?"
done
echo "# end of tests"
# What is written must have left the line before the power goes.
sleep 1
poweroff -f
