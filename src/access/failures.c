/* SPDX-License-Identifier: Apache-2.0 */
/* A linear walk: attempts with a wrong token are rare, or are what is limited. */
#include "access/failures.h"

static const int64_t WINDOW_NS = INT64_C(60) * 1000000000;

enum { IP6_NETWORK_BYTES = 8 };

/* Who owns one IPv6 address owns its /64. */
failure_key_t failure_key_source(ip_t source)
{
	failure_key_t key = { { source.family } };
	size_t len = source.family == 6 ? (size_t)IP6_NETWORK_BYTES : sizeof(source.bytes);
	memcpy(&key.bytes[1], source.bytes, len);
	return key;
}

/* Names of any length, known or not. */
failure_key_t failure_key_name(slice_t name)
{
	uint8_t hash[SHA256_BYTES];
	failure_key_t key = { { UINT8_MAX } };
	env_sha256(&name, 1, hash);
	memcpy(&key.bytes[1], hash, FAILURE_KEY_BYTES - 1);
	return key;
}

static bool is_live(const failure_t *entry, int64_t now_ns)
{
	return entry->count && now_ns - entry->begin_ns < WINDOW_NS;
}

static bool is_of(const failure_t *entry, failure_key_t key)
{
	return memcmp(entry->key.bytes, key.bytes, sizeof(key.bytes)) == 0;
}

bool failures_block(const failures_t *f, failure_key_t key, int64_t now_ns)
{
	for (size_t i = 0; i < ACCESS_SOURCES_MAX; i++) {
		const failure_t *entry = &f->entries[i];
		if (is_live(entry, now_ns) && is_of(entry, key))
			return entry->count >= ACCESS_FAILURES_MAX;
	}
	return false;
}

/* The key's own entry while its minute lasts, else the one to give up: a free or
 * finished one, or the one that began first. */
static failure_t *entry_for(failures_t *f, failure_key_t key, int64_t now_ns)
{
	failure_t *spare = &f->entries[0];
	for (size_t i = 0; i < ACCESS_SOURCES_MAX; i++) {
		failure_t *entry = &f->entries[i];
		bool live = is_live(entry, now_ns);
		if (live && is_of(entry, key))
			return entry;
		if (is_live(spare, now_ns) && (!live || entry->begin_ns < spare->begin_ns))
			spare = entry;
	}
	*spare = (failure_t){ .key = key, .begin_ns = now_ns };
	return spare;
}

void failures_add(failures_t *f, failure_key_t key, int64_t now_ns)
{
	failure_t *entry = entry_for(f, key, now_ns);
	if (entry->count < ACCESS_FAILURES_MAX)
		entry->count++;
}

void failures_forgive(failures_t *f, failure_key_t key, int64_t now_ns)
{
	for (size_t i = 0; i < ACCESS_SOURCES_MAX; i++) {
		failure_t *entry = &f->entries[i];
		if (is_live(entry, now_ns) && is_of(entry, key))
			entry->count--;
	}
}
