/* DNS messages. Sends nothing. glibc's libresolv writes the query, walks the sections and expands
 * names; the data of a record is read here with its length checked. RFC 1035, RFC 2782 (SRV), RFC
 * 3596 (AAAA), RFC 5452 (what makes an answer ours). */
#include "actions/net/dns.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <resolv.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

enum { CHAIN_MOST = 16 };

const char *const dns_type_words[] = {"A",   "AAAA", "CNAME", "MX",  "NS",
                                      "PTR", "SOA",  "SRV",   "TXT", NULL};
static const uint16_t type_numbers[] = {ns_t_a,   ns_t_aaaa, ns_t_cname, ns_t_mx, ns_t_ns,
                                        ns_t_ptr, ns_t_soa,  ns_t_srv,   ns_t_txt};

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
    struct __res_state plain = {.options = RES_RECURSE}; /* one of our own: nothing is configured */
    uint8_t message[NS_PACKETSZ];
    size_t index = 0;
    while (!text_equal(dns_type_words[index], type))
        index++;
    query->type = type_numbers[index];
    if (query->type == ns_t_ptr && address_read(name, &address))
        name = reverse_name(arena, &address);
    if (getrandom(&query->id, sizeof(query->id), 0) != sizeof(query->id))
        return error_system(error, errno, "cannot get a random number");
    int length = res_nmkquery(&plain, ns_o_query, name, ns_c_in, query->type, NULL, 0, NULL,
                              message, sizeof(message));
    if (length < 0)
        return error_set(error, "'%s' cannot be asked for: it is not a domain name", name);
    ns_put16(query->id, message);
    query->bytes = (const uint8_t *)arena_copy(arena, (const char *)message, (size_t)length);
    query->length = (size_t)length;
    return true;
}

/* ---- sections ---- */

/* The first sections of a message as a message of their own. ns_initparse wants every byte of one
 * to be right, but what follows the answers is no reason not to believe them, and in a truncated
 * message what follows the question may be cut anywhere. */
static bool open_sections(struct arena *arena, const uint8_t *bytes, size_t length, ns_sect last,
                          ns_msg *message)
{
    size_t end = NS_HFIXEDSZ;
    for (ns_sect section = ns_s_qd; section <= last; section++) {
        unsigned count = ns_get16(bytes + 4 + NS_INT16SZ * section);
        int size = ns_skiprr(bytes + end, bytes + length, section, (int)count);
        if (size < 0)
            return false;
        end += (size_t)size;
    }
    uint8_t *part = (uint8_t *)arena_copy(arena, (const char *)bytes, end);
    for (ns_sect section = last + 1; section < ns_s_max; section++)
        ns_put16(0, part + 4 + NS_INT16SZ * section);
    return ns_initparse(part, (int)end, message) == 0;
}

/* The question and how many there are; -1: not readable. */
static int read_question(struct arena *arena, const uint8_t *bytes, size_t length, ns_rr *question)
{
    ns_msg message;
    if (!open_sections(arena, bytes, length, ns_s_qd, &message))
        return -1;
    int count = ns_msg_count(message, ns_s_qd);
    return count == 0 || ns_parserr(&message, ns_s_qd, 0, question) == 0 ? count : -1;
}

static bool same_question(const ns_rr *a, const ns_rr *b)
{
    return strcasecmp(ns_rr_name(*a), ns_rr_name(*b)) == 0 && ns_rr_type(*a) == ns_rr_type(*b) &&
           ns_rr_class(*a) == ns_rr_class(*b);
}

struct record {
    const char *owner;
    unsigned type, class;
    const uint8_t *data, *end;
};

/* Each record is expanded once: of a hostile message that alone is work enough. */
struct section {
    const uint8_t *start, *end; /* of the message, which compressed names point into */
    struct record *records;
    size_t count;
};

static bool read_answers(struct arena *arena, const uint8_t *bytes, size_t length,
                         struct section *section)
{
    ns_msg message;
    ns_rr record;
    if (!open_sections(arena, bytes, length, ns_s_an, &message))
        return false;
    size_t count = ns_msg_count(message, ns_s_an);
    *section = (struct section){.start = ns_msg_base(message), .end = ns_msg_end(message)};
    section->records = arena_alloc(arena, count * sizeof(*section->records));
    for (; section->count < count; section->count++) {
        if (ns_parserr(&message, ns_s_an, (int)section->count, &record) < 0)
            return false;
        section->records[section->count] = (struct record){
            .owner = arena_string(arena, ns_rr_name(record)),
            .type = ns_rr_type(record),
            .class = ns_rr_class(record),
            .data = ns_rr_rdata(record),
            .end = ns_rr_rdata(record) + ns_rr_rdlen(record),
        };
    }
    return true;
}

/* ---- records as text ---- */

/* The data of one record; `bad` once it was read beyond its end. */
struct reader {
    struct arena *arena;
    const struct section *section;
    const uint8_t *at, *end;
    bool bad;
};

/* 0 beyond the end. */
static unsigned read_number(struct reader *reader, size_t size)
{
    unsigned number = 0;
    if (reader->bad || (size_t)(reader->end - reader->at) < size) {
        reader->bad = true;
        return 0;
    }
    for (size_t i = 0; i < size; i++)
        number = number << 8 | *reader->at++;
    return number;
}

/* "" beyond the end. */
static const char *read_name(struct reader *reader)
{
    char name[NS_MAXDNAME];
    const struct section *section = reader->section;
    int used =
        reader->bad ? -1 : dn_expand(section->start, section->end, reader->at, name, sizeof(name));
    if (used < 0 || used > reader->end - reader->at) {
        reader->bad = true;
        return "";
    }
    reader->at += used;
    return arena_string(reader->arena, name);
}

/* The character strings of a TXT record, joined; bytes that are not printable ASCII as \DDD. */
static const char *read_strings(struct reader *reader)
{
    struct text text = text_new(reader->arena);
    while (!reader->bad && reader->at < reader->end) {
        for (unsigned left = read_number(reader, 1); left > 0 && !reader->bad; left--) {
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

static struct address read_address(struct reader *reader, const struct record *record)
{
    struct address address = {.family = record->type == ns_t_a ? AF_INET : AF_INET6};
    size_t size = record->type == ns_t_a ? NS_INADDRSZ : NS_IN6ADDRSZ;
    for (size_t i = 0; i < size; i++)
        address.bytes[i] = (uint8_t)read_number(reader, 1);
    return address;
}

static const char *read_text(struct reader *reader, const struct record *record)
{
    struct address address;
    unsigned preference;
    switch (record->type) {
    case ns_t_a:
    case ns_t_aaaa:
        address = read_address(reader, record);
        return address_print(reader->arena, &address);
    case ns_t_mx:
        preference = read_number(reader, 2);
        return arena_format(reader->arena, "%u %s", preference, read_name(reader));
    case ns_t_txt:
        return read_strings(reader);
    case ns_t_soa:
        return read_soa(reader);
    case ns_t_srv:
        return read_srv(reader);
    default:
        return read_name(reader);
    }
}

/* The data of a record as text; NULL where it is not exactly that. */
static const char *record_text(struct arena *arena, const struct section *section,
                               const struct record *record)
{
    struct reader reader = {
        .arena = arena, .section = section, .at = record->data, .end = record->end};
    const char *text = read_text(&reader, record);
    return !reader.bad && reader.at == reader.end ? text : NULL;
}

/* ---- answers ---- */

static bool belongs(const struct record *record, const char *owner, unsigned type)
{
    return record->type == type && record->class == ns_c_in &&
           strcasecmp(record->owner, owner) == 0;
}

/* Where the CNAMEs in the answer lead to from `name`; NULL: one of them is not readable. */
static const char *follow_chain(struct arena *arena, const struct section *section,
                                const char *name)
{
    for (int hop = 0; hop < CHAIN_MOST && name; hop++) {
        const char *from = name;
        for (size_t i = 0; i < section->count && name == from; i++)
            if (belongs(&section->records[i], from, ns_t_cname))
                name = record_text(arena, section, &section->records[i]);
        if (name == from)
            break;
    }
    return name;
}

static bool take_record(struct arena *arena, const struct section *section,
                        const struct record *record, struct dns_answer *answer)
{
    struct value value;
    const char *text = record_text(arena, section, record);
    if (!text)
        return false;
    answer->texts = arena_grow(arena, answer->texts, answer->count, sizeof(struct value));
    answer->texts[answer->count++] = value_string(arena, text);
    if (record->type != ns_t_a && record->type != ns_t_aaaa)
        return true;
    if (!value_read(arena, KIND_ADDRESS, text, &value))
        return false;
    answer->addresses =
        arena_grow(arena, answer->addresses, answer->address_count, sizeof(struct value));
    answer->addresses[answer->address_count++] = value;
    return true;
}

/* The header: an answer, to the query with this number. */
static enum dns_fit fit_header(const struct dns_query *query, const uint8_t *bytes, size_t length)
{
    if (length < NS_INT16SZ || length > DNS_MESSAGE_MOST || ns_get16(bytes) != query->id)
        return DNS_OTHER;
    if (length < DNS_MESSAGE_LEAST)
        return DNS_MALFORMED;
    return (ns_get16(bytes + 2) & 0xf800) == 0x8000 ? DNS_ANSWER : DNS_OTHER;
}

/* Servers that refuse or do not understand may leave the question out. */
static enum dns_fit fit_question(const ns_rr *asked, const ns_rr *question, int count,
                                 unsigned rcode)
{
    if (count < 0)
        return DNS_MALFORMED;
    if (count == 0)
        return rcode != ns_r_noerror && rcode != ns_r_nxdomain ? DNS_ANSWER : DNS_OTHER;
    return count == 1 && same_question(question, asked) ? DNS_ANSWER : DNS_OTHER;
}

static enum dns_fit take_answers(struct arena *arena, const struct dns_query *query,
                                 const char *name, const struct section *section,
                                 struct dns_answer *answer)
{
    if (query->type != ns_t_cname)
        name = follow_chain(arena, section, name);
    if (!name)
        return DNS_MALFORMED;
    for (size_t i = 0; i < section->count; i++)
        if (belongs(&section->records[i], name, query->type) &&
            !take_record(arena, section, &section->records[i], answer))
            return DNS_MALFORMED;
    return DNS_ANSWER;
}

enum dns_fit dns_answer_read(struct arena *arena, const struct dns_query *query,
                             const uint8_t *bytes, size_t length, struct dns_answer *answer)
{
    ns_rr asked, question;
    struct section section;
    *answer = (struct dns_answer){0};
    enum dns_fit fit = fit_header(query, bytes, length);
    if (fit != DNS_ANSWER)
        return fit;
    unsigned flags = ns_get16(bytes + 2);
    answer->rcode = flags & 0x000f;
    if (read_question(arena, query->bytes, query->length, &asked) != 1)
        return DNS_OTHER;
    int count = read_question(arena, bytes, length, &question);
    fit = fit_question(&asked, &question, count, answer->rcode);
    if (fit != DNS_ANSWER)
        return fit;
    if (flags & 0x0200)
        return DNS_TRUNCATED;
    if (!read_answers(arena, bytes, length, &section))
        return DNS_MALFORMED;
    return take_answers(arena, query, ns_rr_name(asked), &section, answer);
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
