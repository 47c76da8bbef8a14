/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_PLACES_H
#define CMD_PLACES_H
/* The places of a name that has several (10320/loc), for `jizhu resolve`. */
#include "resolver/resolver.h"

enum { PLACES_WISHES = 16, PLACES_URL_MAX = 4096 };

typedef struct {
	const char *wishes;  /* "key:value,..."; NULL: none */
	const char *country; /* NULL: unknown */
	uint64_t chance;
} places_client_t;

/* Prints each with its attributes, the one this client is led to with a mark; nothing
 * when there is no good 10320/loc. */
void places_print(const resolver_answer_t *answer, const char *name, const places_client_t *client);
/* The member "location": where this client is led to; none when there is no place. */
void places_put(const resolver_answer_t *answer, const char *name, const places_client_t *client,
                json_t *j);
/* Whether `wishes` can be told apart. */
bool places_are_wishes(const char *wishes);
#endif
