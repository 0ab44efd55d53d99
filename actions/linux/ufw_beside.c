/* Walks every other first chain that an incoming packet meets; where the walk does not end with the
 * packet let through as it came, that table can decide. */
#include "actions/linux/ufw_beside.h"

#include <string.h>
#include <sys/socket.h>

static const char *const other_names[UFW_OTHERS] = {"raw", "mangle", "nat", "security"};

void ufw_beside_read(struct arena *arena, const char *output, const char *errors, bool ipv6,
                     struct ufw_beside *beside)
{
    static const char legacy[] = "legacy tables present";
    struct error error;
    if (strstr(output, legacy) || strstr(errors, legacy))
        beside->unseen[ipv6] = "tables of iptables-legacy, which iptables does not print";
    for (size_t i = 0; i < UFW_OTHERS; i++)
        if (!ufw_table_read(arena, ipv6 ? AF_INET6 : AF_INET, output, other_names[i],
                            &beside->others[ipv6][i], &error))
            beside->unseen[ipv6] = arena_string(arena, error.message);
}

static const char *mentioned(struct arena *arena, const struct nft *nft, bool ipv6,
                             const struct ufw_packet *packet)
{
    const struct nft_mention *other = nft_find(nft, ipv6, packet->protocol, packet->port);
    if (!other)
        return NULL;
    return arena_format(arena,
                        other->policy ? "table '%s %s' of nft, which drops by policy"
                                      : "table '%s %s' of nft, which speaks of that port",
                        other->family, other->table);
}

static bool is_ufw_input(const struct nft_table *table, const char *chain)
{
    return text_starts(table->family, "ip") && text_equal(table->name, "filter") &&
           text_equal(chain, "INPUT");
}

/* iptables tells more of a table that it made: nft shows its extensions by name alone. */
static bool iptables_tells(const struct ufw_beside *beside, bool ipv6,
                           const struct nft_table *table)
{
    for (size_t i = 0; i < UFW_OTHERS && !table->foreign; i++)
        if (text_equal(table->family, ipv6 ? "ip6" : "ip") &&
            text_equal(table->name, other_names[i]))
            return beside->others[ipv6][i].count > 0;
    return false;
}

static const char *in_nft(struct arena *arena, const struct ufw_beside *beside, bool ipv6,
                          const struct ufw_packet *packet)
{
    for (size_t i = 0; i < beside->nft.table_count; i++) {
        const struct nft_table *table = &beside->nft.tables[i];
        if (text_equal(table->family, ipv6 ? "ip" : "ip6") || iptables_tells(beside, ipv6, table))
            continue;
        for (size_t k = 0; k < table->hook_count; k++) {
            struct ufw_decision decision =
                ufw_decide(arena, &table->table, table->hooks[k], packet);
            if (decision.verdict != UFW_PASSES && !is_ufw_input(table, table->hooks[k]))
                return arena_format(arena, "table '%s %s' of nft, %s", table->family, table->name,
                                    decision.by);
        }
    }
    return NULL;
}

static const char *in_iptables(struct arena *arena, const struct ufw_beside *beside, bool ipv6,
                               const struct ufw_packet *packet)
{
    static const char *const hooks[] = {"PREROUTING", "INPUT"};
    for (size_t i = 0; i < UFW_OTHERS; i++) {
        for (size_t k = 0; k < 2; k++) {
            struct ufw_decision decision =
                ufw_decide(arena, &beside->others[ipv6][i], hooks[k], packet);
            if (decision.verdict != UFW_PASSES)
                return arena_format(arena, "table '%s' of iptables, %s", other_names[i],
                                    decision.by);
        }
    }
    return NULL;
}

const char *ufw_beside_find(struct arena *arena, const struct ufw_beside *beside, bool ipv6,
                            const struct ufw_packet *packet)
{
    const char *found = mentioned(arena, &beside->nft, ipv6, packet);
    found = found ? found : in_nft(arena, beside, ipv6, packet);
    found = found ? found : in_iptables(arena, beside, ipv6, packet);
    return found ? found : beside->unseen[ipv6];
}
