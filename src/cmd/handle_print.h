/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_HANDLE_PRINT_H
#define CMD_HANDLE_PRINT_H
/* What the node answers about identifiers, as lines for people. */
#include "env/json_read.h"

void handle_print_record(const json_tree_t *answer);
/* Names that lead to one that was retired or deleted; nothing when there are none. */
void handle_print_others(const json_tree_t *answer);
void handle_print_history(const json_tree_t *answer);
void handle_print_found(const json_tree_t *answer);
#endif
