/* ini: the grammar of .wslconfig and wsl.conf, as WSL's own parser reads it.
 *
 * One parser, two error policies: in .wslconfig a bad line is skipped, in wsl.conf it ends the
 * reading. What stands below such a line is still listed, marked dead, so that a person can be
 * told. This module knows lines, not keys: which names exist and what their values mean is
 * settings.h.
 *
 * Source: microsoft/WSL, src/shared/configfile/configfile.cpp. Everything returned lives in the
 * arena; offsets count bytes of the file, lines count from 1 as an editor does.
 */
#ifndef PLAYBOOK_WSL_INI_H
#define PLAYBOOK_WSL_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/action.h"

/* INI_WSLCONFIG is read by Windows (BOM, UTF-16LE, CRLF, Ctrl-Z, the low 8 bits of a value's
 * characters), INI_WSLCONF by the guest's init (bytes as they are). */
enum ini_file { INI_WSLCONFIG, INI_WSLCONF };

/* A `key = value` line that WSL takes as one. */
struct ini_entry {
    const char *name;  /* as WSL looks it up: "wsl2.memory"; "memory" outside every section */
    const char *key;   /* as written: "memory" */
    const char *value; /* without quotes, escapes and edge blanks */
    unsigned line;
    bool dead;       /* below the line at which WSL stops */
    size_t start;    /* first byte of the line */
    size_t from, to; /* the value as written, edge blanks left out */
    size_t comment;  /* the `#` of an inline comment; `end` without one */
    size_t end;      /* behind the line end */
};

/* A `[section]` line. */
struct ini_header {
    const char *name; /* NULL: spoiled, it does not begin a section */
    unsigned line;
    bool dead;
    size_t start, end;
};

/* What WSL rejects as a line. */
struct ini_message {
    const char *text;
    const char *name; /* of the key whose value spoiled the line; NULL: not that far */
    unsigned line;
};

/* A comment that looks like a setting or a header that was switched off. */
struct ini_remark {
    const char *name; /* as it would be looked up; of a header the section's name */
    bool header;
    unsigned line;
};

struct ini {
    enum ini_file file;
    bool wide; /* UTF-16LE */
    bool crlf; /* the first line ends in CRLF; without any line end: what the file's world uses */
    unsigned stopped; /* the line at which WSL stops reading; 0: none */
    size_t begin;     /* behind the byte order mark */
    size_t end;       /* where WSL sees the end: the file's, or a Ctrl-Z */
    const struct ini_entry *entries;
    size_t entry_count;
    const struct ini_header *headers;
    size_t header_count;
    const struct ini_message *messages;
    size_t message_count;
    const struct ini_remark *remarks;
    size_t remark_count;
};

const struct ini *ini_parse(struct arena *arena, enum ini_file file, const char *bytes,
                            size_t length);

#endif
