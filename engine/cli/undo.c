/* No playbook byte is read here: the journal says what was done, and it is this program's own. */
#include "engine/cli/undo.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/limits.h"
#include "engine/change/marker.h"
#include "engine/change/past.h"
#include "engine/cli/prompt.h"
#include "engine/cli/resume.h"
#include "engine/cli/session.h"
#include "engine/io/machine.h"
#include "engine/report/page.h"
#include "engine/run/result.h"

struct undo {
    const struct undo_options *options;
    struct page page;
    struct loop *loop;
    struct past past;
};

static bool ask_alone(struct cli *cli, enum word question)
{
    struct error error;
    struct loop *loop = loop_new(&error);
    bool yes =
        loop && loop_catch_signals(loop, &error) && prompt_yes(loop, cli->language, question) == 1;
    loop_free(&loop);
    return yes;
}

/* As it will be done: over what is there now. */
static void add_reversed(struct change *reversed, size_t *count, const struct change *changes,
                         size_t added, struct arena *arena)
{
    for (size_t i = added; i > 0; i--) {
        struct change *change = &reversed[*count];
        *change = changes[i - 1];
        if (change->kind->look_again && !changes_have(reversed, *count, change->target))
            change->kind->look_again(change, arena);
        change_reverse(change, arena);
        ++*count;
    }
}

/* What goes with the run is shown where it may hold what somebody else has written. */
static void show(const struct undo *undo)
{
    const struct past *past = &undo->past;
    struct arena *arena = past->arena;
    const struct safeguards *safeguards = &past->safeguards;
    size_t count = 0;
    struct change *reversed =
        arena_alloc(arena, (past->count + safeguards->count + 1) * sizeof(*reversed));
    add_reversed(reversed, &count, past->changes, past->count, arena);
    if (undo->options->force)
        add_reversed(reversed, &count, safeguards->changes, safeguards->count, arena);
    page_print(&undo->page, page_say(&undo->page, WORD_UNDO_PLAN), (unsigned long long)past->run.id,
               page_escaped(&undo->page, past->run.playbook, false));
    page_print(&undo->page, "\n");
    page_changes(&undo->page, reversed, count);
}

int undo_refuse(const struct error *error)
{
    cli_refuse(error);
    return outcome_exit(OUTCOME_REFUSED);
}

void undo_tell_left(const struct past *past)
{
    if (past->left)
        terminal_print(stderr, "playbook: something of the run is left: %s\n", past->left);
}

/* Does what was taken back stay in force until a restart? */
static bool is_in_force(const struct past *past)
{
    for (size_t i = 0; i < past->count; i++) {
        const struct change *change = &past->changes[i];
        if (change->state == CHANGE_UNDONE && change->action->effective != EFFECTIVE_NOW &&
            (change->restarted || past->run.state == RUN_KEPT))
            return machine_is_wsl2();
    }
    return false;
}

static int say_end(const struct undo *undo, enum word word, enum outcome outcome)
{
    undo_tell_left(&undo->past);
    page_print(&undo->page, "%s\n", page_say(&undo->page, word));
    return outcome_exit(outcome);
}

/* Is there nothing above it, of another run or of somebody else? */
static bool is_on_top(struct undo *undo, struct error *error)
{
    struct past *past = &undo->past;
    uint64_t later = past_later(past);
    if (later) {
        error_set(error, "run %llu has changed the same since", (unsigned long long)later);
        error_hint(error, "'playbook undo %llu' first", (unsigned long long)later);
        return false;
    }
    if (past_stands(past, error))
        return true;
    error_hint(error, "'playbook undo %llu --force' takes it back all the same%s",
               (unsigned long long)past->run.id,
               past->run.state == RUN_KEPT ? "" : ", 'playbook keep' leaves it as it is");
    return false;
}

/* What is shown as differing is left to the person: the difference, and how to go on. */
static int take_back(struct undo *undo)
{
    struct error error;
    const struct undo_options *options = undo->options;
    bool failed = undo->past.run.state == RUN_FAILED;
    if (past_is_decided(&undo->past) || (failed && options->alone))
        return past_finish(&undo->past, &error)
                   ? say_end(undo, WORD_NOTHING_TO_UNDO, OUTCOME_HEALTHY)
                   : undo_refuse(&error);
    if (undo->past.run.state == RUN_UNDONE && !undo->past.count)
        return say_end(undo, WORD_UNDONE_BEFORE, OUTCOME_HEALTHY);
    if (!options->force && !options->alone && !is_on_top(undo, &error))
        return undo_refuse(&error);
    show(undo);
    int yes = options->yes ? 1 : prompt_yes(undo->loop, undo->page.language, WORD_UNDO_QUESTION);
    if (loop_interrupted(undo->loop))
        return outcome_exit(OUTCOME_INTERRUPTED);
    if (yes <= 0)
        return say_end(undo, WORD_NOT_UNDONE, OUTCOME_PLANNED);
    if (past_undo(&undo->past, options->force, &error))
        return say_end(undo, is_in_force(&undo->past) ? WORD_UNDONE_IN_FORCE : WORD_UNDONE,
                       OUTCOME_FIXED);
    if (!undo->past.begun)
        return undo_refuse(&error);
    cli_refuse(&error);
    const struct differences *differences = &undo->past.differences;
    page_differences(&undo->page, differences->found, differences->by_hand);
    return outcome_exit(OUTCOME_ROLLBACK_FAILED);
}

bool undo_is_lost(const struct cli *cli, const struct marker *marker, struct error *error)
{
    if (!marker->run || !undo_is_own(cli, marker) || journal_exists(cli->state_folder))
        return false;
    error_set(error, "%s was not finished, and its journal in '%s' is gone",
              marker_words(cli->arena, marker), marker_folder(cli->arena, marker));
    error_hint(error, "bring the journal back, or leave the machine as it is: 'playbook keep'");
    return true;
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
        return undo_refuse(&error);
    struct programs programs = {.loop = undo.loop, .environment = cli->environment};
    int code;
    struct marker marker = marker_look(cli->arena);
    if (past_open(&undo.past, &programs, cli->registry, options->folder, options->run,
                  options->unsettled ? PAST_UNSETTLED : PAST_ALL, false, &error)) {
        code = take_back(&undo);
        past_close(&undo.past);
    } else if (error.code == ENOENT && (!options->run || options->run == marker.run) &&
               undo_is_lost(cli, &marker, &error)) {
        code = undo_refuse(&error);
    } else if (error.code == ENOENT &&
               (!options->run || marker_names(&marker, options->run, options->folder))) {
        code = say_end(&undo, WORD_NOTHING_TO_UNDO, OUTCOME_HEALTHY);
    } else {
        code = undo_refuse(&error);
    }
    loop_free(&undo.loop);
    return code;
}

/* ---- an unfinished run ---- */

static void tell(const struct cli *cli, const struct marker *marker)
{
    enum word words = marker_is_pending(marker) ? WORD_WAITS : WORD_UNFINISHED;
    terminal_print(stderr, word(cli->language, words), marker_words(cli->arena, marker));
    terminal_print(stderr, "\n");
}

bool undo_is_own(const struct cli *cli, const struct marker *marker)
{
    return cli->state_folder && text_equal(marker->folder, cli->state_folder);
}

bool undo_is_unsettled(enum run_state state)
{
    return !run_is_settled(state);
}

bool undo_newest(const struct cli *cli, bool (*in)(enum run_state state), struct journal_run *run,
                 struct error *error)
{
    struct journal_run *runs;
    size_t count;
    *run = (struct journal_run){.id = 0};
    if (!cli->state_folder || !journal_exists(cli->state_folder))
        return true;
    struct journal *journal = journal_open(cli->state_folder, false, error);
    bool read = journal && journal_runs(journal, cli->arena, &runs, &count, error);
    for (size_t i = 0; read && i < count; i++)
        if (in(runs[i].state) && runs[i].id > run->id)
            *run = runs[i];
    bool none = !journal && error->code == ENOENT;
    journal_close(&journal);
    return read || none;
}

struct marker undo_marker(struct cli *cli)
{
    struct error none;
    struct past past;
    struct programs programs = {.environment = cli->environment};
    struct marker marker = marker_look(cli->arena);
    if (!marker.run || marker.held || !undo_is_own(cli, &marker) ||
        !journal_exists(cli->state_folder))
        return marker;
    if (past_open(&past, &programs, cli->registry, cli->state_folder, marker.run, PAST_UNSETTLED,
                  false, &none)) {
        (void)past_finish(&past, &none); /* else it goes on saying what it says */
        undo_tell_left(&past);
        past_close(&past);
    }
    return marker_look(cli->arena);
}

void undo_remind(const struct cli *cli)
{
    struct marker marker = marker_look(cli->arena);
    if (marker.run && !marker.held)
        tell(cli, &marker);
}

static bool offer_undo(struct cli *cli, const struct journal_run *run, bool yes)
{
    struct undo_options options = {.folder = cli->state_folder,
                                   .run = run->id,
                                   .unsettled = run->state != RUN_PENDING,
                                   .yes = yes,
                                   .out = stderr};
    int code = undo_run(cli, &options);
    return code == EXIT_OK || (code == outcome_exit(OUTCOME_PLANNED) && !yes);
}

/* What it prints is not this run's result. */
static void go_on_apart(struct cli *cli, const struct waits *waits)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        struct order order = {.jobs = LIMIT_JOBS, .yes = true};
        if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
            cli_leave(EXIT_FAILURE);
        int code = resume_run(cli, &order, waits);
        fflush(stdout);
        cli_leave(code);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
}

/* Nothing is taken back behind a person's back because a restart is late. */
static bool offer_resume(struct cli *cli, const struct journal_run *run, bool yes)
{
    struct error error = {0};
    struct waits waits;
    if (!resume_find(cli, &waits, &error)) {
        cli_refuse(&error);
        return false;
    }
    bool due = waits.count && waits_for(&waits, cli->arena) == EFFECTIVE_NOW;
    if (!due)
        return !yes && offer_undo(cli, run, false);
    if (!yes && !ask_alone(cli, WORD_RESUME_QUESTION))
        return true; /* nothing will be applied; if it were, it would be refused */
    go_on_apart(cli, &waits);
    return marker_look(cli->arena).run == 0;
}

static bool offer(struct cli *cli, bool yes, bool also_pending)
{
    struct error error;
    struct journal_run run;
    struct marker marker = undo_marker(cli);
    if (!marker.run || marker.held || (marker_is_pending(&marker) && !also_pending))
        return true;
    tell(cli, &marker);
    if (!undo_is_own(cli, &marker) || (!yes && !session_has_terminal()))
        return true; /* likewise */
    if (undo_is_lost(cli, &marker, &error) || !undo_newest(cli, undo_is_unsettled, &run, &error)) {
        cli_refuse(&error);
        return false;
    }
    if (!run.id || (yes && run.state == RUN_FAILED))
        return true;
    return run.state == RUN_PENDING ? offer_resume(cli, &run, yes) : offer_undo(cli, &run, yes);
}

bool undo_cut_off(struct cli *cli, bool yes)
{
    return offer(cli, yes, false);
}

bool undo_offer(struct cli *cli, bool yes)
{
    return offer(cli, yes, true);
}
