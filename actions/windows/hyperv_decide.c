/* Which rule of the Hyper-V firewall decides about a packet. It knows ports, addresses and
 * profiles; a keyword whose meaning depends on the host (`RPC`, `DefaultGateway`, ...) makes the
 * verdict unclear where it could matter. Source: New-NetFirewallHyperVRule; RulePriority: lower
 * first, 0 stands for 1 (block rules) or 2 (allow rules). */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "actions/windows/hyperv.h"

enum { HIGHEST_PORT = 65535 };

struct word {
    char text[128];
};

enum fit { FIT_NO, FIT_UNCLEAR, FIT_YES };

/* ---- lists of words
 * --------------------------------------------------------------------------------- */

/* The next word of a list that blanks and commas separate; one too long is cut and fits nothing. */
static bool next_word(const char **list, struct word *word)
{
    static const char separators[] = " ,;";
    *list += strspn(*list, separators);
    size_t length = strcspn(*list, separators);
    size_t kept = length < sizeof(word->text) ? length : sizeof(word->text) - 1;
    memcpy(word->text, *list, kept);
    word->text[kept] = '\0';
    *list += length;
    return length > 0;
}

static bool is_any(const char *list)
{
    struct word word;
    const char *at = list;
    if (!next_word(&at, &word))
        return true;
    for (at = list; next_word(&at, &word);)
        if (strcasecmp(word.text, "Any") == 0 || text_equal(word.text, "*"))
            return true;
    return false;
}

/* ---- conditions
 * ------------------------------------------------------------------------------------- */

static bool read_port(const char **at, unsigned long *port)
{
    char *end;
    if (**at < '0' || **at > '9')
        return false;
    errno = 0;
    *port = strtoul(*at, &end, 10);
    *at = end;
    return errno == 0 && *port <= HIGHEST_PORT;
}

static enum fit fit_port_word(const char *word, uint16_t port)
{
    unsigned long first, last;
    if (!read_port(&word, &first))
        return FIT_UNCLEAR;
    last = first;
    if (*word == '-' && (word++, !read_port(&word, &last)))
        return FIT_UNCLEAR;
    if (*word)
        return FIT_UNCLEAR;
    return first <= port && port <= last ? FIT_YES : FIT_NO;
}

static enum fit fit_ports(const char *list, uint16_t port)
{
    struct word word;
    enum fit best = is_any(list) ? FIT_YES : FIT_NO;
    while (best != FIT_YES && next_word(&list, &word)) {
        enum fit fit = fit_port_word(word.text, port);
        best = fit > best ? fit : best;
    }
    return best;
}

/* Two addresses with `sign` between them; the text may come from anywhere and be of any length. */
static bool read_pair(const char *text, char sign, struct address *first, struct address *second)
{
    char before[INET6_ADDRSTRLEN];
    const char *at = strchr(text, sign);
    size_t length = at ? (size_t)(at - text) : sizeof(before);
    if (length >= sizeof(before))
        return false;
    memcpy(before, text, length);
    before[length] = '\0';
    return address_read(before, first) && address_read(at + 1, second) &&
           first->family == second->family;
}

/* "192.168.1.0/255.255.255.0" */
static bool read_masked(const char *word, struct network *network)
{
    struct address mask;
    if (!read_pair(word, '/', &network->address, &mask) || mask.family != AF_INET)
        return false;
    network->prefix = 0;
    for (size_t i = 0; i < 4; i++) {
        network->address.bytes[i] &= mask.bytes[i];
        network->prefix += (unsigned)__builtin_popcount(mask.bytes[i]);
    }
    return true;
}

static bool read_network(const char *word, struct network *network)
{
    if (network_read(word, network) || read_masked(word, network))
        return true;
    if (!address_read(word, &network->address))
        return false;
    network->prefix = network->address.family == AF_INET ? 32 : 128;
    return true;
}

/* "192.168.1.10-192.168.1.20": does it hold the whole network? */
static enum fit fit_range(const char *word, const struct network *sender)
{
    struct address first, last, end = sender->address;
    if (!read_pair(word, '-', &first, &last))
        return FIT_UNCLEAR;
    if (first.family != sender->address.family)
        return FIT_NO;
    unsigned bits = first.family == AF_INET ? 32 : 128;
    for (unsigned bit = sender->prefix; bit < bits; bit++)
        end.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    bool inside = memcmp(first.bytes, sender->address.bytes, bits / 8) <= 0 &&
                  memcmp(end.bytes, last.bytes, bits / 8) <= 0;
    return inside ? FIT_YES : FIT_NO;
}

static enum fit fit_neighbours(const char *word, int family)
{
    if (strcasecmp(word, HYPERV_LAN) == 0)
        return FIT_YES;
    if (strcasecmp(word, HYPERV_LAN "4") == 0)
        return family == AF_INET ? FIT_YES : FIT_NO;
    if (strcasecmp(word, HYPERV_LAN "6") == 0)
        return family == AF_INET6 ? FIT_YES : FIT_NO;
    return FIT_UNCLEAR;
}

static bool names_neighbours(const char *word)
{
    return strncasecmp(word, HYPERV_LAN, strlen(HYPERV_LAN)) == 0;
}

static enum fit fit_address_word(const char *word, const struct hyperv_packet *packet,
                                 const struct network *sender)
{
    struct network network;
    if (names_neighbours(word))
        return packet->lan ? fit_neighbours(word, sender->address.family) : FIT_UNCLEAR;
    if (read_network(word, &network))
        return network.prefix <= sender->prefix && network_contains(&network, &sender->address)
                   ? FIT_YES
                   : FIT_NO;
    return fit_range(word, sender);
}

static enum fit fit_sender(const char *list, const struct hyperv_packet *packet,
                           const struct network *sender)
{
    struct word word;
    enum fit best = FIT_NO;
    while (next_word(&list, &word)) {
        enum fit fit = fit_address_word(word.text, packet, sender);
        best = fit > best ? fit : best;
    }
    return best;
}

/* Neighbours whose addresses are not known are still neighbours. */
static enum fit fit_unknown_neighbours(const char *list)
{
    struct word word;
    while (next_word(&list, &word))
        if (fit_neighbours(word.text, AF_INET) == FIT_YES)
            return FIT_YES;
    return FIT_UNCLEAR;
}

static enum fit fit_senders(const char *list, const struct hyperv_packet *packet)
{
    if (is_any(list))
        return FIT_YES;
    if (packet->sender_count == 0)
        return fit_unknown_neighbours(list);
    enum fit least = FIT_YES;
    for (size_t i = 0; i < packet->sender_count; i++) {
        enum fit fit = fit_sender(list, packet, &packet->senders[i]);
        least = fit < least ? fit : least;
    }
    return least;
}

static bool has_profile(const char *profiles, const char *category)
{
    struct word word;
    const char *name = strcasecmp(category, "DomainAuthenticated") == 0 ? "Domain" : category;
    while (next_word(&profiles, &word))
        if (strcasecmp(word.text, name) == 0)
            return true;
    return false;
}

/* As numbers, profiles are a mask of domain 1, private 2, public 4; 0 and all bits mean any. */
static const char *profile_words(const char *profiles)
{
    static const char *const words[] = {
        "Any",    "Domain",        "Private",        "Domain Private",
        "Public", "Domain Public", "Private Public", "Any"};
    char *end;
    unsigned long mask = strtoul(profiles, &end, 10);
    if (end == profiles || *end)
        return profiles;
    return mask < sizeof words / sizeof *words ? words[mask] : "Any";
}

/* A rule counts on the networks of its profiles. */
static enum fit fit_profiles(const char *profiles, const char *categories)
{
    struct word category;
    size_t known = 0, held = 0;
    profiles = profile_words(profiles);
    if (is_any(profiles) || (has_profile(profiles, "Domain") && has_profile(profiles, "Private") &&
                             has_profile(profiles, "Public")))
        return FIT_YES;
    while (next_word(&categories, &category)) {
        known++;
        held += has_profile(profiles, category.text);
    }
    if (known == 0 || (held && held < known))
        return FIT_UNCLEAR;
    return held ? FIT_YES : FIT_NO;
}

static enum fit fit_any(const char *list)
{
    return is_any(list) ? FIT_YES : FIT_UNCLEAR;
}

static bool speaks_of_wsl(const char *creator)
{
    return is_any(creator) || strcasecmp(creator, HYPERV_WSL) == 0;
}

/* `why` names the condition that is unclear. */
static enum fit fit_rule(const struct hyperv_state *state, const struct hyperv_rule *rule,
                         const struct hyperv_packet *packet, const char **why)
{
    if (!rule->enabled || !rule->enforced || !rule->inbound || rule->action == HYPERV_OTHER ||
        !speaks_of_wsl(rule->creator) || (rule->local && state->local_rules == HYPERV_OFF))
        return FIT_NO;
    if (!text_equal(rule->protocol, "any") && !text_equal(rule->protocol, packet->protocol))
        return FIT_NO;
    const struct {
        enum fit fit;
        const char *what;
    } conditions[] = {
        {fit_ports(rule->ports, packet->port), "ports"},
        {fit_senders(rule->remote_addresses, packet), "remote addresses"},
        {fit_profiles(rule->profiles, state->categories), "profiles"},
        {fit_any(rule->local_addresses), "local addresses"},
        {fit_any(rule->remote_ports), "remote ports"},
        {rule->local && state->local_rules == HYPERV_DIFFERS ? FIT_UNCLEAR : FIT_YES,
         "rules made on this computer"},
    };
    enum fit least = FIT_YES;
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        if (conditions[i].fit < least) {
            least = conditions[i].fit;
            *why = conditions[i].what;
        }
    }
    return least;
}

/* ---- the decision
 * ----------------------------------------------------------------------------------- */

/* Lower decides first; of two equals the one that blocks. */
static unsigned long rank_of(const struct hyperv_rule *rule)
{
    bool allow = rule->action == HYPERV_ALLOW;
    unsigned long priority = rule->priority ? rule->priority : allow ? 2 : 1;
    return priority * 2 + allow;
}

static bool beats(const struct hyperv_rule *rule, const struct hyperv_rule *other)
{
    return !other || rank_of(rule) < rank_of(other);
}

struct hyperv_decision hyperv_decide(const struct hyperv_state *state,
                                     const struct hyperv_packet *packet)
{
    const struct hyperv_rule *winner = NULL;
    const char *why = NULL;
    if (state->enabled == HYPERV_OFF)
        return (struct hyperv_decision){.verdict = HYPERV_PASSES};
    for (size_t i = 0; i < state->count; i++)
        if (fit_rule(state, &state->rules[i], packet, &why) == FIT_YES &&
            beats(&state->rules[i], winner))
            winner = &state->rules[i];
    enum hyperv_action action = winner ? winner->action : state->default_in;
    for (size_t i = 0; i < state->count; i++)
        if (fit_rule(state, &state->rules[i], packet, &why) == FIT_UNCLEAR &&
            beats(&state->rules[i], winner) && state->rules[i].action != action)
            return (struct hyperv_decision){HYPERV_NOT_CLEAR, &state->rules[i], why};
    if (state->enabled == HYPERV_NOT_SAID && action != HYPERV_ALLOW)
        return (struct hyperv_decision){HYPERV_NOT_CLEAR, NULL, "whether it is on"};
    if (action == HYPERV_OTHER)
        return (struct hyperv_decision){HYPERV_NOT_CLEAR, NULL, "the default action"};
    return (struct hyperv_decision){action == HYPERV_ALLOW ? HYPERV_PASSES : HYPERV_BLOCKED, winner,
                                    NULL};
}

bool hyperv_from(const char *text, bool *lan, struct network *network)
{
    *lan = strcasecmp(text, HYPERV_LAN) == 0;
    return *lan || read_network(text, network);
}

bool hyperv_check_from(const struct arguments *literals, struct finding *finding)
{
    const struct value *from = arguments_get(literals, "from");
    bool lan;
    struct network network;
    if (!from || from->kind != KIND_STRING || hyperv_from(from->string, &lan, &network))
        return true;
    *finding = (struct finding){
        .argument = "from",
        .message = "it is no address and no network",
        .hint = "for the neighbours of Windows, whatever their addresses, say " HYPERV_LAN,
    };
    return false;
}
