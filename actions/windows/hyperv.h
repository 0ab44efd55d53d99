/* hyperv: the Hyper-V firewall's view of WSL's virtual machine, and whether it lets a packet in.
 *
 * One PowerShell call prints one line of base64: UTF-8 JSON, so that no code page, localized text
 * or line wrap touches it. Enumerations are asked for as words; numbers are understood too, because
 * ConvertTo-Json likes to print them. Pure but for the script's text: bytes in, state out, in the
 * arena. Source: learn.microsoft.com, NetSecurity cmdlets and WMI class MSFT_NetFirewallHyperVRule.
 */
#ifndef PLAYBOOK_ACTIONS_WINDOWS_HYPERV_H
#define PLAYBOOK_ACTIONS_WINDOWS_HYPERV_H

#include "engine/action.h"

/* The creator of WSL's virtual machine. */
#define HYPERV_WSL "{40E0AC32-46A5-438A-A0B2-2B479E8F2E90}"

/* What `from` says where it means the neighbours, whatever their addresses. */
#define HYPERV_LAN "LocalSubnet"

enum { HYPERV_RULES_LIMIT = 10000, HYPERV_BYTES_LIMIT = 8 * 1024 * 1024 };

extern const char hyperv_query[];

enum hyperv_action { HYPERV_OTHER, HYPERV_ALLOW, HYPERV_BLOCK };

struct hyperv_rule {
    const char *name;
    bool enabled;
    bool inbound;
    enum hyperv_action action;
    const char *protocol; /* "tcp", "udp", "any", or what Windows said, in lower case */
    const char *ports;    /* lists are separated by blanks; "Any" */
    const char *local_addresses;
    const char *remote_addresses;
    const char *remote_ports;
    const char *profiles; /* "Any", "Domain, Private" */
    const char *creator;
    unsigned priority; /* 0: none given */
    bool enforced;     /* Windows does apply it */
    bool local;        /* made on this computer, not by a policy */
};

enum hyperv_switch { HYPERV_OFF, HYPERV_ON, HYPERV_NOT_SAID, HYPERV_DIFFERS };

struct hyperv_state {
    bool elevated;
    bool registered; /* the firewall knows WSL's virtual machine */
    /* In force on the connected networks: their profiles', else the machine's. */
    enum hyperv_switch enabled;
    enum hyperv_action default_in, default_out;
    enum hyperv_switch local_rules; /* rules made on this computer count */
    const char *categories;         /* of the connected networks: "Private Public"; "": not known */
    struct hyperv_rule *rules;
    size_t count;
};

/* Reads the output of the query. False with what Windows said: cmdlets missing, access denied, no
 * JSON. The hint is the remedy, or empty. */
bool hyperv_read(struct arena *arena, const char *output, struct hyperv_state *state,
                 struct error *error);

struct hyperv_packet {
    bool lan; /* from the neighbours ... */
    const struct network
        *senders; /* ... which are these (may be none known), or from exactly one */
    size_t sender_count;
    const char *protocol; /* "tcp" or "udp" */
    uint16_t port;
};

enum hyperv_verdict { HYPERV_PASSES, HYPERV_BLOCKED, HYPERV_NOT_CLEAR };

struct hyperv_decision {
    enum hyperv_verdict verdict;
    const struct hyperv_rule *rule; /* that decides, or that nobody can judge; NULL: the default */
    const char *why;                /* HYPERV_NOT_CLEAR: what cannot be judged */
};

/* Would the first packet of a connection pass? Rules for a part of the senders only are passed
 * over: the question is about a host that no rule singles out. */
struct hyperv_decision hyperv_decide(const struct hyperv_state *state,
                                     const struct hyperv_packet *packet);

/* Reads `from`: "LocalSubnet", an address or a network. */
bool hyperv_from(const char *text, bool *lan, struct network *network);

/* The load-time check of the argument `from` for the actions of this family. */
bool hyperv_check_from(const struct arguments *literals, struct finding *finding);

#endif
