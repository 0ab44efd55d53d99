/* One fake action for each thing a declaration can say: ranges, words, lists, records, groups,
 * types that depend on literals, optional arguments, kinds that are also taken. */
#include "tests/unit/support/fake_actions.h"

#include <stdio.h>

static const struct type address = {.kind = KIND_ADDRESS};
static const struct type word = {.kind = KIND_STRING};
static const char *const reasons[] = {"reply", "timeout", "refused", "unreachable", NULL};
static const char *const families[] = {"any", "ipv4", "ipv6", NULL};
static const char *const modes[] = {"nat", "mirrored", "consomme", "bridged", "none", NULL};

/* clang-format off */
#define HOST {.name = "host", .type = {.kind = KIND_STRING}, .also = 1u << KIND_ADDRESS}
#define PORT(bits) {.name = "port", .type = {.kind = KIND_NUMBER}, .least = 1, .most = 65535, \
                    .flags = (bits)}
#define REASON {.name = "reason", .type = {.kind = KIND_STRING, .words = reasons}}
#define END {.name = NULL}
/* clang-format on */

static const struct action ping = {
    .name = "ping",
    .role = ROLE_PROBE,
    .arguments =
        (const struct argument[]){
            HOST,
            {.name = "count",
             .type = {.kind = KIND_NUMBER},
             .fallback = "1",
             .least = 1,
             .most = 100},
            {.name = "interval", .type = {.kind = KIND_DURATION}, .fallback = "200ms"},
            {.name = "size", .type = {.kind = KIND_SIZE}, .fallback = "56"},
            END},
    .fields = (const struct field[]){{.name = "rtt", .type = {.kind = KIND_DURATION}},
                                     {.name = "loss", .type = {.kind = KIND_NUMBER}},
                                     REASON,
                                     END},
    .timeout = SECONDS(3),
};

static const struct action dns_lookup = {
    .name = "dns.lookup",
    .role = ROLE_PROBE,
    .arguments =
        (const struct argument[]){
            {.name = "name", .type = {.kind = KIND_STRING}},
            {.name = "type", .type = {.kind = KIND_STRING}, .fallback = "A"},
            {.name = "server", .type = {.kind = KIND_ADDRESS}, .flags = ARGUMENT_OPTIONAL},
            END},
    .fields = (const struct field[]){{.name = "addresses",
                                      .type = {.kind = KIND_LIST, .element = &address}},
                                     {.name = "rcode", .type = {.kind = KIND_STRING}},
                                     {.name = "server", .type = {.kind = KIND_ADDRESS}},
                                     {.name = "time", .type = {.kind = KIND_DURATION}},
                                     {.name = "truncated", .type = {.kind = KIND_BOOLEAN}},
                                     REASON,
                                     END},
    .timeout = SECONDS(3),
};

static const struct action tcp_connect = {
    .name = "tcp.connect",
    .role = ROLE_PROBE,
    .arguments = (const struct argument[]){HOST, PORT(0), END},
    .fields = (const struct field[]){{.name = "time", .type = {.kind = KIND_DURATION}},
                                     {.name = "address", .type = {.kind = KIND_ADDRESS}},
                                     REASON,
                                     END},
    .timeout = SECONDS(3),
};

static const struct action http_fetch = {
    .name = "http.fetch",
    .role = ROLE_PROBE,
    .costly = true,
    .arguments =
        (const struct argument[]){
            {.name = "url", .type = {.kind = KIND_STRING}},
            {.name = "bytes", .type = {.kind = KIND_SIZE}, .flags = ARGUMENT_OPTIONAL},
            END},
    .fields = (const struct field[]){{.name = "status", .type = {.kind = KIND_NUMBER}},
                                     {.name = "bytes", .type = {.kind = KIND_SIZE}},
                                     {.name = "rate", .type = {.kind = KIND_SIZE}},
                                     END},
    .timeout = SECONDS(15),
};

static const struct field listener_fields[] = {
    {.name = "address", .type = {.kind = KIND_ADDRESS}},
    {.name = "port", .type = {.kind = KIND_NUMBER}},
    {.name = "process", .type = {.kind = KIND_STRING}},
    {.name = "v6only", .type = {.kind = KIND_BOOLEAN}},
    END,
};
static const struct type listener = {.kind = KIND_RECORD, .fields = listener_fields};

static const struct action net_listeners = {
    .name = "net.listeners",
    .role = ROLE_PROBE,
    .arguments = (const struct argument[]){PORT(ARGUMENT_OPTIONAL), END},
    .fields =
        (const struct field[]){
            {.name = "listeners", .type = {.kind = KIND_LIST, .element = &listener}}, END},
    .timeout = SECONDS(2),
};

static const struct action net_route = {
    .name = "net.route",
    .role = ROLE_PROBE,
    .arguments = (const struct argument[]){{.name = "to",
                                            .type = {.kind = KIND_NETWORK},
                                            .also = 1u << KIND_ADDRESS,
                                            .flags = ARGUMENT_OPTIONAL},
                                           {.name = "family",
                                            .type = {.kind = KIND_STRING, .words = families},
                                            .fallback = "ipv4"},
                                           END},
    .fields = (const struct field[]){{.name = "gateway", .type = {.kind = KIND_ADDRESS}},
                                     {.name = "network", .type = {.kind = KIND_NETWORK}},
                                     {.name = "mtu", .type = {.kind = KIND_NUMBER}},
                                     END},
    .timeout = SECONDS(2),
};

static const struct action file_match = {
    .name = "file.match",
    .role = ROLE_PROBE,
    .arguments =
        (const struct argument[]){
            {.name = "path", .type = {.kind = KIND_STRING}},
            {.name = "pattern", .type = {.kind = KIND_STRING}, .flags = ARGUMENT_PATTERN},
            END},
    .fields = (const struct field[]){{.name = "text", .type = {.kind = KIND_STRING}},
                                     {.name = "groups", .type = {.kind = KIND_RECORD}},
                                     {.name = "line", .type = {.kind = KIND_NUMBER}},
                                     END},
    .timeout = SECONDS(2),
};

static const struct action command = {
    .name = "command",
    .role = ROLE_PROBE,
    .costly = true,
    .arguments = (const struct argument[]){{.name = "argv",
                                            .type = {.kind = KIND_LIST, .element = &word},
                                            .flags = ARGUMENT_ANY_SCALAR},
                                           {.name = "pattern",
                                            .type = {.kind = KIND_STRING},
                                            .flags = ARGUMENT_PATTERN | ARGUMENT_OPTIONAL},
                                           END},
    .fields = (const struct field[]){{.name = "status", .type = {.kind = KIND_NUMBER}},
                                     {.name = "stdout", .type = {.kind = KIND_STRING}},
                                     {.name = "groups", .type = {.kind = KIND_RECORD}},
                                     END},
    .timeout = SECONDS(30),
};

static const struct action ask = {
    .name = "ask",
    .role = ROLE_PROBE,
    .costly = true,
    .arguments =
        (const struct argument[]){
            {.name = "question", .type = {.kind = KIND_STRING}, .flags = ARGUMENT_WORDS}, END},
    .fields = (const struct field[]){END},
};

static const struct action wsl_mode = {
    .name = "wsl.mode",
    .role = ROLE_PROBE,
    .fields =
        (const struct field[]){{.name = "wsl2", .type = {.kind = KIND_BOOLEAN}},
                               {.name = "effective", .type = {.kind = KIND_STRING, .words = modes}},
                               {.name = "requested", .type = {.kind = KIND_STRING, .words = modes}},
                               END},
    .timeout = SECONDS(2),
};

static const struct action wsl_version = {
    .name = "wsl.version",
    .role = ROLE_PROBE,
    .fields = (const struct field[]){{.name = "wsl", .type = {.kind = KIND_VERSION}},
                                     {.name = "windows", .type = {.kind = KIND_VERSION}},
                                     END},
    .timeout = SECONDS(30),
};

/* dnsTunneling is a boolean, memory a size, networkingMode a word, in section wsl2 only. */
static const struct setting_key {
    const char *name;
    struct type type;
} setting_keys[] = {
    {"dnsTunneling", {.kind = KIND_BOOLEAN}},
    {"memory", {.kind = KIND_SIZE}},
    {"networkingMode", {.kind = KIND_STRING, .words = modes}},
};

static const struct setting_key *find_key(const struct arguments *literals)
{
    const struct value *key = arguments_get(literals, "key");
    for (size_t i = 0; key && i < sizeof(setting_keys) / sizeof(setting_keys[0]); i++)
        if (text_equal(key->string, setting_keys[i].name))
            return &setting_keys[i];
    return NULL;
}

static bool check_setting(const struct arguments *literals, struct finding *finding)
{
    const struct value *section = arguments_get(literals, "section");
    const struct value *key = arguments_get(literals, "key");
    if (section && !text_equal(section->string, "wsl2")) {
        finding->argument = "section";
        snprintf(finding->message, sizeof(finding->message), "there is no section '%s'",
                 section->string);
        snprintf(finding->hint, sizeof(finding->hint), "did you mean 'wsl2'?");
        return false;
    }
    if (!key || find_key(literals))
        return true;
    finding->argument = "key";
    snprintf(finding->message, sizeof(finding->message), "section 'wsl2' has no key '%s'",
             key->string);
    return false;
}

static bool type_of_setting(const struct arguments *literals, const char *name, struct type *type)
{
    (void)name;
    const struct setting_key *key = find_key(literals);
    if (key)
        *type = key->type;
    return key;
}

/* clang-format off */
#define LITERAL(title) {.name = title, .type = {.kind = KIND_STRING}, .flags = ARGUMENT_LITERAL}
/* clang-format on */

static const struct action wslconfig_get = {
    .name = "wslconfig.get",
    .role = ROLE_PROBE,
    .arguments = (const struct argument[]){LITERAL("section"), LITERAL("key"), END},
    .check = check_setting,
    .type_of = type_of_setting,
    .fields = (const struct field[]){{.name = "present", .type = {.kind = KIND_BOOLEAN}},
                                     {.name = "value", .type = {.depends = true}},
                                     {.name = "effective", .type = {.depends = true}},
                                     END},
    .timeout = SECONDS(2),
};

static const struct action wslconfig_set = {
    .name = "wslconfig.set",
    .role = ROLE_FIX,
    .arguments =
        (const struct argument[]){
            LITERAL("section"), LITERAL("key"), {.name = "value", .type = {.depends = true}}, END},
    .check = check_setting,
    .type_of = type_of_setting,
    .effect = "wslconfig",
};

static const struct action ufw_allow = {
    .name = "ufw.allow",
    .role = ROLE_FIX,
    .arguments = (const struct argument[]){PORT(0),
                                           {.name = "from",
                                            .type = {.kind = KIND_NETWORK},
                                            .also = 1u << KIND_ADDRESS,
                                            .flags = ARGUMENT_OPTIONAL},
                                           END},
    .effect = "ufw",
};

static const struct action link_mtu = {
    .name = "link.mtu",
    .role = ROLE_FIX,
    .arguments =
        (const struct argument[]){
            {.name = "link", .type = {.kind = KIND_STRING}},
            {.name = "mtu", .type = {.kind = KIND_NUMBER}, .least = 576, .most = 65535},
            END},
    .effect = "link",
};

static const struct action wsl_restart = {
    .name = "wsl.restart",
    .role = ROLE_FIX,
    .effect = "restart",
};

const struct action *const fake_registry[] = {
    &ask,           &command,     &dns_lookup,    &file_match,    &http_fetch, &link_mtu,
    &net_listeners, &net_route,   &ping,          &tcp_connect,   &ufw_allow,  &wsl_mode,
    &wsl_restart,   &wsl_version, &wslconfig_get, &wslconfig_set, NULL,
};
