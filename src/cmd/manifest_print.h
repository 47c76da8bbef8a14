/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_MANIFEST_PRINT_H
#define CMD_MANIFEST_PRINT_H
/* What a backup holds, on standard output. */
#include "backup/manifest.h"

void manifest_print(const manifest_t *manifest);
/* One line of JSON; `key` and `path` are one more member, left out when empty. */
void manifest_print_json(const manifest_t *manifest, const char *key, const char *path);
#endif
