#include "engine/cli/search.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/limits.h"
#include "engine/cli/shipped.h"
#include "engine/io/bounded.h"
#include "engine/io/file.h"
#include "engine/io/mounts.h"
#include "engine/io/trust.h"

enum { PLACES = 2 };

static const char *const endings[] = {".yml", ".yaml", NULL};

static size_t places(const struct cli *cli, const char *folders[PLACES])
{
    size_t count = 0;
    if (cli->config_folder)
        folders[count++] = cli->config_folder;
    folders[count++] = "/etc/playbook";
    return count;
}

/* The length of the name without its ending; all of it where it has none. */
static size_t stem_length(const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; endings[i]; i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && text_equal(name + length - ending, endings[i]))
            return length - ending;
    }
    return length;
}

static bool has_ending(const char *name)
{
    return name[stem_length(name)] != '\0';
}

/* One file system did not answer: a playbook with many includes on it would wait for each. */
static bool is_given_up(const struct cli *cli, const char *path)
{
    return cli->silence && path_may_hang(path);
}

static bool look(struct cli *cli, struct arena *arena, const char *path, bounded_fn *work,
                 const void *data, struct reading *result, struct error *error)
{
    if (is_given_up(cli, path)) {
        error_set(error, "'%s' was not looked at: the file system of another file does not answer",
                  path);
        error->code = ETIMEDOUT;
        return false;
    }
    bool done = bounded_look(arena, path, work, data, result, error);
    cli->silence = cli->silence || (!done && error->code == ETIMEDOUT);
    return done;
}

struct wanted {
    const char *path;
    uid_t caller;
    size_t limit;
};

static bool read_trusted(const void *data, struct text *result, struct error *error)
{
    const struct wanted *wanted = data;
    struct file_text file;
    int fd = trust_open(result->arena, wanted->path, wanted->caller, error);
    if (fd < 0)
        return false;
    file_read_open(result->arena, fd, wanted->path, wanted->limit, &file);
    close(fd);
    if (file.code)
        return error_set(error, "%s", file.reason);
    record_bytes(result, file.bytes, file.length);
    return true;
}

bool search_read(struct cli *cli, struct arena *arena, const char *path, size_t limit,
                 const char **bytes, size_t *length, struct error *error)
{
    const struct wanted wanted = {path, cli->caller, limit};
    struct reading reading;
    if (!look(cli, arena, path, read_trusted, &wanted, &reading, error))
        return false;
    *bytes = read_bytes(&reading, length);
    return true;
}

static bool read_file(struct cli *cli, struct arena *arena, const char *path, struct source *source,
                      struct error *error)
{
    *source = (struct source){.path = arena_string(arena, path)};
    return search_read(cli, arena, path, LIMIT_FILE_BYTES, &source->bytes, &source->length, error);
}

static bool is_missing(const struct error *error)
{
    return error->code == ENOENT || error->code == ENOTDIR;
}

static bool find_shipped(struct arena *arena, const char *name, struct source *source)
{
    for (size_t i = 0; shipped[i].name; i++) {
        if (!text_equal(shipped[i].name, name))
            continue;
        *source = (struct source){.path = arena_format(arena, "%s.yml", shipped[i].name),
                                  .bytes = shipped[i].text,
                                  .length = shipped[i].length,
                                  .shipped = true};
        return true;
    }
    return false;
}

static bool not_found(const char *name, struct error *error)
{
    struct nearest nearest = {.wanted = name};
    for (size_t i = 0; shipped[i].name; i++)
        nearest_offer(&nearest, shipped[i].name);
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
    return is_missing(error) || error->code == ETIMEDOUT;
}

/* False with `error`, code ENOENT: no folder has it. */
static bool find_in_folders(struct cli *cli, struct arena *arena, const char *name,
                            struct source *source, struct error *error)
{
    const char *folders[PLACES];
    size_t count = places(cli, folders);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; endings[j]; j++) {
            const char *path = arena_format(arena, "%s/%s%s", folders[i], name, endings[j]);
            if (is_given_up(cli, path))
                continue;
            if (read_file(cli, arena, path, source, error))
                return true;
            if (!is_passed_over(error))
                return false;
        }
    error->code = ENOENT;
    return false;
}

static bool seek(struct cli *cli, struct arena *arena, const char *name, struct source *source,
                 struct error *error)
{
    const char *stem = arena_copy(arena, name, stem_length(name));
    if (find_in_folders(cli, arena, stem, source, error))
        return true;
    return error->code == ENOENT && (find_shipped(arena, stem, source) || not_found(name, error));
}

bool search_find(void *context, struct arena *arena, const char *name, const struct source *from,
                 struct source *source, struct error *error)
{
    struct cli *cli = context;
    bool slash = strchr(name, '/');
    if ((!slash && !has_ending(name)) || (from && from->shipped))
        return seek(cli, arena, name, source, error);
    const char *path = from ? path_beside(arena, from->path, name) : name;
    if (read_file(cli, arena, path, source, error))
        return true;
    bool elsewhere = is_missing(error) && (!slash || (from && name[0] != '/'));
    return elsewhere && seek(cli, arena, name, source, error);
}

/* The names of the playbooks in it; none where it cannot be opened. */
static bool list_folder(const void *data, struct text *result, struct error *error)
{
    (void)error;
    DIR *folder = opendir(data);
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (has_ending(entry->d_name))
            record_bytes(result, entry->d_name, stem_length(entry->d_name));
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
        if (!look(cli, cli->arena, folders[i], list_folder, folders[i], &names, &error))
            cli_refuse(&error);
        for (const char *name; names.left && (name = read_bytes(&names, &length));)
            each(context, name, folders[i]);
    }
    for (size_t i = 0; shipped[i].name; i++)
        each(context, shipped[i].name, NULL);
}
