/* undo: taking a run back, for `playbook undo` and for a run that finds an unfinished one. */
#ifndef PLAYBOOK_UNDO_H
#define PLAYBOOK_UNDO_H

#include "engine/change/marker.h"
#include "engine/cli/command.h"

struct past;

struct undo_options {
    const char *folder; /* of the journal */
    uint64_t run;       /* 0: the newest that left something */
    bool unsettled;     /* only what nobody verified */
    bool force;         /* also what somebody else has changed since */
    bool yes;           /* without asking */
    bool alone;         /* nobody is there: what can be taken back is, a person decides the rest */
    FILE *out;          /* for people */
};

/* Shows what would be taken back, asks, takes it back. Returns the exit code. */
int undo_run(struct cli *cli, const struct undo_options *options);

/* "playbook: message" and the hint. The exit code of what was refused. */
int undo_refuse(const struct error *error);
/* Says which safeguard of the run could not be removed, if there is one. */
void undo_tell_left(const struct past *past);

/* It is in this user's journal. */
bool undo_is_own(const struct cli *cli, const struct marker *marker);

/* The newest run of this user's own journal that is in such a state; its id is 0: there is none.
 * The marker may be lost, or lie. False with `error`: the journal cannot be read. */
bool undo_newest(const struct cli *cli, bool (*in)(enum run_state state), struct journal_run *run,
                 struct error *error);
bool undo_is_unsettled(enum run_state state);

/* What the marker says, after the journal has set it right: anybody can write it, and a crash may
 * have left it behind a verdict. */
struct marker undo_marker(struct cli *cli);

/* The marker tells of a run of this user's and its journal is gone: not even what it changed is
 * known. `error` says so. */
bool undo_is_lost(const struct cli *cli, const struct marker *marker, struct error *error);

/* Tells of a run that is unfinished or pending, on standard error. */
void undo_remind(const struct cli *cli);

/* Before a run: offers to take back one that was cut off, or to go on with one that waited for a
 * restart; without `yes` and without a terminal it is only told. False: it stands in the way, and
 * the run may not begin. */
bool undo_offer(struct cli *cli, bool yes);

/* The first of the two alone. */
bool undo_cut_off(struct cli *cli, bool yes);

#endif
