# make            build/playbook, one file
# make help       the rest

CC       ?= gcc
FLAVOUR  ?= release
BUILD    := build/$(FLAVOUR)
PROGRAM  := $(if $(filter release,$(FLAVOUR)),build,$(BUILD))/playbook
PREFIX   ?= /usr/local
VERSION  := 0.1.0

CFLAGS   ?= -O2 -g
STRICT   := -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes
ALL_FLAGS = $(CFLAGS) $(STRICT) $(FLAVOUR_FLAGS) -I. -MMD -MP -DPLAYBOOK_VERSION='"$(VERSION)"'
SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FLAVOUR_FLAGS := $(if $(filter sanitize,$(FLAVOUR)),$(SANITIZE))

# Every library that Debian ships as an archive is linked in; libmnl comes with iproute2.
ARCHIVES := yaml pcre2-8 jansson cares
LIBS     := $(if $(SHARED),$(ARCHIVES:%=-l%),$(ARCHIVES:%=-l:lib%.a)) -lmnl

SOURCES  := $(wildcard engine/*/*.c actions/*.c actions/*/*.c)
MAIN     := engine/cli/main.c
OBJECTS  := $(SOURCES:%.c=$(BUILD)/%.o) $(BUILD)/shipped.o
LIBRARY  := $(BUILD)/libplaybook.a
UNITS    := $(wildcard tests/unit/*/*.c tests/unit/*/*/*.c)

Q := $(if $(V),,@)

all: $(PROGRAM)

$(PROGRAM): $(BUILD)/$(MAIN:.c=.o) $(LIBRARY)
	@echo "LINK $@"
	$(Q)$(CC) $(CFLAGS) $(FLAVOUR_FLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(LIBRARY): $(filter-out $(BUILD)/$(MAIN:.c=.o),$(OBJECTS))
	$(Q)mkdir -p $(@D)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/%.o: %.c
	@echo "CC   $<"
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_FLAGS) -c -o $@ $<

-include $(OBJECTS:.o=.d)

# The shipped playbooks as C strings: the binary carries them.
$(BUILD)/shipped.c: $(wildcard playbooks/*.yml) engine/cli/embed
	$(Q)mkdir -p $(@D)
	$(Q)engine/cli/embed playbooks/*.yml > $@

$(BUILD)/shipped.o: $(BUILD)/shipped.c
	$(Q)$(CC) $(ALL_FLAGS) -c -o $@ $<
