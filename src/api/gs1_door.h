/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_GS1_DOOR_H
#define API_GS1_DOOR_H
/* The resolver door of the GS1-Conformant Resolver standard (1.2): a Digital Link is decoded, the
 * records of its key are looked up level by level, and the answer is a redirect to the
 * link the request means, the set of all links, or why there is none.
 *
 * Story: gs1_get reads the path and the query (codec/gs1), gs1_levels_find looks the names
 * of the key up in one snapshot, gs1_choose (gs1/gs1_choose.h) picks a link,
 * gs1_linkset_put writes the set.
 *
 * Levels: a key with qualifiers is asked for with each choice of them, since a link of a
 * GTIN and a serial holds for a request that names the batch too. The most telling comes
 * first: what names the last qualifier, then the one before it; the key alone is the last.
 *
 * HTTP loop. */
#include "api/exchange.h"
#include "gs1/gs1_choose.h"
#include "gs1/gs1_map.h"
#include "codec/handle/handle.h"

enum { GS1_NAMES_MAX = 1 << GS1_QUALIFIERS_MAX };

typedef struct {
	gs1_message_t part; /* the key and those qualifiers that this level names */
	slice_t name;       /* that was asked for, or where an alias led */
	bool by_alias;
	err_t err;
	record_t record;    /* borrowed until gs1_levels_done */
	gs1_links_t *links; /* NULL: there is no record */
} gs1_level_t;

/* A Digital Link on its way through the door. The API keeps one, since each is answered
 * within its turn of the HTTP loop, so that no request needs memory. */
typedef struct gs1_ask {
	gs1_message_t message;
	uint8_t text[GS1_TEXT_MAX + 1], room[GS1_TEXT_MAX + 1];
	gs1_level_t levels[GS1_NAMES_MAX]; /* the most telling first */
	size_t count;
	uint8_t names[GS1_NAMES_MAX][HANDLE_NAME_MAX];
	gs1_links_t links[GS1_NAMES_MAX];
} gs1_ask_t;

/* Looks up every level of `ask->message` and reads the links. */
void gs1_levels_find(exchange_t *x, gs1_ask_t *ask);
void gs1_levels_done(exchange_t *x, gs1_ask_t *ask);

/* "https://id.example.com": where this resolver is, as configured or as the request came. */
void gs1_root_put(const exchange_t *x, writer_t *w);
/* The linkset (RFC 9264) of all levels; with `choice`, of these links of `level` alone. */
void gs1_linkset_put(exchange_t *x, const gs1_ask_t *ask, const gs1_level_t *level,
                     const gs1_choice_t *choice);

/* Whether the path begins with a primary key of GS1. */
bool gs1_door_claims(slice_t path);
/* What lets pages of other sites ask here; for answers of this door. */
void gs1_door_cors(exchange_t *x);
#endif
