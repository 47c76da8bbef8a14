/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the store hold hashes, since names are longer than keys may be. Each key
 * without its probe is the start of a chain; a chain has no holes, so a look-up
 * ends at the first key that is absent. Removing moves the chain's last entry into
 * the hole. */
#include "registry/store.h"

#include <stdlib.h>

#include "base/num.h"
#include "codec/handle/name.h"

enum {
	KEY_MAX = 511,
	PREFIX_SEED = 1,
	NAME_SEED = 2,
	FORMAT = 1,
	ENTRY_MAX = RECORD_BYTES_MAX + RECORD_NAME_MAX + 64,
};

struct registry_store {
	env_db_t *db;
	uint64_t (*hash)(slice_t bytes, uint64_t seed);
	uint64_t seed;
	uint8_t scratch[ENTRY_MAX]; /* the writer's */
};

typedef struct {
	uint8_t bytes[KEY_MAX];
	size_t len; /* without the probe, which stands at bytes[len] */
} chain_t;

/* A name made ready for keys. */
typedef struct {
	uint8_t bytes[RECORD_NAME_MAX];
	slice_t whole, prefix, suffix;
} folded_t;

static err_t fold(slice_t name, folded_t *ret_folded)
{
	handle_name_t parts;
	if (handle_name_fold(name, ret_folded->bytes, &ret_folded->whole) != CODEC_OK ||
	    handle_name_split(ret_folded->whole, &parts) != CODEC_OK)
		return ERR_INVALID;
	ret_folded->prefix = parts.prefix;
	ret_folded->suffix = parts.suffix;
	return ERR_OK;
}

static void family_write(const registry_store_t *store, uint8_t kind, slice_t prefix, writer_t *w)
{
	wr_u8(w, kind);
	wr_u64(w, store->hash(prefix, store->seed + PREFIX_SEED));
}

static chain_t record_chain(const registry_store_t *store, const folded_t *name)
{
	chain_t chain;
	writer_t w = writer_of(chain.bytes, sizeof(chain.bytes) - 1);
	family_write(store, 'r', name->prefix, &w);
	wr_u64(&w, store->hash(name->whole, store->seed + NAME_SEED));
	chain.len = w.len;
	return chain;
}

static chain_t list_chain(const registry_store_t *store, const folded_t *name)
{
	chain_t chain;
	writer_t w = writer_of(chain.bytes, sizeof(chain.bytes) - 1);
	family_write(store, 'l', name->prefix, &w);
	wr_bytes(&w, slice_sub(name->suffix, 0, STORE_HEAD_MAX));
	if (name->suffix.len >= STORE_HEAD_MAX)
		wr_u64(&w, store->hash(name->whole, store->seed + NAME_SEED));
	chain.len = w.len;
	return chain;
}

static slice_t chain_key(chain_t *chain, unsigned probe)
{
	chain->bytes[chain->len] = (uint8_t)probe;
	return slice_of(chain->bytes, chain->len + 1);
}

/* Both kinds of value begin with the name. */
static err_t chain_find(env_db_txn_t *txn, chain_t *chain, slice_t name, unsigned *ret_probe,
                        slice_t *ret_value)
{
	for (unsigned probe = 0; probe < STORE_PROBES; probe++) {
		slice_t value;
		err_t err = env_db_get(txn, chain_key(chain, probe), &value);
		*ret_probe = probe;
		if (err)
			return err;
		reader_t r = reader_of(value);
		slice_t found = rd_string(&r);
		if (r.bad)
			return ERR_CORRUPT;
		if (!slice_eq_nocase(found, name))
			continue;
		*ret_value = value;
		return ERR_OK;
	}
	return ERR_LIMIT;
}

static err_t chain_put(env_db_txn_t *txn, chain_t *chain, slice_t name, slice_t value)
{
	unsigned probe = 0;
	slice_t old;
	err_t err = chain_find(txn, chain, name, &probe, &old);
	if (err && err != ERR_NOT_FOUND)
		return err;
	return env_db_put(txn, chain_key(chain, probe), value);
}

static err_t chain_remove(registry_store_t *store, env_db_txn_t *txn, chain_t *chain, slice_t name)
{
	unsigned hole = 0;
	slice_t value;
	err_t err = chain_find(txn, chain, name, &hole, &value);
	if (err)
		return err;
	unsigned last = hole;
	writer_t w = writer_of(store->scratch, sizeof(store->scratch));
	while (last + 1 < STORE_PROBES &&
	       env_db_get(txn, chain_key(chain, last + 1), &value) == ERR_OK)
		last++;
	if (last != hole) {
		err = env_db_get(txn, chain_key(chain, last), &value);
		if (err)
			return err;
		wr_bytes(&w, value);
		err = w.bad ? ERR_CORRUPT
		            : env_db_put(txn, chain_key(chain, hole), writer_done(&w));
	}
	return err ? err : env_db_remove(txn, chain_key(chain, last));
}

err_t registry_store_open(env_t *env, const registry_store_spec_t *spec,
                          registry_store_t **ret_store)
{
	registry_store_t *store = calloc(1, sizeof(*store));
	if (!store)
		return ERR_NO_MEMORY;
	store->hash = spec->hash ? spec->hash : num_hash;
	store->seed = spec->seed;
	err_t err = env_db_open(env, spec->path, spec->max_bytes, &store->db);
	if (err) {
		free(store);
		return err;
	}
	*ret_store = store;
	return ERR_OK;
}

void registry_store_close(registry_store_t *store)
{
	if (!store)
		return;
	env_db_close(store->db);
	free(store);
}

err_t registry_store_read(registry_store_t *store, env_db_txn_t **ret_txn)
{
	return env_db_read(store->db, ret_txn);
}

err_t registry_store_write(registry_store_t *store, env_db_txn_t **ret_txn)
{
	return env_db_write(store->db, ret_txn);
}

err_t registry_store_mark_get(env_db_txn_t *txn, registry_mark_t *ret_mark)
{
	slice_t value;
	registry_mark_t mark = { 0 };
	err_t err = env_db_get(txn, SLICE("a"), &value);
	if (err == ERR_NOT_FOUND) {
		*ret_mark = mark;
		return ERR_OK;
	}
	if (err)
		return err;
	reader_t r = reader_of(value);
	uint8_t format = rd_u8(&r);
	mark.seq = rd_u64(&r);
	mark.epoch = rd_u64(&r);
	mark.count = rd_u64(&r);
	slice_t hash = rd_take(&r, sizeof(mark.hash));
	if (format > FORMAT)
		return ERR_NEWER_FORMAT;
	if (r.bad || r.in.len > 0 || format != FORMAT)
		return ERR_CORRUPT;
	memcpy(mark.hash, hash.ptr, sizeof(mark.hash));
	*ret_mark = mark;
	return ERR_OK;
}

err_t registry_store_mark_put(env_db_txn_t *txn, const registry_mark_t *mark)
{
	uint8_t buf[64];
	writer_t w = writer_of(buf, sizeof(buf));
	wr_u8(&w, FORMAT);
	wr_u64(&w, mark->seq);
	wr_u64(&w, mark->epoch);
	wr_u64(&w, mark->count);
	wr_bytes(&w, slice_of(mark->hash, sizeof(mark->hash)));
	return env_db_put(txn, SLICE("a"), writer_done(&w));
}

void registry_record_write(const record_t *record, writer_t *w)
{
	wr_string(w, record->name);
	wr_varint(w, record->count);
	wr_string(w, record->values);
}

record_t registry_record_read(reader_t *r)
{
	record_t record = { .name = rd_string(r) };
	uint64_t count = rd_varint(r);
	record.values = rd_string(r);
	if (count > RECORD_VALUES_MAX)
		r->bad = true;
	record.count = (uint32_t)count;
	return record;
}

/* The view's form of a record: as above, then what the journal says around it. */
static void row_write(const record_t *record, writer_t *w)
{
	registry_record_write(record, w);
	wr_u8(w, (uint8_t)record->state);
	wr_varint(w, record->last.seq);
	wr_varint(w, record->last.at);
	wr_zigzag(w, record->changed_ns);
}

static err_t row_read(slice_t row, record_t *ret_record)
{
	reader_t r = reader_of(row);
	record_t record = registry_record_read(&r);
	uint8_t state = rd_u8(&r);
	record.last.seq = rd_varint(&r);
	record.last.at = rd_varint(&r);
	record.changed_ns = rd_zigzag(&r);
	if (r.bad || r.in.len > 0 || state >= RECORD_STATE_COUNT)
		return ERR_CORRUPT;
	record.state = (record_state_t)state;
	*ret_record = record;
	return ERR_OK;
}

err_t registry_store_get(const registry_store_t *store, env_db_txn_t *txn, slice_t name,
                         record_t *ret_record)
{
	folded_t folded;
	unsigned probe;
	slice_t value;
	err_t err = fold(name, &folded);
	if (err)
		return err;
	chain_t chain = record_chain(store, &folded);
	err = chain_find(txn, &chain, folded.whole, &probe, &value);
	if (err)
		return err == ERR_LIMIT ? ERR_NOT_FOUND : err;
	return row_read(value, ret_record);
}

/* The listing has a name from its first record on, in that record's spelling. */
static err_t list_name(registry_store_t *store, env_db_txn_t *txn, const folded_t *folded,
                       slice_t name)
{
	chain_t chain = list_chain(store, folded);
	writer_t w = writer_of(store->scratch, sizeof(store->scratch));
	wr_string(&w, name);
	return chain_put(txn, &chain, folded->whole, writer_done(&w));
}

err_t registry_store_put(registry_store_t *store, env_db_txn_t *txn, const record_t *record,
                         bool *ret_new)
{
	folded_t folded;
	unsigned probe = 0;
	slice_t old;
	err_t err = fold(record->name, &folded);
	if (err)
		return err;
	chain_t chain = record_chain(store, &folded);
	err = chain_find(txn, &chain, folded.whole, &probe, &old);
	if (err && err != ERR_NOT_FOUND)
		return err;
	bool is_new = err == ERR_NOT_FOUND;
	writer_t w = writer_of(store->scratch, sizeof(store->scratch));
	row_write(record, &w);
	if (w.bad)
		return ERR_TOO_BIG;
	err = env_db_put(txn, chain_key(&chain, probe), writer_done(&w));
	if (!err && is_new)
		err = list_name(store, txn, &folded, record->name);
	if (!err)
		*ret_new = is_new;
	return err;
}

err_t registry_store_remove(registry_store_t *store, env_db_txn_t *txn, slice_t name)
{
	folded_t folded;
	err_t err = fold(name, &folded);
	if (err)
		return err;
	chain_t record = record_chain(store, &folded), listed = list_chain(store, &folded);
	err = chain_remove(store, txn, &record, folded.whole);
	return err ? err : chain_remove(store, txn, &listed, folded.whole);
}

/* Listing. */

typedef struct {
	slice_t prefix, after; /* folded */
	slice_t family;        /* kind and prefix hash: what a key begins with */
	slice_t best, best_key;
	bool is_bad;
} search_t;

static uint8_t upper(uint8_t byte)
{
	return byte >= 'a' && byte <= 'z' ? (uint8_t)(byte - 'a' + 'A') : byte;
}

/* slice_cmp of the folded forms. */
static int compare_folded(slice_t a, slice_t b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	for (size_t i = 0; i < len; i++) {
		int order = upper(a.ptr[i]) - upper(b.ptr[i]);
		if (order)
			return order;
	}
	return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

static slice_t key_head(slice_t key, slice_t family)
{
	return slice_sub(key, family.len, STORE_HEAD_MAX);
}

/* Goes on only while a smaller name may still come: among those of one long head. */
static bool search_step(void *ctx, slice_t key, slice_t value)
{
	search_t *s = ctx;
	if (!slice_starts(key, s->family))
		return false;
	slice_t head = key_head(key, s->family);
	if (s->best.ptr && !slice_eq(head, key_head(s->best_key, s->family)))
		return false;
	reader_t r = reader_of(value);
	slice_t name = rd_string(&r);
	s->is_bad = r.bad;
	if (r.bad)
		return false;
	slice_t prefix = slice_sub(name, 0, slice_find(name, '/'));
	if (!slice_eq_nocase(prefix, s->prefix) || compare_folded(name, s->after) <= 0)
		return true;
	if (!s->best.ptr || compare_folded(name, s->best) < 0) {
		s->best = name;
		s->best_key = key;
	}
	return head.len == STORE_HEAD_MAX;
}

/* Where the search begins: the key of `after` without what follows its head. */
static err_t search_from(const registry_store_t *store, slice_t prefix, slice_t after, writer_t *w)
{
	folded_t folded;
	uint8_t upper_prefix[RECORD_NAME_MAX];
	if (prefix.len > RECORD_NAME_MAX)
		return ERR_INVALID;
	slice_fold_upper(prefix, upper_prefix);
	family_write(store, 'l', slice_of(upper_prefix, prefix.len), w);
	if (after.len == 0)
		return ERR_OK;
	err_t err = fold(after, &folded);
	if (!err && slice_eq_nocase(folded.prefix, prefix))
		wr_bytes(w, slice_sub(folded.suffix, 0, STORE_HEAD_MAX));
	return err;
}

err_t registry_store_next(const registry_store_t *store, env_db_txn_t *txn, slice_t prefix,
                          slice_t after, slice_t *ret_name)
{
	enum { FAMILY = 9 };
	uint8_t key[KEY_MAX];
	writer_t w = writer_of(key, sizeof(key));
	err_t err = search_from(store, prefix, after, &w);
	if (err)
		return err;
	slice_t from = writer_done(&w);
	search_t search = { .prefix = prefix,
		            .after = after,
		            .family = slice_sub(from, 0, FAMILY) };
	err = env_db_scan(txn, from, search_step, &search);
	if (!err && search.is_bad)
		err = ERR_CORRUPT;
	if (!err && !search.best.ptr)
		err = ERR_NOT_FOUND;
	if (!err)
		*ret_name = search.best;
	return err;
}
