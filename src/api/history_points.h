/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_HISTORY_POINTS_H
#define API_HISTORY_POINTS_H
/* Which points a question about history is of: named ones, by number, all that are
 * configured, or the series that label matchers select. Query loop.
 *
 * A name is that of a point of the configuration, or a label set in its canonical text,
 * flow{line="1"} (model/label.h). */
#include "api/history_ask.h"

/* The members "points" and "match"; false: of another form, or, with the problem in the
 * reply, not there. */
bool history_points_read(exchange_t *x, history_ask_t *ask, const json_tree_t *value);
bool history_points_match(exchange_t *x, history_ask_t *ask, const json_tree_t *value);
#endif
