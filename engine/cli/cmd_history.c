/* playbook history: the runs that changed something, newest first. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/encoding.h"
#include "engine/change/journal.h"
#include "engine/cli/undo.h"
#include "engine/report/jsonify.h"
#include "engine/report/words.h"
#include "engine/run/result.h"

static const char *local_time(struct arena *arena, int64_t nanoseconds)
{
    char text[64];
    struct tm parts;
    time_t seconds = (time_t)(nanoseconds / NS_PER_S);
    if (!localtime_r(&seconds, &parts) ||
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts) == 0)
        return "?";
    return arena_string(arena, text);
}

/* Not the safeguards, which come and go with each run. */
static const char *targets(struct arena *arena, const struct journal_entry *entries, size_t count)
{
    struct text text = text_new(arena);
    for (size_t i = 0; i < count; i++) {
        if (entries[i].change.kind->safeguard)
            continue;
        text_add(&text, text.length ? ", " : "");
        text_escaped(&text, entries[i].change.target, false);
    }
    return text_string(&text);
}

static void print_run(struct cli *cli, const struct journal_run *run,
                      const struct journal_entry *entries, size_t count)
{
    struct text name = text_new(cli->arena);
    text_escaped(&name, run->playbook, false);
    terminal_print(stdout, "%4llu  %s  %-8s  %-16s  %s\n", (unsigned long long)run->id,
                   local_time(cli->arena, run->started), run_state_name(run->state),
                   text_string(&name), targets(cli->arena, entries, count));
}

static json_t *json_run(const struct journal_run *run, const struct journal_entry *entries,
                        size_t count)
{
    static const char *const states[] = {
        [ENTRY_INTENDED] = "intended", [ENTRY_DONE] = "done",     [ENTRY_KEPT] = "kept",
        [ENTRY_UNDOING] = "undoing",   [ENTRY_UNDONE] = "undone", [ENTRY_FAILED] = "failed",
        [ENTRY_WAITING] = "waiting"};
    json_t *changes = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(changes,
                              json_pack("{s:s,s:o,s:s,s:b}", "kind", entries[i].change.kind->name,
                                        "target", jsonify_text(entries[i].change.target), "state",
                                        states[entries[i].state], "of_this_boot",
                                        entries[i].change.kind->of_this_boot));
    return json_pack("{s:I,s:f,s:o,s:o,s:s,s:b,s:o}", "run", (json_int_t)run->id, "started",
                     (double)run->started / NS_PER_S, "playbook", jsonify_text(run->playbook),
                     "command", jsonify_text(run->command), "state", run_state_name(run->state),
                     "confined", !run->free, "changes", changes);
}

static bool print_all(struct cli *cli, struct journal *journal, bool json, struct error *error)
{
    struct journal_run *runs;
    size_t count;
    json_t *array = json_array();
    bool read = journal_runs(journal, cli->arena, &runs, &count, error);
    bool whole = read;
    for (size_t i = 0; read && i < count; i++) {
        struct journal_entry *entries;
        size_t entry_count;
        if (!journal_entries(journal, cli->registry, cli->arena, runs[i].id, &entries, &entry_count,
                             error))
            whole = false; /* the other runs are shown all the same */
        if (json)
            json_array_append_new(array, json_run(&runs[i], entries, entry_count));
        else
            print_run(cli, &runs[i], entries, entry_count);
    }
    if (read && json && !jsonify_print(stdout, array))
        whole = error_set(error, "cannot write the history");
    json_decref(array);
    return whole;
}

static int run_history(struct cli *cli, const struct options *options)
{
    struct error error = {0};
    if (!options_alone(options, "history", &error))
        return cli_refuse(&error);
    undo_remind(cli);
    bool json = options_has(options, "json");
    struct journal *journal =
        cli->state_folder ? journal_open(cli->state_folder, false, &error) : NULL;
    if (!journal && (!cli->state_folder || error.code == ENOENT)) {
        terminal_print(stdout, "%s\n", json ? "[]" : word(cli->language, WORD_NO_HISTORY));
        return EXIT_OK;
    }
    bool printed = journal && print_all(cli, journal, json, &error);
    journal_close(&journal);
    if (printed)
        return EXIT_OK;
    return undo_refuse(&error);
}

static const struct option options[] = {
    {"json", 0, NULL, {"one JSON document on standard output", "結果をJSONで標準出力に出す"}},
    {0},
};

const struct command history_command = {
    .name = "history",
    .operands = "",
    .summary = {"list the runs that changed something", "変更を行った実行の一覧を表示する"},
    .options = options,
    .unconfined = true,
    .run = run_history,
};
