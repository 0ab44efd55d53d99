/* One fixed script (rescue.ps1) with validated values. What it restores: .wslconfig from the undo
 * file beside it, /etc/wsl.conf from the script itself, through a start in WSL's safe mode, which
 * runs no systemd and no boot command. Nothing here waits for the restart.
 *
 * Source: microsoft/WSL, src/linux/init/WslDistributionConfig.cpp (what safe mode turns off). */
#include "engine/change/rescue.h"

#include <string.h>

#include "engine/base/encoding.h"
#include "engine/change/snapshot.h"

/* CreateProcess takes 32767 characters: the script, its quotes doubled, and the file as base64. */
enum { CONF_LIMIT = 4096, START_TIMEOUT_S = 60 };

/* rescue.ps1, without comments and indentation. */
static const char body[] =
#include RESCUE_SCRIPT
    ;

/* Nothing that a shell or PowerShell reads as anything but a letter. */
static bool is_plain(const char *what, const char *value, const char *also, struct error *error)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t good = 0;
    while (value[good] && (strchr(letters, value[good]) || strchr(also, value[good])))
        good++;
    return (good > 0 && !value[good] && value[0] != '-') ||
           error_set(error, "%s '%s' cannot be passed to Windows", what, value);
}

/* The file as it was before the oldest of the changes that wait; NULL: it is not among them. */
static const struct snapshot *original_conf(const struct waits *waits)
{
    for (size_t i = 0; i < waits->count; i++)
        for (size_t j = 0; j < waits->items[i].persist; j++) {
            const struct change *change = &waits->items[i].changes[j];
            if (change->kind == &file_kind && text_equal(change->target, "/etc/wsl.conf"))
                return change->saved;
        }
    return NULL;
}

/* What a shell in the guest does to bring it back. */
static bool restore_conf(const struct rescue *rescue, struct arena *arena, const char **command,
                         struct error *error)
{
    const struct snapshot *conf = original_conf(rescue->waits);
    *command = "";
    if (!conf)
        return true;
    if (conf->target || conf->length > CONF_LIMIT)
        return error_set(error,
                         "'/etc/wsl.conf' is a link or has more than %d bytes: Windows "
                         "could not bring it back",
                         CONF_LIMIT);
    *command = conf->exists ? arena_format(arena, "echo %s | base64 -d > /etc/wsl.conf; sync",
                                           base64_encode(arena, conf->bytes, conf->length))
                            : "rm -f /etc/wsl.conf; sync";
    return true;
}

bool rescue_prepare(struct rescue *rescue, struct arena *arena, struct error *error)
{
    enum { PATIENCE_S = 120, LIMIT_S = 60 };
    const char *conf;
    struct text text = text_new(arena);
    if (!is_plain("the distribution", rescue->distro, "._-", error) ||
        !is_plain("the user", rescue->user, "._-", error) ||
        !is_plain("the path", rescue->binary, "/._-+", error) ||
        !restore_conf(rescue, arena, &conf, error))
        return false;
    text_format(&text,
                "$distro = '%s'; $user = '%s'; $binary = '%s'; $whole = $%s; $conf = '%s'; "
                "$patience = %d; $limit = %d\n%s",
                rescue->distro, rescue->user, rescue->binary, rescue->whole ? "true" : "false",
                conf, PATIENCE_S, LIMIT_S, body);
    rescue->script = text_string(&text);
    return true;
}

bool rescue_start(const struct rescue *rescue, struct arena *arena, const struct programs *programs,
                  struct error *error)
{
    struct text start = text_new(arena);
    text_add(&start, "Start-Process -WindowStyle Hidden powershell.exe -ArgumentList '-NoProfile "
                     "-NonInteractive -ExecutionPolicy Bypass -Command ");
    for (const char *at = rescue->script; *at; at++) {
        text_char(&start, *at);
        if (*at == '\'')
            text_char(&start, *at);
    }
    text_add(&start, "'");
    const char *const argv[] = {"powershell.exe",    "-NoProfile", "-NonInteractive",
                                "-ExecutionPolicy",  "Bypass",     "-Command",
                                text_string(&start), NULL};
    struct program program = {.argv = argv, .windows = true};
    struct program_result result =
        programs_wait(programs, arena, &program, loop_now() + SECONDS(START_TIMEOUT_S));
    if (result.failure)
        return error_set(error, "'powershell.exe' failed: %s", result.failure);
    return result.status == 0 ||
           error_set(error, "'powershell.exe' failed with status %d: %.*s", result.status,
                     (int)strcspn(result.errors, "\r\n"), result.errors);
}
