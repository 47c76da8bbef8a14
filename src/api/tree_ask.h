/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_TREE_ASK_H
#define API_TREE_ASK_H
/* What the endpoints of the tree have in common: its rooms, the parameters of lists, and the
 * forms of names and times in answers. Loop of the tree. */
#include "api/api.h"
#include "api/exchange.h"

enum { TREE_PAGE_MAX = 1000, TREE_CURSOR_MAX = 2048, TREE_ROOM = 8192 };

/* The rooms, or NULL with the problem in the reply. */
const api_tree_t *tree_ask(exchange_t *x);

/* Empty when it is not there. */
slice_t tree_ask_word(const exchange_t *x, const char *name);
/* The query parameter is no word that this endpoint knows. */
verdict_t tree_refuse_word(exchange_t *x, slice_t word);
/* Nothing is called so here. */
verdict_t tree_refuse_name(exchange_t *x, slice_t name);
/* What it was (0 unless set) when it is not there. False: it is no time, and the problem is
 * in the reply; so below. */
bool tree_ask_time(exchange_t *x, const char *name, int64_t *ret_ns);
/* A number in its words, or `absent`. */
bool tree_ask_count(exchange_t *x, const char *name, size_t absent, size_t *ret_count);

/* Where a list goes on: any bytes of the endpoint's, as one text. */
typedef struct {
	uint8_t bytes[TREE_CURSOR_MAX];
	size_t len; /* 0: the start */
} tree_cursor_t;
bool tree_ask_cursor(exchange_t *x, tree_cursor_t *ret_cursor);
verdict_t tree_refuse_cursor(exchange_t *x);
static inline slice_t tree_cursor_slice(const tree_cursor_t *cursor)
{
	return slice_of(cursor->bytes, cursor->len);
}
/* The member "next": null when `cursor` is empty. */
void tree_put_next(exchange_t *x, slice_t cursor);
/* The same where a number says it; 0: the start, and the end. */
bool tree_ask_from(exchange_t *x, uint32_t *ret_from);
void tree_put_next_from(exchange_t *x, uint32_t from);

/* {"en":...,"zh":...} */
void tree_put_names(json_t *j, const char *key, const slice_t names[LANG_COUNT]);
/* null for 0: never. */
void tree_put_time(json_t *j, const char *key, int64_t utc_ns);
/* null where there is no number. */
void tree_put_number(json_t *j, const char *key, bool is_there, double number);
#endif
