/* The program: finds the command, gathers what only the outside knows (environment, registry,
 * terminal), and turns its result into an exit code. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actions/registry.h"
#include "engine/cli/command.h"

extern const struct command probe_command;
extern char **environ;

const struct command *const commands[] = {&probe_command, NULL};

const char *cli_words(const struct cli *cli, struct words words)
{
    return text_equal(cli->language, "ja") ? words.ja : words.en;
}

int cli_refuse(const struct error *error)
{
    fprintf(stderr, "playbook: %s\n", error->message);
    if (error->hint[0])
        fprintf(stderr, "  %s\n", error->hint);
    return EXIT_INVALID;
}

int main(int argc, char **argv)
{
    struct cli cli = {.arena = arena_new(),
                      .registry = registry,
                      .language = "en",
                      .environment = (const char *const *)environ};
    struct error error;
    struct options options;
    if (argc < 2 || !options_read(cli.arena, commands[0]->options, (const char *const *)argv + 2,
                                  &options, &error))
        return 2;
    int code = commands[0]->run(&cli, &options);
    arena_free(&cli.arena);
    return code;
}
