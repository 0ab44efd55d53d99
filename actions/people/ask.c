/* ask: a question that only the person in front of the machine can answer. It asks yes or no, one
 * question at a time, and never stands for consent to a change. */
#include "engine/action.h"

static void replied(struct probe *probe, int yes)
{
    if (yes < 0)
        probe_unknown(probe, "there is no terminal to ask at");
    else
        probe_answer(probe, yes);
}

static void start(struct probe *probe)
{
    probe_ask(probe, probe_string(probe, "question"), replied);
}

static const struct argument arguments[] = {
    {.name = "question",
     .type = {.kind = KIND_STRING},
     .flags = ARGUMENT_WORDS,
     .doc = {"what to ask; a string or a map of languages",
             "尋ねる文。文字列、または言語ごとのマップ"}},
    {.name = NULL},
};

static const struct field fields[] = {{.name = NULL}};

const struct action ask_action = {
    .name = "ask",
    .role = ROLE_PROBE,
    .summary = {"ask the person a yes-or-no question",
                "利用者に「はい／いいえ」で答えられる質問をする"},
    .arguments = arguments,
    .fields = fields,
    .ok = {"the person says yes", "「はい」と答えた"},
    .costly = true,
    .start = start,
};
