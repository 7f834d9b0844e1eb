# SPDX-License-Identifier: GPL-2.0-or-later
# teiten: one Makefile for everything; `make help` lists the targets, V=1 shows the commands.

B := build
CC ?= gcc
CLANG ?= clang
ARCH := $(shell uname -m | sed 's/x86_64/x86/;s/aarch64/arm64/')

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)';)

WARNINGS := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wformat=2 -Wvla \
	$(if $(WERROR),-Werror)
VERSION := 0.1.0
CPPFLAGS += -I. -I$(B) -D_GNU_SOURCE -DTEITEN_VERSION='"$(VERSION)"'
CFLAGS ?= -O2 -g
CFLAGS += -std=gnu11 $(WARNINGS) -fno-strict-aliasing
SANITIZE := -O1 -g -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all -fno-omit-frame-pointer
BPF_CFLAGS := -O2 -g -target bpf -D__TARGET_ARCH_$(ARCH) -mcpu=v3 -I. -Wall -Wextra -Werror
CORE_LIBS := -lcurl -lmaxminddb -lsqlite3 -linih -ljansson -lpcap -lz -lcap-ng -lseccomp -lm
LIBS := -lbpf -lelf $(CORE_LIBS)

# libcore.a: everything that needs neither libbpf nor root; unit tests link it alone.
CORE := $(sort $(wildcard $(foreach d,lib model input geo history detect evidence output report privilege engine config,user/$(d)/*.c) \
	user/pipeline*.c))
EDGE := $(sort $(wildcard user/kernel/*.c user/cmd/*.c user/main.c))
UNIT := $(sort $(wildcard tests/unit/*.c tests/unit/*/*.c))

CORE_OBJECTS := $(CORE:%.c=$(B)/%.o)
EDGE_OBJECTS := $(EDGE:%.c=$(B)/%.o)
SANE_OBJECTS := $(CORE:%.c=$(B)/sanitize/%.o)
UNIT_TESTS := $(UNIT:%.c=$(B)/%)


.PHONY: all help run run-fleet check unit kernel check-matrix bench bench-peers bench-detect \
	bench-history bench-fleet clean format check-format lint coverage
.DELETE_ON_ERROR:
.SECONDARY:

all: $(B)/teiten ## build build/teiten (the default)

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# -- The program ---------------------------------------------------------------------------------

$(B)/teiten: $(EDGE_OBJECTS) $(B)/libcore.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(EDGE_OBJECTS) $(B)/libcore.a $(LIBS)

$(B)/libcore.a: $(CORE_OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(filter $(B)/user/kernel/%,$(EDGE_OBJECTS)): | $(B)/sensor.skel.h

$(B)/sensor.bpf.o: bpf/sensor.bpf.c $(wildcard bpf/*.h) vmlinux.h
	@mkdir -p $(@D)
	$(call say,BPF,$<)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c -o $@ $<
	$(Q)llvm-strip -g $@

$(B)/sensor.skel.h: $(B)/sensor.bpf.o
	$(call say,SKEL,$@)
	$(Q)bpftool gen skeleton $< name sensor > $@

# -- Run -----------------------------------------------------------------------------------------

run: ## a demonstration on a darknet of its own; IFACE=eth1 counts on a real interface
	$(Q)scripts/install-packages.sh build run
	$(Q)$(MAKE) --no-print-directory $(B)/teiten $(B)/darknet-generator
	$(Q)scripts/demo.sh

run-fleet: ## a demonstration of a fleet: two nodes of the engine, three sensors, one bulletin
	$(Q)scripts/install-packages.sh build run fleet
	$(Q)$(MAKE) --no-print-directory $(B)/teiten $(B)/darknet-generator
	$(Q)scripts/demo-fleet.sh

# -- Tests ---------------------------------------------------------------------------------------

check: ## every test; installs what is missing, needs root
	$(Q)scripts/install-packages.sh build run test
	$(Q)scripts/install-packages.sh package || echo "check: the Debian package is not checked" >&2
	$(Q)scripts/install-packages.sh fleet || echo "check: tests with the engine are skipped" >&2
	$(Q)scripts/fetch-promtool.sh || echo "check: metrics are not checked by promtool" >&2
	$(Q)$(MAKE) --no-print-directory check-installed

# As many compilations at once as there are processors, unless the user said how many.
PARALLEL = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

# What scripts/fetch-promtool.sh got.
export PATH := $(CURDIR)/$(B)/tools:$(PATH)

.PHONY: check-installed
check-installed:
	$(Q)scripts/check-layers.sh
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) check-format
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) WERROR=1 all $(B)/darknet-generator
	$(Q)scripts/check-vmlinux.sh
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) WERROR=1 lint
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) WERROR=1 unit
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) WERROR=1 fuzz
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) WERROR=1 kernel
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) WERROR=1 system
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) WERROR=1 check-matrix

unit: $(UNIT_TESTS) ## unit tests: no root, address and undefined-behaviour sanitizers
	$(Q)printf '%s\n' $^ | xargs -P $(shell nproc) -n 1 sh -c \
		'"$$0" >"$$0.log" 2>&1; status=$$?; echo "# $$0"; cat "$$0.log"; exit $$status'

$(B)/tests/unit/%: tests/unit/%.c $(B)/sanitize/libcore.a
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(SANITIZE) -MMD -MP -MF $@.d -o $@ $< $(filter %.o %.a,$^) \
		$(CORE_LIBS) -lcmocka

# Hostile frames, and the decoder that has a second opinion on them.
HOSTILE := $(sort $(wildcard tests/hostile/*.c))

$(B)/tests/unit/bpf/test_hostile: $(HOSTILE:%.c=$(B)/sanitize/%.o)
$(B)/tests/kernel/test_hostile: $(HOSTILE:%.c=$(B)/%.o)

$(B)/sanitize/libcore.a: $(SANE_OBJECTS)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/sanitize/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC-SAN,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(SANITIZE) -MMD -MP -c -o $@ $<

# Kernel tests link the program's kernel side; they need root.
KERNEL_TESTS := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/kernel/test_*.c)))

# test_choices says what the verifier made of each program; a failure of it shows in what it printed.
CHOICES := $(B)/tests/kernel/test_choices

kernel: $(KERNEL_TESTS) ## kernel tests: frames through the loaded program (root)
	$(Q)prove -q $(filter-out $(CHOICES),$(KERNEL_TESTS))
	$(Q)$(CHOICES) >$(CHOICES).tap || true
	$(Q)prove -q --exec cat $(CHOICES).tap
	$(Q)scripts/verifier-figures.sh "$$(uname -r)" <$(CHOICES).tap

$(B)/tests/kernel/test_%: tests/kernel/test_%.c $(B)/tests/kernel/frame_text.o \
		$(filter $(B)/user/kernel/%,$(EDGE_OBJECTS)) $(B)/libcore.a
	$(call say,TEST,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -MF $@.d -o $@ $(filter %.c %.o %.a,$^) $(LIBS)

# The darknet that `make run` and the system tests send from; shares nothing with the sensor but the
# reading of numbers and times.
GENERATOR := $(sort $(wildcard tests/generator/*.c))
GENERATOR_OBJECTS := $(GENERATOR:%.c=$(B)/%.o) $(B)/user/lib/text.o

$(B)/darknet-generator: $(GENERATOR_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lm

# The same program with another layout of the pins, for tests of upgrades.
OTHER_LAYOUT := $(patsubst $(B)/user/kernel/%,$(B)/layout/user/kernel/%,$(EDGE_OBJECTS))

$(B)/layout/teiten: $(OTHER_LAYOUT) $(B)/libcore.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/layout/user/kernel/%.o: user/kernel/%.c $(B)/layout/bpf/contract.h | $(B)/sensor.skel.h
	@mkdir -p $(@D)
	$(call say,CC,$< for another layout)
	$(Q)$(CC) -I$(B)/layout $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/layout/bpf/contract.h: bpf/contract.h
	@mkdir -p $(@D)
	$(Q)sed 's/^#define TT_LAYOUT .*/#define TT_LAYOUT 99/' $< >$@

# These wait for the minute borders of the wall clock, so they run side by side where a sensor for
# each cable of theirs fits into memory: the longest first, the one that needs the processors last.
MINUTE_TESTS := $(foreach t,faults lives badinput live bpftool privilege kills health limits watch soak,tests/system/$(t).t)
QUICK_TESTS := $(filter-out $(MINUTE_TESTS),$(sort $(wildcard tests/system/*.t tests/golden/*.t)))
SYSTEM_JOBS ?= $(shell awk '/^MemAvailable/ { print ($$2 > 12e6 ? 4 : 1) }' /proc/meminfo)

$(B)/tests/system/inject: tests/system/inject.c
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $< -lseccomp

$(B)/tests/system/%.so: tests/system/%.c
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -shared -fPIC -o $@ $<

.PHONY: system
system: $(B)/teiten $(B)/darknet-generator $(B)/tests/bench/fill_history \
		$(B)/tests/system/inject \
		$(B)/tests/system/fast_clock.so $(B)/tests/system/failing.so ## system and golden tests: namespaces, cables, whole commands (root)
	$(Q)prove -q -j $(shell nproc) $(QUICK_TESTS)
	$(Q)prove -q -j $(SYSTEM_JOBS) $(MINUTE_TESTS)

# The promises that a fault tests, one by one: docs/design.md has the table. KILLS of them are kill -9.
KILLS ?= 200

.PHONY: check-faults
check-faults: $(B)/teiten $(B)/darknet-generator $(B)/tests/bench/fill_history $(B)/tests/system/inject \
		$(B)/tests/system/fast_clock.so $(B)/tests/system/failing.so ## faults, 200 kills among them (root); KILLS=N
	$(Q)scripts/install-packages.sh test
	$(Q)KILLS=$(KILLS) prove $(foreach t,kills faults health limits lives badinput privilege,tests/system/$(t).t)

SECONDS ?= 3600

.PHONY: soak
soak: $(B)/teiten $(B)/darknet-generator $(B)/tests/system/fast_clock.so \
		$(B)/tests/system/failing.so ## full speed with a restart each minute, SECONDS=3600 of it (root)
	$(Q)SECONDS_TO_SOAK=$(SECONDS) SPEED_OF_TIME=1 tests/system/soak.t

# Fuzzers link the core library, compiled again for libFuzzer; seeds are in tests/fuzz/seeds/NAME/
# for fuzz_NAME.c, what was found interesting is kept in build/.
FUZZERS := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_FLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all
# One target and its seconds: make fuzz T=frame S=60
S ?= 20

.PHONY: fuzz
fuzz: $(if $(T),$(T:%=$(B)/fuzz/fuzz_%),$(FUZZERS)) ## each parser against hostile bytes, S=20 seconds each; T=frame: this one
	$(Q)scripts/fuzz.sh $(S) $^

# What a target looks at besides the core library.
$(B)/fuzz/fuzz_frame $(B)/fuzz/fuzz_sample: $(HOSTILE:%.c=$(B)/fuzz/objects/%.o)
$(B)/fuzz/fuzz_arguments: $(patsubst %,$(B)/fuzz/objects/user/cmd/%.o,event_filter options)

$(B)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(CORE:%.c=$(B)/fuzz/objects/%.o)
	$(call say,FUZZ,$<)
	$(Q)$(CLANG) $(CPPFLAGS) -std=gnu11 $(WARNINGS) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ \
		$^ $(CORE_LIBS)

$(B)/fuzz/objects/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC-FUZZ,$<)
	$(Q)$(CLANG) $(CPPFLAGS) -std=gnu11 $(WARNINGS) -fno-strict-aliasing $(FUZZ_FLAGS) \
		-fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

check-matrix: $(KERNEL_TESTS) ## the kernel tests on Debian's stock 6.1 and 6.12, in qemu
	$(Q)if scripts/install-packages.sh matrix; then scripts/check-matrix.sh $(KERNEL_TESTS); else \
		echo "SKIP Linux 6.1 and 6.12: the packages that run them cannot be had" >&2; fi

# -- Benchmarks ----------------------------------------------------------------------------------

BENCH_GEO := $(B)/geo/geoip $(B)/geo/geoip6

bench: $(B)/tests/bench/bench_counting $(BENCH_GEO) ## nanoseconds a packet, beside what they are measured against (root)
	$(Q)$< -o $(B)/bench.json $(BENCH_GEO)

bench-detect: $(B)/tests/bench/bench_detect ## milliseconds a minute and bytes a series of the detector
	$(Q)$<

bench-history: $(B)/tests/bench/bench_history ## milliseconds a minute and bytes a cell of the history
	$(Q)$<

$(B)/tests/bench/bench_detect $(B)/tests/bench/bench_history $(B)/tests/bench/fill_history: $(B)/tests/bench/%: tests/bench/%.c \
		$(B)/libcore.a
	@mkdir -p $(@D)
	$(call say,BENCH,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -MF $@.d -o $@ $(filter %.c %.a,$^) $(CORE_LIBS)

bench-fleet: $(B)/teiten $(B)/tests/bench/fill_history ## seconds, rows and bytes of a fleet on one node of the engine
	$(Q)scripts/install-packages.sh fleet
	$(Q)tests/bench/bench_fleet.sh

$(BENCH_GEO): | $(B)/teiten
	$(Q)scripts/fetch-geo.sh $(B)/geo

$(B)/tests/bench/bench_counting: tests/bench/bench_counting.c $(B)/tests/bench/mixes.o \
		$(filter $(B)/user/kernel/%,$(EDGE_OBJECTS)) $(B)/libcore.a | $(B)/feeder.skel.h
	$(call say,BENCH,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -MF $@.d -o $@ $(filter %.c %.o %.a,$^) $(LIBS) -lpthread

$(B)/feeder.bpf.o: tests/bench/feeder.bpf.c $(wildcard bpf/*.h) tests/bench/feeder.h vmlinux.h
	@mkdir -p $(@D)
	$(call say,BPF,$<)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c -o $@ $<
	$(Q)llvm-strip -g $@

$(B)/feeder.skel.h: $(B)/feeder.bpf.o
	$(call say,SKEL,$@)
	$(Q)bpftool gen skeleton $< name feeder > $@

# The real path, beside other tools: needs the packages of group bench (scripts/packages.txt).
bench-peers: $(B)/teiten $(B)/tests/bench/cable $(BENCH_GEO) ## packets a second on a real path, beside other tools (root)
	$(Q)scripts/install-packages.sh bench || echo "bench-peers: going on with the tools at hand" >&2
	$(Q)scripts/bench-peers.sh

$(B)/tests/bench/cable: tests/bench/cable.c $(B)/tests/bench/mixes.o $(B)/user/kernel/test_run.o \
		| $(B)/cable.skel.h
	$(call say,BENCH,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -MF $@.d -o $@ $(filter %.c %.o,$^) -lbpf -lelf -lz -lm

$(B)/cable.bpf.o: tests/bench/cable.bpf.c tests/bench/cable.h tests/bench/feeder.h vmlinux.h
	@mkdir -p $(@D)
	$(call say,BPF,$<)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c -o $@ $<
	$(Q)llvm-strip -g $@

$(B)/cable.skel.h: $(B)/cable.bpf.o
	$(call say,SKEL,$@)
	$(Q)bpftool gen skeleton $< name cable > $@

# -- Installing ----------------------------------------------------------------------------------

include etc/install.mk

# -- Care ----------------------------------------------------------------------------------------

format: ## write every C file in the house style
	$(Q)git ls-files '*.c' '*.h' | grep -v '^vmlinux.h' | xargs clang-format -i

lint: all ## clang-tidy, cppcheck, scan-build, shellcheck; what is off says why
	$(Q)scripts/install-packages.sh lint
	$(Q)scripts/lint.sh

coverage: ## which lines and branches the tests reach, by folder; ten minutes, not in check (root)
	$(Q)scripts/install-packages.sh build run test
	$(Q)scripts/coverage.sh

check-format: ## fail when a C file is not in the house style
	$(Q)git ls-files '*.c' '*.h' | grep -v '^vmlinux.h' | xargs clang-format --dry-run -Werror

clean: ## remove build/
	$(Q)rm -rf $(B)

-include $(shell find $(B) -name '*.d' 2>/dev/null)
