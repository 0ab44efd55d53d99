/* kind: what a change is and what each kind of change can do. To add a kind, write one file with
 * one constant struct change_kind and a plan_* function that makes its changes (engine/action.h),
 * and add a line to kind.c.
 *
 * Life of a change: planned; then prepare() saves everything that undo() needs, apply() makes it:
 * done; undo() takes it back: undone. A step that could not be finished: failed. Whatever happened
 * in apply(), undo() after a successful prepare() brings back what prepare() saw, and differs()
 * tells whether it did.
 */
#ifndef PLAYBOOK_KIND_H
#define PLAYBOOK_KIND_H

#include "engine/action.h"
#include "engine/base/record.h"
#include "engine/change/differences.h"
#include "engine/change/programs.h"

/* The right to make a change that this process lacks; report/words.h has the way to get it. */
enum right {
    RIGHT_HELD,
    RIGHT_ROOT,
    RIGHT_ADMINISTRATOR, /* of Windows: the script is for a person to paste */
    RIGHT_WRITABLE,      /* the file system is read-only */
    RIGHT_RESTART,       /* left to the person */
};

enum change_state { CHANGE_PLANNED, CHANGE_DONE, CHANGE_UNDONE, CHANGE_FAILED };

struct change {
    const struct change_kind *kind;
    const struct action *action; /* the fix that planned it */
    const char *target;          /* path, link name, "ufw", "Hyper-V firewall" */
    enum change_state state;
    enum right lacks; /* told by the executor; the prober has no rights */

    const void *detail; /* the kind's own, constant after planning */
    void *saved;        /* the kind's own, made by prepare() */
    uint64_t entry;     /* its number in the journal; 0: none */
    bool restarted;     /* it was made in an earlier start of the kernel */

    /* For reports, by describe(). A file: contents, NULL for a missing one; else words; NULL: none.
     */
    const char *before, *after;
    size_t before_length, after_length;
    bool contents;           /* before and after are file contents: show a diff */
    const char *const *argv; /* the exact command; NULL: none */
    const char *script;      /* what of it a person can paste into PowerShell; NULL: nothing */
};

struct change_kind {
    const char *name;            /* "file", "link", "command", "windows", "restart" */
    bool of_this_boot;           /* what it changes does not outlive the kernel */
    bool safeguard;              /* planned by the executor alone: change/safeguard.h */
    const struct touch *touches; /* of any action, instead of action->touches; NULL: those */

    /* Reading what write() wrote; false where it is none. */
    void (*write)(const struct change *change, struct text *record);
    bool (*read)(struct change *change, struct reading *reading);
    /* What it changes and runs, its undo included; ends with a NULL kind. Each must match one of
     * action->touches. */
    const struct touch *(*parts)(const struct change *change, struct arena *arena);
    /* Do they lead to the target now? NULL: they name it. */
    bool (*leads)(const struct change *change);
    /* Of the same kind and target: do both change the same thing? NULL: they do. */
    bool (*same)(const struct change *a, const struct change *b);
    /* What people see, from the target and the detail alone. */
    void (*describe)(struct change *change, struct arena *arena);

    /* The same for its undo, after before and after have changed places; NULL: that is all. */
    void (*reverse)(struct change *change, struct arena *arena);

    /* ---- of the executor ---- */
    /* The same with what is there now, where somebody else has changed it. NULL: that is not shown.
     */
    void (*look_again)(struct change *change, struct arena *arena);
    /* Is the machine as it was when the change was planned? False with `error`, which names the
     * difference. Asked again right before prepare(). NULL: what is planned does not carry it. */
    bool (*fits)(const struct change *change, struct arena *arena, const struct programs *programs,
                 struct error *error);
    /* What else it was planned from, one word for each thing: two that differ tell of another
     * machine. NULL: nothing. */
    const char *const *(*state)(const struct change *change, struct arena *arena);
    enum right (*lacks)(const struct change *change, struct arena *arena);
    /* Saves what undo() needs. NULL: the detail has it. */
    bool (*prepare)(struct change *change, struct arena *arena, const struct programs *programs,
                    struct error *error);
    bool (*apply)(struct change *change, struct arena *arena, const struct programs *programs,
                  struct error *error);
    /* After apply() succeeded: what it left, for stands(), made durable. NULL: the detail tells. */
    bool (*note)(struct change *change, struct arena *arena, const struct programs *programs,
                 struct error *error);
    /* Is the machine as the change left it, or as it was before? Where the change is in doubt, also
     * in between. False with `error`, which names the difference: somebody else was there. Asked
     * before every undo(), forced or not: of what it finds beside the change, undo() leaves alone
     * what it can. */
    bool (*stands)(struct change *change, struct arena *arena, const struct programs *programs,
                   struct error *error);
    /* Whatever stands there; does nothing where all is as before. */
    bool (*undo)(struct change *change, struct arena *arena, const struct programs *programs,
                 struct error *error);
    /* What is saved, as a record, and back. NULL: nothing is. */
    void (*write_saved)(const struct change *change, struct text *record);
    bool (*read_saved)(struct change *change, struct reading *reading);
    /* What is not as prepare() saw it: NULL, or words for a person. */
    const char *(*differs)(struct change *change, struct arena *arena,
                           const struct programs *programs);
    /* Adds the shell lines that undo() stands for. NULL: nothing but undo() can. */
    void (*by_hand)(const struct change *change, struct differences *differences);
};

extern const struct change_kind file_kind, link_kind, command_kind, windows_kind, restart_kind,
    undo_file_kind, boot_file_kind;

/* All kinds, NULL-terminated. */
extern const struct change_kind *const change_kinds[];

/* A change as a record, and back. Only what was planned: not its state, not what was saved. The
 * reader finds the fix in `registry`; false, and the reading is broken, where there is none. */
void change_write(const struct change *change, struct text *record);
bool change_read(struct change *change, const struct action *const *registry,
                 struct reading *reading);

/* Is one of changes[0..count) of this target? */
bool changes_have(const struct change *changes, size_t count, const char *target);

/* Does the later of two changes cover what the earlier one did? */
bool change_same(const struct change *a, const struct change *b);

/* The kernel that it was made in took it along. */
bool change_is_gone(const struct change *change);

/* Kind and target: the only part of a link, a restart or a boot file. */
const struct touch *change_only_part(const struct change *change, struct arena *arena);

/* What people see, turned round: the change that its undo makes. */
void change_reverse(struct change *change, struct arena *arena);

/* Is this a change that its fix may make? All its parts are among action->touches; of a safeguard:
 * never. */
bool change_is_declared(const struct change *change);

/* Is it one that may have been made: by its fix, or beside it as a safeguard? */
bool change_is_possible(const struct change *change);

#endif
