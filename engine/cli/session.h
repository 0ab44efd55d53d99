/* session: what a command needs to ask the machine and the person: the loop, the executor, the
 * terminal. */
#ifndef PLAYBOOK_SESSION_H
#define PLAYBOOK_SESSION_H

#include "engine/cli/command.h"
#include "engine/cli/prompt.h"

struct session {
    struct loop *loop;
    struct prompt prompt;
    struct recall recall;
    struct executor executor;
};

/* `session` must stay where it is until session_close(). False with `error`, and nothing is open.
 */
bool session_open(struct session *session, struct cli *cli, struct error *error);
void session_close(struct session *session);

#endif
