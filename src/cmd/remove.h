/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_REMOVE_H
#define CMD_REMOVE_H
/* Empties a folder that a demo made: one that holds the marker file DEMO_MARKER.
 * Anything else is left alone. */
#include "env/env.h"

#define DEMO_MARKER "jizhu-demo"

/* Makes `path` an empty folder with the marker in it. ERR_EXISTS when it is there
 * without the marker and not empty. */
MUST_CHECK err_t demo_folder_fresh(env_t *env, const char *path);
#endif
