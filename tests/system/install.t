#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What `make install` puts where, and that others take it: systemd its units, sysusers, tmpfiles and
# logrotate their files, bash its completion. Into a directory of the test's own; needs no root
# but for the owner of what tmpfiles makes.
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/system/tap.sh
. tests/system/tap.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

# have COMMAND: whether a check can be made; loud when it cannot.
have() {
	command -v "$1" >/dev/null && return
	echo "# SKIP $1 is missing: NOT checked with it"
	return 1
}

# shellcheck disable=SC2317 # called by claim
make_install() { make --no-print-directory "$1" DESTDIR="$root" PREFIX=/usr >"$work/out" 2>&1; }
files() { (cd "$root" && find . -type f -o -type l | sort); }

claim "make install succeeds" make_install install
files >"$work/installed"
is "the installed program runs" "$("$root/usr/bin/teiten" --version)" "$(build/teiten --version)"
claim "the configuration is the one that check prints" \
	sh -c "build/teiten check --print-default | cmp - '$root/etc/teiten/teiten.conf'"
for page in man8/teiten.8 man5/teiten.conf.5 man5/teiten-events.5; do
	claim "$page is installed" test -s "$root/usr/share/man/$page"
done
echo "# mine" >"$root/etc/teiten/teiten.conf"
claim "make install again succeeds" make_install install
is "and keeps the machine's own configuration" "$(cat "$root/etc/teiten/teiten.conf")" "# mine"
claim "and is the same otherwise" sh -c "cd '$root' && find . -type f | sort | cmp - '$work/installed'"

# -- systemd ---------------------------------------------------------------------------------------

units=$root/usr/lib/systemd/system
is "no placeholder is left in a unit" "$(grep -l @ "$units"/*.service | xargs grep -h '@[A-Z]*@')" ""
if have systemd-analyze; then
	mkdir "$work/units"
	for unit in "$units"/*; do
		sed "s,/usr/\(bin\|lib\)/teiten,$root&," "$unit" >"$work/units/${unit##*/}"
	done
	for unit in teiten.service teiten@dark.service teiten-geo.service teiten-geo.timer \
		teiten-push.service; do
		is "systemd-analyze verify has nothing to say of $unit" \
			"$(systemd-analyze verify --man=no "$work/units/$unit" 2>&1)" ""
	done
	for unit in teiten.service teiten@.service teiten-geo.service teiten-push.service; do
		systemd-analyze security --offline=true --threshold=25 --no-pager "$units/$unit" \
			>"$work/score" 2>&1
		is "its exposure is 2.5 or better: $(sed -n 's/.*level for //p' "$work/score" |
			tr -cd ' -~')" $? 0
	done
fi
if have systemd-sysusers; then
	systemd-sysusers --root="$root" teiten.conf >"$work/out" 2>&1
	claim "sysusers makes the user" grep -q '^teiten:' "$root/etc/passwd"
	claim "and its group" grep -q '^teiten:' "$root/etc/group"
	claim "who has no shell" grep -q '^teiten:.*/nologin$' "$root/etc/passwd"
fi
if have systemd-tmpfiles && have systemd-sysusers && [ "$(id -u)" -eq 0 ]; then
	mkdir -p "$root/sys/fs/bpf" && chmod 0700 "$root/sys/fs/bpf"
	is "tmpfiles has nothing to complain of" \
		"$(systemd-tmpfiles --create --root="$root" teiten.conf 2>&1)" ""
	owner=$(sed -n 's/^teiten:[^:]*:\([0-9]*\):\([0-9]*\):.*/\1 \2/p' "$root/etc/passwd")
	modes() { stat -c '%a %u %g' "$root/$1"; }
	is "others pass through the BPF file system" "$(modes sys/fs/bpf)" "711 0 0"
	is "the pins are teiten's, and so is what is made there" \
		"$(modes sys/fs/bpf/teiten)" "2750 $owner"
	is "the state is teiten's" "$(modes var/lib/teiten)" "750 $owner"
	is "and the log" "$(modes var/log/teiten)" "750 $owner"
fi

# -- logrotate -------------------------------------------------------------------------------------

if have logrotate && [ "$(id -u)" -eq 0 ]; then
	sed "s|/var/log|$work/log|; s/su teiten teiten/su root root/" "$root/etc/logrotate.d/teiten" \
		>"$work/logrotate"
	mkdir -p "$work/log/teiten" && chmod 0750 "$work/log" "$work/log/teiten"
	echo '{}' >"$work/log/teiten/events.json"
	logrotate -d -s "$work/logrotate.state" "$work/logrotate" >"$work/out" 2>&1
	is "logrotate takes its file, exit status" "$?" 0
	is "and finds no error" "$(grep -i error "$work/out")" ""
	claim "and considers the log" grep -q "considering log $work/log/teiten/events.json" "$work/out"
fi

# -- bash completion -------------------------------------------------------------------------------

# What TAB offers behind these words; the last one is what is typed so far.
# shellcheck disable=SC2016 # bash's own
offers() {
	PATH=$root/usr/bin:$PATH bash -c '
		. "$0"
		compopt() { :; }
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_teiten
		printf "%s\n" "${COMPREPLY[@]}"' \
		"$root/usr/share/bash-completion/completions/teiten" teiten "$@" | sort | xargs
}
options() {
	"$root/usr/bin/teiten" "$@" --help | grep -o -e '^ *-[a-z?], --[a-z-]*' -e '^ *--[a-z-]*' |
		tr -s ', ' '\n' | grep -v -e '^$' -e '^-?$' | sort | xargs
}
if have bash; then
	commands=$(build/teiten --help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p')
	# shellcheck disable=SC2086 # a list
	is "TAB offers the commands" "$(offers '')" \
		"$(printf '%s\n' $commands --help --version | sort | xargs)"
	for command in $commands; do
		case $command in geo | fleet) continue ;; esac
		is "and the options of $command" "$(offers "$command" -)" "$(options "$command")"
	done
	is "and of geo info" "$(offers geo info -)" "$(options geo info)"
	is "and of fleet report" "$(offers fleet report -)" "$(options fleet report)"
	is "and the actions of fleet" "$(offers fleet '')" "detect events query report sensors"
	is "and the actions of geo" "$(offers geo '')" "build info lookup"
	is "a beginning narrows it" "$(offers dete)" "detect"
	for table in $(offers query ''); do
		claim "it offers table $table, which exists" sh -c \
			"build/teiten query $table --state '$work/none' 2>&1 | grep -q 'no history'"
	done
	claim "which are all of them" test "$(offers query '' | wc -w)" -ge 9
	for bin in $(offers query ports --bin ''); do
		claim "it offers --bin $bin, which exists" sh -c \
			"build/teiten query ports --bin $bin --state '$work/none' 2>&1 | grep -q 'no history'"
	done
	is "an interface is one of the machine's" "$(offers run -i l)" "$(cd /sys/class/net && echo l*)"
	is "also behind =" "$(offers run --interface = l)" "$(cd /sys/class/net && echo l*)"
	mkdir "$work/dir" && : >"$work/dir.conf"
	is "a state is a directory" "$(offers query --state "$work/di")" "$work/dir"
	is "a configuration is a file" "$(offers run -c "$work/di")" "$work/dir $work/dir.conf"
fi

# -- Away again ------------------------------------------------------------------------------------

for script in scripts/*.sh etc/debian/teiten.pre* etc/debian/teiten.post*; do
	if have shellcheck; then
		claim "shellcheck has nothing to say of $script" shellcheck "$script"
	fi
done
claim "make uninstall succeeds" make_install uninstall
(cd "$root" && rm -rf sys var etc/passwd etc/group etc/shadow etc/gshadow etc/*- etc/.pwd.lock)
is "only the machine's own configuration stays" "$(files)" "./etc/teiten/teiten.conf"
done_testing
