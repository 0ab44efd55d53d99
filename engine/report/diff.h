/* diff: two texts as a unified diff (GNU diffutils, "Unified Format"). */
#ifndef PLAYBOOK_DIFF_H
#define PLAYBOOK_DIFF_H

#include "engine/base/text.h"

/* NULL `before` or `after`: there is no file then. UTF-16 texts are shown decoded. */
const char *diff_unified(struct arena *arena, const char *path, const char *before,
                         size_t before_length, const char *after, size_t after_length);

#endif
