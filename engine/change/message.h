/* message: what prober and executor say to each other, over an io/channel.h. Bodies are records
 * (base/record.h) of what stands behind each kind. */
#ifndef PLAYBOOK_MESSAGE_H
#define PLAYBOOK_MESSAGE_H

enum message_kind {
    /* From the prober. Those with an id are answered by a TELL of the same id, later. */
    ASK_RUN,      /* id, action, argv, windows, limit, bounds */
    ASK_HELP,     /* id, action, input */
    ASK_PERSON,   /* id, question */
    ASK_DROP,     /* id */
    ASK_LINE,     /* question; answered by TELL_REPLY: text, interrupted */
    ASK_RAW_ICMP, /* family; TELL_REPLY: 1 and a descriptor, or 0, errno, message */
    ASK_OWNERS,   /* count, inodes; TELL_REPLY: pid and name of each */
    ASK_ALLOW,    /* effects */
    ASK_OFFER,    /* id, cause, count, persist, changes */
    ASK_FITS,     /* TELL_REPLY: whether the machine still is as the saved plan has it, message */
    ASK_SAVE,     /* a saved plan (saved.h); TELL_REPLY: done, message */
    ASK_APPLY,    /* TELL_REPLY: enum applied, message, hint, state of each change */
    ASK_PERSIST,  /* likewise */
    ASK_UNDO,     /* likewise */
    ASK_KEEP,     /* likewise */
    ASK_WAIT,     /* restart, held, origin; likewise */
    ASK_RESUME,   /* index of what waits; likewise */
    ASK_PULSE,    /* nothing: the answer to TELL_PULSE */

    /* From the executor. */
    TELL_ENDED,    /* id; failure, errno; or NULL, wait status, output, cut, errors, cut, course */
    TELL_HELPED,   /* id, whole, bytes */
    TELL_ANSWERED, /* id, yes */
    TELL_CONSENT,  /* id, consent, message, hint, right of each change */
    TELL_PULSE,    /* is anybody there? */
    TELL_REPLY,    /* to the question that waits */
};

/* How an apply ended. */
enum applied {
    APPLIED,
    APPLIED_NOT,     /* a change failed, and all are taken back */
    APPLIED_HALF,    /* and they could not be taken back whole: the hint says what differs */
    APPLIED_REFUSED, /* nothing was begun */
    APPLIED_KEPT,    /* not taken back: the owner confirmed it over a new connection */
};

#endif
