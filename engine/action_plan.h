/* action_plan: what a fix may plan. Included by engine/action.h.
 *
 * A planner sees files as the plan so far will leave them, and the answers of its needs.
 * Implemented in engine/change, one file per kind of change.
 */
#ifndef PLAYBOOK_ACTION_PLAN_H
#define PLAYBOOK_ACTION_PLAN_H

#include "engine/action.h"

const struct arguments *plan_arguments(const struct planner *planner);
struct arena *plan_arena(struct planner *planner);
/* The answer to needs[index]. */
const struct answer *plan_need(const struct planner *planner, size_t index);

/* A path as the plan so far leaves it: planned changes are laid over the real state. */
struct path_state {
    enum { PATH_MISSING, PATH_FILE, PATH_LINK, PATH_OTHER } kind;
    const char *bytes; /* PATH_FILE: content, NUL-terminated; follows no link */
    size_t length;
    const char *target; /* PATH_LINK */
};
bool plan_look(struct planner *planner, const char *path, struct path_state *state,
               struct error *error);

/* Each adds one change. Adding what already holds adds nothing. A path that is a link is replaced
 * as a link by plan_link and plan_file; plan_file keeps mode and owner of a file that exists.
 * `name` is how the fix knows the file: the path itself, or a link that leads there. */
bool plan_file(struct planner *planner, const char *path, const char *name, const char *bytes,
               size_t length, struct error *error);
bool plan_link(struct planner *planner, const char *path, const char *target, struct error *error);
bool plan_mtu(struct planner *planner, const char *link, unsigned mtu, struct error *error);

struct command_change {
    const char *const *argv;    /* applies it */
    const char *const *undo;    /* takes it back */
    const char *const *touches; /* files it rewrites, restored byte for byte by an undo */
    const char *target;         /* what it changes, for people: "ufw" */
};
bool plan_command(struct planner *planner, const struct command_change *change,
                  struct error *error);

struct windows_change {
    const char *target; /* "Hyper-V firewall" */
    const char *before; /* the state as `look` prints it now, trimmed */
    const char *after;  /* and as it will print it once applied */
    const char *apply;  /* PowerShell, one line of plain ASCII that a person can paste as well */
    const char *undo;   /* PowerShell */
    const char *look;   /* PowerShell that prints the state */
    bool administrator; /* needs an elevated session ... */
    bool elevated;      /* ... and this one is elevated */
};
bool plan_windows(struct planner *planner, const struct windows_change *change,
                  struct error *error);

/* What the fix sets stands already, and the restart after which it is in force has not come. */
void plan_stands_unread(struct planner *planner);

/* The restart of WSL itself as the cure. */
bool plan_restart(struct planner *planner, struct error *error);

#endif
