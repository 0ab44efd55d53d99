#include "engine/cli/search.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/cli/shipped.h"
#include "engine/io/bounded.h"
#include "engine/io/file.h"
#include "engine/io/mounts.h"

enum { PLACES = 3 };

static size_t places(const struct cli *cli, const char *folders[PLACES])
{
    size_t count = 0;
    folders[count++] = "playbooks";
    if (cli->config_folder)
        folders[count++] = cli->config_folder;
    folders[count++] = "/etc/playbook";
    return count;
}

static bool has_suffix(const char *name)
{
    size_t length = strlen(name);
    return length > 4 && text_equal(name + length - 4, ".yml");
}

static const char *with_suffix(struct arena *arena, const char *name)
{
    return has_suffix(name) ? name : arena_format(arena, "%s.yml", name);
}

/* One file system did not answer: a playbook with many includes on it would wait for each. */
static bool is_given_up(const struct cli *cli, const char *path)
{
    return cli->silence && path_may_hang(path);
}

static bool look(struct cli *cli, struct arena *arena, const char *path, bounded_fn *work,
                 struct reading *result, struct error *error)
{
    if (is_given_up(cli, path)) {
        error_set(error, "'%s' was not looked at: the file system of another file does not answer",
                  path);
        error->code = ETIMEDOUT;
        return false;
    }
    bool done = bounded_look(arena, path, work, path, result, error);
    cli->silence = cli->silence || (!done && error->code == ETIMEDOUT);
    return done;
}

/* Whoever can write it could make root do what they like. */
static bool may_trust(const void *data, struct text *result, struct error *error)
{
    struct stat status;
    const char *path = data;
    (void)result;
    if (geteuid() != 0 || stat(path, &status) != 0 || !S_ISREG(status.st_mode) ||
        !(status.st_mode & (S_IWGRP | S_IWOTH)))
        return true;
    error_set(error, "'%s' is refused: others can write it, and this runs as root", path);
    error_hint(error, "chmod go-w '%s'", path);
    return false;
}

bool search_is_trusted(struct cli *cli, const char *path, struct error *error)
{
    return look(cli, cli->arena, path, may_trust, NULL, error);
}

/* Code ENOENT: it is not there, or cannot be reached. */
static bool read_trusted(const void *data, struct text *result, struct error *error)
{
    struct source source;
    const char *path = data;
    if (access(path, F_OK) != 0) {
        error_system(error, errno, "cannot open '%s'", path);
        error->code = ENOENT;
        return false;
    }
    if (!may_trust(path, result, error) || !source_read(result->arena, path, &source, error))
        return false;
    record_bytes(result, source.bytes, source.length);
    return true;
}

static bool read_file(struct cli *cli, struct arena *arena, const char *path, struct source *source,
                      struct error *error)
{
    struct reading reading;
    if (!look(cli, arena, path, read_trusted, &reading, error))
        return false;
    *source = (struct source){.path = arena_string(arena, path)};
    source->bytes = read_bytes(&reading, &source->length);
    return true;
}

static bool find_shipped(struct arena *arena, const char *name, struct source *source)
{
    const char *base = strrchr(name, '/');
    base = base ? base + 1 : name;
    size_t length = strlen(base) - (has_suffix(base) ? 4 : 0);
    for (size_t i = 0; shipped[i].name; i++) {
        if (strlen(shipped[i].name) != length || memcmp(shipped[i].name, base, length) != 0)
            continue;
        *source = (struct source){.path = arena_format(arena, "%s.yml", shipped[i].name),
                                  .bytes = shipped[i].text,
                                  .length = shipped[i].length,
                                  .shipped = true};
        return true;
    }
    return false;
}

static bool not_found(const struct cli *cli, const char *name, struct error *error)
{
    struct nearest nearest = {.wanted = name};
    for (size_t i = 0; shipped[i].name; i++)
        nearest_offer(&nearest, shipped[i].name);
    (void)cli;
    error_set(error, "cannot find the playbook '%s'", name);
    error->code = ENOENT;
    if (nearest.best)
        error_hint(error, "did you mean '%s'?", nearest.best);
    else
        error_hint(error, "'playbook list' shows what there is");
    return false;
}

/* A folder that does not answer is passed over for a name, and told: a network that is down must
 * not keep a person from the playbooks that repair it. */
static bool is_passed_over(const struct error *error)
{
    if (error->code == ETIMEDOUT)
        terminal_print(stderr, "playbook: %s\n", error->message);
    return error->code == ENOENT || error->code == ETIMEDOUT;
}

/* False with `error`, code ENOENT: no folder has it. */
static bool find_in_folders(struct cli *cli, struct arena *arena, const char *name,
                            struct source *source, struct error *error)
{
    const char *folders[PLACES];
    size_t count = places(cli, folders);
    for (size_t i = 0; i < count; i++) {
        const char *path = arena_format(arena, "%s/%s", folders[i], with_suffix(arena, name));
        if (is_given_up(cli, path))
            continue;
        if (read_file(cli, arena, path, source, error))
            return true;
        if (!is_passed_over(error))
            return false;
    }
    return not_found(cli, name, error);
}

bool search_find(void *context, struct arena *arena, const char *name, const struct source *from,
                 struct source *source, struct error *error)
{
    struct cli *cli = context;
    bool is_path = strchr(name, '/') && !from, is_name = !from && !is_path && !has_suffix(name);
    const char *beside = name;
    if (from && !from->shipped && name[0] != '/')
        beside = arena_format(arena, "%s/%s", path_folder(arena, from->path), name);
    if (!from || !from->shipped) {
        if (read_file(cli, arena, beside, source, error))
            return true;
        if (is_path || !(is_name ? is_passed_over(error) : error->code == ENOENT))
            return false;
    }
    return find_in_folders(cli, arena, name, source, error) ||
           (error->code == ENOENT && find_shipped(arena, name, source));
}

/* The names of the playbooks in it; none where it cannot be opened. */
static bool list_folder(const void *data, struct text *result, struct error *error)
{
    (void)error;
    DIR *folder = opendir(data);
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (has_suffix(entry->d_name))
            record_bytes(result, entry->d_name, strlen(entry->d_name) - 4);
    if (folder)
        closedir(folder);
    return true;
}

void search_each(struct cli *cli, void (*each)(void *context, const char *name, const char *place),
                 void *context)
{
    const char *folders[PLACES];
    size_t length, count = places(cli, folders);
    for (size_t i = 0; i < count; i++) {
        struct reading names;
        struct error error;
        if (!look(cli, cli->arena, folders[i], list_folder, &names, &error))
            cli_refuse(&error);
        for (const char *name; names.left && (name = read_bytes(&names, &length));)
            each(context, name, folders[i]);
    }
    for (size_t i = 0; shipped[i].name; i++)
        each(context, shipped[i].name, NULL);
}
