/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_JSON_PRINT_H
#define CMD_JSON_PRINT_H
/* What the node answered in JSON, on standard output: as it came, or cell by cell. */
#include "env/json_read.h"

/* The text of a member; empty when it is absent or no text. Borrows from `object`. */
slice_t json_member_text(const json_tree_t *object, const char *key);
/* That text and a space, filled up to `width` columns. */
void json_print_cell(const json_tree_t *object, const char *key, int width);
/* The answer as it came, on a line. The exit code. */
MUST_CHECK int json_print(slice_t json);
#endif
