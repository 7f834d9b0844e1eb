#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian package, as dpkg takes it: installed, upgraded with the same layout of the pins and with
# another, removed and purged, while packets keep their count. On a copy-on-write root of the test's
# own; in the place of systemd a few lines start and stop what the unit's ExecStart says, as the
# unit's user with the unit's capabilities.
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/system/tap.sh
. tests/system/tap.sh
# shellcheck source=tests/system/world.sh
. tests/system/world.sh

if [ -z "${INSIDE:-}" ]; then
	# shellcheck disable=SC2013 # a package is a word
	for package in $(awk '$1 == "package" { print $2 }' scripts/packages.txt); do
		dpkg-query -W "$package" >/dev/null 2>&1 ||
			skip_all "$package is missing (scripts/install-packages.sh package): NOT tested"
	done
	make --no-print-directory build/layout/teiten deb >/dev/null || exit 1
fi
enter_world
need_memory 3000
root=$work/root
mkdir $work/upper $work/rest $root
mount -t overlay overlay -o lowerdir=/,upperdir=$work/upper,workdir=$work/rest $root ||
	skip_all "no overlay file system here: NOT tested"
mount --rbind /sys $root/sys
mount -t proc proc $root/proc
mount --rbind /dev $root/dev
chmod 0700 /sys/fs/bpf # as systemd mounts it

# -- The packages ----------------------------------------------------------------------------------

deb=$(echo build/deb/teiten_*.deb)
lintian --allow-root --fail-on error,warning "$deb" >$work/lintian 2>&1
is "lintian finds no error and no warning, exit status" $? 0
is "and says nothing" "$(cat $work/lintian)" ""
is "what the build needs is what scripts/packages.txt says" \
	"$(sed -n '/^Build-Depends:/,/^[^ ]*:/p' etc/debian/control |
		sed 's/^Build-Depends://; /^[A-Z]/d' | tr -d ' ' | tr ',' '\n' |
		grep -v -e '^$' -e debhelper | sort | xargs)" \
	"$(awk '$1 == "build" && $2 !~ /^(gcc|make|libc6-dev)$/ { print $2 }' scripts/packages.txt |
		sort | xargs)"

# another VERSION [LAYOUT]: the package again with another version, and another layout.
another() {
	rm -rf $work/unpacked
	dpkg-deb -R "$deb" $work/unpacked
	sed -i "s/^Version: .*/Version: $1/" $work/unpacked/DEBIAN/control
	if [ -n "${2:-}" ]; then
		cp build/layout/teiten $work/unpacked/usr/bin/teiten
		sed -i "s/!= $layout \]/!= $2 ]/" $work/unpacked/DEBIAN/preinst
	fi
	dpkg-deb --root-owner-group -b $work/unpacked "$root/tmp/teiten_$1.deb" >/dev/null
}
layout=$(sed -n 's/^.define TT_LAYOUT //p' bpf/contract.h)
cp "$deb" $root/tmp/teiten_1.deb
another 2.0
another 3.0 99
is "the other layout is in the other package's preinst" \
	"$(grep -c '!= 99 \]' $work/unpacked/DEBIAN/preinst)" 1

# -- In the place of systemd -----------------------------------------------------------------------

mkdir -p $root/run/systemd/system
: >$root/run/systemctl
cat >$root/usr/bin/systemctl <<-'EOS'
	#!/bin/sh
	alive() { [ -s /run/sensor ] && kill -0 "$(cat /run/sensor)" 2>/dev/null; }
	echo "$*" >>/run/systemctl
	unit=/usr/lib/systemd/system/teiten.service
	case $1 in
	list-units) ! alive || echo teiten.service loaded active running ;;
	stop)
		alive || exit 0
		kill -TERM "$(cat /run/sensor)"
		while alive; do sleep 0.1; done
		;;
	start)
		capabilities=$(sed -n 's/^AmbientCapabilities=//p' $unit | tr A-Z a-z | sed 's/cap_/+/g; s/ /,/g')
		: >/run/said
		# shellcheck disable=SC2046 # a command line
		setsid setpriv --reuid=teiten --regid=teiten --init-groups --no-new-privs \
			--inh-caps=-all,$capabilities --ambient-caps=-all,$capabilities \
			--bounding-set=-all,$capabilities \
			$(sed -n 's/^ExecStart=//p' $unit) >/run/said 2>&1 &
		echo $! >/run/sensor
		while alive && ! grep -q ': counting' /run/said; do sleep 0.1; done
		cat /run/said
		alive
		;;
	restart) "$0" stop && "$0" start ;;
	esac
EOS
printf '#!/bin/sh\nexec systemctl "$@"\n' >$root/usr/bin/deb-systemd-invoke
chmod 0755 $root/usr/bin/systemctl $root/usr/bin/deb-systemd-invoke
inside() { chroot $root "$@" >>$work/out 2>&1; }
systemctl_said() { sed -n 's/ teiten.service$//p' $root/run/systemctl | xargs; : >$root/run/systemctl; }

# Send for a while, behind what was sent before.
make_cables 1
$generator --print-geo >$work/geo.csv
mkdir -p $root/var/lib/teiten
ln -s $root/var/lib/teiten $work/1
packets() {
	at_far "$generator" --send far1 --geo $work/geo.csv --seed "$1" --rate 2000 --seconds 0.5 \
		--counts $work/1."$1".tsv
}
version_of_pins() { (cd /sys/fs/bpf/teiten/dark1 2>/dev/null && echo v*); }

# -- Installed -------------------------------------------------------------------------------------

rm -rf $root/var/lib/teiten $root/var/log/teiten $root/etc/teiten
claim "dpkg installs the package" inside dpkg -i /tmp/teiten_1.deb
is "which starts no sensor: it has no interface yet" "$(systemctl_said)" ""
is "state, log and pins are the user's" \
	"$(chroot $root stat -c '%U %G %a' /var/lib/teiten /var/log/teiten /sys/fs/bpf/teiten | xargs)" \
	"teiten teiten 750 teiten teiten 750 teiten teiten 2750"
is "the configuration is the default" \
	"$(chroot $root teiten check --print-default | diff - $root/etc/teiten/teiten.conf)" ""
cp $work/geo.csv $root/etc/teiten/geo.csv
chmod 0644 $root/etc/teiten/geo.csv
sed -i 's/^#interface =.*/interface = dark1/; s/^#file = .*geoip$/file = \/etc\/teiten\/geo.csv/' \
	$root/etc/teiten/teiten.conf
claim "the sensor starts as its user: $(inside systemctl start teiten.service; tail -n 1 $work/out)" \
	grep -q "counting, mode" $work/out
is "and keeps none of its capabilities" \
	"$(sed -n 's/^Cap\(Inh\|Prm\|Eff\|Amb\):\t*//p' "/proc/$(cat $root/run/sensor)/status" | sort -u)" \
	0000000000000000
systemctl_said >/dev/null
packets 1

# -- Upgraded --------------------------------------------------------------------------------------

link=$(stat -c %i /sys/fs/bpf/teiten/dark1/v"$layout"/link)
claim "dpkg upgrades to a new version" inside dpkg -i /tmp/teiten_2.0.deb
is "which restarts the sensor" "$(systemctl_said)" "restart"
claim "which takes its counts over" grep -q "counting goes on" $root/run/said
is "and the link counts all the time" "$(stat -c %i /sys/fs/bpf/teiten/dark1/v"$layout"/link)" "$link"
packets 2
claim "dpkg upgrades to another layout of the pins" inside dpkg -i /tmp/teiten_3.0.deb
is "for which the sensor stops first and starts afterwards" "$(systemctl_said)" "stop start"
is "and the old version has drained its pins" "$(version_of_pins)" v99
claim "whose packets are in the history: not the last ones only" \
	test "$(frames 1 | cut -d ' ' -f 1)" -ge 1000
packets 3
claim "dpkg goes back to the former version" inside dpkg -i /tmp/teiten_2.0.deb
is "which drains the new layout likewise" "$(systemctl_said) $(version_of_pins)" "stop start v$layout"
packets 4

# A layout that nobody drained, as an installation by hand leaves it: refused with clear words.
inside systemctl stop teiten.service
timeout 20 build/layout/teiten run -i dark1 --state $work/other >$work/said 2>&1
is "a program of another layout refuses these pins, exit status" $? 1
claim "and says what to do: $(cut -c 1-150 $work/said)" \
	grep -q "v$layout holds the counters of another version.*detach with that version first" $work/said
inside systemctl start teiten.service

# -- Removed ---------------------------------------------------------------------------------------

# A history that cannot be written: its file is another's.
systemctl_said >/dev/null
inside systemctl stop teiten.service
chown -R 0 $root/var/lib/teiten && chmod 0700 $root/var/lib/teiten
mv $root/var/lib/teiten $root/var/lib/kept && : >$root/var/lib/teiten
claim "dpkg does not remove while the history cannot take the counts" \
	sh -c "! chroot $root dpkg -r teiten >>$work/out 2>&1"
claim "and says why" grep -q "not removed, so that no count is lost" $work/out
is "and the pins stay" "$(version_of_pins)" "v$layout"
rm $root/var/lib/teiten && mv $root/var/lib/kept $root/var/lib/teiten
chroot $root chown -R teiten /var/lib/teiten
chmod 0750 $root/var/lib/teiten
claim "dpkg removes the package" inside dpkg -r teiten
is "nothing is pinned any more" "$(ls -A /sys/fs/bpf/teiten)" ""
claim "nothing is attached any more" sh -c '! ip link show dev dark1 | grep -q prog/xdp'
is "each class has what was sent in all versions, packets and bytes" \
	"$(ledger 1)" "$(sent $work/1.*.tsv)"
claim "dpkg purges it" inside dpkg -P teiten
is "and state, log, configuration and pins are gone" \
	"$(cd $root && ls -d var/lib/teiten var/log/teiten etc/teiten sys/fs/bpf/teiten 2>/dev/null)" ""
[ "$tap_failed" -eq 0 ] || sed 's/^/# /' $work/out
done_testing
