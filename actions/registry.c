/* One line per action, sorted. A test compares this list with the files in actions/. */
#include "actions/registry.h"

/* clang-format off */
#define ACTIONS(add)        \
    add(ask)                \
    add(command)            \
    add(dns_lookup)         \
    add(file_match)         \
    add(http_fetch)         \
    add(hyperv_allow)       \
    add(hyperv_rules)       \
    add(link_mtu)           \
    add(name_resolve)       \
    add(net_addrs)          \
    add(net_links)          \
    add(net_listeners)      \
    add(net_path_mtu)       \
    add(net_route)          \
    add(ping)               \
    add(resolvconf_get)     \
    add(resolvconf_restore) \
    add(tcp_connect)        \
    add(ufw_allow)          \
    add(ufw_status)         \
    add(wsl_mode)           \
    add(wsl_restart)        \
    add(wsl_version)        \
    add(wslconf_boot)       \
    add(wslconf_get)        \
    add(wslconf_set)        \
    add(wslconf_unset)      \
    add(wslconfig_get)      \
    add(wslconfig_set)      \
    add(wslconfig_unset)

/* clang-format on */

#define DECLARE(name) extern const struct action name##_action;
ACTIONS(DECLARE)

#define ENTRY(name) &name##_action,
const struct action *const registry[] = {ACTIONS(ENTRY) 0};
