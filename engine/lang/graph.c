/* Which checks need which answers: no cycles, and no chain so long that walking it would go deep.
 * The walk itself stops at the limit. */
#include "engine/base/limits.h"
#include "engine/lang/loader.h"

enum mark { MARK_NEW, MARK_OPEN, MARK_DONE };

struct graph {
    struct loader *loader;
    unsigned char *marks;
    unsigned char *depths; /* of MARK_DONE: how long the longest chain from here is */
    size_t *named_by;      /* by check: 1 + the last one that was found to need it */
    size_t path[LIMIT_CHECK_CHAIN + 1];
    size_t length;
};

/* The checks that one needs, each once. */
struct edges {
    struct graph *graph;
    size_t from;
    size_t *items;
    size_t count;
};

static void add_edge(void *context, size_t check)
{
    struct edges *edges = context;
    size_t *named_by = &edges->graph->named_by[check];
    if (*named_by == edges->from + 1)
        return;
    *named_by = edges->from + 1;
    edges->items =
        arena_grow(edges->graph->loader->arena, edges->items, edges->count, sizeof(*edges->items));
    edges->items[edges->count++] = check;
}

static struct edges edges_of(struct graph *graph, size_t index)
{
    const struct check *check = &graph->loader->checks[index];
    struct edges edges = {.graph = graph, .from = index};
    if (check->condition)
        expr_checks(check->condition, add_edge, &edges);
    for (size_t i = 0;
         check->arguments && check->action->arguments && check->action->arguments[i].name; i++)
        if (check->arguments[i])
            template_checks(check->arguments[i], add_edge, &edges);
    if (check->timeout)
        template_checks(check->timeout, add_edge, &edges);
    return edges;
}

static void report_cycle(struct graph *graph, size_t check)
{
    struct loader *loader = graph->loader;
    struct text chain = text_new(loader->arena);
    size_t start = graph->length;
    while (start > 0 && graph->path[start - 1] != check)
        start--;
    for (size_t i = start ? start - 1 : 0; i < graph->length; i++)
        text_format(&chain, "%s -> ", loader->checks[graph->path[i]].name);
    diagnose(loader->diagnostics, loader->checks[check].span, NULL,
             "a check that needs its own answer: %s%s", text_string(&chain),
             loader->checks[check].name);
}

static bool too_long(struct graph *graph, size_t check, size_t depth)
{
    if (depth <= LIMIT_CHECK_CHAIN)
        return false;
    diagnose(graph->loader->diagnostics, graph->loader->checks[check].span, NULL,
             "a chain of more than %d checks that need each other, the limit", LIMIT_CHECK_CHAIN);
    return true;
}

/* The length of the longest chain from `check`; recursion ends at the limit. */
static size_t visit(struct graph *graph, size_t check)
{
    if (graph->marks[check] == MARK_DONE)
        return graph->depths[check];
    if (graph->marks[check] == MARK_OPEN) {
        report_cycle(graph, check);
        return 0;
    }
    if (too_long(graph, check, graph->length + 1))
        return 0;
    graph->marks[check] = MARK_OPEN;
    graph->path[graph->length++] = check;
    struct edges edges = edges_of(graph, check);
    size_t deepest = 0;
    for (size_t i = 0; i < edges.count; i++) {
        size_t depth = visit(graph, edges.items[i]);
        deepest = depth > deepest ? depth : deepest;
    }
    graph->length--;
    graph->marks[check] = MARK_DONE;
    if (too_long(graph, check, deepest + 1))
        deepest = 0;
    graph->depths[check] = (unsigned char)(deepest + 1);
    return deepest + 1;
}

_Static_assert(LIMIT_CHECK_CHAIN < 255, "depths are bytes");

void graph_check(struct loader *loader)
{
    struct graph graph = {.loader = loader};
    graph.marks = arena_alloc(loader->arena, loader->check_count + 1);
    graph.named_by = arena_alloc(loader->arena, (loader->check_count + 1) * sizeof(size_t));
    graph.depths = arena_alloc(loader->arena, loader->check_count + 1);
    for (size_t i = 0; i < loader->check_count; i++)
        visit(&graph, i);
}
