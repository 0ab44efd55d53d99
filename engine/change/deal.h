/* deal: what the prober offered last, and what became of it: offered, agreed to, applied, then kept
 * or taken back. It believes nothing that it reads: a change must be one that its fix declares and
 * that the playbook allows. */
#ifndef PLAYBOOK_DEAL_H
#define PLAYBOOK_DEAL_H

#include "engine/change/ledger.h"
#include "engine/change/message.h"
#include "engine/change/safeguard.h"
#include "engine/change/saved.h"

struct deal {
    struct arena *arena;
    const char *cause;
    struct change *changes;
    size_t count, persist; /* changes[persist..count) come after verify */
    struct safeguards safeguards;
    struct programs programs;       /* that make its changes */
    const char *network;            /* links, addresses, routes and rules before them */
    struct differences differences; /* that taking it back left */
    uint64_t wait;                  /* of an earlier start, gone on with; 0: a new one */
    bool agreed;                    /* may be applied */
    bool applied;                   /* and is neither kept nor taken back */
    bool persisted;                 /* the changes after verify were begun */
};

/* Reads an offer in place of the last one. `effects`, NULL-terminated: what the playbook allows.
 * False with `error`: such an offer is not made to anybody. */
bool deal_read(struct deal *deal, const struct action *const *registry, const char *const *effects,
               struct reading *reading, struct error *error);
void deal_close(struct deal *deal);
/* Nothing is offered any more: what was read is not what a person sees. */
void deal_withdraw(struct deal *deal);

/* A restart is no longer left to the person. */
void deal_allow_restart(struct deal *deal);

bool deal_lacks_right(const struct deal *deal);

enum applied deal_apply(struct deal *deal, struct ledger *ledger, const struct programs *programs,
                        struct error *error);
/* The second list, on its own. */
enum applied deal_persist(struct deal *deal, struct ledger *ledger, const struct programs *programs,
                          struct error *error);
bool deal_undo(struct deal *deal, struct ledger *ledger, const struct programs *programs,
               struct error *error);
/* Where it is kept but a safeguard or the marker could not be removed, `error` says so; else it is
 * left as it was. */
bool deal_keep(struct deal *deal, struct ledger *ledger, const struct programs *programs,
               struct error *error);

/* What was applied stays until a restart shows whether it helps; `wait` says the rest. `error` as
 * above. */
bool deal_wait(struct deal *deal, struct ledger *ledger, const struct programs *programs,
               struct wait *wait, struct error *error);
/* After it: applied as it is, in place of the last offer. */
enum applied deal_resume(struct deal *deal, struct ledger *ledger, const struct wait *wait,
                         struct error *error);
/* It goes on waiting; what was made to last is taken back. */
bool deal_wait_on(struct deal *deal, struct ledger *ledger, const struct programs *programs,
                  struct error *error);

#endif
