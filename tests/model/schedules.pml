/* Part of revert.pml with -DSCHEDULES: the search notes at which moments the disturbances came and prints
 * each schedule with its outcome, in the numbers that `run` turns into the words of the file schedules. */

#define AT_LOCKED 0
#define AT_MARKED 1
#define AT_OPENED 2
#define AT_GUARDED 3
#define AT_ARMED 4
#define AT_VERIFIED 5
#define AT_WAITING 6
#define AT_CLOSED 7
#define AT_EMPTIED 8
#define AT_DISARMED 9
#define AT_SETTLED 10
#define AT_CONFIRMED 11
#define AT_INTENT 12 /* + the thing, in these and those below */
#define AT_HALF 14
#define AT_WRITTEN 16
#define AT_DONE 18
#define AT_UNDOING 20
#define AT_UNDONE 22
#define AT_DIFFERS 24

#define KILL_RUN 1
#define KILL_GUARD 2
#define KILL_BOOT 3
#define KILL_COMMAND 4
#define PLAYBOOK_UNDO 5
#define PLAYBOOK_KEEP 6
#define TERMINATE 7
#define RESTART 8
#define EDIT 9 /* + the thing */
#define EDIT_BACK 11
#define KILL_PROGRAM 12
#define TAKE_TOO_LONG 13

#define VERIFIES 1
#define FAILS 2
#define WAITS 3
#define HANGS 4

byte way;                 /* how the run goes, when nothing disturbs it */
byte moment;              /* the last one that was reached */
byte noted[2], event[2];  /* the disturbances: when, and what */
byte quiet_state, quiet[2]; /* when all were quiet, before the next command */

#define GOES(one) (way == one)
#define AT(agent, step) moment = 32 * (agent) + (step)

/* Replayed are two disturbances at two moments, and a kill of the run and its guard at one. */
#define MAY(disturbance)                                                                            \
    (budget > 0 && disturbance <= EDIT &&                                                           \
     (event[0] == 0 || moment != noted[0] || (event[0] == KILL_RUN && disturbance == KILL_GUARD)))
#define NOTE(disturbance)                                                                           \
    noted[2 - budget] = moment;                                                                     \
    event[2 - budget] = disturbance;                                                                \
    budget--

inline report(end)
{
    if
    :: end == 0 -> quiet_state = state[1]; quiet[0] = mem[0]; quiet[1] = mem[1]
    :: else ->
        c_code {
            printf("S %d %d %d %d %d %d %d %d %d %d %d\n", now.way, now.noted[0], now.event[0],
                   now.noted[1], now.event[1], now.quiet_state, now.quiet[0], now.quiet[1],
                   now.state[1], now.mem[0], now.mem[1]);
        }
    fi
}

#define REPORT(end) report(end)
