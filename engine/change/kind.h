/* kind: what a change is and what each kind of change can do. To add a kind, write one file with
 * one constant struct change_kind and a plan_* function that makes its changes (engine/action.h).
 *
 * Life of a change: planned; then prepare() saves everything that undo() needs, apply() makes it:
 * done; undo() takes it back: undone. A step that could not be finished: failed. Whatever happened
 * in apply(), undo() after a successful prepare() brings back what prepare() saw, and differs()
 * tells whether it did.
 */
#ifndef PLAYBOOK_KIND_H
#define PLAYBOOK_KIND_H

#include "engine/action.h"
#include "engine/change/executor.h"

enum change_state { CHANGE_PLANNED, CHANGE_DONE, CHANGE_UNDONE, CHANGE_FAILED };

struct change {
    const struct change_kind *kind;
    const struct action *action; /* the fix that planned it */
    const char *target;          /* path, link name, "ufw", "Hyper-V firewall" */
    enum effective effective;    /* when it is in force */
    enum change_state state;
    const char *missing; /* the right to make it that this process lacks, and the way to get it;
                            NULL: it may */

    /* For reports. A file: contents, NULL for a missing one; else words; NULL: none. */
    const char *before, *after;
    size_t before_length, after_length;
    bool contents;           /* before and after are file contents: show a diff */
    const char *const *argv; /* the exact command; NULL: none */

    const void *detail; /* the kind's own, constant after planning */
    void *saved;        /* the kind's own, made by prepare() */
};

struct change_kind {
    const char *name; /* "file", "link", "command", "windows", "restart" */
    bool (*prepare)(struct change *change, struct arena *arena, const struct executor *executor,
                    struct error *error);
    bool (*apply)(struct change *change, struct arena *arena, const struct executor *executor,
                  struct error *error);
    bool (*undo)(struct change *change, struct arena *arena, const struct executor *executor,
                 struct error *error);
    /* What is not as prepare() saw it: NULL, or words for a person. */
    const char *(*differs)(struct change *change, struct arena *arena,
                           const struct executor *executor);
};

#endif
