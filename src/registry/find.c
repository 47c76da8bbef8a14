/* SPDX-License-Identifier: Apache-2.0 */
/* Asking. A batch is one snapshot of the view; what it returns points into it, and
 * nothing is allocated. */
#include "registry/lifecycle.h"
#include "registry/state.h"

#include <assert.h>
#include <stdlib.h>

#include "codec/handle/name.h"

err_t registry_reader_new(registry_t *registry, registry_reader_t **ret_reader)
{
	registry_reader_t *reader = calloc(1, sizeof(*reader));
	if (!reader)
		return ERR_NO_MEMORY;
	reader->registry = registry;
	*ret_reader = reader;
	return ERR_OK;
}

void registry_reader_free(registry_reader_t *reader)
{
	if (!reader)
		return;
	registry_find_done(reader);
	free(reader);
}

static bool is_served(const registry_t *registry, slice_t prefix)
{
	return slice_eq_nocase(prefix, registry->prefix) || homed_has(&registry->homed, prefix) ||
	       registry_hosts(registry, prefix);
}

/* Names under the own, the homed and the hosted prefixes, the records that describe these, and
 * those of the prefixes below them. */
bool registry_serves(const registry_t *registry, slice_t name)
{
	slice_t described = handle_name_described_prefix(name);
	size_t slash = slice_find(name, '/');
	if (described.len == 0)
		return slash < name.len && is_served(registry, slice_sub(name, 0, slash));
	size_t len = described.len;
	while (len > 0 && !is_served(registry, slice_sub(described, 0, len)))
		do
			len--;
		while (len > 0 && described.ptr[len] != '.');
	return len > 0;
}

bool registry_served_prefix(const registry_t *registry, size_t i, slice_t *ret_prefix)
{
	if (i == 0) {
		*ret_prefix = registry->prefix;
		return true;
	}
	return homed_get(&registry->homed, i - 1, ret_prefix);
}

static err_t find_one(registry_reader_t *reader, err_t broken, slice_t name, record_t *ret_record)
{
	handle_name_t parts;
	if (handle_name_split(name, &parts) != CODEC_OK)
		return ERR_INVALID;
	if (!registry_serves(reader->registry, name))
		return ERR_UNAVAILABLE;
	if (broken)
		return broken;
	err_t err = registry_store_get(reader->registry->store, reader->txn, name, ret_record);
	return !err && !registry_state_answers(ret_record->state) ? ERR_NOT_FOUND : err;
}

void registry_find_batch(registry_reader_t *reader, const slice_t *names, size_t count,
                         record_t *ret_records, err_t *ret_err)
{
	registry_t *registry = reader->registry;
	int64_t found = 0;
	assert(count <= REGISTRY_BATCH && !reader->txn);
	err_t broken = registry_store_read(registry->store, &reader->txn);
	for (size_t i = 0; i < count; i++) {
		ret_records[i] = (record_t){ 0 };
		ret_err[i] = find_one(reader, broken, names[i], &ret_records[i]);
		found += ret_err[i] == ERR_OK;
	}
	metric_add(&registry->metrics, REGISTRY_METRIC_FINDS, (int64_t)count);
	metric_add(&registry->metrics, REGISTRY_METRIC_FOUND, found);
}

void registry_find_done(registry_reader_t *reader)
{
	env_db_end(reader->txn);
	reader->txn = NULL;
}

/* What does not answer is not listed either. */
static err_t list_one(registry_reader_t *reader, slice_t name, bool (*row)(void *, slice_t),
                      void *ctx, bool *ret_more)
{
	record_t record;
	err_t err = registry_store_get(reader->registry->store, reader->txn, name, &record);
	*ret_more = !err && (!registry_state_answers(record.state) || row(ctx, name));
	return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

err_t registry_list(registry_reader_t *reader, slice_t prefix, slice_t after,
                    bool (*row)(void *ctx, slice_t name), void *ctx)
{
	const registry_store_t *store = reader->registry->store;
	assert(!reader->txn);
	err_t err = registry_store_read(reader->registry->store, &reader->txn);
	bool more = true;
	while (!err && more) {
		slice_t name;
		err = registry_store_next(store, reader->txn, prefix, after, &name);
		if (!err)
			err = list_one(reader, name, row, ctx, &more);
		after = err ? after : name;
	}
	registry_find_done(reader);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}
