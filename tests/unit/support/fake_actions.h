/* fake_actions: declarations to type-check against, without a machine behind them. They follow the
 * language reference §6, so that a test reads like a playbook; none can be started. */
#ifndef PLAYBOOK_FAKE_ACTIONS_H
#define PLAYBOOK_FAKE_ACTIONS_H

#include "engine/action.h"

/* NULL-terminated. */
extern const struct action *const fake_registry[];

#endif
