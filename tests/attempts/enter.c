/* enter PROGRAM ARGUMENT…: PROGRAM as a playbook's command check starts it, without a playbook; the
 * layers that hold are told on standard error. */
#include <stdio.h>
#include <unistd.h>

#include "engine/io/sandbox.h"

int main(int count, char **arguments)
{
    struct sandbox_state state;
    struct error error = {0};
    if (count < 2) {
        fputs("usage: enter PROGRAM ARGUMENT…\n", stderr);
        return 2;
    }
    closefrom(3);
    setsid();
    if (!sandbox_enter(SANDBOX_PROGRAM, 0, &state, &error)) {
        fprintf(stderr, "enter: %s\n", error.message);
        return 125;
    }
    fprintf(stderr, "Landlock ABI %u, seccomp %s\n", state.landlock_abi,
            state.seccomp ? "yes" : "no");
    execvp(arguments[1], arguments + 1);
    perror("enter: cannot start the program");
    return 127;
}
