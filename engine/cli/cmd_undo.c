/* playbook undo, playbook keep: what becomes of a run that is over or was cut off. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/change/past.h"
#include "engine/cli/undo.h"
#include "engine/report/words.h"
#include "engine/run/result.h"

/* Anybody can write the marker: what it says must not lock out those who may change everything. */
static bool may_decide(const struct marker *marker)
{
    return geteuid() == 0 || marker->user == geteuid();
}

static bool is_cut_off(enum run_state state)
{
    return state == RUN_OPEN;
}

/* 0: none is given. */
static bool read_run(struct cli *cli, const struct options *options, uint64_t *run,
                     struct error *error)
{
    const char *text = options->operand_count ? options->operands[0] : NULL;
    char *end = NULL;
    errno = 0;
    *run = text ? strtoull(text, &end, 10) : 0;
    if (options->operand_count <= 1 && !errno && (!text || (!*end && *run > 0 && *text != '-')))
        return true;
    error_set(error, "'%s' takes the number of one run", cli->arguments[0]);
    error_hint(error, "'playbook history' lists them");
    return false;
}

/* Without a number an unfinished run comes first; 0: none is unfinished. False with `error`: it is
 * in another journal, or there is none that can be read. */
static bool choose_run(struct cli *cli, const struct marker *marker, uint64_t *run,
                       struct error *error)
{
    struct journal_run newest;
    if (!journal_has_home(cli->state_folder, error))
        return false;
    if (*run)
        return true;
    if (marker->run && !undo_is_own(cli, marker)) {
        error_set(error, "%s is in another journal, in '%s'", marker_words(cli->arena, marker),
                  marker_folder(cli->arena, marker));
        error_hint(error, "%s",
                   marker->held ? "it is going on: wait until it has ended"
                   : may_decide(marker)
                       ? "'playbook keep' leaves the machine as it is"
                       : "that user can take it back or keep it, root can keep it");
        return false;
    }
    bool read = undo_newest(cli, undo_is_unsettled, &newest, error);
    *run = newest.id;
    return read;
}

/* At the start of the machine: nobody is there, and there may be nothing to do. */
static int undo_unfinished(struct cli *cli, const struct options *options)
{
    struct error error;
    if (options->operand_count || options_has(options, "force")) {
        error_set(&error, "--unfinished takes neither a run nor --force");
        error_hint(
            &error,
            "it is for the one run that was cut off, and leaves what somebody else has changed");
        return cli_refuse(&error);
    }
    struct journal_run run;
    struct marker marker = undo_marker(cli);
    struct undo_options undo = {.folder = cli->state_folder,
                                .unsettled = true,
                                .yes = options_has(options, "yes"),
                                .alone = options_has(options, "yes"),
                                .out = stdout};
    if (!undo_newest(cli, is_cut_off, &run, &error))
        return undo_refuse(&error);
    undo.run = run.id;
    bool goes_on = marker.held && marker.run == undo.run;
    return undo.run && !goes_on ? undo_run(cli, &undo) : EXIT_OK;
}

static int run_undo(struct cli *cli, const struct options *options)
{
    struct error error;
    if (options_has(options, "unfinished"))
        return undo_unfinished(cli, options);
    struct undo_options undo = {.folder = cli->state_folder,
                                .force = options_has(options, "force"),
                                .yes = options_has(options, "yes"),
                                .out = stdout};
    if (!read_run(cli, options, &undo.run, &error))
        return cli_refuse(&error);
    struct marker marker = undo_marker(cli);
    if (!choose_run(cli, &marker, &undo.run, &error))
        return undo_refuse(&error);
    return undo_run(cli, &undo);
}

static int say(const struct cli *cli, enum word what)
{
    terminal_print(stdout, "%s\n", word(cli->language, what));
    return EXIT_OK;
}

static void nap(void)
{
    enum { NAP_MS = 100 };
    nanosleep(&(struct timespec){.tv_nsec = (long)NAP_MS * NS_PER_MS}, NULL);
}

/* What the journal says after the run is over. */
static bool is_kept(struct cli *cli, const struct marker *marker, struct error *error)
{
    struct journal_run run;
    struct journal *journal = journal_open(cli->state_folder, false, error);
    bool found = journal && journal_run(journal, cli->arena, marker->run, &run, error);
    journal_close(&journal);
    return found && (run.state == RUN_KEPT || error_set(error, "it was taken back before"));
}

/* Anybody can write the marker: only this very program is signalled, which does not mind. */
static bool is_playbook(struct cli *cli, pid_t pid)
{
    struct stat own, other;
    return pid > 0 && stat("/proc/self/exe", &own) == 0 &&
           stat(arena_format(cli->arena, "/proc/%d/exe", (int)pid), &other) == 0 &&
           own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

/* The run waits for its owner, whose connection was cut; it may only be about to notice. */
static int confirm(struct cli *cli, struct marker marker)
{
    enum { ROUNDS = 100 };
    struct error error;
    bool told = false;
    uint64_t run = marker.run;
    for (int i = 0; i < ROUNDS && marker.run == run && marker.held; i++) {
        if (!told && text_equal(marker.state, MARKER_WAITS))
            told = is_playbook(cli, marker.pid) && kill(marker.pid, SIGUSR1) == 0;
        nap();
        struct marker next = marker_look(cli->arena);
        if (next.run != run && told && is_kept(cli, &marker, &error))
            return say(cli, WORD_KEPT);
        marker = next;
    }
    error_set(&error, told ? "the run did not keep it"
                           : "that run is going on and does not wait for anybody");
    error_hint(&error, "'playbook history' shows what became of it");
    return undo_refuse(&error);
}

/* Where no journal of one's own tells of it. */
static int forget(struct cli *cli, const struct marker *marker)
{
    struct error error;
    return marker_forget(marker->run, marker->folder, &error) ? say(cli, WORD_FORGOTTEN)
                                                              : undo_refuse(&error);
}

static int keep_past(struct cli *cli, struct past *past)
{
    struct error error;
    if (past->run.state == RUN_UNDONE)
        error_set(&error, "run %llu was taken back: nothing of it is left to keep",
                  (unsigned long long)past->run.id);
    else if (past_keep(past, &error)) {
        undo_tell_left(past);
        return say(cli, WORD_KEPT);
    }
    return undo_refuse(&error);
}

static int keep_run(struct cli *cli, uint64_t run)
{
    struct error error;
    struct past past;
    struct loop *loop = loop_new(&error);
    struct programs programs = {.loop = loop, .environment = cli->environment};
    bool opened = loop && past_open(&past, &programs, cli->registry, cli->state_folder, run,
                                    PAST_ALL, false, &error);
    int code = opened ? keep_past(cli, &past) : undo_refuse(&error);
    if (opened)
        past_close(&past);
    loop_free(&loop);
    return code;
}

static int run_keep(struct cli *cli, const struct options *options)
{
    struct error error;
    uint64_t run;
    if (!read_run(cli, options, &run, &error))
        return cli_refuse(&error);
    struct marker marker = undo_marker(cli);
    bool own = undo_is_own(cli, &marker);
    if (!run && marker.run && !marker.held && !own && may_decide(&marker))
        return forget(cli, &marker);
    if (!choose_run(cli, &marker, &run, &error))
        return undo_refuse(&error);
    if (run && own && marker.held && marker.run == run)
        return confirm(cli, marker);
    bool lost = marker.run && own && !marker.held && !journal_exists(cli->state_folder);
    if (lost && (!run || run == marker.run))
        return forget(cli, &marker);
    return run ? keep_run(cli, run) : say(cli, WORD_NOTHING_TO_KEEP);
}

static const struct option undo_options[] = {
    {"yes", 'y', NULL, {"without asking", "確認せずに元に戻す"}},
    {"unfinished",
     0,
     NULL,
     {"only a run that was cut off, if there is one", "途中で終了した実行がある場合だけ元に戻す"}},
    {"force",
     0,
     NULL,
     {"also what somebody has changed since", "その後に変更されたものも元に戻す"}},
    {0},
};

static const struct option keep_options[] = {{0}};

const struct command undo_command = {
    .name = "undo",
    .operands = "[RUN]",
    .summary = {"take back what a run changed", "実行による変更を元に戻す"},
    .options = undo_options,
    .unconfined = true,
    .run = run_undo,
};

const struct command keep_command = {
    .name = "keep",
    .operands = "[RUN]",
    .summary = {"leave the machine as an unfinished run left it",
                "中断した実行の変更をそのまま残す"},
    .options = keep_options,
    .unconfined = true,
    .run = run_keep,
};
