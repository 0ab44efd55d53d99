/* search: where playbooks are found: the file itself, ./playbooks, the person's configuration,
 * /etc/playbook, the ones inside the binary. */
#ifndef PLAYBOOK_SEARCH_H
#define PLAYBOOK_SEARCH_H

#include "engine/cli/command.h"

/* load.find of lang/playbook.h; `context` is a struct cli. As root, a file that others can write is
 * refused. */
bool search_find(void *context, struct arena *arena, const char *name, const struct source *from,
                 struct source *source, struct error *error);

/* False with `error` for a file (a playbook, a plan) that others can write, where this is root. */
bool search_is_trusted(struct cli *cli, const char *path, struct error *error);

/* Calls `each` for every playbook of a bare name that search_find() would find, nearest first. */
void search_each(struct cli *cli,
                 void (*each)(void *context, const char *name, const char *place), void *context);

#endif
