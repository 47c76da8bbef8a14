/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_FIXTURE_TEST_H
#define REGISTRY_FIXTURE_TEST_H
/* A registry with its journal in a simulated machine, for tests: open, change and
 * wait, look up, pull the plug, open again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/num.h"
#include "codec/handle/handle.h"
#include "env/file.h"
#include "env/twin/twin.h"
#include "registry/registry.h"

enum { FIXTURE_REPLIES = 2048, FIXTURE_VALUES = 64 << 10 };
#define FIXTURE_VIEW "data/views/registry"

typedef struct {
	twin_t *twin;
	env_t *env;
	env_loop_t *commit, *view, *asker;
	journal_t *journal;
	registry_t *registry;
	registry_reader_t *reader;
	env_mailbox_t *replies;
	const char *prefix;
	const char *host; /* NULL: "node" */
	uint64_t view_bytes_max, epoch;
	const char *const *admins;
	size_t admin_count;
	bool admins_home_only;
	journal_recovery_t recovery;
	err_detail_t detail;
} fixture_t;

static inline fixture_t fixture_make(uint64_t seed)
{
	fixture_t f = { .prefix = "99.100.1" };
	twin_spec_t spec = { .seed = seed, .start = { .ns = 1700000000 * NS_PER_S } };
	assert_int_equal(twin_new(&spec, &f.twin), ERR_OK);
	return f;
}

static inline void fixture_replied(void *ctx)
{
	(void)ctx; /* the tests take from the mailbox themselves */
}

MUST_CHECK static inline err_t fixture_open_journal(fixture_t *f)
{
	journal_spec_t journal = { .dir = "data/journal",
		                   .name = "main",
		                   .chained = true,
		                   .segment_bytes = 1 << 20,
		                   .commit_loop = f->commit };
	err_t err = env_dir_make(f->env, "data");
	if (!err)
		err = env_dir_make(f->env, "data/views");
	if (!err)
		err = env_dir_sync(f->env, "/");
	if (!err)
		err = env_dir_sync(f->env, "data");
	if (!err)
		err = journal_open(f->env, &journal, &f->journal, &f->recovery, &f->detail);
	return err;
}

static inline void fixture_make_loops(fixture_t *f)
{
	assert_int_equal(twin_host_open(f->twin, f->host ? f->host : "node", &f->env), ERR_OK);
	assert_int_equal(env_loop_new(f->env, "commit", ENV_LOOP_FILES, &f->commit), ERR_OK);
	assert_int_equal(env_loop_new(f->env, "view", ENV_LOOP_FILES, &f->view), ERR_OK);
	assert_int_equal(env_loop_new(f->env, "asker", ENV_LOOP_EVENTS, &f->asker), ERR_OK);
	f->journal = NULL;
	f->registry = NULL;
	f->reader = NULL;
	f->replies = NULL;
}

MUST_CHECK static inline err_t fixture_open(fixture_t *f)
{
	err_t err = fixture_open_journal(f);
	registry_spec_t spec = { .views_dir = "data/views",
		                 .prefix = f->prefix,
		                 .journal = f->journal,
		                 .registry_loop = f->view,
		                 .view_bytes_max = f->view_bytes_max,
		                 .admins = f->admins,
		                 .admins_home_only = f->admins_home_only,
		                 .admin_count = f->admin_count };
	env_mailbox_spec_t mail = { .name = "replies",
		                    .reader = f->asker,
		                    .item_size = sizeof(registry_result_t),
		                    .capacity = FIXTURE_REPLIES,
		                    .policy = ENV_FULL_REFUSE,
		                    .ready = fixture_replied };
	if (!err) {
		f->epoch = journal_epoch(f->journal);
		err = registry_open(f->env, &spec, &f->registry, &f->detail);
	}
	if (!err)
		err = registry_reader_new(f->registry, &f->reader);
	if (!err)
		err = env_mailbox_new(&mail, &f->replies);
	env_loop_t *loops[] = { f->commit, f->view, f->asker };
	for (size_t i = 0; i < 3 && !err; i++)
		err = env_loop_start(loops[i]);
	return err;
}

static inline void fixture_start(fixture_t *f)
{
	fixture_make_loops(f);
	assert_int_equal(fixture_open(f), ERR_OK);
}

static inline void fixture_halt(fixture_t *f)
{
	env_loop_stop(f->asker);
	env_loop_stop(f->view);
	env_loop_stop(f->commit);
	registry_reader_free(f->reader);
	registry_close(f->registry);
	env_mailbox_free(f->replies);
	journal_close(f->journal);
	env_loop_free(f->asker);
	env_loop_free(f->view);
	env_loop_free(f->commit);
	twin_host_close(f->env);
	f->env = NULL;
}

static inline void fixture_restart(fixture_t *f)
{
	fixture_halt(f);
	fixture_start(f);
}

static inline void fixture_free(fixture_t *f)
{
	if (f->env)
		fixture_halt(f);
	twin_free(f->twin);
}

/* Looks for the pick-th file of the view. */
typedef struct {
	uint64_t pick;
	size_t count; /* seen so far */
	char path[256];
} fixture_file_t;

static inline void fixture_file_note(void *ctx, const char *name)
{
	fixture_file_t *file = ctx;
	if (file->count++ == file->pick)
		(void)snprintf(file->path, sizeof(file->path), FIXTURE_VIEW "/%s", name);
}

/* The path of the pick-th file of the view, modulo their number; false: there is none.
 * Not while the machine is on. */
static inline bool fixture_view_file(fixture_t *f, uint64_t pick, char path[256],
                                     uint64_t *ret_size)
{
	fixture_file_t file = { .pick = UINT64_MAX };
	env_t *env = NULL;
	env_file_t *opened = NULL;
	assert_int_equal(twin_host_open(f->twin, "node", &env), ERR_OK);
	bool is_there = env_dir_list(env, FIXTURE_VIEW, fixture_file_note, &file) == ERR_OK &&
	                file.count > 0;
	if (is_there) {
		file.pick = pick % file.count;
		file.count = 0;
		assert_int_equal(env_dir_list(env, FIXTURE_VIEW, fixture_file_note, &file), ERR_OK);
		memcpy(path, file.path, sizeof(file.path));
		assert_int_equal(env_file_open(env, path, ENV_OPEN_READ, &opened), ERR_OK);
		assert_int_equal(env_file_size(opened, ret_size), ERR_OK);
		env_file_close(opened);
	}
	twin_host_close(env);
	return is_there;
}

static inline void fixture_remove_file(fixture_t *f, const char *path)
{
	env_t *env = NULL;
	assert_int_equal(twin_host_open(f->twin, "node", &env), ERR_OK);
	assert_int_equal(env_path_remove(env, path), ERR_OK);
	assert_int_equal(env_dir_sync(env, FIXTURE_VIEW), ERR_OK);
	twin_host_close(env);
}

/* False when the world has stopped before a result came. */
static inline bool fixture_result(fixture_t *f, registry_result_t *ret_result)
{
	while (!env_mailbox_take(f->replies, ret_result))
		if (twin_crashed(f->env) || !twin_step(f->twin))
			return false;
	return true;
}

/* Asks and waits. */
static inline registry_result_t fixture_change(fixture_t *f, const registry_change_t *change)
{
	registry_result_t result = { .err = ERR_INTERNAL };
	err_t err = registry_change(f->registry, change, f->replies, NULL);
	if (err)
		return (registry_result_t){ .err = err };
	assert_true(fixture_result(f, &result));
	return result;
}

/* One value of text. */
static inline void value_add(writer_t *w, uint32_t index, const char *type, slice_t data)
{
	handle_value_t value = { .index = index,
		                 .ttl_s = HANDLE_TTL_DEFAULT_S,
		                 .perms = HANDLE_PERMS_DEFAULT,
		                 .type = slice_str(type),
		                 .data = data };
	handle_value_encode(&value, w);
}

/* The administrator with these rights. */
static inline void admin_add(writer_t *w, uint32_t index, uint16_t rights, slice_t handle,
                             uint32_t admin_index)
{
	uint8_t buf[256];
	writer_t data = writer_of(buf, sizeof(buf));
	handle_admin_t admin = { .rights = rights, .admin = { handle, admin_index } };
	handle_admin_encode(&admin, &data);
	value_add(w, index, "HS_ADMIN", writer_done(&data));
}

/* A list of identities. */
static inline void group_add(writer_t *w, uint32_t index, const handle_reference_t *members,
                             size_t count)
{
	uint8_t buf[4096], room[4096];
	writer_t data = writer_of(buf, sizeof(buf)), scratch = writer_of(room, sizeof(room));
	handle_list_encode(handle_list_of_references(members, count, &scratch), &data);
	value_add(w, index, "HS_VLIST", writer_done(&data));
}

static inline registry_change_t change_of(registry_verb_t verb, slice_t name, uint32_t count,
                                          const writer_t *values)
{
	return (registry_change_t){ .verb = verb,
		                    .name = name,
		                    .count = count,
		                    .values = values ? writer_done(values) : (slice_t){ 0 },
		                    .caller = caller_node() };
}

/* A record of one URL. */
static inline registry_result_t fixture_put(fixture_t *f, registry_verb_t verb, const char *name,
                                            const char *url)
{
	uint8_t buf[4096];
	writer_t w = writer_of(buf, sizeof(buf));
	value_add(&w, 1, "URL", slice_str(url));
	registry_change_t change = change_of(verb, slice_str(name), 1, &w);
	return fixture_change(f, &change);
}

static inline registry_result_t fixture_remove(fixture_t *f, const char *name)
{
	registry_change_t change = change_of(REGISTRY_REMOVE, slice_str(name), 0, NULL);
	return fixture_change(f, &change);
}

/* The data of the value with this index as text, "" when there is none. */
static inline const char *fixture_text(fixture_t *f, const char *name, uint32_t index,
                                       char buf[FIXTURE_VALUES])
{
	slice_t asked = slice_str(name);
	record_t record;
	err_t err;
	buf[0] = 0;
	registry_find_batch(f->reader, &asked, 1, &record, &err);
	reader_t r = reader_of(err ? (slice_t){ 0 } : record.values);
	for (uint32_t i = 0; !err && i < record.count; i++) {
		handle_value_t value = handle_value_read(&r);
		assert_false(r.bad);
		if (value.index == index)
			assert_true(slice_to_cstr(value.data, buf, FIXTURE_VALUES));
	}
	assert_int_equal(r.in.len, 0);
	registry_find_done(f->reader);
	return buf;
}

MUST_CHECK static inline err_t fixture_find(fixture_t *f, const char *name)
{
	slice_t asked = slice_str(name);
	record_t record;
	err_t err;
	registry_find_batch(f->reader, &asked, 1, &record, &err);
	registry_find_done(f->reader);
	return err;
}
#endif
