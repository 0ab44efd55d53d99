/* What the next start of the machine runs when a run was cut off with it: a unit of systemd, or
 * `[boot] command` of /etc/wsl.conf where WSL runs no systemd and nobody has set one. Only root's
 * runs have it, and only those that change what outlives the kernel; everybody else is reminded by
 * the marker.
 *
 * Source: systemd.unit(5), systemd.service(5), sd_booted(3); learn.microsoft.com/windows/wsl/
 * wsl-config ("Boot settings").
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "engine/change/safeguard.h"
#include "engine/io/file.h"
#include "engine/io/machine.h"

#define UNIT     "playbook-undo.service"
#define UNITS    "/etc/systemd/system"
#define WANTS    UNITS "/multi-user.target.wants"
#define WSL_CONF "/etc/wsl.conf"
#define MADE_BY  "# Made by playbook while a run of it is not finished.\n"
#define ORDER    "undo --unfinished --yes"

enum { CONF_LIMIT = 1024 * 1024 };

static const char unit[] =
    MADE_BY "[Unit]\n"
            "Description=Take back what an unfinished run of playbook changed\n"
            "After=local-fs.target network.target ufw.service\n"
            "\n"
            "[Service]\n"
            "Type=oneshot\n"
            "ExecStart=%s " ORDER "\n";

/* The empty line is for a file whose last line ends in a backslash. */
static const char boot_command[] = "%.*s\n" MADE_BY "[boot]\ncommand=%s " ORDER "\n";

static const struct path_state missing = {.kind = PATH_MISSING};

const struct touch boot_touches[] = {{"boot-file", UNITS "/" UNIT},
                                     {"boot-file", WANTS "/" UNIT},
                                     {"boot-file", WSL_CONF},
                                     {NULL, NULL}};

/* This program by a name that systemd, a shell and wsl.conf read as nothing but letters; NULL. */
static const char *own_path(struct arena *arena)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-";
    const char *own = machine_program(arena);
    return own && !own[strspn(own, plain)] ? own : NULL;
}

static const struct change *first_durable(const struct change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!changes[i].kind->of_this_boot)
            return &changes[i];
    return NULL;
}

static void arm_unit(struct safeguards *safeguards, struct arena *arena,
                     const struct change *change, const char *own)
{
    const char *text = arena_format(arena, unit, own);
    const struct path_state file = {.kind = PATH_FILE, .bytes = text, .length = strlen(text)};
    const struct path_state link = {.kind = PATH_LINK, .target = "../" UNIT};
    file_safeguard(safeguards, arena, change, UNITS "/" UNIT, &missing, &file);
    file_safeguard(safeguards, arena, change, WANTS "/" UNIT, &missing, &link);
}

static void arm_command(struct safeguards *safeguards, struct arena *arena,
                        const struct change *change, const char *own)
{
    struct file_text conf;
    file_read(arena, WSL_CONF, CONF_LIMIT, &conf);
    if ((conf.code && conf.code != ENOENT) || (!conf.code && strcasestr(conf.bytes, "command")))
        return;
    const struct path_state before =
        conf.code
            ? missing
            : (struct path_state){.kind = PATH_FILE, .bytes = conf.bytes, .length = conf.length};
    const char *text =
        arena_format(arena, boot_command, (int)before.length, conf.code ? "" : conf.bytes, own);
    const struct path_state after = {.kind = PATH_FILE, .bytes = text, .length = strlen(text)};
    file_safeguard(safeguards, arena, change, WSL_CONF, &before, &after);
}

void boot_plan(struct safeguards *safeguards, struct arena *arena, const struct change *changes,
               size_t persist, size_t count)
{
    const struct change *durable = first_durable(changes, persist);
    const char *own = durable && geteuid() == 0 ? own_path(arena) : NULL;
    if (!own)
        return;
    if (access("/run/systemd/system", F_OK) == 0) {
        if (access(WANTS, W_OK) == 0)
            arm_unit(safeguards, arena, durable, own);
    } else if (machine_is_wsl2() && !changes_have(changes, count, WSL_CONF)) {
        arm_command(safeguards, arena, durable, own);
    }
}
