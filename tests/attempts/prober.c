/* prober SCENARIO: the process that looks, in somebody else's hands. It is confined as it always
 * is, says what it likes to the executor of a real run, and prints what it is told. The person
 * agrees to whatever is asked, after a moment. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actions/registry.h"
#include "engine/base/record.h"
#include "engine/change/executor.h"
#include "engine/change/message.h"
#include "engine/change/serve.h"
#include "engine/io/channel.h"
#include "engine/io/sandbox.h"

extern char **environ;

/* ---- the person, in the executor ---- */

struct reply {
    struct loop *loop;
    void (*done)(void *data, int yes);
    void *data;
    struct timer *timer;
};

static void agree(void *data)
{
    struct reply *reply = data;
    reply->timer = NULL;
    reply->done(reply->data, 1);
}

static bool ask(void *context, const char *question, void (*done)(void *data, int yes), void *data)
{
    struct reply *reply = context;
    (void)question;
    reply->done = done;
    reply->data = data;
    reply->timer = loop_timer(reply->loop, loop_now() + SECONDS(1) / 2, agree, reply);
    return true;
}

static void withdraw(void *context)
{
    struct reply *reply = context;
    loop_cancel(reply->loop, &reply->timer);
}

static const char *line(void *context, struct arena *arena, const char *question)
{
    (void)context;
    (void)arena;
    (void)question;
    return "a line";
}

static void show(void *context, const struct change *changes, size_t count, size_t persist)
{
    (void)context;
    (void)persist;
    for (size_t i = 0; i < count; i++)
        printf("shown: %s\n", changes[i].target);
    fflush(stdout);
}

static void warn(void *context, const char *message)
{
    (void)context;
    printf("warned: %s\n", message);
    fflush(stdout);
}

/* ---- what the prober says and hears ---- */

struct evil {
    struct channel *channel;
    struct arena *arena;
};

static void send_record(struct evil *evil, enum message_kind kind, const struct text *record)
{
    channel_send(evil->channel, kind, record->at, record->length, -1);
}

static struct text empty(struct evil *evil)
{
    struct text record = text_new(evil->arena);
    text_add(&record, "");
    return record;
}

/* The next answer of that kind. */
static struct reading hear(struct evil *evil, enum message_kind kind)
{
    struct message message;
    for (;;) {
        while (channel_take(evil->channel, &message))
            if (message.kind == kind)
                return (struct reading){.arena = evil->arena,
                                        .at =
                                            arena_copy(evil->arena, message.bytes, message.length),
                                        .left = message.length};
        if (channel_ended(evil->channel))
            exit(EXIT_FAILURE);
        channel_wait(evil->channel);
    }
}

static void say_reply(const char *what, struct reading reading)
{
    static const char *const names[] = {"done", "not", "half", "refused", "kept"};
    uint64_t applied = read_number(&reading);
    const char *message = read_string(&reading);
    printf("%s: %s %s\n", what, applied < 5 ? names[applied] : "?", message ? message : "");
    fflush(stdout);
}

static void ask_for(struct evil *evil, enum message_kind kind, const char *what)
{
    struct text record = empty(evil);
    send_record(evil, kind, &record);
    say_reply(what, hear(evil, TELL_REPLY));
}

static bool consents(struct evil *evil)
{
    static const char *const names[] = {[CONSENT_YES] = "yes",
                                        [CONSENT_NO] = "no",
                                        [CONSENT_NOT_ASKED] = "not asked",
                                        [CONSENT_UNSAVED] = "unsaved",
                                        [CONSENT_REFUSED] = "refused"};
    struct reading reading = hear(evil, TELL_CONSENT);
    uint64_t id = read_number(&reading), consent = read_number(&reading);
    const char *message = read_string(&reading);
    printf("plan %d: %s %s\n", (int)id, names[consent], message ? message : "");
    fflush(stdout);
    return consent == CONSENT_YES;
}

/* ---- plans ---- */

static void allow(struct evil *evil)
{
    static const char *const effects[] = {"link", "ufw", "hyperv", "wslconf", NULL};
    struct text record = empty(evil);
    record_strings(&record, effects);
    send_record(evil, ASK_ALLOW, &record);
}

static struct text offer(struct evil *evil, uint64_t id, const char *cause, uint64_t count,
                         uint64_t persist)
{
    struct text record = empty(evil);
    record_number(&record, id);
    record_string(&record, cause);
    record_number(&record, count);
    record_number(&record, persist);
    return record;
}

static void add_link(struct text *record, uint64_t before, uint64_t after)
{
    record_string(record, "link");
    record_string(record, "link.mtu");
    record_string(record, "probe0");
    record_number(record, before);
    record_number(record, after);
}

static void add_file(struct text *record, const char *action, const char *path)
{
    record_string(record, "file");
    record_string(record, action);
    record_string(record, path);
    record_string(record, path);
    record_number(record, PATH_MISSING);
    record_bytes(record, "", 0);
    record_string(record, NULL);
    record_number(record, PATH_FILE);
    record_bytes(record, "evil\n", 5);
    record_string(record, NULL);
}

static void add_ufw(struct text *record, const char *const *argv, const char *const *undo,
                    const char *file)
{
    const char *const touches[] = {file, NULL};
    record_string(record, "command");
    record_string(record, "ufw.allow");
    record_string(record, "ufw");
    record_strings(record, argv);
    record_strings(record, undo);
    record_strings(record, touches);
}

static void add_windows(struct text *record, const char *look)
{
    const char *const texts[] = {"no rule x",
                                 "Inbound Allow port 3000, enabled True",
                                 "Remove-NetFirewallHyperVRule -Name 'x'",
                                 "Remove-NetFirewallHyperVRule -Name 'x'",
                                 look,
                                 NULL};
    record_string(record, "windows");
    record_string(record, "hyperv.allow");
    record_string(record, "Hyper-V firewall");
    record_strings(record, texts);
    record_number(record, 0);
    record_number(record, 1);
}

static const char *const allow_port[] = {"ufw", "allow", "proto", "tcp",  "from", "10.0.0.0/8",
                                         "to",  "any",   "port",  "3000", NULL};
static const char *const elsewhere[] = {
    "ufw a/program", "proto", "tcp", "from", "10.0.0.0/8", "to", "any", "port", "3000", NULL};
static const char *const reset[] = {"ufw", "--force", "reset", NULL};

/* One link, agreed to and applied. */
static bool apply_link(struct evil *evil, uint64_t count)
{
    struct text record = offer(evil, 1, "cause", count, 1);
    add_link(&record, 1500, 1400);
    if (count > 1)
        add_link(&record, 1400, 1300);
    send_record(evil, ASK_OFFER, &record);
    if (!consents(evil))
        return false;
    ask_for(evil, ASK_APPLY, "apply");
    return true;
}

/* ---- scenarios ---- */

/* A second plan while the first is being asked about: that one alone may be applied. */
static void another(struct evil *evil)
{
    struct text shown = offer(evil, 1, "cause", 1, 1), hidden = offer(evil, 2, "cause", 1, 1);
    add_link(&shown, 1500, 1400);
    add_file(&hidden, "wslconf.set", "/etc/wsl.conf");
    send_record(evil, ASK_OFFER, &shown);
    send_record(evil, ASK_OFFER, &hidden);
    while (!consents(evil))
        continue;
    ask_for(evil, ASK_APPLY, "apply");
    ask_for(evil, ASK_KEEP, "keep");
}

/* What no fix declares: a path, an undo, files that are saved, a script that looks, a plan without
 * a cause, more changes than there are, a program that is two words. */
static void undeclared(struct evil *evil)
{
    struct text plans[] = {offer(evil, 1, "cause", 1, 1), offer(evil, 2, "cause", 1, 1),
                           offer(evil, 3, "cause", 1, 1), offer(evil, 4, "cause", 1, 1),
                           offer(evil, 5, NULL, 1, 1),    offer(evil, 6, "cause", 1, 1000),
                           offer(evil, 7, "cause", 1, 1)};
    add_file(&plans[0], "wslconf.set", "/etc/cron.d/evil");
    add_ufw(&plans[1], allow_port, reset, "/etc/ufw/user.rules");
    add_ufw(&plans[2], allow_port, allow_port, "/etc/shadow");
    add_windows(&plans[3], "Remove-Item -Recurse $env:USERPROFILE");
    add_link(&plans[4], 1500, 1400);
    add_link(&plans[5], 1500, 1400);
    add_ufw(&plans[6], elsewhere, elsewhere, "/etc/ufw/user.rules");
    for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
        send_record(evil, ASK_OFFER, &plans[i]);
        consents(evil);
        ask_for(evil, ASK_APPLY, "apply");
    }
}

/* The second time would save what the first has made as the state before. */
static void twice(struct evil *evil)
{
    if (!apply_link(evil, 2))
        return;
    ask_for(evil, ASK_PERSIST, "persist");
    ask_for(evil, ASK_PERSIST, "persist");
    ask_for(evil, ASK_UNDO, "undo");
}

/* Nobody can verify what is applied, and nobody ends. */
static void silent(struct evil *evil)
{
    if (apply_link(evil, 1))
        channel_close(&evil->channel);
    for (;;)
        pause();
}

/* A line and a question at the same time. */
static void line_in_between(struct evil *evil)
{
    struct text question = empty(evil), second = empty(evil);
    record_number(&question, 1);
    record_string(&question, "May I?");
    record_string(&second, "name");
    send_record(evil, ASK_PERSON, &question);
    send_record(evil, ASK_LINE, &second);
    struct reading reading = hear(evil, TELL_REPLY);
    printf("line: %s\n", read_string(&reading) ? "typed" : "none");
    reading = hear(evil, TELL_ANSWERED);
    printf("answered: %d\n", read_number(&reading) == 1);
}

/* How much of an output the executor keeps in its memory. */
static void greedy(struct evil *evil)
{
    static const char *const endless[] = {"sh", "-c", "head -c 300000000 /dev/zero", NULL};
    struct text record = empty(evil);
    size_t length;
    record_number(&record, 1);
    record_string(&record, "command");
    record_strings(&record, endless);
    record_number(&record, 0);
    record_number(&record, UINT64_MAX);
    send_record(evil, ASK_RUN, &record);
    struct reading reading = hear(evil, TELL_ENDED);
    read_number(&reading);
    read_string(&reading);
    read_number(&reading);
    read_bytes(&reading, &length);
    printf("kept: %s\n", length <= 16 * 1024 * 1024 ? "little" : "all");
}

static void signals(struct evil *evil)
{
    (void)evil;
    printf("signal: %s\n", kill(getppid(), SIGUSR1) == 0 ? "sent" : "refused");
}

static const struct {
    const char *name;
    void (*play)(struct evil *evil);
} scenarios[] = {
    {"another", another},      {"undeclared", undeclared}, {"twice", twice},     {"silent", silent},
    {"line", line_in_between}, {"greedy", greedy},         {"signals", signals},
};

_Noreturn static void be_prober(int end, const char *name)
{
    struct sandbox_state state;
    struct error error = {0};
    struct evil evil = {.arena = arena_new(), .channel = channel_open(end)};
    if (!sandbox_enter(SANDBOX_PROBER, 0, &state, &error))
        exit(EXIT_FAILURE);
    allow(&evil);
    for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
        if (strcmp(scenarios[i].name, name) == 0)
            scenarios[i].play(&evil);
    exit(EXIT_SUCCESS);
}

int main(int count, char **arguments)
{
    struct error error;
    int ends[2];
    struct reply reply = {.loop = loop_new(&error)};
    if (count != 2 || !reply.loop || !loop_catch_signals(reply.loop, &error) ||
        !channel_pair(ends, &error))
        return 2;
    pid_t prober = fork();
    if (prober == 0) {
        close(ends[0]);
        be_prober(ends[1], arguments[1]);
    }
    close(ends[1]);
    struct serve served = {
        .programs = {.loop = reply.loop, .environment = (const char *const *)environ},
        .registry = registry,
        .person = {&reply, ask, withdraw, line, show, NULL, warn},
        .question = "Apply?",
        .ledger = {.folder = "/var/lib/playbook",
                   .registry = registry,
                   .environment = (const char *const *)environ,
                   .playbook = "evil.yml",
                   .command = "evil"},
    };
    int status = serve(&served, ends[0], prober);
    loop_free(&reply.loop);
    return status != 0;
}
