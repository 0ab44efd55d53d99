/* Values: reading, comparing, printing. Units of durations and sizes are one table each. */
#include "engine/base/value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/base/text.h"

struct unit {
    const char *name;
    int64_t factor;
};

/* Largest first: printing takes the first that divides. */
static const struct unit duration_units[] = {
    {"d", INT64_C(86400) * NS_PER_S},
    {"h", INT64_C(3600) * NS_PER_S},
    {"m", INT64_C(60) * NS_PER_S},
    {"s", NS_PER_S},
    {"ms", NS_PER_MS},
    {"us", NS_PER_US},
    {NULL, 0},
};

static const struct unit size_units[] = {
    {"TiB", INT64_C(1) << 40},
    {"TB", INT64_C(1000000000000)},
    {"GiB", INT64_C(1) << 30},
    {"GB", INT64_C(1000000000)},
    {"MiB", INT64_C(1) << 20},
    {"MB", INT64_C(1000000)},
    {"KiB", INT64_C(1) << 10},
    {"KB", INT64_C(1000)},
    {"kB", INT64_C(1000)},
    {"B", 1},
    {NULL, 0},
};

static const char *const kind_names[] = {
    [KIND_NONE] = "nothing",      [KIND_BOOLEAN] = "boolean", [KIND_NUMBER] = "number",
    [KIND_DURATION] = "duration", [KIND_SIZE] = "size",       [KIND_ADDRESS] = "address",
    [KIND_NETWORK] = "network",   [KIND_VERSION] = "version", [KIND_STRING] = "string",
    [KIND_LIST] = "list",         [KIND_RECORD] = "record",
};

const char *kind_name(enum kind kind)
{
    return kind_names[kind];
}

/* A decimal number without exponent, sign allowed; `end` is where it stops. */
static bool read_decimal(const char *text, double *number, const char **end)
{
    const char *at = text;
    if (*at == '-' || *at == '+')
        at++;
    const char *digits = at;
    while (isdigit((unsigned char)*at))
        at++;
    if (at == digits)
        return false;
    if (*at == '.') {
        const char *fraction = ++at;
        while (isdigit((unsigned char)*at))
            at++;
        if (at == fraction)
            return false;
    }
    *number = strtod(text, NULL);
    *end = at;
    return __builtin_isfinite(*number);
}

static bool read_number(const char *text, double *number)
{
    const char *end;
    return read_decimal(text, number, &end) && *end == '\0';
}

static bool read_with_unit(const char *text, const struct unit *units, bool bare, int64_t *result)
{
    double number;
    const char *end;
    if (!read_decimal(text, &number, &end) || number < 0)
        return false;
    int64_t factor = bare && *end == '\0' ? 1 : 0;
    for (const struct unit *unit = units; unit->name; unit++)
        if (text_equal(end, unit->name))
            factor = unit->factor;
    double scaled = number * (double)factor;
    if (factor == 0 || scaled > 9e18)
        return false;
    *result = (int64_t)(scaled + 0.5);
    return true;
}

static bool read_version(const char *text, struct version *version)
{
    *version = (struct version){0};
    for (const char *at = text;; at++) {
        if (!isdigit((unsigned char)*at) || version->count == VERSION_PARTS)
            return false;
        char *end;
        errno = 0;
        version->parts[version->count++] = strtoull(at, &end, 10);
        if (errno || (*end != '.' && *end != '\0'))
            return false;
        if (*end == '\0')
            return true;
        at = end;
    }
}

enum { MAPPED_PREFIX = 96 };

static bool is_mapped(const struct address *address)
{
    static const uint8_t mapped[MAPPED_PREFIX / 8] = {[10] = 0xff, [11] = 0xff};
    return address->family == AF_INET6 && memcmp(address->bytes, mapped, sizeof(mapped)) == 0;
}

static struct address unmapped(const struct address *address)
{
    struct address plain = {.family = AF_INET};
    if (!is_mapped(address))
        return *address;
    memcpy(plain.bytes, address->bytes + MAPPED_PREFIX / 8, 4);
    return plain;
}

static bool read_as_written(const char *text, struct address *address)
{
    *address = (struct address){0};
    address->family = strchr(text, ':') ? AF_INET6 : AF_INET;
    return inet_pton(address->family, text, address->bytes) == 1;
}

/* RFC 4291: fe80::/10, and multicast of link scope. */
static bool is_link_local(const struct address *address)
{
    const uint8_t *bytes = address->bytes;
    return address->family == AF_INET6 && ((bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) ||
                                           (bytes[0] == 0xff && (bytes[1] & 0x0f) == 0x02));
}

/* What the kernel takes as a link's name (dev_valid_name()), or a number. */
static bool read_zone(const char *text, struct address *address)
{
    size_t length = strlen(text);
    if (!is_link_local(address) || length == 0 || length >= sizeof(address->zone) ||
        strpbrk(text, "/: \t\n\v\f\r"))
        return false;
    memcpy(address->zone, text, length);
    return true;
}

bool address_read(const char *text, struct address *address)
{
    char plain[INET6_ADDRSTRLEN];
    size_t length = strcspn(text, "%");
    *address = (struct address){0};
    if (length >= sizeof(plain))
        return false;
    memcpy(plain, text, length);
    plain[length] = '\0';
    bool read =
        read_as_written(plain, address) && (!text[length] || read_zone(text + length + 1, address));
    *address = unmapped(address);
    return read;
}

static void clear_host_bits(struct network *network)
{
    for (unsigned bit = network->prefix; bit < 128; bit++)
        network->address.bytes[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
}

static struct network network_of(const struct address *address, unsigned prefix)
{
    unsigned bits = address->family == AF_INET ? 32 : 128;
    struct network network = {.address = *address, .prefix = prefix < bits ? prefix : bits};
    if (is_mapped(address) && network.prefix >= MAPPED_PREFIX)
        network = (struct network){unmapped(address), network.prefix - MAPPED_PREFIX};
    memset(network.address.zone, 0, sizeof(network.address.zone));
    clear_host_bits(&network);
    return network;
}

bool network_read(const char *text, struct network *network)
{
    struct address address;
    char copy[INET6_ADDRSTRLEN];
    const char *slash = strchr(text, '/');
    if (!slash || (size_t)(slash - text) >= sizeof(copy))
        return false;
    memcpy(copy, text, (size_t)(slash - text));
    copy[slash - text] = '\0';
    char *end;
    unsigned long prefix = strtoul(slash + 1, &end, 10);
    if (!isdigit((unsigned char)slash[1]) || *end || !read_as_written(copy, &address))
        return false;
    if (prefix > (address.family == AF_INET ? 32u : 128u))
        return false;
    *network = network_of(&address, (unsigned)prefix);
    return true;
}

bool network_contains(const struct network *network, const struct address *address)
{
    if (network->address.family != address->family)
        return false;
    struct network other = {.address = *address, .prefix = network->prefix};
    clear_host_bits(&other);
    return memcmp(other.address.bytes, network->address.bytes, sizeof(other.address.bytes)) == 0;
}

bool value_read(struct arena *arena, enum kind kind, const char *text, struct value *value)
{
    *value = (struct value){.kind = kind};
    switch (kind) {
    case KIND_BOOLEAN:
        value->boolean = text_equal(text, "true");
        return value->boolean || text_equal(text, "false");
    case KIND_NUMBER:
        return read_number(text, &value->number);
    case KIND_DURATION:
        return read_with_unit(text, duration_units, false, &value->duration);
    case KIND_SIZE:
        return read_with_unit(text, size_units, true, &value->size);
    case KIND_ADDRESS:
        return address_read(text, &value->address);
    case KIND_NETWORK:
        return network_read(text, &value->network);
    case KIND_VERSION:
        return read_version(text, &value->version);
    case KIND_STRING:
        value->string = arena_string(arena, text);
        return true;
    default:
        return false;
    }
}

struct value value_guess(struct arena *arena, const char *text)
{
    static const enum kind order[] = {KIND_BOOLEAN, KIND_NUMBER,  KIND_DURATION,
                                      KIND_SIZE,    KIND_ADDRESS, KIND_NETWORK};
    struct value value;
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        if (value_read(arena, order[i], text, &value))
            return value;
    return value_string(arena, text);
}

const char *address_print(struct arena *arena, const struct address *address)
{
    char text[INET6_ADDRSTRLEN];
    if (!inet_ntop(address->family, address->bytes, text, sizeof(text)))
        return "?";
    return arena_format(arena, "%s%s%s", text, address->zone[0] ? "%" : "", address->zone);
}

/* As read_decimal() reads it back to the same number: the fewest digits that do, no exponent. */
static const char *print_number(struct arena *arena, double number)
{
    int digits = DBL_DIG;
    const char *text = arena_format(arena, "%.*g", digits, number);
    while (digits < DBL_DECIMAL_DIG && strtod(text, NULL) != number)
        text = arena_format(arena, "%.*g", ++digits, number);
    const char *exponent = strchr(text, 'e');
    if (!exponent)
        return text;
    long power = strtol(exponent + 1, NULL, 10);
    char *plain = arena_format(arena, "%.*f", power < 0 ? digits - 1 - (int)power : 0, number);
    size_t length = strlen(plain);
    while (power < 0 && plain[length - 1] == '0')
        plain[--length] = '\0';
    return plain;
}

/* The largest unit that leaves a number of at most three decimals; 0 has the smallest. */
static const char *print_duration(struct arena *arena, int64_t ns)
{
    for (const struct unit *unit = duration_units; unit->name; unit++)
        if (ns != 0 && ns % unit->factor == 0)
            return arena_format(arena, "%" PRId64 "%s", ns / unit->factor, unit->name);
    if (ns >= NS_PER_S)
        return arena_format(arena, "%.3fs", (double)ns / NS_PER_S);
    if (ns >= NS_PER_MS)
        return arena_format(arena, "%.3fms", (double)ns / NS_PER_MS);
    return arena_format(arena, "%.3fus", (double)ns / NS_PER_US);
}

static const char *print_size(struct arena *arena, int64_t bytes)
{
    for (const struct unit *unit = size_units; unit->name && unit->factor > 1; unit++)
        if (bytes != 0 && bytes % unit->factor == 0)
            return arena_format(arena, "%" PRId64 "%s", bytes / unit->factor, unit->name);
    return arena_format(arena, "%" PRId64, bytes);
}

static const char *print_version(struct arena *arena, const struct version *version)
{
    struct text text = text_new(arena);
    for (size_t i = 0; i < version->count; i++)
        text_format(&text, "%s%" PRIu64, i ? "." : "", version->parts[i]);
    return text_string(&text);
}

static const char *print_list(struct arena *arena, const struct value *list)
{
    struct text text = text_new(arena);
    text_add(&text, "[");
    for (size_t i = 0; i < list->list.count; i++)
        text_format(&text, "%s%s", i ? ", " : "", value_print(arena, &list->list.items[i]));
    text_add(&text, "]");
    return text_string(&text);
}

static const char *print_record(struct arena *arena, const struct value *record)
{
    struct text text = text_new(arena);
    for (size_t i = 0; i < record->record.count; i++) {
        if (record->record.values[i].kind == KIND_NONE)
            continue;
        text_format(&text, "%s%s %s", text.length ? ", " : "{", record->record.names[i],
                    value_print(arena, &record->record.values[i]));
    }
    text_add(&text, text.length ? "}" : "{}");
    return text_string(&text);
}

const char *value_print(struct arena *arena, const struct value *value)
{
    switch (value->kind) {
    case KIND_NONE:
        return "?";
    case KIND_BOOLEAN:
        return value->boolean ? "true" : "false";
    case KIND_NUMBER:
        return print_number(arena, value->number);
    case KIND_DURATION:
        return print_duration(arena, value->duration);
    case KIND_SIZE:
        return print_size(arena, value->size);
    case KIND_ADDRESS:
        return address_print(arena, &value->address);
    case KIND_NETWORK:
        return arena_format(arena, "%s/%u", address_print(arena, &value->network.address),
                            value->network.prefix);
    case KIND_VERSION:
        return print_version(arena, &value->version);
    case KIND_STRING:
        return value->string;
    case KIND_LIST:
        return print_list(arena, value);
    case KIND_RECORD:
        return print_record(arena, value);
    }
    return "?";
}

static const struct value *copy_items(struct arena *arena, const struct value *items, size_t count)
{
    struct value *copy = arena_alloc(arena, (count + 1) * sizeof(*copy));
    for (size_t i = 0; i < count; i++)
        copy[i] = value_copy(arena, &items[i]);
    return copy;
}

struct value value_copy(struct arena *arena, const struct value *value)
{
    struct value copy = *value;
    if (value->kind == KIND_STRING)
        copy.string = arena_string(arena, value->string);
    if (value->kind == KIND_LIST)
        copy.list.items = copy_items(arena, value->list.items, value->list.count);
    if (value->kind != KIND_RECORD)
        return copy;
    const char **names = arena_alloc(arena, (value->record.count + 1) * sizeof(*names));
    for (size_t i = 0; i < value->record.count; i++)
        names[i] = arena_string(arena, value->record.names[i]);
    copy.record.names = names;
    copy.record.values = copy_items(arena, value->record.values, value->record.count);
    return copy;
}

static size_t items_bytes(const struct value *items, size_t count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += value_bytes(&items[i]);
    return bytes;
}

size_t value_bytes(const struct value *value)
{
    size_t bytes = sizeof(*value);
    if (value->kind == KIND_STRING)
        bytes += strlen(value->string) + 1;
    if (value->kind == KIND_LIST)
        bytes += items_bytes(value->list.items, value->list.count);
    if (value->kind == KIND_RECORD)
        bytes += items_bytes(value->record.values, value->record.count);
    return bytes;
}

static int compare_versions(const struct version *a, const struct version *b)
{
    for (size_t i = 0; i < VERSION_PARTS; i++)
        if (a->parts[i] != b->parts[i])
            return a->parts[i] < b->parts[i] ? -1 : 1;
    return 0;
}

bool kind_ordered(enum kind kind)
{
    return kind == KIND_NUMBER || kind == KIND_DURATION || kind == KIND_SIZE ||
           kind == KIND_VERSION || kind == KIND_STRING;
}

int value_compare(const struct value *a, const struct value *b)
{
    switch (a->kind) {
    case KIND_NUMBER:
        return (a->number > b->number) - (a->number < b->number);
    case KIND_DURATION:
        return (a->duration > b->duration) - (a->duration < b->duration);
    case KIND_SIZE:
        return (a->size > b->size) - (a->size < b->size);
    case KIND_VERSION:
        return compare_versions(&a->version, &b->version);
    default:
        return strcmp(a->string, b->string);
    }
}

static bool equal_address(const struct address *a, const struct address *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0 &&
           strcmp(a->zone, b->zone) == 0;
}

static bool equal_items(const struct value *a, const struct value *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!value_equal(&a[i], &b[i]))
            return false;
    return true;
}

bool value_equal(const struct value *a, const struct value *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case KIND_NONE:
        return true;
    case KIND_BOOLEAN:
        return a->boolean == b->boolean;
    case KIND_ADDRESS:
        return equal_address(&a->address, &b->address);
    case KIND_NETWORK:
        return a->network.prefix == b->network.prefix &&
               equal_address(&a->network.address, &b->network.address);
    case KIND_LIST:
        return a->list.count == b->list.count &&
               equal_items(a->list.items, b->list.items, a->list.count);
    case KIND_RECORD:
        return a->record.count == b->record.count &&
               equal_items(a->record.values, b->record.values, a->record.count);
    default:
        return value_compare(a, b) == 0;
    }
}

/* FNV-1a, going on from `state`. */
static uint64_t hash_bytes(uint64_t state, const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    state ^= UINT64_C(14695981039346656037);
    for (size_t i = 0; i < length; i++)
        state = (state ^ at[i]) * UINT64_C(1099511628211);
    return state;
}

static uint64_t hash_items(const struct value *items, size_t count)
{
    uint64_t state = count;
    for (size_t i = 0; i < count; i++)
        state = hash_bytes(state, &(uint64_t){value_hash(&items[i])}, sizeof(uint64_t));
    return state;
}

uint64_t value_hash(const struct value *value)
{
    uint64_t kind = (uint64_t)value->kind;
    double number = value->kind == KIND_NUMBER ? value->number + 0.0 : 0; /* -0 equals 0 */
    switch (value->kind) {
    case KIND_NONE:
        return kind;
    case KIND_BOOLEAN:
        return hash_bytes(kind, &value->boolean, sizeof(value->boolean));
    case KIND_NUMBER:
        return hash_bytes(kind, &number, sizeof(number));
    case KIND_DURATION:
    case KIND_SIZE:
        return hash_bytes(kind, &value->size, sizeof(value->size));
    case KIND_ADDRESS:
        return hash_bytes(kind, value->address.bytes, sizeof(value->address.bytes));
    case KIND_NETWORK:
        return hash_bytes(kind + value->network.prefix, value->network.address.bytes,
                          sizeof(value->network.address.bytes));
    case KIND_VERSION:
        return hash_bytes(kind, value->version.parts, sizeof(value->version.parts));
    case KIND_STRING:
        return hash_bytes(kind, value->string, strlen(value->string));
    case KIND_LIST:
        return hash_items(value->list.items, value->list.count);
    case KIND_RECORD:
        return hash_items(value->record.values, value->record.count);
    }
    return kind;
}

const struct value *value_field(const struct value *record, const char *name)
{
    for (size_t i = 0; i < record->record.count; i++)
        if (text_equal(record->record.names[i], name))
            return &record->record.values[i];
    return NULL;
}

struct value value_boolean(bool boolean)
{
    return (struct value){.kind = KIND_BOOLEAN, .boolean = boolean};
}

struct value value_number(double number)
{
    return (struct value){.kind = KIND_NUMBER, .number = number};
}

struct value value_string(struct arena *arena, const char *string)
{
    return (struct value){.kind = KIND_STRING, .string = arena_string(arena, string)};
}

struct value value_duration(int64_t ns)
{
    return (struct value){.kind = KIND_DURATION, .duration = ns};
}

struct value value_size(int64_t bytes)
{
    return (struct value){.kind = KIND_SIZE, .size = bytes};
}

struct value value_address(const struct address *address)
{
    return (struct value){.kind = KIND_ADDRESS, .address = unmapped(address)};
}

struct value value_network(const struct address *address, unsigned prefix)
{
    return (struct value){.kind = KIND_NETWORK, .network = network_of(address, prefix)};
}

struct value value_list(const struct value *items, size_t count)
{
    return (struct value){.kind = KIND_LIST, .list = {.items = items, .count = count}};
}
