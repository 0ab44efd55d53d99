/* The protocol of changes that revert by themselves, for an exhaustive search with spin. README.md says
 * it in words; `run` searches all of it, and again with each rule broken (-DBREAK_...).
 *
 * Things: 0 is durable (a file: a value in memory, and one on the disk, which a restart leaves), 1 is of
 * this boot (the MTU of a link). Every change passes through MIX: its program can be killed half way.
 * Time is left out: a deadline may pass at any moment. The journal's commits are atomic and durable
 * (SQLite, synchronous=FULL). A comparison and the first write after it are one step: nothing can be
 * done against somebody who edits by hand, without the lock, between the two. */

#ifndef RUNS
#define RUNS 1 /* 2: another run may come at any moment */
#endif

/* Who can hold the lock: the executors of the runs, their guards, the boot unit, a command. */
#define RUN(r) (r)
#define GUARD(r) (2 + (r))
#define BOOT 5
#define COMMAND 6
#define AGENTS 7

/* Values of a thing. LOOK: what the next boot gave, by chance the same as what the run wrote. */
#define OLD 0
#define NEW(r) (r)
#define MIX(r) (2 + (r))
#define OTHER 5
#define FRESH 6
#define LOOK 7

/* The journal: states of a change ... */
#define NONE 0
#define INTENT 1
#define DONE 2
#define UNDOING 3
#define UNDONE 4
#define DIFFERS 5
#define VOID 6

/* ... and of a run. */
#define OPEN 1
#define KEPT 2
#define TAKEN_BACK 3
#define FAILED 4

/* What a program was started for, and why it did not do it. */
#define APPLY 0
#define UNDO 1
#define FORCE 2
#define MOVED 1
#define KILLED 2

byte mem[2];       /* the things */
byte disk;         /* of thing 0, what was last made durable */
bool half_written; /* since then */
byte state[RUNS + 1], row[2 * RUNS + 2], saved[2 * RUNS + 2];
bool this_boot[RUNS + 1]; /* the journal's boot id of the run is this boot's */
byte marker, marker_disk; /* the run that it names, 0: empty */
bool unit, unit_disk;     /* the boot unit is armed */
byte lock;                /* flock(2): who holds it, 0: nobody */

bool on[AGENTS], dead[AGENTS]; /* it runs; it was killed */
byte program[AGENTS];          /* that it started: 0 none, 1 about to write, 2 half way */
byte job[AGENTS], which[AGENTS], stopped[AGENTS];

bool settled[RUNS + 1], eof[RUNS + 1]; /* the pipe from an executor to its guard */
bool waiting[RUNS + 1], confirmed[RUNS + 1];
bool boot_due;    /* the guest has started with the unit armed */
byte last;        /* the next command, when all is quiet: 1 due, 2 given */
bool hung[RUNS + 1];

/* For the properties alone. */
bool verified[RUNS + 1], wanted[RUNS + 1], proved[RUNS + 1]; /* what a kept run needs */
bool kept[RUNS + 1], ordered[RUNS + 1]; /* it was kept once; a person undoes it */
bool guarded[RUNS + 1];                 /* its guard was started */
bool alone[RUNS + 1];                   /* neither guard nor unit will come */
bool touched;                           /* an edit by hand, or a program killed */

/* The properties: constants, never set, so that a failed assertion says its name. */
bit one_writer, intent_is_durable, armed_before_change, never_late, foreign_is_safe, kept_stays,
    kept_is_proved, settled_is_durable, marker_tells, reverts_alone, ends_whole, lock_is_free,
    handed_over_with_reason, keep_tells_truth;

#define CLAIM(name, holds) assert((holds) || name)

#ifndef BUDGET
#define BUDGET 3
#endif
byte budget = BUDGET; /* disturbances that may still come */

#ifdef SCHEDULES
#include "schedules.pml"
#else
#define AT(agent, step)
#define NOTE(disturbance) budget--
#define MAY(disturbance) (budget > 0)
#define REPORT(end)
#define GOES(way) true
#endif

#ifdef WITHOUT_UNIT /* no systemd, or not root: the next command has to do */
#define UNIT_ARMED true
#else
#define UNIT_ARMED (unit && unit_disk)
#endif

#define ROW(r, i) (2 * (r) + (i))
#define CLOSED_ROW(r, i)                                                                            \
    (row[ROW(r, i)] == NONE || row[ROW(r, i)] == UNDONE || row[ROW(r, i)] == VOID)
#define IS_MIX(r, i) (mem[i] == MIX(r) && (row[ROW(r, i)] == INTENT || row[ROW(r, i)] == UNDOING))
#define AS_LEFT(r, i) (mem[i] == NEW(r) || mem[i] == LOOK || IS_MIX(r, i))
#ifdef BREAK_BOOT_ID
#define IS_VOID(r, i) false
#else
#define IS_VOID(r, i) (i == 1 && !this_boot[r])
#endif
#define CAN_UNDO(r, i)                                                                              \
    (CLOSED_ROW(r, i) || IS_VOID(r, i) || mem[i] == saved[ROW(r, i)] || AS_LEFT(r, i))
#define OURS(r, value) ((value) == NEW(r) || (value) == MIX(r))
#define UNFINISHED(r) (state[r] == OPEN || state[r] == FAILED)
#define PROGRAMS                                                                                    \
    ((program[1] > 0) + (program[2] > 0) + (program[3] > 0) + (program[4] > 0) + (program[5] > 0) + \
     (program[6] > 0))
#if RUNS > 1
#define SOME_OPEN (state[1] == OPEN || state[2] == OPEN)
#define BOTH_RUNS(action) action(1); action(2)
#else
#define SOME_OPEN (state[1] == OPEN)
#define BOTH_RUNS(action) action(1)
#endif

/* Before the first change is recorded, nothing that comes from outside can matter. */
#define BEGUN (state[1] != NONE)

inline sync(i)
{
#ifdef BREAK_NO_SYNC
    skip
#else
    if
    :: i == 0 -> disk = mem[0]; half_written = false
    :: else
    fi
#endif
}

/* The end of a process. Its program inherited the lock and goes on; the executor's end of the pipe closes. */
inline bury(agent)
{
    on[agent] = false;
    if
#ifdef BREAK_PROGRAM_LOCK
    :: lock == agent -> lock = 0
#else
    :: lock == agent && program[agent] == 0 -> lock = 0
#endif
    :: else
    fi;
    if
    :: agent <= RUNS ->
        eof[agent] = true; hung[agent] = false; waiting[agent] = false; confirmed[agent] = false;
        verified[agent] = false; wanted[agent] = false; proved[agent] = false
    :: else
    fi
}

inline kill(agent)
{
    dead[agent] = true; stopped[agent] = 0;
    bury(agent);
    if
    :: agent > 2 && agent <= 2 + RUNS -> alone[agent - 2] = true
    :: agent == BOOT -> alone[1] = true; alone[RUNS] = true
    :: else
    fi
}

/* Programs: they change things, and outlive who started them. */

inline end_program(agent, why)
{
    program[agent] = 0; job[agent] = 0; which[agent] = 0;
    if
    :: !dead[agent] -> stopped[agent] = why
    :: dead[agent] && lock == agent -> lock = 0
    :: else
    fi
}

#ifdef BREAK_COMPARE_ONCE
#define FITS(r, i, what) true
#else
#define FITS(r, i, what)                                                                            \
    (what == FORCE || (what == APPLY && mem[i] == saved[ROW(r, i)]) || (what == UNDO && AS_LEFT(r, i)))
#endif

inline begin_write(agent, r, i, what)
{
    if
    :: !FITS(r, i, what) -> end_program(agent, MOVED)
    :: else ->
        CLAIM(one_writer, lock == agent && PROGRAMS == 1);
        if
        :: what == APPLY ->
            CLAIM(intent_is_durable, row[ROW(r, i)] == INTENT && state[r] == OPEN);
            CLAIM(armed_before_change, UNIT_ARMED && guarded[r]);
            CLAIM(foreign_is_safe, mem[i] == saved[ROW(r, i)])
        :: else ->
            CLAIM(never_late, (state[r] == OPEN || agent == COMMAND) && mem[i] != LOOK);
            CLAIM(kept_stays, !kept[r] || ordered[r]);
            CLAIM(foreign_is_safe, what == FORCE || OURS(r, mem[i]))
        fi;
        AT(agent, AT_HALF + i);
        mem[i] = MIX(r);
        half_written = half_written || i == 0;
        program[agent] = 2
    fi
}

inline end_write(agent, r, i, what)
{
    CLAIM(one_writer, lock == agent && PROGRAMS == 1);
    if
    :: what == APPLY -> mem[i] = NEW(r)
    :: else -> mem[i] = saved[ROW(r, i)]
    fi;
    AT(agent, AT_WRITTEN + i);
    end_program(agent, 0)
}

proctype programs(byte agent)
{
end:
    do
    :: atomic { program[agent] == 1 -> begin_write(agent, (which[agent] / 2), (which[agent] % 2), job[agent]) }
    :: atomic { program[agent] == 2 -> end_write(agent, (which[agent] / 2), (which[agent] % 2), job[agent]) }
    od
}

inline start(agent, r, i, what)
{
    atomic { which[agent] = ROW(r, i); job[agent] = what; program[agent] = 1 };
    program[agent] == 0
}

/* Undo: by the executor itself, its guard, the boot unit, or a command; who does it holds the lock. */

inline undo_change(agent, r, i, how)
{
    if
    :: CLOSED_ROW(r, i)
    :: atomic { !CLOSED_ROW(r, i) && IS_VOID(r, i) -> row[ROW(r, i)] = VOID }
    :: atomic { !CLOSED_ROW(r, i) && !IS_VOID(r, i) && mem[i] == saved[ROW(r, i)] ->
#ifndef BREAK_SAME_NO_SYNC
           sync(i);
#endif
           row[ROW(r, i)] = UNDONE; AT(agent, AT_UNDONE + i) }
    :: atomic { !CLOSED_ROW(r, i) && !IS_VOID(r, i) && mem[i] != saved[ROW(r, i)] &&
                (how == FORCE || AS_LEFT(r, i)) ->
#ifndef BREAK_NO_UNDOING
           row[ROW(r, i)] = UNDOING;
#endif
           AT(agent, AT_UNDOING + i) };
       start(agent, r, i, how);
       if
       :: atomic { stopped[agent] == 0 -> sync(i); row[ROW(r, i)] = UNDONE; AT(agent, AT_UNDONE + i) }
       :: atomic { stopped[agent] == MOVED -> stopped[agent] = 0; sync(i); row[ROW(r, i)] = DIFFERS }
       :: atomic { stopped[agent] == KILLED -> stopped[agent] = 0 }
       fi
    :: atomic { !CLOSED_ROW(r, i) && !IS_VOID(r, i) && mem[i] != saved[ROW(r, i)] &&
                how != FORCE && !AS_LEFT(r, i) -> sync(i); row[ROW(r, i)] = DIFFERS; AT(agent, AT_DIFFERS + i) }
    fi
}

inline undo_all(agent, r, how)
{
    undo_change(agent, r, 1, how);
    undo_change(agent, r, 0, how);
    atomic {
        if
        :: CLOSED_ROW(r, 0) && CLOSED_ROW(r, 1) ->
            CLAIM(settled_is_durable, !OURS(r, disk) || row[ROW(r, 0)] == NONE);
            state[r] = TAKEN_BACK; kept[r] = false; ordered[r] = false; guarded[r] = false;
            row[ROW(r, 0)] = NONE; row[ROW(r, 1)] = NONE; saved[ROW(r, 0)] = 0; saved[ROW(r, 1)] = 0
        :: else ->
            CLAIM(handed_over_with_reason, touched);
            state[r] = FAILED
        fi;
        AT(agent, AT_CLOSED)
    }
}

/* After the journal says that the run is closed, and under the lock: the marker, then the unit. A restart
 * may bring both back: who finds them asks the journal. */
inline clean_up(agent, r)
{
    atomic {
        if
#ifdef BREAK_ANY_MARKER
        :: agent == GUARD(r) || (marker == r && !UNFINISHED(r)) -> marker = 0
#else
        :: marker == r && !UNFINISHED(r) -> marker = 0
#endif
        :: else
        fi;
        AT(agent, AT_EMPTIED)
    };
    atomic {
        if
        :: !SOME_OPEN -> unit = false
        :: else
        fi;
        AT(agent, AT_DISARMED)
    }
}

inline fork_guard(r)
{
    atomic { on[GUARD(r)] = true; guarded[r] = true; alone[r] = false; AT(RUN(r), AT_GUARDED) }
}

inline arm_unit(agent)
{
#ifdef WITHOUT_UNIT
    skip
#else
    atomic { unit = true; unit_disk = true; AT(agent, AT_ARMED) }
#endif
}

inline mark(agent, r)
{
    atomic { marker = r;
#ifndef BREAK_MARKER_SYNC
        marker_disk = r;
#endif
        AT(agent, AT_MARKED) }
}

inline record_intent(r, i)
{
    atomic { saved[ROW(r, i)] = mem[i]; row[ROW(r, i)] = INTENT; AT(RUN(r), AT_INTENT + i) }
}

inline change(r, i)
{
#ifdef BREAK_INTENT_LATE
    atomic { saved[ROW(r, i)] = mem[i] };
    start(RUN(r), r, i, APPLY);
    atomic { row[ROW(r, i)] = INTENT };
#else
    record_intent(r, i);
    start(RUN(r), r, i, APPLY);
#endif
    if
    :: atomic { stopped[RUN(r)] == 0 -> sync(i); row[ROW(r, i)] = DONE; AT(RUN(r), AT_DONE + i) }
    :: atomic { stopped[RUN(r)] == MOVED -> stopped[RUN(r)] = 0; row[ROW(r, i)] = NONE; goto back }
    :: atomic { stopped[RUN(r)] == KILLED -> stopped[RUN(r)] = 0; goto back }
    fi
}

proctype executor(byte r)
{
    byte other = 3 - r;
    {
        if
        :: atomic { lock == 0 && !last -> lock = RUN(r); on[RUN(r)] = true; AT(RUN(r), AT_LOCKED) }
        :: atomic { lock != 0 || last -> goto gone }
        fi;
#if RUNS > 1
        if
#ifndef BREAK_SECOND_BLIND
        :: state[other] == OPEN -> undo_all(RUN(r), other, UNDO)
        :: UNFINISHED(other) -> goto leave
#endif
        :: !UNFINISHED(other)
#ifdef BREAK_SECOND_BLIND
        :: UNFINISHED(other)
#endif
        fi;
        if
        :: state[other] == FAILED -> goto leave
        :: else
        fi;
#endif
        mark(RUN(r), r);
        atomic { state[r] = OPEN; this_boot[r] = true; AT(RUN(r), AT_OPENED) };
#ifndef BREAK_GUARD_LATE
        fork_guard(r);
#endif
#ifndef BREAK_UNIT_LATE
        arm_unit(RUN(r));
#endif
        change(r, 0);
#ifdef BREAK_GUARD_LATE
        fork_guard(r);
#endif
#ifdef BREAK_UNIT_LATE
        arm_unit(RUN(r));
#endif
        change(r, 1);
        if
        :: atomic { GOES(VERIFIES) || GOES(WAITS) -> verified[r] = true; AT(RUN(r), AT_VERIFIED) }
        :: GOES(FAILS) -> goto back
        :: atomic { GOES(HANGS) -> hung[r] = true; goto hangs }
        fi;
        if
        :: GOES(VERIFIES)
        :: atomic { GOES(WAITS) -> wanted[r] = true; waiting[r] = true;
#ifndef BREAK_EARLY_CONFIRM
               confirmed[r] = false;
#endif
               AT(RUN(r), AT_WAITING) };
           if
           :: atomic { confirmed[r] -> waiting[r] = false }
           :: atomic { waiting[r] = false; goto back }
           fi
        fi;
#ifdef BREAK_SETTLED_EARLY
        settled[r] = true;
#endif
#ifdef BREAK_MARKER_EARLY
        marker = 0;
#endif
        atomic {
            CLAIM(kept_is_proved, verified[r] && (!wanted[r] || proved[r]) &&
                                  row[ROW(r, 0)] == DONE && row[ROW(r, 1)] == DONE);
            CLAIM(settled_is_durable, disk == NEW(r) || mem[0] != NEW(r));
            state[r] = KEPT; kept[r] = true; AT(RUN(r), AT_CLOSED)
        };
        goto close;
back:
        undo_all(RUN(r), r, UNDO);
close:
#ifndef BREAK_DISARM_UNLOCKED
        clean_up(RUN(r), r);
#endif
        atomic { settled[r] = true; AT(RUN(r), AT_SETTLED) };
leave:
        atomic { bury(RUN(r)) };
#ifdef BREAK_DISARM_UNLOCKED
        clean_up(RUN(r), r);
#endif
        goto gone;
hangs:
end_hangs:
        false;
gone:
        skip
    } unless { dead[RUN(r)]; atomic { program[RUN(r)] == 0 -> dead[RUN(r)] = false } }
}

proctype guard(byte r)
{
end_unused:
    on[GUARD(r)];
    {
        if
        :: settled[r] -> goto leave
        :: !settled[r] && eof[r]
        :: atomic { !settled[r] && on[RUN(r)] && (hung[r] || MAY(TAKE_TOO_LONG)) -> /* the announced time is over */
               if
               :: hung[r]
               :: !hung[r] -> NOTE(TAKE_TOO_LONG)
               fi;
#ifdef BREAK_NO_KILL
               skip
#else
               kill(RUN(r))
#endif
           }
        fi;
#ifdef BREAK_GUARD_LOCK
        skip;
#else
        atomic { lock == 0 -> lock = GUARD(r); AT(GUARD(r), AT_LOCKED) };
#endif
        if
#ifdef BREAK_GUARD_BLIND
        :: true -> undo_all(GUARD(r), r, UNDO)
#else
        :: state[r] == OPEN -> undo_all(GUARD(r), r, UNDO)
        :: state[r] != OPEN
#endif
        fi;
        clean_up(GUARD(r), r);
leave:
        atomic { bury(GUARD(r)) }
    } unless { dead[GUARD(r)]; atomic { program[GUARD(r)] == 0 -> dead[GUARD(r)] = false } }
}

inline recover(agent, r)
{
    if
    :: state[r] == OPEN -> undo_all(agent, r, UNDO)
    :: state[r] != OPEN
    fi;
    clean_up(agent, r)
}

#define RECOVER_AT_BOOT(r) recover(BOOT, r)

proctype boot_unit()
{
end:
    do
    :: atomic { boot_due && lock == 0 && program[BOOT] == 0 ->
           boot_due = false; on[BOOT] = true; lock = BOOT; AT(BOOT, AT_LOCKED) };
       {
           BOTH_RUNS(RECOVER_AT_BOOT);
           atomic { bury(BOOT) }
       } unless { dead[BOOT]; atomic { program[BOOT] == 0 -> dead[BOOT] = false } }
    od
}

/* `playbook undo`, of an unfinished run or of a kept one, and `playbook keep`. */

inline undo_kept(r)
{
    if
    :: !(CAN_UNDO(r, 0) && CAN_UNDO(r, 1)) /* refused: exit 7 */
    :: else ->
        mark(COMMAND, r);
        arm_unit(COMMAND);
#ifdef BREAK_NO_REOPEN
        atomic { ordered[r] = true; alone[r] = true };
#else
        atomic { state[r] = OPEN; ordered[r] = true; alone[r] = true; AT(COMMAND, AT_OPENED) };
#endif
        undo_all(COMMAND, r, UNDO);
        clean_up(COMMAND, r)
    fi
}

inline undo_command(r)
{
    if
    :: state[r] == OPEN -> undo_all(COMMAND, r, UNDO); clean_up(COMMAND, r)
    :: state[r] == FAILED -> undo_all(COMMAND, r, UNDO); clean_up(COMMAND, r)
    :: state[r] == FAILED && !last -> undo_all(COMMAND, r, FORCE); clean_up(COMMAND, r)
    :: state[r] == KEPT && !last -> undo_kept(r)
    :: state[r] == NONE || state[r] == TAKEN_BACK || (state[r] == KEPT && last) -> clean_up(COMMAND, r)
    fi
}

#ifdef BREAK_EARLY_CONFIRM
#define AWAITS_KEEP(r) (on[RUN(r)] && state[r] == OPEN)
#else
#define AWAITS_KEEP(r) (on[RUN(r)] && waiting[r])
#endif

/* The signal may come when the run does not wait any more: what is told is what the journal says then. */
inline keep_command(r)
{
    atomic {
        if
        :: on[RUN(r)] -> confirmed[r] = true; proved[r] = proved[r] || waiting[r]
        :: else
        fi;
        AT(COMMAND, AT_CONFIRMED)
    };
#ifdef BREAK_KEEP_BLIND
    CLAIM(keep_tells_truth, state[r] == KEPT)
#else
    !on[RUN(r)] || state[r] != OPEN;
    if
    :: atomic { state[r] == KEPT -> CLAIM(keep_tells_truth, state[r] == KEPT) }
    :: state[r] != KEPT
    fi
#endif
}

/* A person takes what is left of a failed run as it is, where no program was stopped half way. */
inline keep_failed(r)
{
    if
    :: atomic { state[r] == FAILED && row[ROW(r, 0)] != INTENT && row[ROW(r, 0)] != UNDOING &&
                row[ROW(r, 1)] != INTENT && row[ROW(r, 1)] != UNDOING -> state[r] = KEPT; kept[r] = true }
    :: else
    fi;
    clean_up(COMMAND, r)
}

/* Of the run that the marker names; else of one that was kept, the newest first. */
inline choose_run(r)
{
    if
#if RUNS > 1
    :: UNFINISHED(2) || (!UNFINISHED(1) && state[2] == KEPT) -> r = 2
    :: else -> r = 1
#else
    :: r = 1
#endif
    fi
}

proctype commands()
{
    byte r;
end:
    do
    :: atomic { lock == 0 && BEGUN && ((!last && MAY(PLAYBOOK_UNDO)) || last == 1) && program[COMMAND] == 0 ->
           if
           :: last -> last = 2
           :: else -> NOTE(PLAYBOOK_UNDO)
           fi;
           on[COMMAND] = true; choose_run(r);
           lock = COMMAND; AT(COMMAND, AT_LOCKED) };
       {
           undo_command(r);
           atomic { bury(COMMAND); r = 0 }
       } unless { atomic { dead[COMMAND] -> r = 0 }; atomic { program[COMMAND] == 0 -> dead[COMMAND] = false } }
    :: atomic { lock == 0 && BEGUN && MAY(PLAYBOOK_KEEP) && program[COMMAND] == 0 ->
           NOTE(PLAYBOOK_KEEP); on[COMMAND] = true; choose_run(r);
           lock = COMMAND; AT(COMMAND, AT_LOCKED) };
       {
           keep_failed(r);
           atomic { bury(COMMAND); r = 0 }
       } unless { atomic { dead[COMMAND] -> r = 0; dead[COMMAND] = false } }
    :: atomic { lock != 0 && BEGUN && MAY(PLAYBOOK_KEEP) && program[COMMAND] == 0 &&
                (AWAITS_KEEP(1) || AWAITS_KEEP(RUNS)) ->
           NOTE(PLAYBOOK_KEEP); on[COMMAND] = true; r = (AWAITS_KEEP(1) -> 1 : RUNS) };
       {
           keep_command(r);
           atomic { bury(COMMAND); r = 0 }
       } unless { atomic { dead[COMMAND] -> r = 0; dead[COMMAND] = false } }
    od
}

/* The world. */

inline stop_program(agent)
{
    touched = true;
    end_program(agent, KILLED)
}

inline end_of_guest(agent)
{
    if
    :: on[agent] -> kill(agent)
    :: else
    fi;
    program[agent] = 0; job[agent] = 0; which[agent] = 0;
    lock = 0
}

inline end_all()
{
    end_of_guest(1);
    end_of_guest(3);
#if RUNS > 1
    end_of_guest(2);
    end_of_guest(4);
#endif
    end_of_guest(5);
    end_of_guest(6);
    boot_due = unit;
    alone[1] = !unit;
    alone[RUNS] = !unit
}

#if RUNS > 1
#define MIX_OF_OPEN (UNFINISHED(2) -> MIX(2) : MIX(1))
#else
#define MIX_OF_OPEN MIX(1)
#endif
#define FORGET_BOOT(r) this_boot[r] = false
#if RUNS > 1
#define RECORDED(i) (row[ROW(1, i)] != NONE || row[ROW(2, i)] != NONE)
#else
#define RECORDED(i) (row[ROW(1, i)] != NONE)
#endif
#define EDITABLE(i) (RECORDED(i) && !(PROGRAMS > 0 && mem[i] > 2 && mem[i] < 5))

proctype world()
{
    byte i;
end:
    do
    :: atomic { BEGUN && MAY(KILL_RUN) && on[RUN(1)] -> NOTE(KILL_RUN); kill(RUN(1)) }
    :: atomic { BEGUN && MAY(KILL_GUARD) && on[GUARD(1)] -> NOTE(KILL_GUARD); kill(GUARD(1)) }
#if RUNS > 1
    :: atomic { BEGUN && MAY(KILL_RUN) && on[RUN(2)] -> NOTE(KILL_RUN); kill(RUN(2)) }
    :: atomic { BEGUN && MAY(KILL_GUARD) && on[GUARD(2)] -> NOTE(KILL_GUARD); kill(GUARD(2)) }
#endif
    /* Nobody but a person ends a run that hangs when its guard is gone. */
    :: atomic { hung[1] && !on[GUARD(1)] -> kill(RUN(1)) }
#if RUNS > 1
    :: atomic { hung[2] && !on[GUARD(2)] -> kill(RUN(2)) }
#endif
    :: atomic { BEGUN && MAY(KILL_BOOT) && on[BOOT] -> NOTE(KILL_BOOT); kill(BOOT) }
    :: atomic { BEGUN && MAY(KILL_COMMAND) && on[COMMAND] -> NOTE(KILL_COMMAND); kill(COMMAND) }
    :: atomic { BEGUN && MAY(KILL_PROGRAM) && PROGRAMS > 0 ->
           NOTE(KILL_PROGRAM);
           if
           :: program[1] > 0 -> stop_program(1)
           :: program[3] > 0 -> stop_program(3)
#if RUNS > 1
           :: program[2] > 0 -> stop_program(2)
           :: program[4] > 0 -> stop_program(4)
#endif
           :: program[5] > 0 -> stop_program(5)
           :: program[6] > 0 -> stop_program(6)
           fi }
    :: atomic { BEGUN && MAY(EDIT) ->
           if
           :: i = 0
           :: i = 1
           fi;
           if
           :: EDITABLE(i) && mem[i] != OTHER -> mem[i] = OTHER; touched = true; NOTE(EDIT + i)
           :: EDITABLE(0) && i == 0 && mem[0] != OLD && MAY(EDIT_BACK) -> mem[0] = OLD; touched = true; NOTE(EDIT_BACK)
           :: else
           fi;
           i = 0 }
    :: atomic { BEGUN && MAY(TERMINATE) -> NOTE(TERMINATE); end_all() } /* of the distro: the kernel stays */
    :: atomic { BEGUN && MAY(RESTART) ->
           NOTE(RESTART);
           if
           :: marker = marker_disk
           :: marker_disk = marker
           fi;
           if
           :: unit = unit_disk
           :: unit_disk = unit
           fi;
           end_all();
           if
           :: mem[0] = disk
           :: mem[0] != disk -> disk = mem[0]
           :: half_written -> mem[0] = MIX_OF_OPEN; disk = mem[0]
           fi;
           half_written = false;
           if
           :: mem[1] = FRESH
           :: mem[1] = LOOK
           fi;
           BOTH_RUNS(FORGET_BOOT) }
    od
}

/* The judge looks at every state, and once more where nobody moves any more. */

#define HALF(r) ((OURS(r, mem[0]) || OURS(r, mem[1]) || OURS(r, disk)) && !UNFINISHED(r) && state[r] != KEPT)
#define TORN(r) ((mem[0] == MIX(r) || mem[1] == MIX(r)) && !UNFINISHED(r))
#define UNTOLD(r) (UNFINISHED(r) && !(marker == r && marker_disk == r))
#define MUST_HAVE_REVERTED(r) CLAIM(reverts_alone, state[r] != OPEN || alone[r])
#define MUST_BE_WHOLE(r) CLAIM(ends_whole, state[r] != OPEN && !HALF(r) && !TORN(r))
#define GONE(r) (!on[RUN(r)] && !on[GUARD(r)])
#define QUIET (BEGUN && GONE(1) && GONE(RUNS) && !on[BOOT] && !boot_due && !on[COMMAND] && PROGRAMS == 0)

proctype judge()
{
end:
    if
    :: atomic { HALF(1) || TORN(1) -> CLAIM(ends_whole, false) }
    :: atomic { UNTOLD(1) -> CLAIM(marker_tells, false) }
#if RUNS > 1
    :: atomic { HALF(2) || TORN(2) -> CLAIM(ends_whole, false) }
    :: atomic { UNTOLD(2) -> CLAIM(marker_tells, false) }
#endif
    :: atomic { QUIET ->
           budget = 0;
           BOTH_RUNS(MUST_HAVE_REVERTED);
           CLAIM(lock_is_free, lock == 0);
           REPORT(0);
           last = 1 };
       atomic { last == 2 && QUIET ->
           BOTH_RUNS(MUST_BE_WHOLE);
           CLAIM(lock_is_free, lock == 0);
           REPORT(1) }
    fi
}

init
{
    atomic {
#ifdef SCHEDULES
        if
        :: way = VERIFIES
        :: way = FAILS
        :: way = WAITS
        :: way = HANGS
        fi;
#endif
        alone[1] = true;
        alone[RUNS] = true;
        run executor(1);
        run guard(1);
        run programs(1);
        run programs(3);
#if RUNS > 1
        run executor(2);
        run guard(2);
        run programs(2);
        run programs(4);
#endif
        run programs(5);
        run programs(6);
        run boot_unit();
        run commands();
        run world();
        run judge()
    }
}
