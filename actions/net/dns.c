/* DNS messages. Sends nothing. Names are coded and decoded by c-ares, which knows the escapes and
 * every way in which a compressed name can be wrong; everything else is read here with its lengths
 * checked. RFC 1035, RFC 2782 (SRV), RFC 3596 (AAAA), RFC 5452 (what makes an answer ours). */
#include "actions/net/dns.h"

#include <ares.h>
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

enum {
    CLASS_IN = 1,
    TYPE_A = 1,
    TYPE_NS = 2,
    TYPE_CNAME = 5,
    TYPE_SOA = 6,
    TYPE_PTR = 12,
    TYPE_MX = 15,
    TYPE_TXT = 16,
    TYPE_AAAA = 28,
    TYPE_SRV = 33,
    RCODE_NXDOMAIN = 3,
    CHAIN_MOST = 16,
};

const char *const dns_type_words[] = {"A",   "AAAA", "CNAME", "MX",  "NS",
                                      "PTR", "SOA",  "SRV",   "TXT", NULL};
static const uint16_t type_numbers[] = {TYPE_A,   TYPE_AAAA, TYPE_CNAME, TYPE_MX, TYPE_NS,
                                        TYPE_PTR, TYPE_SOA,  TYPE_SRV,   TYPE_TXT};

/* IANA, "DNS RCODEs"; 12 to 15 are unassigned. */
const char *const dns_rcode_words[DNS_RCODES + 1] = {
    "NOERROR",  "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",  "REFUSED",
    "YXDOMAIN", "YXRRSET", "NXRRSET",  "NOTAUTH",  "NOTZONE", "DSOTYPENI",
    "RCODE12",  "RCODE13", "RCODE14",  "RCODE15",  NULL,
};

/* ---- queries ---- */

static const char *reverse_name(struct arena *arena, const struct address *address)
{
    struct text name = text_new(arena);
    if (address->family == AF_INET) {
        const uint8_t *part = address->bytes;
        return arena_format(arena, "%u.%u.%u.%u.in-addr.arpa", part[3], part[2], part[1], part[0]);
    }
    for (size_t i = 16; i-- > 0;)
        text_format(&name, "%x.%x.", address->bytes[i] & 0x0f, address->bytes[i] >> 4);
    text_add(&name, "ip6.arpa");
    return text_string(&name);
}

bool dns_query_build(struct arena *arena, const char *name, const char *type,
                     struct dns_query *query, struct error *error)
{
    struct address address;
    unsigned char *message = NULL;
    int length = 0;
    size_t index = 0;
    while (!text_equal(dns_type_words[index], type))
        index++;
    query->type = type_numbers[index];
    if (query->type == TYPE_PTR && address_read(name, &address))
        name = reverse_name(arena, &address);
    if (getrandom(&query->id, sizeof(query->id), 0) != sizeof(query->id))
        return error_system(error, errno, "cannot get a random number");
    int code = ares_create_query(name, CLASS_IN, query->type, query->id, 1, &message, &length, 0);
    if (code != ARES_SUCCESS)
        return error_set(error, "'%s' cannot be asked for: %s", name, ares_strerror(code));
    query->bytes = (const uint8_t *)arena_copy(arena, (const char *)message, (size_t)length);
    query->length = (size_t)length;
    ares_free_string(message);
    return true;
}

/* ---- reading ---- */

struct reader {
    struct arena *arena;
    const uint8_t *bytes;
    size_t length, at;
    bool bad;
};

/* 0 beyond the end, with `bad` set. */
static unsigned read_number(struct reader *reader, size_t size)
{
    unsigned number = 0;
    if (reader->bad || reader->length - reader->at < size) {
        reader->bad = true;
        return 0;
    }
    for (size_t i = 0; i < size; i++)
        number = number << 8 | reader->bytes[reader->at++];
    return number;
}

/* "" beyond the end, with `bad` set. */
static const char *read_name(struct reader *reader)
{
    char *name = NULL;
    long used = 0;
    if (reader->bad || reader->at >= reader->length ||
        ares_expand_name(reader->bytes + reader->at, reader->bytes, (int)reader->length, &name,
                         &used) != ARES_SUCCESS) {
        reader->bad = true;
        return "";
    }
    const char *copy = arena_string(reader->arena, name);
    ares_free_string(name);
    reader->at += (size_t)used;
    return copy;
}

struct question {
    const char *name;
    unsigned type, class;
};

static struct question read_question(struct reader *reader)
{
    struct question question = {.name = read_name(reader)};
    question.type = read_number(reader, 2);
    question.class = read_number(reader, 2);
    return question;
}

static bool same_question(const struct question *a, const struct question *b)
{
    return strcasecmp(a->name, b->name) == 0 && a->type == b->type && a->class == b->class;
}

struct record {
    const char *owner;
    unsigned type, class;
    size_t data, length; /* its data in the message */
};

static struct record read_record(struct reader *reader)
{
    struct record record = {.owner = read_name(reader)};
    record.type = read_number(reader, 2);
    record.class = read_number(reader, 2);
    read_number(reader, 4); /* time to live */
    record.length = read_number(reader, 2);
    record.data = reader->at;
    if (reader->bad || reader->length - reader->at < record.length)
        reader->bad = true;
    else
        reader->at += record.length;
    return record;
}

/* ---- records as text ---- */

/* The character strings of a TXT record, joined; bytes that are not printable ASCII as \DDD. */
static const char *read_strings(struct reader *reader, size_t end)
{
    struct text text = text_new(reader->arena);
    while (!reader->bad && reader->at < end) {
        unsigned length = read_number(reader, 1);
        if (end - reader->at < length) {
            reader->bad = true;
            break;
        }
        for (; length > 0; length--) {
            unsigned byte = read_number(reader, 1);
            if (byte >= ' ' && byte <= '~')
                text_char(&text, (char)byte);
            else
                text_format(&text, "\\%03u", byte);
        }
    }
    return text_string(&text);
}

static const char *read_soa(struct reader *reader)
{
    struct text text = text_new(reader->arena);
    text_format(&text, "%s ", read_name(reader));
    text_add(&text, read_name(reader));
    for (int i = 0; i < 5; i++)
        text_format(&text, " %u", read_number(reader, 4));
    return text_string(&text);
}

static const char *read_srv(struct reader *reader)
{
    unsigned priority = read_number(reader, 2);
    unsigned weight = read_number(reader, 2);
    unsigned port = read_number(reader, 2);
    return arena_format(reader->arena, "%u %u %u %s", priority, weight, port, read_name(reader));
}

static bool read_address(struct reader *reader, const struct record *record,
                         struct address *address)
{
    size_t size = record->type == TYPE_A ? 4 : 16;
    *address = (struct address){.family = record->type == TYPE_A ? AF_INET : AF_INET6};
    if (record->length != size)
        return false;
    memcpy(address->bytes, reader->bytes + record->data, size);
    reader->at = record->data + size;
    return true;
}

/* The data of a record as text; `end` of it must be where reading stops. */
static const char *record_text(struct reader *reader, const struct record *record)
{
    struct address address;
    reader->at = record->data;
    switch (record->type) {
    case TYPE_A:
    case TYPE_AAAA:
        reader->bad |= !read_address(reader, record, &address);
        return reader->bad ? "" : address_print(reader->arena, &address);
    case TYPE_MX: {
        unsigned preference = read_number(reader, 2);
        return arena_format(reader->arena, "%u %s", preference, read_name(reader));
    }
    case TYPE_TXT:
        return read_strings(reader, record->data + record->length);
    case TYPE_SOA:
        return read_soa(reader);
    case TYPE_SRV:
        return read_srv(reader);
    default:
        return read_name(reader);
    }
}

/* ---- answers ---- */

struct section {
    struct record *records;
    size_t count;
};

static struct section read_answers(struct reader *reader, unsigned count)
{
    struct section section = {0};
    for (; count > 0 && !reader->bad; count--) {
        section.records =
            arena_grow(reader->arena, section.records, section.count, sizeof(*section.records));
        section.records[section.count++] = read_record(reader);
    }
    return section;
}

static bool belongs(const struct record *record, const char *owner, unsigned type)
{
    return record->type == type && record->class == CLASS_IN &&
           strcasecmp(record->owner, owner) == 0;
}

/* Where the CNAMEs in the answer lead to from `name`. */
static const char *follow_chain(struct reader *reader, const struct section *section,
                                const char *name)
{
    for (int hop = 0; hop < CHAIN_MOST; hop++) {
        const char *from = name;
        for (size_t i = 0; i < section->count && name == from; i++)
            if (belongs(&section->records[i], from, TYPE_CNAME))
                name = record_text(reader, &section->records[i]);
        if (name == from)
            break;
    }
    return name;
}

static void take_record(struct reader *reader, const struct record *record,
                        struct dns_answer *answer)
{
    struct address address;
    const char *text = record_text(reader, record);
    reader->bad |= reader->at != record->data + record->length;
    if (reader->bad)
        return;
    answer->texts = arena_grow(reader->arena, answer->texts, answer->count, sizeof(struct value));
    answer->texts[answer->count++] = value_string(reader->arena, text);
    if (record->type != TYPE_A && record->type != TYPE_AAAA)
        return;
    read_address(reader, record, &address);
    answer->addresses =
        arena_grow(reader->arena, answer->addresses, answer->address_count, sizeof(struct value));
    answer->addresses[answer->address_count++] = value_address(&address);
}

/* Servers that refuse or do not understand may leave the question out. */
static enum dns_fit fit_question(struct reader *reader, const struct question *asked,
                                 unsigned count, unsigned rcode)
{
    if (count == 0)
        return rcode != 0 && rcode != RCODE_NXDOMAIN ? DNS_ANSWER : DNS_OTHER;
    struct question question = read_question(reader);
    if (reader->bad)
        return DNS_MALFORMED;
    return count == 1 && same_question(&question, asked) ? DNS_ANSWER : DNS_OTHER;
}

enum dns_fit dns_answer_read(struct arena *arena, const struct dns_query *query,
                             const uint8_t *bytes, size_t length, struct dns_answer *answer)
{
    struct reader own = {.arena = arena, .bytes = query->bytes, .length = query->length};
    struct reader reader = {.arena = arena, .bytes = bytes, .length = length};
    *answer = (struct dns_answer){0};
    if (length > DNS_MESSAGE_MOST || read_number(&reader, 2) != query->id || reader.bad)
        return DNS_OTHER;
    unsigned flags = read_number(&reader, 2), questions = read_number(&reader, 2);
    unsigned answers = read_number(&reader, 2);
    read_number(&reader, 4); /* sizes of the other sections */
    if (reader.bad)
        return DNS_MALFORMED;
    bool response = flags & 0x8000, plain = (flags & 0x7800) == 0, cut = flags & 0x0200;
    answer->rcode = flags & 0x000f;
    if (!response || !plain)
        return DNS_OTHER;
    own.at = DNS_MESSAGE_LEAST; /* behind the header */
    struct question asked = read_question(&own);
    enum dns_fit fit = fit_question(&reader, &asked, questions, answer->rcode);
    if (fit != DNS_ANSWER || cut)
        return fit == DNS_ANSWER ? DNS_TRUNCATED : fit;
    struct section section = read_answers(&reader, answers);
    if (reader.bad)
        return DNS_MALFORMED;
    const char *name =
        asked.type == TYPE_CNAME ? asked.name : follow_chain(&reader, &section, asked.name);
    for (size_t i = 0; i < section.count && !reader.bad; i++)
        if (belongs(&section.records[i], name, query->type))
            take_record(&reader, &section.records[i], answer);
    return reader.bad ? DNS_MALFORMED : DNS_ANSWER;
}

const char *dns_reason(const struct dns_answer *answer)
{
    static const char *const words[DNS_RCODES] = {
        [1] = "formerr", [3] = "nxdomain", [4] = "notimp",
        [5] = "refused", [9] = "refused",  [10] = "refused",
    };
    if (answer->rcode == 0)
        return answer->count ? "reply" : "nodata";
    return words[answer->rcode] ? words[answer->rcode] : "servfail";
}
