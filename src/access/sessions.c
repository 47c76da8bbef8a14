/* SPDX-License-Identifier: Apache-2.0 */
/* Every slot is compared, found or not, so that the time of an answer tells
 * nothing about the cookies in the table. */
#include "access/sessions.h"

static const int64_t IDLE_NS = INT64_C(12) * 3600 * 1000000000;

void session_close(session_t *session)
{
	*session = (session_t){ 0 };
}

static void close_idle(sessions_t *s, int64_t now_ns)
{
	for (size_t i = 0; i < ACCESS_SESSIONS_MAX; i++)
		if (s->slots[i].open && now_ns - s->slots[i].used_ns >= IDLE_NS)
			session_close(&s->slots[i]);
}

session_t *sessions_find(sessions_t *s, slice_t cookie, int64_t now_ns)
{
	uint8_t hash[SHA256_BYTES];
	env_sha256(&cookie, 1, hash);
	close_idle(s, now_ns);
	session_t *found = NULL;
	for (size_t i = 0; i < ACCESS_SESSIONS_MAX; i++) {
		session_t *slot = &s->slots[i];
		bool same = env_secret_eq(slice_of(slot->cookie_hash, SHA256_BYTES),
		                          slice_of(hash, SHA256_BYTES));
		if (slot->open && same)
			found = slot;
	}
	return found;
}

session_t *sessions_take(sessions_t *s, int64_t now_ns)
{
	close_idle(s, now_ns);
	session_t *spare = &s->slots[0];
	for (size_t i = 0; i < ACCESS_SESSIONS_MAX && spare->open; i++) {
		session_t *slot = &s->slots[i];
		if (!slot->open || slot->used_ns < spare->used_ns)
			spare = slot;
	}
	s->displaced += spare->open;
	session_close(spare);
	return spare;
}

void sessions_end(sessions_t *s, slice_t subject)
{
	for (size_t i = 0; i < ACCESS_SESSIONS_MAX; i++)
		if (s->slots[i].open && slice_eq(slice_str(s->slots[i].subject), subject))
			session_close(&s->slots[i]);
}

uint64_t sessions_count(const sessions_t *s)
{
	uint64_t count = 0;
	for (size_t i = 0; i < ACCESS_SESSIONS_MAX; i++)
		count += s->slots[i].open;
	return count;
}
