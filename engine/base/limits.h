/* limits: every fixed limit in one place, each with its reason. An error that a limit causes names
 * it. The language reference lists those that an author can meet. */
#ifndef PLAYBOOK_LIMITS_H
#define PLAYBOOK_LIMITS_H

enum {
    LIMIT_FILE_BYTES = 1024 * 1024,  /* a playbook; the largest shipped one has 20 KB */
    LIMIT_NESTING = 64,              /* YAML levels and expression parentheses: bounds recursion */
    LIMIT_NODES = 50 * 1000,         /* YAML nodes of one file: bounds memory to some 10 MiB */
    LIMIT_INCLUDES = 64,             /* includes of one run, repeated ones counted each time */
    LIMIT_INCLUDE_DEPTH = 16,        /* includes inside each other */
    LIMIT_CHECK_CHAIN = 64,          /* checks that need each other's answers: bounds recursion */
    LIMIT_OPERANDS = 50 * 1000,      /* in the expressions of one file: bounds memory likewise */
    LIMIT_SUBSTITUTIONS = 10 * 1000, /* in one text, with those inside its variables */
    /* Evaluation. A step is an operator, an operand or 64 bytes compared: some 15 ns. */
    LIMIT_STEPS = 5 * 1000 * 1000,          /* of one condition; each outermost any, all, count */
    LIMIT_WORKING_BYTES = 64 * 1024 * 1024, /* that they may hold at a time */
    LIMIT_RUN_STEPS = 1000 * 1000 * 1000,   /* of all conditions, each time they are looked at */
    LIMIT_ERRORS = 100,                     /* load errors shown */
    LIMIT_JOBS = 64,                        /* probes in flight, unless --jobs says otherwise */
    LIMIT_OUTPUT_BYTES = 1024 * 1024,       /* kept of each output of a program */
    LIMIT_PROGRAM_BYTES = 16 * 1024 * 1024, /* the same, of a probe that asks for more */
    LIMIT_FOUND_BYTES = 1024 * 1024, /* what a pattern found, its groups too: is kept and shown */
    /* Of one match. A step is an item of the pattern tried, or 64 characters passed: some 40 ns. */
    LIMIT_REGEX_STEPS = 20 * 1000 * 1000,
    LIMIT_REGEX_TRIES = 1000 * 1000,  /* PCRE2 match limit: steps from one place of the text */
    LIMIT_REGEX_SECONDS = 1,          /* of processor time: what steps do not count, \1 say */
    LIMIT_REGEX_DEPTH = 100 * 1000,   /* PCRE2 depth limit: backtracking points at once */
    LIMIT_REGEX_HEAP_KIB = 16 * 1024, /* PCRE2 heap limit */
};

#endif
