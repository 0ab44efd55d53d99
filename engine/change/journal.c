#include "engine/change/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/io/bounded.h"
#include "engine/io/machine.h"

#define NAME "journal.db"

enum { BUSY_MS = 5000, SCHEMA = 1 };

struct journal {
    int folder; /* -1: not open */
    sqlite3 *base;
    const char *path;
    struct arena *arena;
};

static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE run (id INTEGER PRIMARY KEY, started INTEGER NOT NULL, playbook TEXT NOT NULL,"
    " command TEXT NOT NULL, boot TEXT NOT NULL, state INTEGER NOT NULL, free INTEGER NOT NULL);"
    "CREATE TABLE entry (id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run,"
    " change BLOB NOT NULL, saved BLOB NOT NULL, boot TEXT NOT NULL, state INTEGER NOT NULL,"
    " wait INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE wait (id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL REFERENCES run,"
    " record BLOB NOT NULL);"
    "PRAGMA user_version = 1;"
    "COMMIT";

const char *run_state_name(enum run_state state)
{
    static const char *const names[] = {[RUN_OPEN] = "open",
                                        [RUN_KEPT] = "kept",
                                        [RUN_UNDONE] = "undone",
                                        [RUN_PENDING] = "pending",
                                        [RUN_FAILED] = "failed"};
    return state <= RUN_FAILED ? names[state] : "?";
}

bool run_is_settled(enum run_state state)
{
    return state == RUN_KEPT || state == RUN_UNDONE;
}

static bool refuse(const struct journal *journal, struct error *error)
{
    int code = sqlite3_system_errno(journal->base);
    error_set(error, "the journal '%s' fails: %s%s%s", journal->path, sqlite3_errmsg(journal->base),
              code ? ": " : "", code ? strerror(code) : "");
    error->code = code;
    int result = sqlite3_errcode(journal->base) & 0xff;
    if (result == SQLITE_NOTADB || result == SQLITE_CORRUPT)
        error_hint(error, "move it away to begin a new one; what earlier runs changed is then not "
                          "known any more");
    return false;
}

static bool execute(struct journal *journal, const char *sql, struct error *error)
{
    return sqlite3_exec(journal->base, sql, NULL, NULL, NULL) == SQLITE_OK ||
           refuse(journal, error);
}

/* ---- open ---- */

/* Every folder on the way that is missing; only the last is private. */
static bool make_folder(const char *folder, struct error *error)
{
    char path[4096];
    size_t length = strlen(folder);
    if (length >= sizeof(path))
        return error_system(error, ENAMETOOLONG, "cannot make '%s'", folder);
    memcpy(path, folder, length + 1);
    if (access(folder, F_OK) == 0)
        return true;
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (access(path, F_OK) != 0 && mkdir(path, 0755) != 0 && errno != EEXIST)
            return error_system(error, errno, "cannot make '%s'", path);
        *slash = '/';
    }
    return mkdir(folder, 0700) == 0 || errno == EEXIST ||
           error_system(error, errno, "cannot make '%s'", folder);
}

/* -1: it cannot be read. A negative one is nobody's: newer than all. */
static int version(struct journal *journal)
{
    sqlite3_stmt *statement;
    int found = -1;
    if (sqlite3_prepare_v2(journal->base, "PRAGMA user_version", -1, &statement, NULL) != SQLITE_OK)
        return -1;
    if (sqlite3_step(statement) == SQLITE_ROW)
        found = sqlite3_column_int(statement, 0);
    bool strange = sqlite3_finalize(statement) == SQLITE_OK && found < 0;
    return strange ? INT_MAX : found;
}

/* What it says will be written over files: only one's own is believed. */
static bool is_own(const char *what, const char *path, const struct stat *status,
                   struct error *error)
{
    if (status->st_uid == geteuid() && !(status->st_mode & (S_IWGRP | S_IWOTH)))
        return true;
    error_set(error, "%s '%s' can be written by others", what, path);
    error_hint(error, "it is not used: look at it, then move it away");
    return false;
}

/* Nobody else can change what is in it from here on. */
static bool open_folder(struct journal *journal, const char *folder, struct error *error)
{
    struct stat status;
    journal->folder = open(folder, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (journal->folder < 0 && errno == ENOENT)
        return error_system(error, ENOENT, "there is no journal '%s'", journal->path);
    if (journal->folder < 0 || fstat(journal->folder, &status) != 0)
        return error_system(error, errno, "cannot open the folder '%s' of the journal", folder);
    return is_own("the folder of the journal", folder, &status, error);
}

/* Not by a descriptor of its own: closing that would drop SQLite's locks (fcntl(2)). */
static bool is_own_file(const struct journal *journal, struct error *error)
{
    struct stat status;
    if (fstatat(journal->folder, NAME, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return error_system(error, errno, "there is no journal '%s'", journal->path);
    if (!S_ISREG(status.st_mode) || status.st_nlink != 1)
        return error_set(error, "the journal '%s' is no file of its own", journal->path);
    return is_own("the journal", journal->path, &status, error);
}

/* SQLite takes a path. Does it still lead to the folder that was opened? */
static bool leads_there(const struct journal *journal, const char *folder, struct error *error)
{
    struct stat opened, there;
    return (fstat(journal->folder, &opened) == 0 && lstat(folder, &there) == 0 &&
            opened.st_dev == there.st_dev && opened.st_ino == there.st_ino) ||
           error_set(error, "the folder '%s' of the journal was replaced", folder);
}

static bool set_up(struct journal *journal, bool write, struct error *error)
{
    sqlite3_busy_timeout(journal->base, BUSY_MS);
    int found = version(journal);
    if (found < 0)
        return refuse(journal, error);
    if (found > SCHEMA) {
        error_set(error, "the journal '%s' is of a newer playbook", journal->path);
        error_hint(error, "use that one");
        return false;
    }
    if (found == 0 && !write) {
        error_set(error, "the journal '%s' is empty", journal->path);
        error->code = ENOENT;
        return false;
    }
    return (!write ||
            execute(journal, "PRAGMA journal_mode=DELETE; PRAGMA synchronous=EXTRA", error)) &&
           (found == SCHEMA || execute(journal, schema, error));
}

/* SQLite waits for its file system as long as that likes. */
static bool answers(const char *folder, struct error *error)
{
    struct arena *arena ARENA_AUTO = arena_new();
    return path_answers(arena_format(arena, "%s/journal.db", folder), error);
}

bool journal_exists(const char *folder)
{
    struct arena *arena ARENA_AUTO = arena_new();
    struct stat status;
    struct error silence;
    return answers(folder, &silence) &&
           lstat(arena_format(arena, "%s/" NAME, folder), &status) == 0 &&
           S_ISREG(status.st_mode) && status.st_uid == geteuid();
}

bool journal_has_home(const char *folder, struct error *error)
{
    if (folder)
        return answers(folder, error);
    error_set(error, "there is no home to keep a journal in");
    error_hint(error, "set HOME or XDG_STATE_HOME to an absolute path");
    return false;
}

/* SQLite follows no link on the way: the links above the folder are resolved before. */
static bool open_file(struct journal *journal, const char *folder, bool write, struct error *error)
{
    /* Also who only reads rolls back what a crash left behind. */
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | (write ? SQLITE_OPEN_CREATE : 0);
    char *real = realpath(folder, NULL);
    if (!real)
        return error_system(error, errno, "cannot find the folder '%s' of the journal", folder);
    const char *path = arena_format(journal->arena, "%s/" NAME, real);
    bool opened = leads_there(journal, real, error) &&
                  (sqlite3_open_v2(path, &journal->base, flags, NULL) == SQLITE_OK ||
                   refuse(journal, error)) &&
                  is_own_file(journal, error) && leads_there(journal, real, error);
    free(real);
    return opened;
}

struct journal *journal_open(const char *folder, bool write, struct error *error)
{
    struct arena *arena = arena_new();
    struct journal *journal = arena_alloc(arena, sizeof(*journal));
    *journal = (struct journal){
        .folder = -1, .arena = arena, .path = arena_format(arena, "%s/" NAME, folder)};
    mode_t mask = umask(0077);
    bool made = answers(folder, error) && (!write || make_folder(folder, error)) &&
                open_folder(journal, folder, error) && (write || is_own_file(journal, error)) &&
                open_file(journal, folder, write, error) && set_up(journal, write, error);
    umask(mask);
    if (!made)
        journal_close(&journal);
    return journal;
}

void journal_close(struct journal **journal)
{
    struct journal *closed = *journal;
    *journal = NULL;
    if (!closed)
        return;
    sqlite3_close(closed->base);
    if (closed->folder >= 0)
        close(closed->folder);
    struct arena *arena = closed->arena;
    arena_free(&arena);
}

/* ---- writing ---- */

static sqlite3_stmt *prepare(struct journal *journal, const char *sql, struct error *error)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(journal->base, sql, -1, &statement, NULL) != SQLITE_OK)
        refuse(journal, error);
    return statement;
}

static bool finish(struct journal *journal, sqlite3_stmt *statement, struct error *error)
{
    bool done = sqlite3_step(statement) == SQLITE_DONE;
    if (!done)
        refuse(journal, error);
    sqlite3_finalize(statement);
    return done;
}

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

static void bind_record(sqlite3_stmt *statement, int at, const struct text *record)
{
    sqlite3_bind_blob64(statement, at, text_string(record), record->length, SQLITE_STATIC);
}

uint64_t journal_next(struct journal *journal, struct error *error)
{
    sqlite3_stmt *statement = prepare(journal, "SELECT coalesce(max(id), 0) + 1 FROM run", error);
    uint64_t next = 0;
    if (!statement)
        return 0;
    if (sqlite3_step(statement) == SQLITE_ROW)
        next = (uint64_t)sqlite3_column_int64(statement, 0);
    else
        refuse(journal, error);
    sqlite3_finalize(statement);
    return next;
}

bool journal_begin(struct journal *journal, struct journal_run *run, struct error *error)
{
    sqlite3_stmt *statement = prepare(journal,
                                      "INSERT INTO run (started, playbook, command, boot, state, "
                                      "free, id) VALUES (?,?,?,?,?,?,?)",
                                      error);
    if (!statement)
        return false;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    run->started = (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
    sqlite3_bind_int64(statement, 1, run->started);
    bind_text(statement, 2, run->playbook);
    bind_text(statement, 3, run->command);
    bind_text(statement, 4, run->boot);
    sqlite3_bind_int(statement, 5, run->state);
    sqlite3_bind_int(statement, 6, run->free);
    sqlite3_bind_int64(statement, 7, (sqlite3_int64)run->id);
    return finish(journal, statement, error);
}

bool journal_set_run(struct journal *journal, uint64_t run, enum run_state state,
                     struct error *error)
{
    sqlite3_stmt *statement = prepare(journal, "UPDATE run SET state = ? WHERE id = ?", error);
    if (!statement)
        return false;
    sqlite3_bind_int(statement, 1, state);
    sqlite3_bind_int64(statement, 2, (sqlite3_int64)run);
    return finish(journal, statement, error);
}

bool journal_reopen(struct journal *journal, uint64_t run, struct error *error)
{
    struct arena *arena ARENA_AUTO = arena_new();
    return execute(
        journal,
        arena_format(arena,
                     "BEGIN IMMEDIATE;"
                     "UPDATE entry SET state = %d WHERE run = %llu AND state IN (%d, %d);"
                     "UPDATE run SET state = %d WHERE id = %llu;"
                     "DELETE FROM wait WHERE run = %llu;"
                     "COMMIT",
                     ENTRY_DONE, (unsigned long long)run, ENTRY_KEPT, ENTRY_WAITING, RUN_OPEN,
                     (unsigned long long)run, (unsigned long long)run),
        error);
}

static struct text saved_record(const struct change *change, struct arena *arena)
{
    struct text record = text_new(arena);
    text_add(&record, "");
    if (change->kind->write_saved)
        change->kind->write_saved(change, &record);
    return record;
}

bool journal_intend(struct journal *journal, uint64_t run, struct change *change,
                    struct error *error)
{
    struct arena *arena ARENA_AUTO = arena_new();
    sqlite3_stmt *statement = prepare(
        journal, "INSERT INTO entry (run, change, saved, boot, state) VALUES (?,?,?,?,?)", error);
    if (!statement)
        return false;
    struct text planned = text_new(arena), saved = saved_record(change, arena);
    change_write(change, &planned);
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)run);
    bind_record(statement, 2, &planned);
    bind_record(statement, 3, &saved);
    bind_text(statement, 4, machine_boot_id(arena));
    sqlite3_bind_int(statement, 5, ENTRY_INTENDED);
    bool done = finish(journal, statement, error);
    change->entry = (uint64_t)sqlite3_last_insert_rowid(journal->base);
    return done;
}

bool journal_set_entry(struct journal *journal, const struct change *change, enum entry_state state,
                       struct error *error)
{
    struct arena *arena ARENA_AUTO = arena_new();
    sqlite3_stmt *statement =
        prepare(journal, "UPDATE entry SET state = ?, saved = ? WHERE id = ?", error);
    if (!statement)
        return false;
    struct text saved = saved_record(change, arena);
    sqlite3_bind_int(statement, 1, state);
    bind_record(statement, 2, &saved);
    sqlite3_bind_int64(statement, 3, (sqlite3_int64)change->entry);
    return finish(journal, statement, error);
}

/* A statement of numbers. */
static bool change_rows(struct journal *journal, const char *sql, const uint64_t *numbers,
                        size_t count, struct error *error)
{
    sqlite3_stmt *statement = prepare(journal, sql, error);
    if (!statement)
        return false;
    for (size_t i = 0; i < count; i++)
        sqlite3_bind_int64(statement, (int)i + 1, (sqlite3_int64)numbers[i]);
    return finish(journal, statement, error);
}

bool journal_begin_step(struct journal *journal, struct error *error)
{
    return execute(journal, "BEGIN IMMEDIATE", error);
}

bool journal_end_step(struct journal *journal, bool done, struct error *error)
{
    struct error none;
    if (done && execute(journal, "COMMIT", error))
        return true;
    execute(journal, "ROLLBACK", &none);
    return false;
}

bool journal_keep(struct journal *journal, uint64_t run, uint64_t wait, enum run_state state,
                  struct error *error)
{
    const uint64_t done[] = {ENTRY_KEPT, run, ENTRY_DONE};
    const uint64_t waited[] = {ENTRY_KEPT, wait, ENTRY_WAITING};
    return journal_begin_step(journal, error) &&
           journal_end_step(
               journal,
               change_rows(journal, "UPDATE entry SET state = ? WHERE run = ? AND state = ?", done,
                           3, error) &&
                   change_rows(journal, "UPDATE entry SET state = ? WHERE wait = ? AND state = ?",
                               waited, 3, error) &&
                   change_rows(journal, "DELETE FROM wait WHERE id = ?", &wait, 1, error) &&
                   journal_set_run(journal, run, state, error),
               error);
}

static bool insert_wait(struct journal *journal, uint64_t run, const struct text *record,
                        uint64_t *wait, struct error *error)
{
    sqlite3_stmt *statement =
        prepare(journal, "INSERT INTO wait (run, record) VALUES (?,?)", error);
    if (!statement)
        return false;
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)run);
    bind_record(statement, 2, record);
    bool done = finish(journal, statement, error);
    *wait = (uint64_t)sqlite3_last_insert_rowid(journal->base);
    return done;
}

static bool give_to_wait(struct journal *journal, uint64_t run, uint64_t wait, struct error *error)
{
    const uint64_t numbers[] = {ENTRY_WAITING, wait, run, ENTRY_DONE};
    return change_rows(journal, "UPDATE entry SET state = ?, wait = ? WHERE run = ? AND state = ?",
                       numbers, 4, error);
}

bool journal_wait(struct journal *journal, uint64_t run, const struct text *record,
                  struct error *error)
{
    uint64_t wait;
    return journal_begin_step(journal, error) &&
           journal_end_step(journal,
                            insert_wait(journal, run, record, &wait, error) &&
                                give_to_wait(journal, run, wait, error) &&
                                journal_set_run(journal, run, RUN_PENDING, error),
                            error);
}

bool journal_end_wait(struct journal *journal, uint64_t wait, struct error *error)
{
    const uint64_t numbers[] = {ENTRY_DONE, wait, ENTRY_WAITING};
    return journal_begin_step(journal, error) &&
           journal_end_step(
               journal,
               change_rows(journal, "UPDATE entry SET state = ? WHERE wait = ? AND state = ?",
                           numbers, 3, error) &&
                   change_rows(journal, "DELETE FROM wait WHERE id = ?", &wait, 1, error),
               error);
}

bool journal_end_waits(struct journal *journal, uint64_t run, struct error *error)
{
    return change_rows(journal, "DELETE FROM wait WHERE run = ?", &run, 1, error);
}

/* ---- reading ---- */

static const char *column_text(struct arena *arena, sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    return text ? arena_string(arena, (const char *)text) : NULL;
}

static struct reading column_record(struct arena *arena, sqlite3_stmt *statement, int column)
{
    const void *bytes = sqlite3_column_blob(statement, column);
    size_t length = (size_t)sqlite3_column_bytes(statement, column);
    return (struct reading){
        .arena = arena, .at = arena_copy(arena, bytes ? bytes : "", length), .left = length};
}

static bool refuse_row(const struct journal *journal, const char *what, sqlite3_stmt *statement,
                       struct error *error)
{
    error_set(error, "%s %lld of the journal '%s' cannot be read", what,
              (long long)sqlite3_column_int64(statement, 0), journal->path);
    error_hint(error, "another playbook may have written it; moved away, the journal begins anew");
    return false;
}

static bool read_run(const struct journal *journal, struct arena *arena, sqlite3_stmt *statement,
                     struct journal_run *run, struct error *error)
{
    int state = sqlite3_column_int(statement, 5);
    *run = (struct journal_run){.id = (uint64_t)sqlite3_column_int64(statement, 0),
                                .started = sqlite3_column_int64(statement, 1),
                                .playbook = column_text(arena, statement, 2),
                                .command = column_text(arena, statement, 3),
                                .boot = column_text(arena, statement, 4),
                                .free = sqlite3_column_int(statement, 6) != 0};
    if (state < RUN_OPEN || state > RUN_FAILED || !run->playbook || !run->command || !run->boot)
        return refuse_row(journal, "run", statement, error);
    run->state = (enum run_state)state;
    return true;
}

bool journal_runs(struct journal *journal, struct arena *arena, struct journal_run **runs,
                  size_t *count, struct error *error)
{
    sqlite3_stmt *statement = prepare(
        journal,
        "SELECT id, started, playbook, command, boot, state, free FROM run ORDER BY id DESC",
        error);
    *runs = NULL;
    *count = 0;
    if (!statement)
        return false;
    int step;
    bool read = true;
    while (read && (step = sqlite3_step(statement)) == SQLITE_ROW) {
        *runs = arena_grow(arena, *runs, *count, sizeof(**runs));
        read = read_run(journal, arena, statement, &(*runs)[*count], error);
        *count += read;
    }
    if (read && step != SQLITE_DONE)
        read = refuse(journal, error);
    sqlite3_finalize(statement);
    return read;
}

bool journal_run(struct journal *journal, struct arena *arena, uint64_t id, struct journal_run *run,
                 struct error *error)
{
    struct journal_run *runs;
    size_t count;
    if (!journal_runs(journal, arena, &runs, &count, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        *run = runs[i];
        if (id ? runs[i].id == id : runs[i].state != RUN_UNDONE)
            return true;
    }
    if (id)
        error_set(error, "there is no run %llu in '%s'", (unsigned long long)id, journal->path);
    else
        error_set(error, "there is nothing to undo");
    error->code = ENOENT;
    return false;
}

static enum change_state state_of(enum entry_state state)
{
    if (state == ENTRY_UNDONE)
        return CHANGE_UNDONE;
    bool whole = state == ENTRY_DONE || state == ENTRY_KEPT || state == ENTRY_WAITING;
    return whole ? CHANGE_DONE : CHANGE_FAILED;
}

static bool read_entry(struct journal *journal, const struct action *const *registry,
                       struct arena *arena, sqlite3_stmt *statement, const char *boot,
                       struct journal_entry *entry, struct error *error)
{
    struct reading planned = column_record(arena, statement, 1);
    struct reading saved = column_record(arena, statement, 2);
    struct change *change = &entry->change;
    const char *made_in = column_text(arena, statement, 3);
    int state = sqlite3_column_int(statement, 4);
    if (!made_in || state < ENTRY_INTENDED || state > ENTRY_WAITING ||
        !change_read(change, registry, &planned) || !reading_whole(&planned) ||
        (change->kind->read_saved && !change->kind->read_saved(change, &saved)) ||
        !reading_whole(&saved) || !change_is_possible(change))
        return refuse_row(journal, "entry", statement, error);
    change->entry = (uint64_t)sqlite3_column_int64(statement, 0);
    change->restarted = !text_equal(made_in, boot);
    entry->state = (enum entry_state)state;
    entry->wait = (uint64_t)sqlite3_column_int64(statement, 5);
    change->state = state_of(entry->state);
    return true;
}

bool journal_entries(struct journal *journal, const struct action *const *registry,
                     struct arena *arena, uint64_t run, struct journal_entry **entries,
                     size_t *count, struct error *error)
{
    sqlite3_stmt *statement = prepare(
        journal, "SELECT id, change, saved, boot, state, wait FROM entry WHERE run = ? ORDER BY id",
        error);
    *entries = NULL;
    *count = 0;
    if (!statement)
        return false;
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)run);
    const char *boot = machine_boot_id(arena);
    int step;
    bool read = true;
    while (read && (step = sqlite3_step(statement)) == SQLITE_ROW) {
        *entries = arena_grow(arena, *entries, *count, sizeof(**entries));
        read = read_entry(journal, registry, arena, statement, boot, &(*entries)[*count], error);
        *count += read;
    }
    if (read && step != SQLITE_DONE)
        read = refuse(journal, error);
    sqlite3_finalize(statement);
    return read;
}

bool journal_waits(struct journal *journal, struct arena *arena, uint64_t run,
                   struct journal_wait **waits, size_t *count, struct error *error)
{
    sqlite3_stmt *statement =
        prepare(journal, "SELECT id, record FROM wait WHERE run = ? ORDER BY id", error);
    *waits = NULL;
    *count = 0;
    if (!statement)
        return false;
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)run);
    int step;
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
        *waits = arena_grow(arena, *waits, *count, sizeof(**waits));
        (*waits)[(*count)++] =
            (struct journal_wait){.id = (uint64_t)sqlite3_column_int64(statement, 0),
                                  .record = column_record(arena, statement, 1)};
    }
    bool read = step == SQLITE_DONE || refuse(journal, error);
    sqlite3_finalize(statement);
    return read;
}
