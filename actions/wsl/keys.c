/* The table of WSL's settings, and the reading and writing of their values. Which line of a file
 * counts is not decided here (settings.c).
 * Source: microsoft/WSL, WslCoreConfig.{h,cpp}, WslDistributionConfig.cpp, stringshared.h.
 */
#include "actions/wsl/keys.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "actions/wsl/version.h"
#include "engine/base/encoding.h"

enum { MAC_LENGTH = 17, HIGHEST_PORT = 65535 };

const char *const networking_modes[] = {"nat", "mirrored", "consomme", "bridged", "none", NULL};
static const char *const reclaim_modes[] = {"gradual", "dropcache", "disabled", NULL};
static const char *const cgroup_versions[] = {"v1", "v2", NULL};

/* Shared defaults read better as words than as quoted text in every row. */
#define YES   "true"
#define NO    "false"
#define EMPTY ""
#define HOST  NULL
#define KEY(in, as, kind, otherwise, ...)                                                          \
    {                                                                                              \
        .section = in, .name = as, .type = kind, .fallback = otherwise, __VA_ARGS__                \
    }

#define VERSION(...)                                                                               \
    {                                                                                              \
        .parts = {__VA_ARGS__}, .count = sizeof((uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t)      \
    }
#define NETWORK_KEYS  .since = VERSION(2, 0, 0)
#define MIRRORED_ONLY .modes = MODE_MIRRORED, NETWORK_KEYS
#define BRIDGED_ONLY  .modes = MODE_BRIDGED
#define WINDOWS_11    .build = VERSION(22621)       /* 22H2 */
#define WITH_UPDATE   .build = VERSION(22621, 2359) /* the update of September 2023 to 22H2 */

/* clang-format off */
static const struct wsl_key wslconfig_keys[] = {
    KEY("experimental", "autoMemoryReclaim", KEY_WORD, "dropcache", .words = reclaim_modes),
    KEY("experimental", "bestEffortDnsParsing", KEY_BOOLEAN, NO, .serves = "dnsTunneling"),
    KEY("experimental", "dnsTunnelingIpAddress", KEY_ADDRESS, "10.255.255.254", .serves = "dnsTunneling"),
    KEY("experimental", "hostAddressLoopback", KEY_BOOLEAN, NO, MIRRORED_ONLY),
    KEY("experimental", "ignoredPorts", KEY_PORTS, EMPTY, MIRRORED_ONLY),
    KEY("experimental", "initialAutoProxyTimeout", KEY_INTEGER, "1000", .serves = "autoProxy"),
    KEY("experimental", "setVersionDebug", KEY_BOOLEAN, NO),
    KEY("experimental", "sparseVhd", KEY_BOOLEAN, NO),
    KEY("experimental", "swiotlb", KEY_SIZE, "0"),
    KEY("experimental", "virtioFsAggregateShares", KEY_BOOLEAN, YES),
    KEY("general", "distributionInstallPath", KEY_TEXT, HOST),
    KEY("general", "instanceIdleTimeout", KEY_INTEGER, "15000"),
    KEY("wsl2", "autoProxy", KEY_BOOLEAN, YES, .experimental = true, NETWORK_KEYS,
        .settled = VERSION(2, 0, 14), WINDOWS_11),
    KEY("wsl2", "crashDumpFolder", KEY_TEXT, HOST),
    KEY("wsl2", "debugConsole", KEY_BOOLEAN, NO),
    KEY("wsl2", "debugConsoleLogFile", KEY_TEXT, EMPTY),
    KEY("wsl2", "defaultVhdSize", KEY_SIZE, "1TB"),
    KEY("wsl2", "dhcp", KEY_BOOLEAN, YES, BRIDGED_ONLY),
    KEY("wsl2", "dhcpTimeout", KEY_INTEGER, "5000", BRIDGED_ONLY),
    KEY("wsl2", "distributionStartTimeout", KEY_INTEGER, "60000"),
    KEY("wsl2", "dnsProxy", KEY_BOOLEAN, YES, .modes = MODE_NAT),
    KEY("wsl2", "dnsTunneling", KEY_BOOLEAN, YES, .experimental = true, NETWORK_KEYS,
        .settled = VERSION(2, 2, 1), .early = NO, WITH_UPDATE,
        .modes = MODE_NAT | MODE_MIRRORED | MODE_CONSOMME),
    KEY("wsl2", "earlyBootLogging", KEY_BOOLEAN, NO),
    KEY("wsl2", "firewall", KEY_BOOLEAN, YES, .experimental = true, NETWORK_KEYS,
        .settled = VERSION(2, 0, 9), .early = NO, WINDOWS_11, .modes = MODE_NAT | MODE_MIRRORED),
    KEY("wsl2", "gpuSupport", KEY_BOOLEAN, YES),
    KEY("wsl2", "guiApplications", KEY_BOOLEAN, YES),
    KEY("wsl2", "hardwarePerformanceCounters", KEY_BOOLEAN, HOST),
    KEY("wsl2", "hostFileSystemAccess", KEY_BOOLEAN, YES),
    KEY("wsl2", "ipv6", KEY_BOOLEAN, NO),
    KEY("wsl2", "isolateDistroCgroup", KEY_BOOLEAN, YES),
    KEY("wsl2", "kernel", KEY_TEXT, EMPTY),
    KEY("wsl2", "kernelBootTimeout", KEY_INTEGER, "30000"),
    KEY("wsl2", "kernelCommandLine", KEY_TEXT, EMPTY),
    KEY("wsl2", "kernelDebugPort", KEY_INTEGER, "0"),
    KEY("wsl2", "kernelModules", KEY_TEXT, EMPTY),
    KEY("wsl2", "loadDefaultKernelModules", KEY_BOOLEAN, YES),
    KEY("wsl2", "loadKernelModules", KEY_TEXT, EMPTY),
    KEY("wsl2", "localhostForwarding", KEY_BOOLEAN, YES,
        .modes = MODE_NAT | MODE_CONSOMME | MODE_BRIDGED),
    KEY("wsl2", "macAddress", KEY_MAC, HOST, BRIDGED_ONLY),
    KEY("wsl2", "maxCrashDumpCount", KEY_INTEGER, "10"),
    KEY("wsl2", "memory", KEY_SIZE, HOST),
    KEY("wsl2", "mountDeviceTimeout", KEY_INTEGER, "5000"),
    KEY("wsl2", "nestedVirtualization", KEY_BOOLEAN, HOST, .build = VERSION(22000)), /* WSL #11216 */
    KEY("wsl2", "networkingMode", KEY_WORD, "nat", .words = networking_modes, .experimental = true,
        WITH_UPDATE /* mirrored mode */),
    KEY("wsl2", "processors", KEY_INTEGER, HOST),
    KEY("wsl2", "safeMode", KEY_BOOLEAN, NO),
    KEY("wsl2", "swap", KEY_SIZE, HOST),
    KEY("wsl2", "swapFile", KEY_TEXT, HOST),
    KEY("wsl2", "systemDistro", KEY_TEXT, EMPTY),
    KEY("wsl2", "telemetry", KEY_BOOLEAN, HOST),
    KEY("wsl2", "virtio", KEY_BOOLEAN, HOST),
    KEY("wsl2", "virtio9p", KEY_BOOLEAN, NO),
    KEY("wsl2", "virtiofs", KEY_BOOLEAN, NO),
    KEY("wsl2", "vmIdleTimeout", KEY_INTEGER, "60000"),
    KEY("wsl2", "vmSwitch", KEY_TEXT, EMPTY, BRIDGED_ONLY),
    {.name = NULL},
};
/* clang-format on */

static const struct wsl_key wslconf_keys[] = {
    KEY("automount", "cgroups", KEY_WORD, "v2", .words = cgroup_versions),
    KEY("automount", "enabled", KEY_BOOLEAN, YES),
    KEY("automount", "ldconfig", KEY_BOOLEAN, YES),
    KEY("automount", "mountFsTab", KEY_BOOLEAN, YES),
    KEY("automount", "options", KEY_TEXT, EMPTY),
    KEY("automount", "root", KEY_FOLDER, "/mnt/"),
    KEY("boot", "command", KEY_TEXT, EMPTY),
    KEY("boot", "initTimeout", KEY_INTEGER, "10000"),
    KEY("boot", "protectBinfmt", KEY_BOOLEAN, YES),
    KEY("boot", "systemd", KEY_BOOLEAN, NO),
    KEY("fileServer", "enabled", KEY_BOOLEAN, YES),
    KEY("fileServer", "logFile", KEY_TEXT, EMPTY),
    KEY("fileServer", "logLevel", KEY_INTEGER, "4"),
    KEY("fileServer", "logTruncate", KEY_BOOLEAN, YES),
    KEY("filesystem", "umask", KEY_INTEGER, "0022"),
    KEY("general", "guiApplications", KEY_BOOLEAN, HOST),
    KEY("gpu", "appendLibPath", KEY_BOOLEAN, YES),
    KEY("gpu", "enabled", KEY_BOOLEAN, YES),
    KEY("interop", "appendWindowsPath", KEY_BOOLEAN, YES),
    KEY("interop", "enabled", KEY_BOOLEAN, YES),
    KEY("network", "generateHosts", KEY_BOOLEAN, YES),
    KEY("network", "generateResolvConf", KEY_BOOLEAN, YES),
    KEY("network", "hostname", KEY_TEXT, HOST),
    KEY("time", "useWindowsTimezone", KEY_BOOLEAN, YES),
    KEY("user", "default", KEY_TEXT, EMPTY),
    {.name = NULL},
};

const struct wsl_key *keys_of(enum ini_file file)
{
    return file == INI_WSLCONFIG ? wslconfig_keys : wslconf_keys;
}

static bool in_section(const struct wsl_key *key, const char *section)
{
    return strcasecmp(key->section, section) == 0 ||
           (key->experimental && strcasecmp("experimental", section) == 0);
}

const struct wsl_key *keys_find(enum ini_file file, const char *section, const char *name)
{
    for (const struct wsl_key *key = keys_of(file); key->name; key++)
        if (in_section(key, section) && strcasecmp(key->name, name) == 0)
            return key;
    return NULL;
}

bool keys_section(enum ini_file file, const char *section)
{
    for (const struct wsl_key *key = keys_of(file); key->name; key++)
        if (in_section(key, section))
            return true;
    return false;
}

static bool named(const char *lookup, const char *section, const char *name)
{
    size_t length = strlen(section);
    return strncasecmp(lookup, section, length) == 0 && lookup[length] == '.' &&
           strcasecmp(lookup + length + 1, name) == 0;
}

bool keys_match(const struct wsl_key *key, const char *lookup)
{
    return named(lookup, key->section, key->name) ||
           (key->experimental && named(lookup, "experimental", key->name));
}

enum networking_mode keys_mode(const char *word)
{
    unsigned place = 0;
    while (!text_equal(networking_modes[place], word))
        place++;
    return 1u << place;
}

const char *keys_default(const struct wsl_key *key, const struct version *wsl, const char **unsure)
{
    *unsure = NULL;
    if (key->settled.count == 0)
        return key->fallback;
    if (wsl->count == 0) {
        *unsure = "its default depends on the version of WSL, which is not known";
        return NULL;
    }
    if (version_before(wsl, &key->since))
        return NO;
    if (!version_before(wsl, &key->settled))
        return key->fallback;
    *unsure = key->early ? NULL : "its default in this version of WSL is not known";
    return key->early;
}

struct version keys_since(const struct wsl_key *key, const char *text)
{
    static const struct {
        const char *word;
        struct version since;
    } modes[] = {{"mirrored", VERSION(2, 0, 0)}, {"consomme", VERSION(2, 9, 0)}};
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
        if (key->words == networking_modes && strcasecmp(modes[i].word, text) == 0)
            return modes[i].since;
    return key->since;
}

struct type keys_type(const struct wsl_key *key)
{
    static const struct type number = {.kind = KIND_NUMBER};
    static const enum kind kinds[] = {
        [KEY_BOOLEAN] = KIND_BOOLEAN, [KEY_INTEGER] = KIND_NUMBER,  [KEY_SIZE] = KIND_SIZE,
        [KEY_WORD] = KIND_STRING,     [KEY_ADDRESS] = KIND_ADDRESS, [KEY_TEXT] = KIND_STRING,
        [KEY_PORTS] = KIND_LIST,      [KEY_MAC] = KIND_STRING,      [KEY_FOLDER] = KIND_STRING,
    };
    return (struct type){
        .kind = kinds[key->type],
        .element = key->type == KEY_PORTS ? &number : NULL,
        .words = key->words,
    };
}

/* ---- reading ---- */

static bool read_boolean(const char *text, struct value *value)
{
    bool on = strcasecmp(text, "true") == 0 || text_equal(text, "1");
    *value = value_boolean(on);
    return on || strcasecmp(text, "false") == 0 || text_equal(text, "0");
}

static const char *skip_space(const char *text)
{
    return text + strspn(text, " \t\n\v\f\r");
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* strtol with base 0, by hand: newer C libraries would take `0b1` as well. Saturates at 64 bits. */
static bool read_long(const char *text, int64_t *number)
{
    const char *at = skip_space(text);
    bool negative = *at == '-';
    if (*at == '-' || *at == '+')
        at++;
    int base = 10;
    if (at[0] == '0' && (at[1] | 0x20) == 'x' && digit_of(at[2]) < 16) {
        base = 16;
        at += 2;
    } else if (at[0] == '0') {
        base = 8;
    }
    uint64_t sum = 0;
    const char *digits = at;
    for (; digit_of(*at) < base; at++)
        sum = sum > INT64_MAX / 16 ? INT64_MAX : sum * (unsigned)base + (unsigned)digit_of(*at);
    *number = negative ? -(int64_t)sum : (int64_t)sum;
    return at > digits && *at == '\0';
}

/* Windows' long has 32 bits and saturates; the guest's has 64, and WSL refuses what does not fit.
 */
static bool read_integer(enum ini_file file, const char *text, struct value *value)
{
    int64_t number;
    if (!read_long(text, &number))
        return false;
    bool fits = number >= INT_MIN && number <= INT_MAX;
    if (!fits && file == INI_WSLCONF)
        return false;
    *value = value_number((double)(fits ? number : number < 0 ? INT_MIN : INT_MAX));
    return true;
}

static unsigned unit_shift(const char *unit)
{
    static const char *const units[] = {"KB", "MB", "GB", "TB"};
    if (*unit == '\0' || text_equal(unit, "B"))
        return 0;
    for (unsigned i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strlen(unit) <= 2 && strncmp(units[i], unit, strlen(unit)) == 0)
            return 10 * (i + 1);
    return 64;
}

static bool read_size(const char *text, struct value *value)
{
    char *end;
    uint64_t number = strtoull(text, &end, 10);
    unsigned shift = unit_shift(end);
    if (shift == 64 || (number == 0 && (text[0] != '0' || end != text + 1)))
        return false;
    uint64_t bytes = number << shift;
    *value = bytes > INT64_MAX ? (struct value){0} : value_size((int64_t)bytes);
    return true;
}

static bool read_word(struct arena *arena, const struct wsl_key *key, const char *text,
                      struct value *value)
{
    if (key->words == networking_modes && strcasecmp(text, OLD_CONSOMME) == 0)
        text = "consomme";
    for (const char *const *word = key->words; *word; word++) {
        if (strcasecmp(*word, text) == 0) {
            *value = value_string(arena, *word);
            return true;
        }
    }
    return false;
}

static bool read_address(const char *text, struct value *value)
{
    struct address address;
    if (!address_read(text, &address) || address.family != AF_INET)
        return false;
    *value = value_address(&address);
    return true;
}

/* std::stoi: blanks in front and anything behind are taken. */
static long leading_number(const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);
    return end == text ? -1 : number;
}

static void read_ports(struct arena *arena, const char *text, struct key_reading *reading)
{
    struct value *ports = NULL;
    size_t count = 0;
    for (char *rest = arena_string(arena, text), *item; (item = strsep(&rest, ",")) != NULL;) {
        long number = leading_number(item);
        if (*item == '\0')
            continue;
        if (number < 1 || number > HIGHEST_PORT) {
            reading->warning = arena_format(arena, "'%s' is no port", item);
            continue;
        }
        ports = arena_grow(arena, ports, count, sizeof(*ports));
        ports[count++] = value_number((double)number);
        if (skip_space(item)[strspn(skip_space(item), "+0123456789")] != '\0')
            reading->warning = arena_format(arena, "'%s' is read as %ld alone", item, number);
    }
    reading->value = value_list(ports, count);
}

static const char *read_folder(struct arena *arena, const char *text)
{
    size_t length = strlen(text);
    bool ended = length > 0 && text[length - 1] == '/';
    return ended ? text : arena_format(arena, "%s/", text);
}

static bool is_mac(const char *text)
{
    if (strlen(text) != MAC_LENGTH || (text[2] != ':' && text[2] != '-'))
        return false;
    for (size_t i = 0; i < MAC_LENGTH; i++)
        if (i % 3 == 2 ? text[i] != text[2] : digit_of(text[i]) == 16)
            return false;
    return true;
}

/* Windows reads the low bytes that are left of a text as UTF-8. */
static const char *read_windows_text(struct arena *arena, const char *text)
{
    struct text result = text_new(arena);
    const char *end = text + strlen(text);
    while (text < end) {
        uint32_t code;
        size_t size = utf8_next(text, end, &code);
        utf8_append(&result, size ? code : 0xfffd);
        text += size ? size : 1;
    }
    return text_string(&result);
}

static const char *fault_text(struct arena *arena, const struct wsl_key *key, const char *text)
{
    static const char *const faults[] = {
        [KEY_BOOLEAN] = "invalid boolean value", [KEY_INTEGER] = "invalid integer value",
        [KEY_SIZE] = "invalid memory string",    [KEY_WORD] = "invalid value",
        [KEY_ADDRESS] = "invalid IP value",      [KEY_MAC] = "invalid MAC address",
    };
    struct text fault = text_new(arena);
    text_format(&fault, "%s '%s'", faults[key->type], text);
    for (const char *const *word = key->words; word && *word; word++)
        text_format(&fault, "%s%s", word == key->words ? " (valid values: " : ", ", *word);
    text_add(&fault, key->words ? ")" : "");
    return text_string(&fault);
}

static bool read_kind(struct arena *arena, const struct wsl_key *key, enum ini_file file,
                      const char *text, struct key_reading *reading)
{
    switch (key->type) {
    case KEY_BOOLEAN:
        return read_boolean(text, &reading->value);
    case KEY_INTEGER:
        return read_integer(file, text, &reading->value);
    case KEY_SIZE:
        return read_size(text, &reading->value);
    case KEY_WORD:
        return read_word(arena, key, text, &reading->value);
    case KEY_ADDRESS:
        return read_address(text, &reading->value);
    case KEY_PORTS:
        read_ports(arena, text, reading);
        return true;
    case KEY_FOLDER:
        reading->value = value_string(arena, read_folder(arena, text));
        return true;
    case KEY_MAC:
    case KEY_TEXT:
        text = file == INI_WSLCONFIG ? read_windows_text(arena, text) : text;
        reading->value = value_string(arena, text);
        return key->type == KEY_TEXT || is_mac(text);
    }
    return false;
}

bool keys_read(struct arena *arena, const struct wsl_key *key, enum ini_file file, const char *text,
               struct key_reading *reading)
{
    *reading = (struct key_reading){0};
    bool good = read_kind(arena, key, file, text, reading);
    if (!good) {
        reading->value = (struct value){0};
        reading->fault = fault_text(arena, key, text);
    }
    return good;
}

/* ---- writing ---- */

/* WSL's units are powers of 1024 whatever they are called; below a megabyte plain bytes read
 * better. */
static const char *write_size(struct arena *arena, int64_t bytes)
{
    static const char *const units[] = {"MB", "GB", "TB"};
    int unit = -1;
    while (bytes != 0 && unit < 2 && bytes % (INT64_C(1) << (unit + 3) * 10) == 0)
        unit++;
    return unit < 0 ? arena_format(arena, "%" PRId64, bytes)
                    : arena_format(arena, "%" PRId64 "%s", bytes >> (unit + 2) * 10, units[unit]);
}

static bool is_whole(const struct value *value, double least, double most)
{
    return value->kind == KIND_NUMBER && value->number >= least && value->number <= most &&
           value->number == (double)(int64_t)value->number;
}

static bool write_ports(struct arena *arena, const struct wsl_key *key, const struct value *list,
                        const char **text, struct error *error)
{
    struct text ports = text_new(arena);
    for (size_t i = 0; i < list->list.count; i++) {
        const struct value *port = &list->list.items[i];
        if (!is_whole(port, 1, HIGHEST_PORT))
            return error_set(error, "'%s' of '%s' is no port (1 to %d)", value_print(arena, port),
                             key->name, HIGHEST_PORT);
        text_format(&ports, "%s%d", i ? "," : "", (int)port->number);
    }
    *text = text_string(&ports);
    return true;
}

bool keys_write(struct arena *arena, const struct wsl_key *key, const struct value *value,
                const char **text, struct error *error)
{
    if (value->kind != keys_type(key).kind)
        return error_set(error, "'%s' takes a %s, not a %s", key->name,
                         kind_name(keys_type(key).kind), kind_name(value->kind));
    *text = value_print(arena, value);
    switch (key->type) {
    case KEY_INTEGER:
        if (!is_whole(value, INT_MIN, INT_MAX))
            return error_set(error, "'%s' takes a whole number of 32 bits, not '%s'", key->name,
                             *text);
        *text = arena_format(arena, "%d", (int)value->number);
        return true;
    case KEY_SIZE:
        *text = write_size(arena, value->size);
        return true;
    case KEY_WORD:
        if (key->words == networking_modes && text_equal(*text, "consomme"))
            *text = OLD_CONSOMME;
        return true;
    case KEY_PORTS:
        return write_ports(arena, key, value, text, error);
    default:
        return true;
    }
}
