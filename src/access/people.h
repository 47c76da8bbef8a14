/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCESS_PEOPLE_H
#define ACCESS_PEOPLE_H
/* The view: all users and API tokens, in tables of fixed size. Private to this folder.
 *
 * Users stand in the order of their names, tokens in that of their making. */
#include "access/entry.h"

typedef struct {
	access_user_t users[ACCESS_USERS_MAX];
	size_t user_count;
	access_key_t keys[ACCESS_TOKENS_MAX];
	size_t key_count;
} people_t;

access_user_t *people_user(people_t *people, slice_t name);
access_key_t *people_key(people_t *people, slice_t id);
/* By the hash of its secret; every token is compared. */
access_key_t *people_key_hashed(people_t *people, const uint8_t hash[SHA256_BYTES]);
size_t people_keys_of(const people_t *people, const char *owner);
/* ERR_LIMIT: a table is full. ERR_CORRUPT: a token of nobody. Removing what is not
 * there is fine. */
MUST_CHECK err_t people_apply(people_t *people, const entry_t *entry);
#endif
