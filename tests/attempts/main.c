/* attempts FOLDER TERMINAL SERVICE VICTIM PORT PLACE: each attempt in a child, one line each:
 *     NUMBER<tab>CLASS<tab>NAME<tab>EXPECTED<tab>OUTCOME
 * where EXPECTED is "refused" or "open" and OUTCOME "done", "refused ERRNO" or "other ERRNO". They
 * go to standard output and, after a line with PLACE, to the port, since the network stays open.
 * Outside a sandbox this changes what it is told of and nothing else: what could do more has wrong
 * arguments on purpose. Judging is the business of tests/escape. */
#include <arpa/inet.h>
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

static void say(FILE *report, int number, const struct attempt *attempt,
                const struct target *target)
{
    int code = try(attempt, target);
    bool refused = code == EPERM || code == EACCES || code == ENOSYS;
    /* Wrong arguments that the kernel looks at are as good as right ones. */
    const char *outcome = code == 0 || (attempt->wrong && !refused) ? "done"
                          : refused                                 ? "refused"
                                                                    : "other";
    const char *why = code == TIMED_OUT ? "time" : code ? strerrorname_np(code) : "";
    FILE *const readers[] = {stdout, report};
    for (size_t i = 0; i < 2; i++) {
        fprintf(readers[i], "%d\t%s\t%s\t%s\t%s %s\n", number, attempt->class, attempt->name,
                attempt->expected == REFUSED ? "refused" : "open", outcome, why);
        fflush(readers[i]);
    }
}

/* Of the victim, who is another one after a restart: its number lies in a file. */
static pid_t number_in(const char *path)
{
    int number = 0;
    FILE *file = fopen(path, "r");
    if (!file || fscanf(file, "%d", &number) != 1 || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
    return number;
}

/* At the end, since a descriptor that is open would be one more thing to attempt something on.
 * Outside a sandbox the network may be gone by then. */
static int send_report(int port, const char *report, size_t length)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    alarm(PATIENCE_S);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        write(fd, report, length) != (ssize_t)length) {
        perror("attempts: the port");
        return 1;
    }
    return 0;
}

int main(int count, char **arguments)
{
    if (count != 7) {
        fputs("usage: attempts FOLDER TERMINAL SERVICE VICTIM PORT PLACE\n", stderr);
        return 2;
    }
    struct target target = {.folder = arguments[1],
                            .terminal = arguments[2],
                            .service = arguments[3],
                            .victim = number_in(arguments[4]),
                            .port = atoi(arguments[5])};
    char file[4096];
    snprintf(file, sizeof(file), "%s/file", target.folder);
    target.file = file;
    char *text = NULL;
    size_t length = 0;
    FILE *report = open_memstream(&text, &length);
    if (!report)
        return 1;
    fprintf(report, "%s\n", arguments[6]);
    const struct attempt *const groups[] = {file_attempts, service_attempts, attribute_attempts,
                                            system_attempts, process_attempts};
    int number = 0;
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        for (const struct attempt *attempt = groups[i]; attempt->name; attempt++)
            say(report, ++number, attempt, &target);
    return send_report(target.port, text, length);
}
