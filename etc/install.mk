# SPDX-License-Identifier: GPL-2.0-or-later
# Installing: `make install PREFIX=/usr DESTDIR=...`, `make uninstall`, `make deb`.

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
DESTDIR ?=

# What is installed: mode, source, target. Configuration of the machine's own is in SETTINGS: it is
# kept where it is there already, and removed only as it was installed.
LIBDIR := $(PREFIX)/lib/teiten
ENGINEDIR := $(PREFIX)/share/teiten/clickhouse
UNITDIR := $(PREFIX)/lib/systemd/system
DOCDIR := $(PREFIX)/share/doc/teiten
INSTALLED := \
	755:$(B)/teiten:$(PREFIX)/bin/teiten \
	755:scripts/fetch-geo.sh:$(LIBDIR)/fetch-geo \
	755:scripts/detach-all.sh:$(LIBDIR)/detach-all \
	644:$(B)/etc/teiten.service:$(UNITDIR)/teiten.service \
	644:$(B)/etc/teiten@.service:$(UNITDIR)/teiten@.service \
	644:$(B)/etc/teiten-geo.service:$(UNITDIR)/teiten-geo.service \
	644:$(B)/etc/teiten-push.service:$(UNITDIR)/teiten-push.service \
	644:etc/systemd/teiten-geo.timer:$(UNITDIR)/teiten-geo.timer \
	644:etc/sysusers.d/teiten.conf:$(PREFIX)/lib/sysusers.d/teiten.conf \
	644:etc/tmpfiles.d/teiten.conf:$(PREFIX)/lib/tmpfiles.d/teiten.conf \
	$(foreach file,$(wildcard etc/clickhouse/*),$(if $(filter %.sh,$(file)),755,644):$(file):$(ENGINEDIR)/$(notdir $(file))) \
	644:etc/teiten.bash-completion:$(PREFIX)/share/bash-completion/completions/teiten \
	$(foreach page,$(wildcard docs/*.5 docs/*.8) $(B)/docs/teiten-events.5, \
		644:$(page):$(PREFIX)/share/man/man$(subst .,,$(suffix $(page)))/$(notdir $(page))) \
	$(foreach page,$(wildcard docs/*.md),644:$(page):$(DOCDIR)/$(notdir $(page))) \
	644:README.md:$(DOCDIR)/README.md \
	644:etc/prometheus/teiten.rules.yml:$(DOCDIR)/examples/teiten.rules.yml
SETTINGS := \
	644:etc/teiten.conf:$(SYSCONFDIR)/teiten/teiten.conf \
	644:etc/logrotate.d/teiten:$(SYSCONFDIR)/logrotate.d/teiten

.PHONY: install uninstall deb FORCE
install: $(B)/teiten $(filter $(B)/etc/% $(B)/docs/%,$(subst :, ,$(INSTALLED))) ## program, units, manual; DESTDIR= PREFIX=/usr/local
	$(Q)set -e; IFS=:; \
	for file in $(INSTALLED); do set -- $$file; \
		install -D -m "$$1" "$$2" "$(DESTDIR)$$3"; done; \
	for file in $(SETTINGS); do set -- $$file; \
		[ -e "$(DESTDIR)$$3" ] || install -D -m "$$1" "$$2" "$(DESTDIR)$$3"; done
	$(Q)[ -n "$(DESTDIR)" ] || echo "teiten: now systemd-sysusers; systemd-tmpfiles --create; systemctl daemon-reload"

uninstall: ## take back what install put there; `teiten detach` comes first
	$(Q)set -e; IFS=:; \
	for file in $(INSTALLED); do set -- $$file; rm -f "$(DESTDIR)$$3"; done; \
	for file in $(SETTINGS); do set -- $$file; \
		! cmp -s "$$2" "$(DESTDIR)$$3" || rm -f "$(DESTDIR)$$3"; done; \
	rmdir "$(DESTDIR)$(LIBDIR)" "$(DESTDIR)$(ENGINEDIR)" \
		"$(DESTDIR)$(patsubst %/,%,$(dir $(ENGINEDIR)))" "$(DESTDIR)$(DOCDIR)/examples" "$(DESTDIR)$(DOCDIR)" \
		"$(DESTDIR)$(SYSCONFDIR)/teiten" 2>/dev/null || true

# The units, with the paths and names of this installation.
UNIT_TEXT = sed -e 's|@BINDIR@|$(PREFIX)/bin|' -e 's|@LIBDIR@|$(LIBDIR)|'
$(B)/etc/teiten.service: UNIT_NAME = -e 's|@DESCRIPTION@|Darknet sensor|' -e 's|@OPTIONS@||'
$(B)/etc/teiten@.service: UNIT_NAME = -e 's|@DESCRIPTION@|Darknet sensor of %i.conf|' \
	-e 's|@OPTIONS@| -c $(SYSCONFDIR)/teiten/%i.conf|'
$(B)/etc/teiten.service $(B)/etc/teiten@.service: etc/systemd/teiten.service.in FORCE
	@mkdir -p $(@D)
	$(Q)$(UNIT_TEXT) $(UNIT_NAME) $< >$@
$(B)/etc/%.service: etc/systemd/%.service.in FORCE
	@mkdir -p $(@D)
	$(Q)$(UNIT_TEXT) $< >$@

$(B)/docs/teiten-events.5: docs/events.md scripts/events-manual.awk
	@mkdir -p $(@D)
	$(Q)LC_ALL=C awk -f scripts/events-manual.awk $< >$@

# A Debian package from a copy of the sources: etc/debian becomes debian/ there.
DEB := $(B)/deb
LAYOUT = $(shell sed -n 's/^.define TT_LAYOUT //p' bpf/contract.h)
deb: ## build/deb/teiten_VERSION_ARCH.deb
	$(Q)scripts/install-packages.sh build package
	$(Q)rm -rf $(DEB) && mkdir -p $(DEB)/teiten
	$(Q)git ls-files -z | xargs -0 cp --parents -t $(DEB)/teiten
	$(Q)mv $(DEB)/teiten/etc/debian $(DEB)/teiten/debian
	$(Q)sed 's/@LAYOUT@/$(LAYOUT)/' -i $(DEB)/teiten/debian/teiten.preinst
	$(Q)printf 'teiten (%s) unstable; urgency=medium\n\n  * CHANGES tells what is new.\n\n -- %s  %s\n' \
		'$(VERSION)' "$$(sed -n 's/^Maintainer: //p' etc/debian/control)" \
		"$$(git log -1 --format=%cD)" >$(DEB)/teiten/debian/changelog
	$(Q)cd $(DEB)/teiten && dpkg-buildpackage -b -us -uc -tc >../build.log 2>&1 || \
		{ tail -n 30 ../build.log >&2; exit 1; }
	$(Q)rm -rf $(DEB)/teiten
	@ls $(DEB)/*.deb
