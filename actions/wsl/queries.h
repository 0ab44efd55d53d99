/* queries: the programs that this family asks, word for word. Whatever starts one of them passes it
 * on in its own declaration: .queries = wsl_queries. Sources: wslinfo(1), wslpath(1), `wsl --help`.
 */
#ifndef PLAYBOOK_WSL_QUERIES_H
#define PLAYBOOK_WSL_QUERIES_H

#include "engine/action.h"

extern const char *const ask_wslinfo_mode[];
extern const char *const ask_wslinfo_version[];
extern const char *const ask_wsl_version[];
extern const char *const ask_windows_version[];
extern const char *const ask_profile[];
extern const char *const ask_profile_in_base64[]; /* for names that the code page cannot write */
extern const char *const ask_secure_access[];     /* "Running" where Global Secure Access runs */

extern const struct query wsl_queries[];

#endif
