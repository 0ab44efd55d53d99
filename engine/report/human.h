/* human: a run told to a person, as it is decided. A listener; it decides nothing. */
#ifndef PLAYBOOK_HUMAN_H
#define PLAYBOOK_HUMAN_H

#include "engine/report/page.h"
#include "engine/run/events.h"

struct human {
    struct page page;
    const struct playbook *playbook;
    const char **asked; /* checks in flight, for the live line */
    size_t asked_count;
    size_t told;   /* steps of the diagnosis that were printed */
    bool restarts; /* what needs a restart is restarted after the run */
    bool dry_run;
};

/* `human` must outlive the run. */
struct listener human_listener(struct human *human);

/* What is said before and after the run. */
void human_begin(struct human *human);
void human_end(struct human *human, const struct result *result);

#endif
