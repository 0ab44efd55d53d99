#include "engine/cli/session.h"

#include "engine/report/words.h"

bool session_open(struct session *session, struct cli *cli, struct error *error)
{
    *session = (struct session){.loop = loop_new(error), .recall = {.arena = cli->arena}};
    if (!session->loop)
        return false;
    if (!loop_catch_signals(session->loop, error)) {
        loop_free(&session->loop);
        return false;
    }
    prompt_open(&session->prompt, session->loop, word(cli->language, WORD_YES_LETTERS));
    session->executor = (struct executor){.loop = session->loop,
                                          .environment = cli->environment,
                                          .consent = prompt_consent(&session->prompt),
                                          .recall = &session->recall};
    return true;
}

void session_close(struct session *session)
{
    prompt_close(&session->prompt);
    loop_free(&session->loop);
}
