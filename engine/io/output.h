/* output: one file that a process can still write once it has given up writing files.
 *
 * output_open() forks a writer before that. It knows one path, takes bytes, and puts them there
 * once all have come; where none come there is no file, not even half of one. It does nothing else,
 * so what the right is worth to a process that was taken over is that one file.
 */
#ifndef PLAYBOOK_OUTPUT_H
#define PLAYBOOK_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "engine/base/error.h"

struct output {
    int end; /* of the socket to the writer; -1: none */
    pid_t writer;
};

/* `may` is asked now, and again before the file is put in place: may `path` be written? False with
 * `error` where it may not, or where its folder cannot be written. */
bool output_open(struct output *output, const char *path,
                 bool (*may)(void *context, const char *path, struct error *error), void *context,
                 struct error *error);

/* Once: writes the file whole (mode 0600, synced). */
bool output_write(struct output *output, const char *bytes, size_t length, struct error *error);

/* Nothing more is written; waits for the writer. An output that was never opened (`end` -1) is
 * accepted. */
void output_close(struct output *output);

#endif
