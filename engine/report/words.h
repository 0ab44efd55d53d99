/* words: what the program says to people, in English and Japanese. One table, compiled in. */
#ifndef PLAYBOOK_WORDS_H
#define PLAYBOOK_WORDS_H

#include "engine/run/result.h"

enum word {
    WORD_SYMPTOM_PRESENT,
    WORD_SYMPTOM_ABSENT,
    WORD_NOT_APPLICABLE,
    WORD_SYMPTOM_UNKNOWN,
    WORD_CAUSE,
    WORD_LAYER,
    WORD_ADVICE,
    WORD_LEFT_OUT,
    WORD_PLAN,
    WORD_PLAN_PERSIST,
    WORD_PLAN_NOTHING,
    WORD_APPLY_QUESTION,
    WORD_APPLYING,
    WORD_VERIFYING,
    WORD_VERIFIED,
    WORD_NOT_VERIFIED,
    WORD_LOST,
    WORD_FAILED,
    WORD_ROLLED_BACK,
    WORD_ROLLBACK_FAILED,
    WORD_DECLINED,
    WORD_CANNOT_PLAN,
    WORD_REFUTED,
    WORD_RESTART_NEEDED,
    WORD_PERSIST_FAILED,
    WORD_STANDS,
    WORD_UNSURE,
    WORD_REFUSED,
    WORD_SAVED,
    WORD_NOT_SAVED,
    WORD_RESULT,
    WORD_TOOK,
    WORD_WAITED_FOR,
    WORD_UNKNOWN_CAUSES,
    WORD_NEXT,
    WORD_NEXT_DRY_RUN,
    WORD_NEXT_YES,
    WORD_NEXT_WSL_RESTART,
    WORD_NEXT_DISTRO_RESTART,
    WORD_NEXT_BY_HAND,
    WORD_UNFINISHED,
    WORD_WAITS,
    WORD_RESTART_CLOSES,
    WORD_RESTART_DISTROS,
    WORD_RESTART_PROCESSES,
    WORD_RESTART_QUESTION,
    WORD_RESTARTING,
    WORD_NOT_RESTARTED,
    WORD_NOTHING_WAITS,
    WORD_RESUME_QUESTION,
    WORD_NEXT_RESTART_AGAIN,
    WORD_UNDO_PLAN,
    WORD_UNDO_QUESTION,
    WORD_UNDONE,
    WORD_NOT_UNDONE,
    WORD_NOTHING_TO_UNDO,
    WORD_UNDONE_BEFORE,
    WORD_UNDONE_IN_FORCE,
    WORD_CUT_OFF,
    WORD_KEPT,
    WORD_NOTHING_TO_KEEP,
    WORD_FORGOTTEN,
    WORD_NO_HISTORY,
    WORD_NO_SANDBOX,
    WORD_CONFINED,
    WORD_NOT_CONFINED,
    WORD_OPEN,
    WORD_ASKING,
    WORD_YES_LETTERS,
    WORD_CHECK_OK,
    WORD_CHECK_EFFECTS,
    WORD_CHECK_NO_EFFECTS,
};

/* The text, a printf format where the table says so. */
const char *word(const char *language, enum word which);

/* "fixed: the symptom is gone" and the like, for a person. */
const char *outcome_words(const char *language, enum outcome outcome);

/* "routing and DNS" of layer 2. */
const char *layer_words(const char *language, unsigned layer);

/* The right that a change lacks, and how to come by it. */
const char *right_words(const char *language, enum right right);

/* "in Windows as administrator" of "windows-admin". */
const char *paste_words(const char *language, const char *where);

#endif
