/* limits: every fixed limit in one place, each with its reason. An error that a limit causes names
 * it. The language reference lists those that an author can meet. */
#ifndef PLAYBOOK_LIMITS_H
#define PLAYBOOK_LIMITS_H

enum {
    /* Loading. */
    LIMIT_FILE_BYTES = 1024 * 1024,  /* a playbook; the largest shipped one has 20 KB */
    LIMIT_NESTING = 64,              /* YAML levels and expression parentheses: bounds recursion */
    LIMIT_INCLUDE_DEPTH = 16,        /* includes inside each other */
    LIMIT_CHECK_CHAIN = 64,          /* checks that need each other's answers: bounds recursion */
    LIMIT_SUBSTITUTIONS = 10 * 1000, /* in one text, with those inside its variables */
    LIMIT_ERRORS = 100,              /* load errors shown */

    /* Loading, of the whole run: the playbook and its includes, repeated ones each time. */
    LIMIT_INCLUDES = 64,
    LIMIT_TEXT_BYTES = 8 * 1024 * 1024,
    LIMIT_NODES = 200 * 1000,               /* of YAML; a check has some eight, half a KB each */
    LIMIT_OPERANDS = 200 * 1000,            /* in expressions; half a KB each */
    LIMIT_LOADED_BYTES = 256 * 1024 * 1024, /* made of all that: patterns can multiply */

    /* Evaluation. A step is an operator, an operand or 64 bytes compared: some 15 ns. */
    LIMIT_STEPS = 5 * 1000 * 1000,          /* of one condition; each outermost any, all, count */
    LIMIT_WORKING_BYTES = 64 * 1024 * 1024, /* that they may hold at a time */
    LIMIT_RUN_STEPS = 1000 * 1000 * 1000,   /* of all conditions, each time they are looked at */

    /* Matching once. A step is an item of the pattern tried, or 64 characters passed: some 40 ns.
     */
    LIMIT_REGEX_STEPS = 20 * 1000 * 1000,
    LIMIT_REGEX_TRIES = 1000 * 1000,  /* PCRE2 match limit: steps from one place of the text */
    LIMIT_REGEX_SECONDS = 1,          /* of processor time: what steps do not count, \1 say */
    LIMIT_REGEX_DEPTH = 100 * 1000,   /* PCRE2 depth limit: backtracking points at once */
    LIMIT_REGEX_HEAP_KIB = 16 * 1024, /* PCRE2 heap limit */

    /* Looking. */
    LIMIT_JOBS = 64,                        /* probes in flight, unless --jobs says otherwise */
    LIMIT_OUTPUT_BYTES = 1024 * 1024,       /* kept of each output of a program */
    LIMIT_PROGRAM_BYTES = 16 * 1024 * 1024, /* the same, of a probe that asks for more */
    LIMIT_FOUND_BYTES = 1024 * 1024, /* what a pattern found, its groups too: is kept and shown */
    LIMIT_ANSWER_BYTES = 4 * 1024 * 1024,   /* the fields of one answer */
    LIMIT_ANSWERS_BYTES = 64 * 1024 * 1024, /* the fields of all answers of a look */
};

#endif
