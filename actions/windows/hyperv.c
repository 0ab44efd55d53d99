/* The query, and reading what it prints. What a rule means for a packet is in hyperv_decide.c.
 * Source: PowerShell 5.1's ConvertTo-Json; wording of errors is never parsed, their ids are. */
#include "actions/windows/hyperv.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/encoding.h"

/* Each property becomes a string where it is: lists are joined by blanks, enumerations give words.
 */
#define AS(name, property) "@{n='" name "';e={\"$($_." property ")\"}}"

/* Without a store named, the cmdlets tell what this computer has saved, not what is in force. */
#define ACTIVE " -PolicyStore ActiveStore"

/* clang-format off */
const char hyperv_query[] =
    "$ErrorActionPreference='Stop';$ProgressPreference='SilentlyContinue';"
    "$id='" HYPERV_WSL "';"
    "try{"
    "$admin=([Security.Principal.WindowsPrincipal]"
    "[Security.Principal.WindowsIdentity]::GetCurrent())"
    ".IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator);"
    "$settings=@(Get-NetFirewallHyperVVMSetting" ACTIVE "|"
    "Where-Object{\"$($_.Name)\" -eq $id}|Select-Object "
    AS("enabled", "Enabled") "," AS("inbound", "DefaultInboundAction") ","
    AS("outbound", "DefaultOutboundAction") ");"
    "$rules=@(Get-NetFirewallHyperVRule" ACTIVE "|Select-Object "
    AS("name", "Name") "," AS("enabled", "Enabled") "," AS("direction", "Direction") ","
    AS("action", "Action") "," AS("protocol", "Protocol") "," AS("ports", "LocalPorts") ","
    AS("local", "LocalAddresses") "," AS("remote", "RemoteAddresses") ","
    AS("remotePorts", "RemotePorts") "," AS("profiles", "Profiles") ","
    AS("creator", "VMCreatorId") "," AS("priority", "RulePriority") ","
    AS("status", "EnforcementStatus") "," AS("source", "PolicyStoreSourceType") ");"
    "$profiles=@();"
    "try{$profiles=@(Get-NetFirewallHyperVProfile" ACTIVE "|Select-Object "
    AS("name", "Name") "," AS("profile", "Profile") "," AS("enabled", "Enabled") ","
    AS("inbound", "DefaultInboundAction") "," AS("outbound", "DefaultOutboundAction") ","
    AS("localRules", "AllowLocalFirewallRules") ")}catch{};"
    "$categories=@();"
    "try{$categories=@(Get-NetConnectionProfile|Select-Object "
    AS("category", "NetworkCategory") ")}catch{};"
    "$answer=@{elevated=$admin;settings=$settings;rules=$rules;profiles=$profiles;"
    "categories=$categories}"
    "}catch{"
    "$answer=@{error=\"$($_.FullyQualifiedErrorId)\";category=\"$($_.CategoryInfo.Category)\";"
    "message=\"$($_.Exception.Message)\"}"
    "};"
    "$json=ConvertTo-Json -InputObject $answer -Compress -Depth 4;"
    "[Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($json))";
/* clang-format on */

/* ---- JSON
 * ------------------------------------------------------------------------------------------- */

static void add_word(struct text *text, const json_t *json)
{
    if (json_is_string(json))
        text_add(text, json_string_value(json));
    else if (json_is_integer(json))
        text_format(text, "%lld", (long long)json_integer_value(json));
    else if (json_is_boolean(json))
        text_add(text, json_is_true(json) ? "True" : "False");
}

/* A member as text, whatever Windows made of it; a list is joined by blanks. */
static const char *member(struct arena *arena, const json_t *object, const char *name)
{
    const json_t *json = json_object_get(object, name);
    struct text text = text_new(arena);
    for (size_t i = 0; i < json_array_size(json); i++) {
        text_add(&text, i ? " " : "");
        add_word(&text, json_array_get(json, i));
    }
    add_word(&text, json);
    return text_string(&text);
}

/* PowerShell unwraps a list of one: `at` counts in a list, an object is a list of itself. */
static const json_t *list_item(const json_t *json, size_t at)
{
    if (json_is_object(json))
        return at == 0 ? json : NULL;
    return json_array_get(json, at);
}

static bool is_word(const char *text, const char *word, const char *number)
{
    return strcasecmp(text, word) == 0 || text_equal(text, number);
}

static enum hyperv_action read_action(const char *text)
{
    if (is_word(text, "Allow", "2"))
        return HYPERV_ALLOW;
    return is_word(text, "Block", "4") ? HYPERV_BLOCK : HYPERV_OTHER;
}

static const char *read_protocol(struct arena *arena, const char *text)
{
    if (is_word(text, "TCP", "6"))
        return "tcp";
    if (is_word(text, "UDP", "17"))
        return "udp";
    if (is_word(text, "Any", "256") || text[0] == '\0')
        return "any";
    char *lower = arena_string(arena, text);
    for (char *at = lower; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return lower;
}

/* As the rules of Windows' own firewall have it: "Full" there; lists name each reason against it.
 */
static bool is_enforced(const char *status)
{
    static const char *const words[] = {"OK", "Full", "Enforced"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcasecmp(status, words[i]) == 0)
            return true;
    return status[0] == '\0' || text_equal(status, "1");
}

static struct hyperv_rule read_rule(struct arena *arena, const json_t *json)
{
    return (struct hyperv_rule){
        .name = member(arena, json, "name"),
        .enabled = is_word(member(arena, json, "enabled"), "True", "1"),
        .inbound = is_word(member(arena, json, "direction"), "Inbound", "1"),
        .action = read_action(member(arena, json, "action")),
        .protocol = read_protocol(arena, member(arena, json, "protocol")),
        .ports = member(arena, json, "ports"),
        .local_addresses = member(arena, json, "local"),
        .remote_addresses = member(arena, json, "remote"),
        .remote_ports = member(arena, json, "remotePorts"),
        .profiles = member(arena, json, "profiles"),
        .creator = member(arena, json, "creator"),
        .priority = (unsigned)strtoul(member(arena, json, "priority"), NULL, 10),
        .enforced = is_enforced(member(arena, json, "status")),
        .local = is_word(member(arena, json, "source"), "Local", "1"),
    };
}

static bool read_rules(struct arena *arena, const json_t *json, struct hyperv_state *state,
                       struct error *error)
{
    const json_t *item;
    for (size_t i = 0; (item = list_item(json, i)); i++) {
        if (i == HYPERV_RULES_LIMIT)
            return error_set(error, "Windows has more than %d Hyper-V firewall rules, the limit",
                             HYPERV_RULES_LIMIT);
        if (!json_is_object(item))
            return error_set(error, "Windows answered with a rule that is none");
        state->rules = arena_grow(arena, state->rules, state->count, sizeof *state->rules);
        state->rules[state->count++] = read_rule(arena, item);
    }
    return true;
}

static enum hyperv_switch read_switch(const char *text)
{
    if (is_word(text, "True", "1"))
        return HYPERV_ON;
    return is_word(text, "False", "0") ? HYPERV_OFF : HYPERV_NOT_SAID;
}

static void read_settings(struct arena *arena, const json_t *json, struct hyperv_state *state)
{
    const json_t *settings = list_item(json, 0);
    state->registered = json_is_object(settings);
    state->enabled =
        state->registered ? read_switch(member(arena, settings, "enabled")) : HYPERV_OFF;
    state->default_in = read_action(member(arena, settings, "inbound"));
    state->default_out = read_action(member(arena, settings, "outbound"));
    state->local_rules = HYPERV_NOT_SAID;
}

static const char *read_categories(struct arena *arena, const json_t *json)
{
    struct text text = text_new(arena);
    const json_t *item;
    for (size_t i = 0; (item = list_item(json, i)); i++)
        text_format(&text, "%s%s", i ? " " : "", member(arena, item, "category"));
    return text_string(&text);
}

/* The profile by the name that a connected network's category has. */
static bool is_profile(const char *name, const char *category)
{
    bool domain = strcasecmp(category, "DomainAuthenticated") == 0;
    return is_word(name, domain ? "Domain" : category,
                   domain                                 ? "1"
                   : strcasecmp(category, "Private") == 0 ? "2"
                                                          : "4");
}

static bool is_connected(const char *name, const char *categories)
{
    char category[32];
    if (!*categories)
        return true; /* not known: each could be */
    for (int used; sscanf(categories, "%31s%n", category, &used) == 1; categories += used)
        if (is_profile(name, category))
            return true;
    return false;
}

/* What the profiles of the connected networks say outweighs the machine's own setting, where they
 * say anything. Of several that differ the verdict is `HYPERV_NOT_SAID`, or no action. */
static void read_profiles(struct arena *arena, const json_t *json, struct hyperv_state *state)
{
    const json_t *item;
    const struct hyperv_state machine = *state;
    bool first = true;
    for (size_t i = 0; (item = list_item(json, i)); i++) {
        const char *name = member(arena, item, "profile");
        if (!is_connected(*name ? name : member(arena, item, "name"), state->categories))
            continue;
        struct hyperv_state here = machine;
        enum hyperv_switch enabled = read_switch(member(arena, item, "enabled"));
        enum hyperv_action in = read_action(member(arena, item, "inbound"));
        enum hyperv_action out = read_action(member(arena, item, "outbound"));
        if (enabled != HYPERV_NOT_SAID && machine.enabled != HYPERV_OFF)
            here.enabled = enabled;
        here.default_in = in != HYPERV_OTHER ? in : machine.default_in;
        here.default_out = out != HYPERV_OTHER ? out : machine.default_out;
        here.local_rules = read_switch(member(arena, item, "localRules"));
        state->enabled = first || state->enabled == here.enabled ? here.enabled : HYPERV_NOT_SAID;
        state->default_in =
            first || state->default_in == here.default_in ? here.default_in : HYPERV_OTHER;
        state->default_out =
            first || state->default_out == here.default_out ? here.default_out : HYPERV_OTHER;
        state->local_rules =
            first || state->local_rules == here.local_rules ? here.local_rules : HYPERV_DIFFERS;
        first = false;
    }
}

/* Ids and categories of errors are the same in every language of Windows. */
static bool windows_error(struct arena *arena, const json_t *json, struct error *error)
{
    const char *id = member(arena, json, "error");
    if (text_starts(id, "CommandNotFoundException"))
        return error_set(error, "this Windows has no Hyper-V firewall cmdlets (they came with "
                                "Windows 11 22H2)");
    if (text_starts(id, "Windows System Error 5") ||
        text_equal(member(arena, json, "category"), "PermissionDenied")) {
        error_set(error, "Windows denies access to the Hyper-V firewall's rules");
        error_hint(error, "start the distribution from an administrator's terminal");
        return false;
    }
    return error_set(error, "Windows answered '%s': %s", id, member(arena, json, "message"));
}

static bool read_answer(struct arena *arena, const json_t *json, struct hyperv_state *state,
                        struct error *error)
{
    if (!json_is_object(json))
        return error_set(error, "Windows did not answer with an object");
    if (json_object_get(json, "error"))
        return windows_error(arena, json, error);
    if (!json_object_get(json, "settings") || !json_object_get(json, "rules"))
        return error_set(error, "Windows answered without settings or rules");
    *state = (struct hyperv_state){
        .elevated = json_is_true(json_object_get(json, "elevated")),
        .categories = read_categories(arena, json_object_get(json, "categories")),
    };
    read_settings(arena, json_object_get(json, "settings"), state);
    if (state->registered)
        read_profiles(arena, json_object_get(json, "profiles"), state);
    return read_rules(arena, json_object_get(json, "rules"), state, error);
}

bool hyperv_read(struct arena *arena, const char *output, struct hyperv_state *state,
                 struct error *error)
{
    size_t decoded;
    json_error_t where;
    const char *bytes = base64_decode(arena, output, &decoded);
    if (!bytes)
        return error_set(error, "PowerShell printed something else than its answer: '%.*s'",
                         (int)strcspn(output, "\r\n"), output);
    json_t *json = json_loadb(bytes, decoded, 0, &where);
    if (!json)
        return error_set(error, "cannot read the answer of PowerShell: %s", where.text);
    bool read = read_answer(arena, json, state, error);
    json_decref(json);
    return read;
}
