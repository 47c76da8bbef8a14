/* SPDX-License-Identifier: Apache-2.0 */
/* Readers on threads against one writer on real files: what was put is found, whole
 * and in order, while the index grows, segments fill and are written anew, runs merge
 * and the whole store is replaced by a fresh one. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/num.h"
#include "codec/handle/handle.h"
#include "env/posix/posix.h"
#include "registry/store/store.h"

enum { NAMES = 20000, READERS = 3, VALUE_BYTES = 300 };

typedef struct {
	char root[64], view[96];
	env_t *env;
	hub_t hub;
	registry_store_t *store;
	_Atomic unsigned known; /* names below are there */
	_Atomic bool is_over;
	_Atomic size_t wrong, looked;
} world_t;

typedef struct {
	world_t *world;
	unsigned number;
} reader_arg_t;

static slice_t name_of(unsigned i, char buf[64])
{
	(void)snprintf(buf, 64, "99.100.1/%06u", i);
	return slice_str(buf);
}

/* Two values that say the same in many bytes, so that a torn row would show. */
static void put(world_t *w, unsigned i, unsigned number)
{
	char name[64], text[VALUE_BYTES];
	uint8_t buf[2 * VALUE_BYTES + 128];
	writer_t v = writer_of(buf, sizeof(buf));
	memset(text, 'a' + (int)(number % 26), sizeof(text));
	handle_value_t value = { .perms = HANDLE_PERMS_DEFAULT, .type = SLICE("URL") };
	value.data = slice_of(text, sizeof(text));
	for (value.index = 1; value.index <= 2; value.index++)
		handle_value_encode(&value, &v);
	record_t record = { .name = name_of(i, name), .count = 2, .values = writer_done(&v) };
	err_t err;
	do
		err = registry_store_put(w->store, &record);
	while (err == ERR_BUSY); /* readers hold too many old states */
	assert_int_equal(err, ERR_OK);
}

static bool is_whole(const record_t *record, slice_t name)
{
	reader_t r = reader_of(record->values);
	slice_t one = handle_value_read(&r).data;
	slice_t two = handle_value_read(&r).data;
	return !r.bad && slice_eq(one, two) && one.len == VALUE_BYTES &&
	       slice_eq(record->name, name);
}

static size_t look_once(registry_look_t *look, rng_t *rng, unsigned known)
{
	char text[REGISTRY_LOOK_MAX][64];
	slice_t names[REGISTRY_LOOK_MAX];
	record_t records[REGISTRY_LOOK_MAX];
	err_t errs[REGISTRY_LOOK_MAX];
	size_t wrong = 0;
	for (size_t i = 0; i < REGISTRY_LOOK_MAX; i++)
		names[i] = name_of((unsigned)rng_below(rng, known), text[i]);
	registry_look_find(look, names, REGISTRY_LOOK_MAX, records, errs);
	for (size_t i = 0; i < REGISTRY_LOOK_MAX; i++)
		wrong += errs[i] != ERR_OK || !is_whole(&records[i], names[i]);
	return wrong;
}

static size_t list_once(registry_look_t *look, unsigned from)
{
	char text[64];
	slice_t names[REGISTRY_LOOK_MAX];
	size_t count = 0, wrong = 0;
	err_t err = registry_look_list(look, SLICE("99.100.1"), name_of(from, text), names, &count);
	for (size_t i = 0; i < count; i++)
		wrong += !slice_eq(names[i], name_of(from + 1 + (unsigned)i, text));
	return wrong + (err != ERR_OK);
}

static void *read_on(void *arg)
{
	reader_arg_t *a = arg;
	world_t *w = a->world;
	rng_t rng = rng_of(a->number);
	registry_look_t *look = NULL;
	if (registry_look_new(&w->hub, a->number, &look))
		return NULL;
	while (!atomic_load(&w->is_over)) {
		unsigned known = atomic_load(&w->known);
		size_t wrong = registry_look_begin(look) != ERR_OK;
		if (!wrong && known > 0) {
			wrong += look_once(look, &rng, known);
			wrong += list_once(look, (unsigned)rng_below(&rng, known));
		}
		registry_look_end(look);
		atomic_fetch_add(&w->wrong, wrong);
		atomic_fetch_add(&w->looked, 1);
	}
	registry_look_free(look);
	return NULL;
}

static void commit(world_t *w, registry_mark_t *mark)
{
	mark->at.seq++;
	err_t err = registry_store_commit(w->store, mark);
	assert_true(err == ERR_OK || err == ERR_BUSY);
}

static void write_all(world_t *w)
{
	registry_mark_t mark = { 0 };
	for (unsigned i = 0; i < NAMES; i++) {
		put(w, i, i);
		atomic_store(&w->known, i + 1);
		if (i % 64 == 0)
			commit(w, &mark);
	}
	for (unsigned i = 0; i < 2 * NAMES; i++) {
		put(w, i * 7919 % NAMES, i);
		if (i % 64 == 0)
			commit(w, &mark);
		if (i % 8192 == 0)
			assert_int_equal(registry_store_save(w->store), ERR_OK);
	}
}

static void replace(world_t *w, const registry_store_spec_t *spec)
{
	registry_store_t *old = w->store;
	assert_int_equal(registry_store_fresh(w->env, spec, old, &w->store), ERR_OK);
	for (unsigned i = 0; i < NAMES; i++)
		put(w, i, i + 1);
	err_t err;
	do
		err = registry_store_show(w->store, old);
	while (err == ERR_BUSY);
	assert_int_equal(err, ERR_OK);
	assert_int_equal(registry_store_save(w->store), ERR_OK);
}

static void what_was_put_is_found_whole_while_all_else_changes(void **state)
{
	(void)state;
	static world_t w;
	pthread_t threads[READERS];
	reader_arg_t args[READERS];
	char command[128];
	(void)snprintf(w.root, sizeof(w.root), "/tmp/store-XXXXXX");
	assert_non_null(mkdtemp(w.root));
	(void)snprintf(w.view, sizeof(w.view), "%s/view", w.root);
	assert_int_equal(posix_env_open(&(posix_spec_t){ .program = "test" }, &w.env), ERR_OK);
	registry_store_spec_t spec = { .path = w.view, .max_bytes = 1 << 30, .hub = &w.hub };
	registry_hub_init(&w.hub);
	assert_int_equal(registry_store_open(w.env, &spec, &w.store), ERR_OK);
	assert_int_equal(registry_store_show(w.store, NULL), ERR_OK);
	for (unsigned i = 0; i < READERS; i++) {
		args[i] = (reader_arg_t){ &w, i };
		assert_int_equal(pthread_create(&threads[i], NULL, read_on, &args[i]), 0);
	}
	write_all(&w);
	registry_store_stats_t stats = registry_store_stats(w.store);
	assert_true(stats.compactions > 0);
	replace(&w, &spec);
	atomic_store(&w.is_over, true);
	for (unsigned i = 0; i < READERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_true(atomic_load(&w.looked) > 0);
	assert_int_equal(atomic_load(&w.wrong), 0);
	registry_store_close(w.store);
	hub_done(&w.hub);
	posix_env_close(w.env);
	(void)snprintf(command, sizeof(command), "rm -r %s", w.root);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_is_found_whole_while_all_else_changes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
