/* mtu_path: the state of net.path_mtu and the phases that share it.
 *
 *     HELLO     which ways does the destination answer on at all             mtu_hello.c
 *     VOUCH     is it the destination that answers pings                     mtu_hello.c
 *     ROUND     several sizes at once, until the boundary is found           mtu_ask.c
 *     AGREE     does TCP or UDP agree to what pings say                      mtu_ask.c
 *     BOUNDARY  the boundary once more, until silence there is evidence      mtu_ask.c
 *     HOPS      where packets vanish without a word: who swallows them       mtu_ask.c
 *
 * Each phase has a step, called when something came or was due. It either plans the next one or
 * finishes the probe.
 */
#ifndef PLAYBOOK_NET_MTU_PATH_H
#define PLAYBOOK_NET_MTU_PATH_H

#include "actions/net/mtu_boundary.h"
#include "actions/net/mtu_hops.h"
#include "actions/net/mtu_round.h"
#include "actions/net/mtu_search.h"
#include "actions/net/mtu_vouch.h"
#include "actions/net/wakeup.h"

#define MS(n)      ((int64_t)(n)*NS_PER_MS)
#define LOOK_EVERY MS(10)

struct path {
    union endpoint first[HOST_FAMILIES]; /* of each family, in the resolver's order */
    size_t families, family;             /* family: the one in use */
    struct wakeup wakeup;
    const char *other_reason; /* why the families before failed; NULL: none did */

    /* From here on it is about that address alone. */
    struct about {
        enum phase { HELLO, VOUCH, ROUND, AGREE, BOUNDARY, HOPS } phase;
        struct wire wire;
        const char *no_echo;       /* why there are no pings; NULL: there are */
        bool not_permitted;        /* that is why */
        bool behind_gateway;       /* the route to there has one */
        bool answers[WAYS];        /* the destination answered a small packet that way */
        struct knocking knocking;  /* for a TCP port that listens */
        unsigned connects, joined; /* connections asked for that had their time, and came about */
        int64_t handshake;         /* the shortest so far: with a lost SYN it takes a second more */
        const char *reason;        /* what spoke against the path so far */
        int64_t first_answer;      /* 0: none yet */
        int64_t longest;           /* round trip */
        unsigned tries;            /* of the phase */
        int64_t next_try, began;   /* began: the last try */

        enum way by;
        struct vouch vouch;
        struct mtu_search search;
        unsigned agreed; /* the largest size that passed by TCP or UDP */
        struct round round;
        struct boundary boundary;
        bool icmp;
        struct hops hops;
    } now;
};

static inline struct path *path_of(struct probe *probe)
{
    return probe_state(probe, sizeof(struct path));
}

static inline struct about *about_of(struct probe *probe)
{
    return &path_of(probe)->now;
}

void path_enter(struct about *path, enum phase phase);
void path_plan(struct probe *probe, int64_t at);
/* How long an answer may take. */
int64_t path_patience(const struct about *path);
void path_note_answer(struct about *path, int64_t now, int64_t took);
/* EMSGSIZE counts as a refusal, EPERM as a reason. */
void path_send(struct probe *probe, enum wire_way way, unsigned size);

/* Of the search, the round and the boundary. */
void path_passed(struct about *path, unsigned size);
void path_agreed(struct about *path, unsigned size); /* the same, by TCP or UDP */
void path_refused(struct about *path, unsigned size, unsigned suggested);

/* Ends. A size was established; none was: `reason` is the word, `why` a sentence. */
void path_known(struct probe *probe);
void path_unknown(struct probe *probe, const char *reason, const char *why);
/* The destination does not answer: the other family is tried, if there is one. */
void path_silent(struct probe *probe);

void hello_step(struct probe *probe);
void vouch_step(struct probe *probe);
/* The search begins. */
void ask_start(struct probe *probe);
void round_step(struct probe *probe);
void agree_step(struct probe *probe);
void boundary_step(struct probe *probe);
void hops_step(struct probe *probe);

#endif
