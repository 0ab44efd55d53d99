# make            build/playbook, one file
# make help       the rest

CC       ?= gcc
CLANG    ?= clang
HOSTCC   ?= $(CC)
FLAVOUR  ?= release
BUILD    := build/$(FLAVOUR)
PROGRAM  := $(if $(filter release,$(FLAVOUR)),build,$(BUILD))/playbook
PREFIX   ?= /usr/local
VERSION  := 0.1.0

CFLAGS   ?= -O2 -g
STRICT   := -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wstrict-prototypes $(WERROR)
SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -DSANITIZED
OPTIMISE := $(if $(filter sanitize,$(FLAVOUR)),$(SANITIZE),$(CFLAGS))

# What a fault in memory meets. Landing pads and shadow stacks are the processor's; FORTIFY needs an optimising compiler, and
# would hide its functions from the sanitizers. tests/hardening reads all of it off the objects and the built file.
MACHINE  := $(shell $(CC) -dumpmachine)
BRANCHES := $(if $(filter x86_64-% i%86-%,$(MACHINE)),-fcf-protection,$(if $(filter aarch64-%,$(MACHINE)),-mbranch-protection=standard))
FORTIFY  := $(if $(filter sanitize,$(FLAVOUR)),,$(if $(filter -O1 -O2 -O3 -Os,$(CFLAGS)),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3))
HARDEN   := -fPIE -fstack-protector-strong -fstack-clash-protection $(BRANCHES) $(FORTIFY)
PIE      := -pie -Wl,-z,relro,-z,now

COMPILE   = $(CC) $(OPTIMISE) $(HARDEN) $(STRICT) -I. -MMD -MP -DPLAYBOOK_VERSION='"$(VERSION)"' -c -o $@ $<

# Every library that Debian ships as an archive is linked in; libmnl comes with iproute2. Of libresolv only what reads
# DNS messages and base64 is wanted, which needs nothing else: a library less to load is a tenth of a start.
ARCHIVES := yaml pcre2-8 jansson sqlite3
LIBS     := $(if $(SHARED),$(ARCHIVES:%=-l%) -lresolv,-L$(BUILD) $(ARCHIVES:%=-l:lib%.a) -l:libresolv.a -Wl,--as-needed -lm) -lmnl

# SQLite names libm for functions of SQL that no statement of the journal calls. Weak names need no library: a tenth of a start.
SQLITE   := $(if $(SHARED),,$(BUILD)/libsqlite3.a)
MATHS    := acos acosh asin asinh atan atan2 atanh ceil cos cosh exp floor fmod log log10 log2 pow sin sinh sqrt tan tanh trunc

FILTERS  := engine/io/filters.c
SOURCES  := $(filter-out $(FILTERS),$(wildcard engine/*/*.c actions/*.c actions/*/*.c))
MAIN     := $(BUILD)/engine/cli/main.o
OBJECTS  := $(filter-out $(MAIN),$(SOURCES:%.c=$(BUILD)/%.o)) $(BUILD)/shipped.o
LIBRARY  := $(BUILD)/libplaybook.a
UNITS    := $(wildcard tests/unit/*/*.c tests/unit/*/*/*.c)
UNIT     := $(BUILD)/unit
CASES    := $(BUILD)/cases
CRASH    := $(BUILD)/crash
ATTEMPTS := main files system processes services
KERNELS  := $(BUILD)/relay $(BUILD)/silent
ESCAPE   := $(BUILD)/attempts $(BUILD)/enter $(BUILD)/landlock $(BUILD)/prober
FORMATTED = $(shell git ls-files '*.c' '*.h')

HEADERS  := yaml.h pcre2.h jansson.h sqlite3.h libmnl/libmnl.h seccomp.h
DEPS_BUILD := gcc libc6-dev make libyaml-dev libpcre2-dev libjansson-dev libmnl-dev libsqlite3-dev libseccomp-dev
DEPS_LAB   := python3 python3-yaml iproute2 iptables nftables ufw dnsmasq-base procps util-linux
DEPS_KERNELS := qemu-system-x86 busybox-static cpio
DEPS_WINE  := wine
DEPS_NAMES := bind9 bind9-dnsutils knot unbound
DEPS_TEST  := check bash curl openssl iputils-ping spin

Q := $(if $(V),,@)

.PHONY: all everything help deps demo check check-kernels check-wine check-names bench sanitize format lint install clean

all: $(PROGRAM)
everything: $(PROGRAM) $(UNIT) $(CASES) $(CRASH) $(ESCAPE) $(KERNELS)

help:
	@echo 'make           build/playbook, one file (SHARED=1: shared libraries, V=1: show commands)'
	@echo 'make demo      build, then find and fix a broken network inside the lab'
	@echo 'make check     build and run all tests'
	@echo 'make check-kernels  the same program on old kernels, in virtual machines (needs qemu, some 300 MB)'
	@echo 'make check-wine     the undo file under a real cmd.exe (needs wine, some 100 MB)'
	@echo 'make check-names    names beside dig and getaddrinfo (needs bind9, knot and unbound, which may start their services)'
	@echo 'make deps      install what the above need, by apt'
	@echo 'make sanitize  build/sanitize/playbook, with ASan and UBSan, its unit tests, and leaks of whole runs'
	@echo 'make bench     start-up time against an empty program and others; 5,000 checks against bare loops; what twice as much costs'
	@echo 'make format    clang-format; make lint: the layers, the format, no warning of gcc and clang'
	@echo 'make install   DESTDIR= PREFIX=$(PREFIX)'
	@echo 'make clean'

$(PROGRAM): $(MAIN) $(LIBRARY)
	@echo "LINK $@"
	$(Q)$(CC) $(OPTIMISE) $(PIE) $(LDFLAGS) -o $@ $^ $(LIBS)

# Once: one sentence where libraries are missing, instead of a page of the compiler's errors.
$(BUILD)/headers:
	$(Q)mkdir -p $(@D)
	$(Q)missing=; for header in stdio.h $(HEADERS); do \
	echo "#include <$$header>" | $(CC) -DPCRE2_CODE_UNIT_WIDTH=8 -E - >/dev/null 2>&1 || missing="$$missing $$header"; done; \
	test -z "$$missing" || { echo "$(CC) does not find$$missing: run 'make deps'" >&2; exit 1; }
	$(Q)touch $@

$(SQLITE): | $(BUILD)/headers
	$(Q)mkdir -p $(@D)
	$(Q)objcopy $(MATHS:%=--weaken-symbol=%) "$$($(CC) -print-file-name=$(@F))" $@

$(LIBRARY): $(OBJECTS) | $(SQLITE)
	$(Q)mkdir -p $(@D)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/%.o: %.c Makefile | $(BUILD)/headers
	@echo "CC   $<"
	$(Q)mkdir -p $(@D)
	$(Q)$(COMPILE)

# The shipped playbooks as C strings: the binary carries them.
$(BUILD)/shipped.c: $(wildcard playbooks/*.yml) engine/cli/embed
	$(Q)mkdir -p $(@D)
	$(Q)engine/cli/embed $(filter %.yml,$^) > $@

$(BUILD)/shipped.o: $(BUILD)/shipped.c
	$(Q)$(COMPILE)

# The seccomp filters as constants; a program of the build makes them, for FILTER_ARCH where it is set.
$(BUILD)/filters.h: $(FILTERS) | $(BUILD)/headers
	@echo "MAKE $@"
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTCC) $(STRICT) $(filter -D%,$(OPTIMISE)) -o $(@D)/filters $< -lseccomp
	$(Q)$(@D)/filters $(FILTER_ARCH) > $@.new && mv $@.new $@

$(BUILD)/engine/io/sandbox.o: $(BUILD)/filters.h
$(BUILD)/engine/io/sandbox.o: STRICT += -DFILTERS='"$(BUILD)/filters.h"'

# The script of the restart as a C string.
$(BUILD)/rescue.inc: engine/change/rescue.ps1
	$(Q)mkdir -p $(@D)
	$(Q)sed -e '/^ *#/d; /^$$/d; s/^ *//; s/[\\"]/\\&/g; s/.*/"&\\n"/' $< > $@

$(BUILD)/engine/change/rescue.o: $(BUILD)/rescue.inc
$(BUILD)/engine/change/rescue.o: STRICT += -DRESCUE_SCRIPT='"$(BUILD)/rescue.inc"'

# What a double click in Windows runs: the same, with the line ends of a batch file.
$(BUILD)/undo_file.inc: engine/change/undo_file.cmd
	$(Q)mkdir -p $(@D)
	$(Q)sed -e 's/[\\"]/\\&/g; s/.*/"&\\r\\n"/' $< > $@

$(BUILD)/engine/change/undo_file_change.o: $(BUILD)/undo_file.inc
$(BUILD)/engine/change/undo_file_change.o: STRICT += -DUNDO_SCRIPT='"$(BUILD)/undo_file.inc"'

# One runner for all unit tests: every tests/unit/a/b.c defines Suite *a_b_suite(void).
$(BUILD)/suites.h: $(UNITS) Makefile
	$(Q)mkdir -p $(@D)
	$(Q)for file in $(UNITS:tests/unit/%.c=%); do echo "SUITE($$file)" | tr / _; done | grep -v support_ > $@

$(BUILD)/tests/unit/main.o: $(BUILD)/suites.h
$(BUILD)/tests/unit/main.o: STRICT += -DSUITES='"$(BUILD)/suites.h"'

$(UNIT): $(BUILD)/tests/unit/main.o $(UNITS:%.c=$(BUILD)/%.o) $(LIBRARY)
	@echo "LINK $@"
	$(Q)$(CC) $(OPTIMISE) $(PIE) $(LDFLAGS) -o $@ $^ $(LIBS) -lcheck_pic -lsubunit -lpthread -lrt -lm

# The runner of the text cases, with the fake actions of the unit tests.
$(CASES): $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/cases/*.c)) \
          $(BUILD)/tests/unit/support/fake_actions.o $(LIBRARY)
	@echo "LINK $@"
	$(Q)$(CC) $(OPTIMISE) $(PIE) $(LDFLAGS) -o $@ $^ $(LIBS)

# The driver of tests/crash: kills at, or lets fail, the n-th call that changes something.
$(CRASH): $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/faults/*.c))
	@echo "LINK $@"
	$(Q)$(CC) $(OPTIMISE) $(PIE) $(LDFLAGS) -o $@ $^

# A program that tries to change the machine, one that starts it confined, older kernels, and a prober that says what it likes.
$(BUILD)/attempts: $(ATTEMPTS:%=$(BUILD)/tests/attempts/%.o)
$(BUILD)/enter: $(BUILD)/tests/attempts/enter.o $(LIBRARY)
$(BUILD)/landlock: $(BUILD)/tests/attempts/landlock.o
$(BUILD)/prober: $(BUILD)/tests/attempts/prober.o $(LIBRARY)
$(BUILD)/prober: LDLIBS := $(LIBS)
$(ESCAPE):
	@echo "LINK $@"
	$(Q)$(CC) $(OPTIMISE) $(PIE) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Of the kernel lab, whose guest has no libraries for them.
$(BUILD)/relay: $(BUILD)/tests/kernels/relay.o
$(BUILD)/silent: $(BUILD)/tests/kernels/silent.o
$(KERNELS):
	@echo "LINK $@"
	$(Q)$(CC) $(OPTIMISE) -static -o $@ $^

demo: deps-lab $(PROGRAM)
	$(Q)tests/demo

check: deps-test $(PROGRAM) $(UNIT) $(CASES) $(CRASH) $(ESCAPE)
	$(Q)tests/run

check-wine: deps-wine $(PROGRAM)
	$(Q)tests/wine

check-names: deps-names $(PROGRAM)
	$(Q)tests/names

check-kernels: deps-kernels $(PROGRAM) $(ESCAPE) $(KERNELS)
	$(Q)tests/kernels/run

sanitize: deps-test
	$(Q)$(MAKE) --no-print-directory FLAVOUR=sanitize build/sanitize/playbook build/sanitize/unit build/sanitize/cases
	$(Q)build/sanitize/unit
	$(Q)build/sanitize/cases tests/cases/*.txt
	$(Q)tests/leaks
	$(Q)tests/hostile

bench: $(PROGRAM)
	$(Q)tests/bench/start
	$(Q)tests/bench/limits
	$(Q)tests/bench/many

format:
	$(Q)clang-format -i $(FORMATTED)

lint:
	$(Q)tests/layers
	$(Q)clang-format --dry-run -Werror $(FORMATTED)
	$(Q)$(MAKE) --no-print-directory FLAVOUR=lint-gcc CC=gcc WERROR=-Werror everything
	$(Q)$(MAKE) --no-print-directory FLAVOUR=lint-clang CC=$(CLANG) WERROR=-Werror everything

# Only what is missing is installed, so that a second run asks the network for nothing.
install-missing = missing=$$(for package in $(1); do \
	dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || echo $$package; done); \
	test -z "$$missing" || { sudo=$$(test "$$(id -u)" = 0 || command -v sudo); \
	echo "installing:" $$missing; \
	$$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing >/dev/null; }

.PHONY: deps-build deps-lab deps-test deps-kernels deps-wine deps-names
deps: deps-test
deps-build:
	$(Q)$(call install-missing,$(DEPS_BUILD))
deps-lab:
	$(Q)$(call install-missing,$(DEPS_BUILD) $(DEPS_LAB))
deps-kernels:
	$(Q)$(call install-missing,$(DEPS_BUILD) $(DEPS_KERNELS))
deps-wine:
	$(Q)$(call install-missing,$(DEPS_BUILD) $(DEPS_LAB) $(DEPS_WINE))
deps-names:
	$(Q)$(call install-missing,$(DEPS_BUILD) $(DEPS_LAB) $(DEPS_NAMES))
deps-test:
	$(Q)$(call install-missing,$(DEPS_BUILD) $(DEPS_LAB) $(DEPS_TEST))

install: $(PROGRAM)
	install -D -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/playbook

clean:
	rm -rf build

-include $(OBJECTS:.o=.d) $(MAIN:.o=.d) $(UNITS:%.c=$(BUILD)/%.d) $(BUILD)/tests/unit/main.d $(wildcard $(BUILD)/tests/cases/*.d $(BUILD)/tests/faults/*.d $(BUILD)/tests/attempts/*.d $(BUILD)/tests/kernels/*.d)
