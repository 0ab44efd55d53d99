/* events: what a run tells the outside while it goes on. A listener decides nothing and changes
 * nothing; every function may be NULL. */
#ifndef PLAYBOOK_EVENTS_H
#define PLAYBOOK_EVENTS_H

#include "engine/run/result.h"

enum progress {
    PROGRESS_PLANNING,
    PROGRESS_APPLYING,
    PROGRESS_VERIFYING,
    PROGRESS_VERIFIED,
    PROGRESS_NOT_VERIFIED, /* detail: why */
    PROGRESS_LOST,         /* detail: the check of `keep` */
    PROGRESS_FAILED,       /* detail: which change failed, and why */
    PROGRESS_ROLLED_BACK,
    PROGRESS_ROLLBACK_FAILED, /* detail: what differs */
    PROGRESS_DECLINED,
    PROGRESS_CANNOT_PLAN, /* detail: why */
    PROGRESS_REFUTED,     /* its fix would change nothing; detail: the cause's id */
    PROGRESS_RESTART,     /* kept, in force after a restart */
    PROGRESS_PERSIST_FAILED,
    PROGRESS_REFUSED, /* detail: what is not as in the saved plan */
    PROGRESS_STANDS,  /* verified and kept, but the symptom stands */
    PROGRESS_UNSURE,  /* likewise, and nobody knows whether; detail: why */
};

struct listener {
    void *context;
    void (*started)(void *context, const struct check *check);
    void (*answered)(void *context, const struct check *check, const struct answer *answer);
    /* The symptom is decided: `truth` that it stands; `applies`: whether `given` held. */
    void (*symptom)(void *context, const struct result *result, enum truth truth, bool applies,
                    const char *reason);
    /* A search ended: the causes it passed, in order. */
    void (*searched)(void *context, const struct visit *visits, size_t count);
    /* The last step of result->steps is the cause that was chosen. */
    void (*chosen)(void *context, const struct result *result);
    void (*advised)(void *context, const struct advice *advice);
    /* A plan is about to be offered: the executor shows it. */
    void (*offering)(void *context);
    void (*progress)(void *context, enum progress progress, const char *detail);
};

#endif
