/* typing: names and types of a parsed expression, against the actions' declarations. */
#ifndef PLAYBOOK_TYPING_H
#define PLAYBOOK_TYPING_H

#include "engine/lang/expr.h"

/* Finds the names and gives every part its type; mistakes become diagnostics. */
void typing_settle(struct scope *scope, struct expr *expr);

/* Parses and types a scalar that stands where true or false is needed; NULL with diagnostics. */
const struct expr *typing_condition(struct scope *scope, const struct node *node);

#endif
