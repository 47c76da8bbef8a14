/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_FIGURE_JSON_H
#define API_FIGURE_JSON_H
/* A figure as the API tells it: with its name, the words of its definition, and who was
 * silent. Loop of the tree. */
#include "api/api.h"
#include "api/exchange.h"

/* What is told of a definition that no pack has any more is what the figure itself says. */
const definition_t *figure_definition(const api_tree_t *tree, const figure_t *figure);
/* By its length, of those that the definition offers; NULL: none. */
const char *figure_period(const definition_t *definition, const figure_key_t *key);
/* Room that it needs in JSON. */
size_t figure_room(const book_row_t *row);
/* "id" of a revision of it. */
void figure_put_id(const book_key_t *key, uint32_t revision, json_t *j);
/* Its members, into an object that the caller begins and ends. */
void figure_put(const api_tree_t *tree, const book_row_t *row, json_t *j);
/* "value" and, where there is none, "lack". */
void figure_put_value(const figure_t *figure, json_t *j);
#endif
