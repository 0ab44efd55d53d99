#include "engine/cli/search.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/cli/shipped.h"
#include "engine/io/file.h"

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

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* Whoever can write it could make root do what they like. */
bool search_is_trusted(const char *path, struct error *error)
{
    struct stat status;
    if (geteuid() != 0 || stat(path, &status) != 0 || !S_ISREG(status.st_mode) ||
        !(status.st_mode & (S_IWGRP | S_IWOTH)))
        return true;
    error_set(error, "'%s' is refused: others can write it, and this runs as root", path);
    error_hint(error, "chmod go-w '%s'", path);
    return false;
}

static bool read_file(struct arena *arena, const char *path, struct source *source,
                      struct error *error)
{
    return search_is_trusted(path, error) && source_read(arena, path, source, error);
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

bool search_find(void *context, struct arena *arena, const char *name, const struct source *from,
                 struct source *source, struct error *error)
{
    const struct cli *cli = context;
    const char *folders[PLACES];
    size_t count = places(cli, folders);
    const char *beside = name;
    if (from && !from->shipped && name[0] != '/')
        beside = arena_format(arena, "%s/%s", path_folder(arena, from->path), name);
    if ((!from || !from->shipped) && exists(beside))
        return read_file(arena, beside, source, error);
    if (strchr(name, '/') && !from)
        return read_file(arena, name, source, error);
    for (size_t i = 0; i < count; i++) {
        const char *path = arena_format(arena, "%s/%s", folders[i], with_suffix(arena, name));
        if (exists(path))
            return read_file(arena, path, source, error);
    }
    return find_shipped(arena, name, source) || not_found(cli, name, error);
}

void search_each(const struct cli *cli,
                 void (*each)(void *context, const char *name, const char *place), void *context)
{
    const char *folders[PLACES];
    size_t count = places(cli, folders);
    for (size_t i = 0; i < count; i++) {
        DIR *folder = opendir(folders[i]);
        if (!folder)
            continue;
        for (struct dirent *entry; (entry = readdir(folder));)
            if (has_suffix(entry->d_name))
                each(context, arena_copy(cli->arena, entry->d_name, strlen(entry->d_name) - 4),
                     folders[i]);
        closedir(folder);
    }
    for (size_t i = 0; shipped[i].name; i++)
        each(context, shipped[i].name, NULL);
}
