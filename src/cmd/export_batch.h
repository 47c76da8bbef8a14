/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_EXPORT_BATCH_H
#define CMD_EXPORT_BATCH_H
/* A record of an export as a block of a batch file of the Handle tools. */
#include "base/text.h"
#include "env/json_read.h"

/* ERR_UNSUPPORTED: a value has no text there (bytes, sites, keys, texts of several
 * lines, an absolute TTL); *ret_index is its index. */
MUST_CHECK err_t export_batch(const json_tree_t *record, text_t *text, int64_t *ret_index);
#endif
