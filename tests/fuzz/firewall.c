/* Fuzz target: any bytes as what iptables-save, ufw's own file, nft and the Hyper-V query print. */
#include <stdint.h>
#include <sys/socket.h>

#include "actions/linux/ufw_beside.h"
#include "actions/linux/ufw_tuples.h"
#include "actions/windows/hyperv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const protocols[] = {"tcp", "udp"};

static void try_ufw(struct arena *arena, int family, const struct network *from, unsigned how,
                    const char *text)
{
    struct ufw_table table;
    struct error error;
    const struct ufw_packet packet = {
        .from = *from, .protocol = protocols[how & 1], .port = (uint16_t)(how * 257)};
    if (!ufw_table_read(arena, family, text, "filter", &table, &error))
        return;
    const struct ufw_table *tables[] = {&table};
    ufw_loaded(&table);
    ufw_default_in(&table);
    ufw_decide(arena, &table, "INPUT", &packet);
    ufw_rules(arena, tables, 1);
}

static void try_tuples(struct arena *arena, const struct network *from, unsigned how,
                       const char *text)
{
    struct ufw_tuples tuples = ufw_tuples_read(arena, text);
    size_t found = ufw_tuples_find(&tuples, protocols[how & 1], how, from);
    if (found < tuples.count)
        ufw_tuples_remove(&tuples, found);
    ufw_tuples_add(arena, &tuples, how & 2);
}

/* What nft prints, or else what iptables-save does. */
static void try_beside(struct arena *arena, const struct network *from, unsigned how,
                       const char *text, size_t length)
{
    struct ufw_beside beside = {0};
    struct error error;
    const struct ufw_packet packet = {
        .from = *from, .protocol = protocols[how & 1], .port = (uint16_t)(how * 257)};
    if (!nft_read(arena, text, length, &beside.nft, &error))
        ufw_beside_read(arena, text, text, how & 2, &beside);
    ufw_beside_find(arena, &beside, how & 2, &packet);
}

static void try_nft(struct arena *arena, const char *text, size_t length)
{
    struct nft nft;
    struct error error;
    if (!nft_read(arena, text, length, &nft, &error))
        return;
    for (size_t i = 0; i < nft.counts[0]; i++) {
        struct ufw_table table;
        if (ufw_table_read(arena, AF_INET, nft_render(arena, &nft.chains[0][i]), "filter", &table,
                           &error))
            nft_mark(&nft, &table);
    }
}

static void try_hyperv(struct arena *arena, const struct network *from, unsigned how,
                       const char *text)
{
    struct hyperv_state state;
    struct error error;
    const struct hyperv_packet packet = {.lan = how & 2,
                                         .senders = from,
                                         .sender_count = 1,
                                         .protocol = protocols[how & 1],
                                         .port = (uint16_t)(how * 257)};
    if (hyperv_read(arena, text, &state, &error))
        hyperv_decide(&state, &packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_AUTO struct arena *arena = arena_new();
    struct network from;
    if (size < 1)
        return 0;
    bool ipv6 = data[0] & 4;
    const char *text = arena_copy(arena, (const char *)data + 1, size - 1);
    network_read(ipv6 ? "fd00::/64" : "192.168.1.0/24", &from);
    try_ufw(arena, ipv6 ? AF_INET6 : AF_INET, &from, data[0], text);
    try_tuples(arena, &from, data[0], text);
    try_nft(arena, text, size - 1);
    try_beside(arena, &from, data[0], text, size - 1);
    try_hyperv(arena, &from, data[0], text);
    return 0;
}
