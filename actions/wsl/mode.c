/* The networking mode in effect: wslinfo asks WSL's init, which knows it; where there is no wslinfo
 * the interfaces are looked at. What .wslconfig asks for is another question (profile.c).
 * Source: microsoft/WSL, src/linux/init/wslinfo.cpp.
 */
#include "actions/wsl/mode.h"

#include <string.h>

#include "actions/wsl/network.h"
#include "actions/wsl/queries.h"

/* The word that wslinfo printed as the language's; NULL: none of them. */
static const char *known_word(const char *output)
{
    size_t length = strcspn(output, " \r\n");
    if (length == strlen(OLD_CONSOMME) && strncmp(output, OLD_CONSOMME, length) == 0)
        return "consomme";
    for (const char *const *word = networking_modes; *word; word++)
        if (strlen(*word) == length && strncmp(output, *word, length) == 0)
            return *word;
    return NULL;
}

static void answered(struct probe *probe, const struct program_result *result)
{
    struct guest *guest = guest_of(probe);
    if (!result->failure && result->status == 0)
        guest->mode = known_word(result->output);
    if (!guest->mode)
        guest->mode = network_mode();
    if (!guest->mode)
        guest->mode_reason =
            result->failure
                ? arena_format(probe_arena(probe),
                               "wslinfo cannot be asked (%s), and the interfaces do not tell",
                               result->failure)
                : "wslinfo does not tell, nor do the interfaces";
    guest->then(probe);
}

void mode_ask(struct probe *probe, void (*then)(struct probe *probe))
{
    guest_of(probe)->then = then;
    probe_run(probe, &(struct program){.argv = ask_wslinfo_mode}, answered);
}
