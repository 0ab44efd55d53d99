/* DNS messages. Sends nothing. glibc's libresolv writes the query, walks the sections and expands
 * names; the data of a record is read here with its length checked. RFC 1035, RFC 2782 (SRV), RFC
 * 3596 (AAAA), RFC 5452 (what makes an answer ours), RFC 6891 (EDNS), RFC 8914 (EDE). */
#include "actions/net/dns.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <resolv.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

enum { CHAIN_MOST = 16, FLAGS = 2, COUNTS = 4 /* in the header */ };

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

/* The EDNS record: root, OPT, how much we take, no flags, no options. */
static int add_opt(uint8_t *message, int length)
{
    static const uint8_t opt[] = {0, 0, ns_t_opt, NS_PACKETSZ >> 8, NS_PACKETSZ & 0xff, 0, 0, 0,
                                  0, 0, 0};
    memcpy(message + length, opt, sizeof(opt));
    ns_put16(1, message + COUNTS + NS_INT16SZ * ns_s_ar);
    return length + (int)sizeof(opt);
}

bool dns_query_build(struct arena *arena, const char *name, const char *type, bool edns,
                     struct dns_query *query, struct error *error)
{
    struct address address;
    struct __res_state plain = {.options = RES_RECURSE}; /* one of our own: nothing is configured */
    uint8_t message[NS_PACKETSZ]; /* a query has at most 271 bytes, with EDNS 282 */
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
    if (edns)
        length = add_opt(message, length);
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
        unsigned count = ns_get16(bytes + COUNTS + NS_INT16SZ * section);
        int size = ns_skiprr(bytes + end, bytes + length, section, (int)count);
        if (size < 0)
            return false;
        end += (size_t)size;
    }
    uint8_t *part = (uint8_t *)arena_copy(arena, (const char *)bytes, end);
    for (ns_sect section = last + 1; section < ns_s_max; section++)
        ns_put16(0, part + COUNTS + NS_INT16SZ * section);
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
static enum dns_fit fit_header(const struct dns_query *query, const uint8_t *bytes, size_t length,
                               const char **received)
{
    *received = "a message with another number (id)";
    if (length < NS_INT16SZ || length > DNS_MESSAGE_MOST || ns_get16(bytes) != query->id)
        return DNS_OTHER;
    if (length < DNS_MESSAGE_LEAST)
        return DNS_MALFORMED;
    unsigned flags = ns_get16(bytes + FLAGS);
    *received = flags & 0x8000 ? "an answer to another kind of request" : "a query, not an answer";
    return (flags & 0xf800) == 0x8000 ? DNS_ANSWER : DNS_OTHER;
}

static const char *type_word(struct arena *arena, unsigned type)
{
    for (size_t i = 0; dns_type_words[i]; i++)
        if (type_numbers[i] == type)
            return dns_type_words[i];
    return arena_format(arena, "TYPE%u", type);
}

/* Servers that refuse or do not understand may leave the question out. */
static enum dns_fit fit_question(struct arena *arena, const ns_rr *asked, const ns_rr *question,
                                 int count, struct dns_answer *answer)
{
    if (count < 0)
        return DNS_MALFORMED;
    if (count == 0) {
        answer->received = "an answer without a question";
        bool refuses = answer->rcode != ns_r_noerror && answer->rcode != ns_r_nxdomain;
        return refuses ? DNS_ANSWER : DNS_OTHER;
    }
    answer->received = count == 1
                           ? arena_format(arena, "an answer to another question: %s %s",
                                          *ns_rr_name(*question) ? ns_rr_name(*question) : ".",
                                          type_word(arena, ns_rr_type(*question)))
                           : arena_format(arena, "an answer to %d questions", count);
    return count == 1 && same_question(question, asked) ? DNS_ANSWER : DNS_OTHER;
}

/* ---- EDNS ---- */

/* IANA, "Extended DNS Error Codes". */
static const char *const ede_words[] = {
    "Other Error",
    "Unsupported DNSKEY Algorithm",
    "Unsupported DS Digest Type",
    "Stale Answer",
    "Forged Answer",
    "DNSSEC Indeterminate",
    "DNSSEC Bogus",
    "Signature Expired",
    "Signature Not Yet Valid",
    "DNSKEY Missing",
    "RRSIGs Missing",
    "No Zone Key Bit Set",
    "NSEC Missing",
    "Cached Error",
    "Not Ready",
    "Blocked",
    "Censored",
    "Filtered",
    "Prohibited",
    "Stale NXDOMAIN Answer",
    "Not Authoritative",
    "Not Supported",
    "No Reachable Authority",
    "Network Error",
    "Invalid Data",
    "Signature Expired before Valid",
    "Too Early",
    "Unsupported NSEC3 Iterations Value",
    "Unable to conform to policy",
    "Synthesized",
};

enum { OPTION_EDE = 15, OPTION_HEAD = 4, EDE_CODE = 2, EXTENDED_RCODE_SHIFT = 24 };

static void add_ede(struct text *text, const uint8_t *option, size_t length)
{
    unsigned code = ns_get16(option);
    const char *extra = (const char *)option + EDE_CODE;
    int extra_length = (int)strnlen(extra, length - EDE_CODE);
    text_format(text, "%s%u", text->length ? "; " : "", code);
    if (code < sizeof(ede_words) / sizeof(*ede_words))
        text_format(text, " %s", ede_words[code]);
    if (extra_length > 0)
        text_format(text, ": %.*s", extra_length, extra);
}

static void read_options(struct arena *arena, const uint8_t *at, const uint8_t *end,
                         struct dns_answer *answer)
{
    struct text text = text_new(arena);
    while (end - at >= OPTION_HEAD) {
        unsigned code = ns_get16(at), length = ns_get16(at + NS_INT16SZ);
        at += OPTION_HEAD;
        if (length > end - at)
            break;
        if (code == OPTION_EDE && length >= EDE_CODE)
            add_ede(&text, at, length);
        at += length;
    }
    if (text.length)
        answer->ede = text_string(&text);
}

/* What is not readable there takes nothing away from the answers before it. */
static void read_edns(struct arena *arena, const uint8_t *bytes, size_t length,
                      struct dns_answer *answer)
{
    ns_msg message;
    ns_rr record;
    if (!open_sections(arena, bytes, length, ns_s_ar, &message))
        return;
    for (int i = 0; i < ns_msg_count(message, ns_s_ar) && !answer->edns; i++) {
        if (ns_parserr(&message, ns_s_ar, i, &record) < 0)
            return;
        if (ns_rr_type(record) != ns_t_opt)
            continue;
        answer->edns = true;
        answer->edns_refused = ns_rr_ttl(record) >> EXTENDED_RCODE_SHIFT; /* BADVERS */
        read_options(arena, ns_rr_rdata(record), ns_rr_rdata(record) + ns_rr_rdlen(record), answer);
    }
}

/* Without EDNS in the answer these may be about the EDNS in the query. */
static bool may_mean_edns(unsigned rcode)
{
    return rcode == ns_r_formerr || rcode == ns_r_servfail || rcode == ns_r_notimpl;
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
    enum dns_fit fit = fit_header(query, bytes, length, &answer->received);
    if (fit != DNS_ANSWER)
        return fit;
    unsigned flags = ns_get16(bytes + FLAGS);
    answer->rcode = flags & 0x000f;
    if (read_question(arena, query->bytes, query->length, &asked) != 1)
        return DNS_OTHER;
    int count = read_question(arena, bytes, length, &question);
    fit = fit_question(arena, &asked, &question, count, answer);
    if (fit != DNS_ANSWER)
        return fit;
    read_edns(arena, bytes, length, answer);
    answer->edns_refused |= !answer->edns && may_mean_edns(answer->rcode);
    if (flags & 0x0200)
        return DNS_TRUNCATED;
    if (!read_answers(arena, bytes, length, &section))
        return DNS_MALFORMED;
    return take_answers(arena, query, ns_rr_name(asked), &section, answer);
}

struct dns_answer dns_answer_copy(struct arena *arena, const struct dns_answer *answer)
{
    struct dns_answer copy = *answer;
    struct value texts = value_list(answer->texts, answer->count);
    struct value addresses = value_list(answer->addresses, answer->address_count);
    copy.texts = (struct value *)value_copy(arena, &texts).list.items;
    copy.addresses = (struct value *)value_copy(arena, &addresses).list.items;
    copy.ede = answer->ede ? arena_string(arena, answer->ede) : NULL;
    copy.received = NULL;
    return copy;
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
