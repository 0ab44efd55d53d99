/* differences: what a rollback could not bring back, in words, and the shell lines with which a
 * person goes on by hand. Texts live in the arena. */
#ifndef PLAYBOOK_DIFFERENCES_H
#define PLAYBOOK_DIFFERENCES_H

#include "engine/action.h"

struct differences {
    struct arena *arena;
    const char **found; /* NULL-terminated, as by_hand; NULL: none */
    size_t count;
    const char **by_hand;
    size_t by_hand_count;
    const char *untold; /* why the journal does not know that all is as before; NULL: it does */
};

/* Each is named once. */
void differences_add(struct differences *differences, const char *found);
void differences_add_line(struct differences *differences, const char *line);
/* The words of a command, quoted for a shell. */
void differences_add_command(struct differences *differences, const char *const *argv);

/* The first of them, and how many more there are. False. */
bool differences_error(const struct differences *differences, struct error *error);

#endif
