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

/* The right to make a change that this process lacks; report/words.h has the way to get it. */
enum right {
    RIGHT_HELD,
    RIGHT_ROOT,
    RIGHT_ADMINISTRATOR, /* of Windows: the script is for a person to paste */
    RIGHT_WRITABLE,      /* the file system is read-only */
    RIGHT_RESTART_WSL,   /* left to the person */
    RIGHT_RESTART_DISTRO,
};

enum change_state { CHANGE_PLANNED, CHANGE_DONE, CHANGE_UNDONE, CHANGE_FAILED };

struct change {
    const struct change_kind *kind;
    const struct action *action; /* the fix that planned it */
    const char *target;          /* path, link name, "ufw", "Hyper-V firewall" */
    enum effective effective;    /* when it is in force */
    enum change_state state;
    enum right lacks;

    /* For reports. A file: contents, NULL for a missing one; else words; NULL: none. */
    const char *before, *after;
    size_t before_length, after_length;
    bool contents;           /* before and after are file contents: show a diff */
    const char *const *argv; /* the exact command; NULL: none */
    const char *script;      /* what of it a person can paste into PowerShell; NULL: nothing */

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
