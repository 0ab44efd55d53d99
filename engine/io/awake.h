/* awake: waiting with an end, in seconds in which this process runs.
 *
 * A job that was stopped at its terminal (Ctrl-Z) goes on where it was: its deadlines have not
 * passed meanwhile. poll(2) counts such a stop, so it is asked for no more than a second at a time,
 * and the seconds are counted.
 */
#ifndef PLAYBOOK_AWAKE_H
#define PLAYBOOK_AWAKE_H

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

/* poll(2) for `seconds` at most: how many are ready, or 0. */
int awake_poll(struct pollfd *fds, nfds_t count, unsigned seconds);

/* Likewise of one descriptor: the events that are there, or 0. */
short awake_wait(int fd, short events, unsigned seconds);

/* Waits as long for this child to end, and reaps it. False: it has not ended. */
bool awake_reap(pid_t child, unsigned seconds, int *status);

/* Is that process stopped by a signal (proc_pid_stat(5), T)? */
bool is_stopped(pid_t pid);

#endif
