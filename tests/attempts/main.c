/* attempts FOLDER TERMINAL SERVICE VICTIM PORT: each attempt in a child, one line each:
 *     NUMBER<tab>CLASS<tab>NAME<tab>EXPECTED<tab>OUTCOME
 * where EXPECTED is "refused" or "open" and OUTCOME "done", "refused ERRNO" or "other ERRNO".
 * Outside a sandbox this changes what it is told of and nothing else: what could do more has wrong
 * arguments on purpose. Judging is the business of tests/escape. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/attempts/attempts.h"

enum { PATIENCE_S = 5, TIMED_OUT = 254 };

const char *inside(const struct target *target, const char *name)
{
    static char path[4096];
    snprintf(path, sizeof(path), "%s/%s", target->folder, name);
    return path;
}

/* 0, or the errno. */
static int try(const struct attempt *attempt, const struct target *target)
{
    pid_t child = fork();
    if (child == 0) {
        alarm(PATIENCE_S);
        errno = 0;
        _exit(attempt->run(target) < 0 ? (errno ? errno : EINVAL) : 0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) < 0 || !WIFEXITED(status))
        return TIMED_OUT;
    return WEXITSTATUS(status);
}

static void say(int number, const struct attempt *attempt, const struct target *target)
{
    int code = try(attempt, target);
    bool refused = code == EPERM || code == EACCES || code == ENOSYS;
    /* Wrong arguments that the kernel looks at are as good as right ones. */
    const char *outcome = code == 0 || (attempt->wrong && !refused) ? "done"
                          : refused                                 ? "refused"
                                                                    : "other";
    printf("%d\t%s\t%s\t%s\t%s %s\n", number, attempt->class, attempt->name,
           attempt->expected == REFUSED ? "refused" : "open", outcome,
           code == TIMED_OUT ? "time"
           : code            ? strerrorname_np(code)
                             : "");
    fflush(stdout);
}

int main(int count, char **arguments)
{
    if (count != 6) {
        fputs("usage: attempts FOLDER TERMINAL SERVICE VICTIM PORT\n", stderr);
        return 2;
    }
    struct target target = {.folder = arguments[1],
                            .terminal = arguments[2],
                            .service = arguments[3],
                            .victim = (pid_t)atoi(arguments[4]),
                            .port = atoi(arguments[5])};
    char file[4096];
    snprintf(file, sizeof(file), "%s/file", target.folder);
    target.file = file;
    const struct attempt *const groups[] = {file_attempts, service_attempts, attribute_attempts,
                                            system_attempts, process_attempts};
    int number = 0;
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        for (const struct attempt *attempt = groups[i]; attempt->name; attempt++)
            say(++number, attempt, &target);
    return 0;
}
