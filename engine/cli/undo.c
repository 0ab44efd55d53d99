/* No playbook byte is read here: the journal says what was done, and it is this program's own. */
#include "engine/cli/undo.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/change/marker.h"
#include "engine/change/past.h"
#include "engine/cli/prompt.h"
#include "engine/cli/session.h"
#include "engine/report/page.h"
#include "engine/run/result.h"

struct undo {
    const struct undo_options *options;
    struct page page;
    struct loop *loop;
    struct past past;
};

struct reply {
    bool over;
    int yes;
};

static void replied(void *data, int yes)
{
    *(struct reply *)data = (struct reply){true, yes};
}

/* 1, 0, or -1 where nobody can be asked. */
static int ask(struct undo *undo, enum word question)
{
    struct prompt prompt;
    struct reply reply = {.yes = -1};
    prompt_open(&prompt, undo->loop, page_say(&undo->page, WORD_YES_LETTERS));
    bool asked = prompt_ask(&prompt, page_say(&undo->page, question), replied, &reply);
    while (asked && !reply.over && !loop_interrupted(undo->loop) && loop_turn(undo->loop))
        continue;
    if (asked && !reply.over)
        prompt_withdraw(&prompt);
    prompt_close(&prompt);
    return reply.yes;
}

static void show(const struct undo *undo)
{
    const struct past *past = &undo->past;
    struct change *reversed = arena_alloc(past->arena, (past->count + 1) * sizeof(*reversed));
    for (size_t i = 0; i < past->count; i++) {
        reversed[i] = past->changes[past->count - 1 - i];
        change_reverse(&reversed[i], past->arena);
    }
    fprintf(page_out(&undo->page), page_say(&undo->page, WORD_UNDO_PLAN),
            (unsigned long long)past->run.id, page_escaped(&undo->page, past->run.playbook, false));
    fputc('\n', page_out(&undo->page));
    page_changes(&undo->page, reversed, past->count);
}

static int refuse(const struct error *error)
{
    cli_refuse(error);
    return outcome_exit(OUTCOME_REFUSED);
}

static int say_end(const struct undo *undo, enum word word, enum outcome outcome)
{
    fprintf(page_out(&undo->page), "%s\n", page_say(&undo->page, word));
    return outcome_exit(outcome);
}

/* What is shown as differing is left to the person: the difference, and how to go on. */
static int take_back(struct undo *undo)
{
    struct error error;
    if (!undo->options->force && !past_stands(&undo->past, &error)) {
        error_hint(&error, "'playbook undo --force' takes it back all the same, 'playbook keep' "
                           "leaves it as it is");
        return refuse(&error);
    }
    show(undo);
    int yes = undo->options->yes ? 1 : ask(undo, WORD_UNDO_QUESTION);
    if (loop_interrupted(undo->loop))
        return outcome_exit(OUTCOME_INTERRUPTED);
    if (yes <= 0)
        return say_end(undo, WORD_NOT_UNDONE, OUTCOME_PLANNED);
    if (past_undo(&undo->past, undo->options->force, &error))
        return say_end(undo, WORD_UNDONE, OUTCOME_FIXED);
    cli_refuse(&error);
    return say_end(undo, WORD_NEXT_BY_HAND, OUTCOME_ROLLBACK_FAILED);
}

int undo_run(struct cli *cli, const struct undo_options *options)
{
    struct error error;
    struct undo undo = {
        .options = options,
        .page = {terminal_of(options->out, cli->colour_allowed, cli->utf8), cli->language,
                 cli->arena},
        .loop = loop_new(&error),
    };
    if (!undo.loop || !loop_catch_signals(undo.loop, &error))
        return refuse(&error);
    struct programs programs = {.loop = undo.loop, .environment = cli->environment};
    int code;
    struct marker marker = marker_look(cli->arena);
    if (past_open(&undo.past, &programs, cli->registry, options->folder, options->run,
                  options->unsettled ? PAST_UNSETTLED : PAST_ALL, false, &error)) {
        code = take_back(&undo);
        past_close(&undo.past);
    } else if (error.code == ENOENT && options->run == marker.run) {
        code = say_end(&undo, WORD_NOTHING_TO_UNDO, OUTCOME_HEALTHY);
    } else {
        code = refuse(&error);
    }
    loop_free(&undo.loop);
    return code;
}

/* ---- an unfinished run ---- */

static void tell(const struct cli *cli, const struct marker *marker)
{
    fprintf(stderr, word(cli->language, WORD_UNFINISHED), marker_words(cli->arena, marker));
    fputc('\n', stderr);
}

void undo_remind(const struct cli *cli)
{
    struct marker marker = marker_look(cli->arena);
    if (marker.run && !marker.held)
        tell(cli, &marker);
}

bool undo_offer(struct cli *cli, bool yes)
{
    struct marker marker = marker_look(cli->arena);
    if (!marker.run || marker.held)
        return true;
    tell(cli, &marker);
    bool own = cli->state_folder && text_equal(marker.folder, cli->state_folder);
    if (!own || (!yes && !session_has_terminal()))
        return true; /* nothing will be applied; if it were, it would be refused */
    struct undo_options options = {
        .folder = marker.folder, .run = marker.run, .unsettled = true, .yes = yes, .out = stderr};
    int code = undo_run(cli, &options);
    return code == EXIT_OK || (code == outcome_exit(OUTCOME_PLANNED) && !yes);
}
