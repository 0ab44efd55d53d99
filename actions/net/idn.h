/* idn: the form in which a name goes over the wire.
 *
 *     idn_find(probe, name, found);                  found() may be called before this returns
 *     ... found(probe, result, length): idn_read(probe, result, length, &ascii)
 *
 * A name in ASCII is that form already. Others are written by libidn2, as glibc writes them, in a
 * helper that loads it (IDNA 2008).
 */
#ifndef PLAYBOOK_NET_IDN_H
#define PLAYBOOK_NET_IDN_H

#include "engine/action.h"

bool idn_is_ascii(const char *name);

void idn_find(struct probe *probe, const char *name,
              void (*done)(struct probe *probe, const char *result, size_t length));

/* The `help` of an action that calls idn_find() alone. */
void idn_help(const void *input, size_t length, int out);

/* False where there is no such form: the probe is then unknown, with the reason, and finished. */
bool idn_read(struct probe *probe, const char *result, size_t length, const char **ascii);

/* Whether the library is there that glibc needs for names that are not ASCII. */
bool idn_installed(void);

/* Finishes a probe whose name has no such form: because the library is missing, or has none. */
void idn_unknown(struct probe *probe, bool installed);

#endif
