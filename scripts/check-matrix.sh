#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Run kernel tests (TAP) on Debian's stock kernels 6.1 and 6.12, in qemu without KVM.
# usage: check-matrix.sh TEST...        (programs; `make check-matrix` passes every kernel test)
#
# Each kernel is resolved anew (its package changes with every security update) and kept in
# build/matrix/. 6.1 comes through the machine's own apt configuration, 6.12 from the backports of the
# mirror that it names, through package lists of its own: nothing of the machine's changes. A kernel
# that cannot be downloaded is skipped with a notice. Exit 0 when every claim holds on every kernel
# that could be had.
#
# MATRIX_KERNELS    default "6.1 6.12"
# VERIFIER_FIGURES  --write keeps what the verifiers made of the programs as tests/kernel/verifier.txt;
#                   for one kernel at a time, since it is one file
set -eu
cd "$(dirname "$0")/.."

keys=/usr/share/keyrings/debian-archive-keyring.gpg
work=$PWD/build/matrix
ip=$(command -v ip || echo /sbin/ip)
# Tables: 270 MiB a CPU and 530 MiB once.
memory=2048
cpus=2
limit=1200 # seconds; two at once took 285, and more than 600 with other work beside

mirror() { # where the machine's apt has bookworm from
	# shellcheck disable=SC2016 # apt's own variables
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(CODENAME)' "Created-By: Packages" |
		awk '$2 == "bookworm" || $3 == "bookworm" { print $1; exit }'
}

with_apt() { # KERNEL DIRECTORY COMMAND...: apt as the kernel needs it
	for_=$1 at=$2 tool=$3
	shift 3
	if [ "$for_" = 6.1 ]; then
		"$tool" -q -o APT::Sandbox::User="$(id -un)" "$@"
		return
	fi
	"$tool" -q -o Dir::Etc::sourcelist="$at/sources.list" -o Dir::Etc::sourceparts="$at/none" \
		-o Dir::State="$at/state" -o Dir::State::status=/dev/null -o Dir::Cache="$at/cache" \
		-o APT::Architecture=amd64 -o APT::Architectures=amd64 -o Debug::NoLocking=1 \
		-o APT::Sandbox::User="$(id -un)" "$@"
}

prepare_lists() { # KERNEL DIRECTORY: package lists that have the kernel
	case $1 in
	6.1) ;;
	6.12)
		from=$(mirror)
		[ -n "$from" ] || {
			echo "no apt source of bookworm" >"$2/apt.log"
			return 1
		}
		mkdir -p "$2/none" "$2/state/lists/partial" "$2/cache/archives/partial"
		echo "deb [signed-by=$keys] $from bookworm-backports main" >"$2/sources.list"
		with_apt "$1" "$2" apt-get update -o APT::Update::Error-Mode=any >"$2/apt.log" 2>&1
		;;
	*)
		echo "nothing is known of Linux $1" >"$2/apt.log"
		return 1
		;;
	esac
}

fetch() { # KERNEL DIRECTORY: the newest package, unless DIRECTORY/root has it
	package=$(with_apt "$1" "$2" apt-cache show --no-all-versions linux-image-cloud-amd64 |
		sed -n "s/^Depends: \(linux-image-$1[.+][^ ,]*\).*/\1/p" | head -n 1)
	version=$(with_apt "$1" "$2" apt-cache show --no-all-versions "${package:-none}" |
		sed -n 's/^Version: //p')
	[ -n "$version" ] || return 1
	[ "$(cat "$2/package" 2>/dev/null)" != "$package $version" ] || return 0
	(cd "$2" && rm -f ./*.deb && with_apt "$1" "$2" apt-get download "$package") || return 1
	unpack "$2" && echo "$package $version" >"$2/package"
}

download() { # KERNEL DIRECTORY: DIRECTORY/root holds a package's files, the newest if possible
	mkdir -p "$2"
	: >"$2/apt.log"
	if prepare_lists "$1" "$2" && fetch "$1" "$2" >>"$2/apt.log" 2>&1; then
		return 0
	fi
	[ -f "$2/package" ] || return 1
	echo "NOTICE Linux $1: nothing newer can be had; $(cat "$2/package") is tested" >&2
}

unpack() { # DIRECTORY: the package's files in DIRECTORY/root, with modules.dep
	rm -rf "$1/root" "$1/package"
	dpkg-deb -x "$1"/*.deb "$1/root" && rm -f "$1"/*.deb || return 1
	release=$(ls "$1/root/lib/modules")
	depmod -b "$1/root" -F "$1/root/boot/System.map-$release" "$release"
}

copy_modules() { # ROOT TO MODULE...: numbered in the order to insert
	release=$(ls "$1/lib/modules") from=$1 to=$2 number=10
	shift 2
	for module in "$@"; do
		modprobe -d "$from" -S "$release" --show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r path; do
		name=$to/$number-$(basename "${path%.xz}")
		case $path in
		*.xz) xz -dc "$path" >"$name" ;;
		*) cp "$path" "$name" ;;
		esac
		number=$((number + 1))
	done
}

copy_libraries() { # TO PROGRAM...
	to=$1
	shift
	ldd "$@" | awk '$2 == "=>" { print $3 } $1 ~ /^\// && NF == 2 { print $1 }' |
		grep '^/' | sort -u | while read -r library; do
		mkdir -p "$to$(dirname "$library")"
		cp -L "$library" "$to$library"
	done
}

initramfs() { # DIRECTORY TEST...
	at=$1 guest=$1/guest
	shift
	rm -rf "$guest"
	for folder in bin dev proc sbin sys tmp modules tests; do
		mkdir -p "$guest/$folder"
	done
	cp /bin/busybox "$guest/bin/busybox"
	cp -L "$ip" "$guest/sbin/ip"
	cp "$@" "$guest/tests/"
	copy_libraries "$guest" "$ip" "$@"
	copy_modules "$at/root" "$guest/modules" veth
	cp scripts/matrix-init.sh "$guest/init"
	chmod +x "$guest/init"
	(cd "$guest" && find . | cpio -o -H newc --quiet | gzip -1) >"$at/initramfs"
}

boot() { # DIRECTORY: the tests' output in DIRECTORY/tests.log
	rm -f "$1"/console.log "$1"/tests.log
	# KVM is never used: a /dev/kvm that opens may still not work. No CMPXCHG16B: qemu 7.2 leaves
	# arbitrary flags behind it (seen: virtual-8086 mode, a double fault in kmem_cache_alloc).
	# It ends with us: who waits in the background is not told of an interrupt by the terminal.
	timeout "$limit" qemu-system-x86_64 -M q35 -accel tcg,thread=multi -cpu max,-cx16 -m "$memory" \
		-smp "$cpus" -display none -monitor none -no-reboot -net none \
		-serial "file:$1/console.log" -serial "file:$1/tests.log" \
		-kernel "$1"/root/boot/vmlinuz-* -initrd "$1/initramfs" \
		-append "console=ttyS0 panic=-1 quiet" &
	guest=$!
	trap 'kill $guest; exit 130' TERM
	wait $guest
}

# One TAP file for each test, for prove.
split() { # DIRECTORY
	rm -rf "$1/tap"
	mkdir "$1/tap"
	tr -d '\r' <"$1/tests.log" |
		awk -v to="$1/tap" '/^# begin / { file = to "/" $3 } file { print >file }'
}

# -- One kernel ----------------------------------------------------------------------------------

check() { # KERNEL DIRECTORY TEST...
	kernel=$1 at=$2
	shift 2
	began=$(date +%s)
	initramfs "$at" "$@"
	if ! boot "$at" || ! grep -q '^# end of tests' "$at/tests.log"; then
		echo "FAIL Linux $kernel: the guest did not finish; see $at/console.log, tests.log"
		return 1
	fi
	split "$at"
	echo "# Linux $(tr -d '\r' <"$at/tests.log" | sed -n 's/^# release //p'):" \
		"$(($(date +%s) - began)) s from power on to power off"
	status=0
	# shellcheck disable=SC2086 # an option or nothing
	cat "$at"/tap/* | scripts/verifier-figures.sh ${VERIFIER_FIGURES:-} "$kernel" || status=1
	prove -q --exec cat "$at"/tap/* || status=1
	return "$status"
}

# -- All -----------------------------------------------------------------------------------------

[ $# -gt 0 ] || {
	echo "usage: check-matrix.sh TEST..." >&2
	exit 2
}
failed=0 checks=
# shellcheck disable=SC2086 # a list
trap 'trap "" TERM; kill $checks 2>/dev/null; wait; exit 130' INT TERM HUP
# apt does one thing at a time; a guest keeps a processor busy for minutes.
for kernel in ${MATRIX_KERNELS:-6.1 6.12}; do
	if download "$kernel" "$work/$kernel"; then
		check "$kernel" "$work/$kernel" "$@" >"$work/$kernel/said" 2>&1 &
		checks="$checks $!"
	else
		echo "SKIP Linux $kernel: its package cannot be had (apt-get update?);" \
			"see $work/$kernel/apt.log" >&2
		rm -f "$work/$kernel/said"
	fi
done
for check in $checks; do
	wait "$check" || failed=1
done
for kernel in ${MATRIX_KERNELS:-6.1 6.12}; do
	[ ! -f "$work/$kernel/said" ] || cat "$work/$kernel/said"
done
exit "$failed"
