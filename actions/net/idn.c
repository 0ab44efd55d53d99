/* Names that are not ASCII, for DNS. libidn2 is loaded when it is needed, as glibc does it
 * (inet/idna.c): the program does not depend on it. idn2_lookup_u8(3). */
#include "actions/net/idn.h"

#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

enum { NFC_INPUT = 1 }; /* IDN2_NFC_INPUT of idn2.h: glibc's function implies it */

/* The helper's reply; the name follows MARK_WRITTEN. */
enum mark { MARK_MISSING = '!', MARK_NO_FORM = '?', MARK_WRITTEN = '=' };

static void *open_library(void)
{
    return dlopen("libidn2.so.0", RTLD_LAZY);
}

bool idn_installed(void)
{
    return open_library() != NULL;
}

bool idn_is_ascii(const char *name)
{
    while (*name && (unsigned char)*name < 0x80)
        name++;
    return !*name;
}

void idn_help(const void *input, size_t length, int out)
{
    char reply[1024] = {MARK_MISSING};
    char *ascii = NULL;
    void *library = open_library();
    int (*write_name)(const uint8_t *, uint8_t **, int) = NULL;
    if (length == 0 || ((const char *)input)[length - 1] != '\0')
        _exit(1);
    if (library)
        *(void **)&write_name = dlsym(library, "idn2_lookup_u8");
    if (write_name) {
        bool written = write_name(input, (uint8_t **)&ascii, NFC_INPUT) == 0 &&
                       strlen(ascii) < sizeof(reply) - 1;
        reply[0] = written ? MARK_WRITTEN : MARK_NO_FORM;
        if (written)
            memcpy(reply + 1, ascii, strlen(ascii));
    }
    if (write(out, reply, strlen(reply)) != (ssize_t)strlen(reply))
        _exit(1);
}

void idn_find(struct probe *probe, const char *name,
              void (*done)(struct probe *probe, const char *result, size_t length))
{
    if (idn_is_ascii(name)) {
        const char *reply = arena_format(probe_arena(probe), "%c%s", MARK_WRITTEN, name);
        done(probe, reply, strlen(reply));
    } else {
        probe_help(probe, name, strlen(name) + 1, done);
    }
}

void idn_unknown(struct probe *probe, bool installed)
{
    probe_unknown(probe, installed ? "the name has no form for DNS (IDNA 2008)"
                                   : "the C library needs libidn2 for international names: "
                                     "apt install libidn2-0");
}

bool idn_read(struct probe *probe, const char *result, size_t length, const char **ascii)
{
    if (!result || length == 0)
        probe_unknown(probe, "the helper that writes international names broke");
    else if (result[0] != MARK_WRITTEN)
        idn_unknown(probe, result[0] == MARK_NO_FORM);
    else
        *ascii = arena_copy(probe_arena(probe), result + 1, length - 1);
    return result && length > 0 && result[0] == MARK_WRITTEN;
}
