/* Reads ufw's own list of rules. It judges no packet: what decides is what is loaded (ufw_table.h).
 * Source: ufw 0.36, backend_iptables.py. */
#include "actions/linux/ufw_tuples.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { WORDS_MOST = 9, WORDS_LEAST = 6, WORD_FROM = 5 };

static const char mark[] = "### tuple ### ";

/* More words than ufw allows are counted, not kept. */
static size_t split(struct arena *arena, const char *line, size_t length,
                    const char *words[WORDS_MOST])
{
    size_t count = 0;
    const char *end = line + length;
    while (line < end) {
        size_t blank = strspn(line, " \t");
        line += blank;
        size_t word = strcspn(line, " \t\r\n");
        if (word == 0 || line >= end)
            break;
        if (count < WORDS_MOST)
            words[count] = arena_copy(arena, line, word);
        count++;
        line += word;
    }
    return count;
}

static bool read_network(const char *text, struct network *network)
{
    if (network_read(text, network))
        return true;
    if (!address_read(text, &network->address))
        return false;
    network->prefix = network->address.family == AF_INET ? 32 : 128;
    return true;
}

static bool is_everything(const char *text)
{
    return text_equal(text, "0.0.0.0/0") || text_equal(text, "::/0");
}

/* "deny_log-all" is an action and how to log. */
static void read_action(struct arena *arena, const char *word, struct ufw_tuple *tuple)
{
    const char *log = strchr(word, '_');
    tuple->action = log ? arena_copy(arena, word, (size_t)(log - word)) : word;
    tuple->log = log ? log + 1 : "";
}

/* action protocol port to port from [application application] direction [comment=...] */
static bool read_tuple(struct arena *arena, const char *line, size_t length,
                       struct ufw_tuple *tuple)
{
    const char *words[WORDS_MOST];
    const char *comment = memmem(line, length, " comment=", strlen(" comment="));
    size_t count = split(arena, line, comment ? (size_t)(comment - line) : length, words);
    if (count < WORDS_LEAST || count > WORDS_MOST || !read_network(words[WORD_FROM], &tuple->from))
        return false;
    read_action(arena, words[0], tuple);
    tuple->protocol = words[1];
    tuple->ports = words[2];
    bool incoming = count == WORDS_LEAST || (count == 7 && text_equal(words[6], "in"));
    tuple->plain = incoming && !strchr(words[0], ':') && is_everything(words[3]) &&
                   text_equal(words[4], "any");
    return true;
}

static void add(struct arena *arena, struct ufw_tuples *tuples, const struct ufw_tuple *tuple)
{
    tuples->items = arena_grow(arena, tuples->items, tuples->count, sizeof *tuples->items);
    tuples->items[tuples->count++] = *tuple;
}

struct ufw_tuples ufw_tuples_read(struct arena *arena, const char *text)
{
    struct ufw_tuples tuples = {0};
    while (*text) {
        size_t length = strcspn(text, "\n");
        struct ufw_tuple tuple = {0};
        if (text_starts(text, mark) &&
            read_tuple(arena, text + strlen(mark), length - strlen(mark), &tuple))
            add(arena, &tuples, &tuple);
        text += length + (text[length] == '\n');
    }
    return tuples;
}

static bool same_network(const struct network *a, const struct network *b)
{
    return a->prefix == b->prefix && a->address.family == b->address.family &&
           memcmp(a->address.bytes, b->address.bytes, sizeof a->address.bytes) == 0;
}

size_t ufw_tuples_find(const struct ufw_tuples *tuples, const char *protocol, unsigned port,
                       const struct network *from)
{
    char digits[16];
    snprintf(digits, sizeof digits, "%u", port);
    for (size_t i = 0; i < tuples->count; i++) {
        const struct ufw_tuple *tuple = &tuples->items[i];
        if (tuple->plain && text_equal(tuple->protocol, protocol) &&
            text_equal(tuple->ports, digits) && same_network(&tuple->from, from))
            return i;
    }
    return tuples->count;
}

void ufw_tuples_remove(struct ufw_tuples *tuples, size_t index)
{
    memmove(&tuples->items[index], &tuples->items[index + 1],
            (tuples->count - index - 1) * sizeof *tuples->items);
    tuples->count--;
}

void ufw_tuples_add(struct arena *arena, struct ufw_tuples *tuples, bool first)
{
    static const struct ufw_tuple added = {
        .action = "allow", .log = "", .protocol = "", .ports = ""};
    add(arena, tuples, &added);
    if (!first)
        return;
    memmove(&tuples->items[1], &tuples->items[0], (tuples->count - 1) * sizeof *tuples->items);
    tuples->items[0] = added;
}
