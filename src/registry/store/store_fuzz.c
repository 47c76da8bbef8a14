/* SPDX-License-Identifier: Apache-2.0 */
/* The disk forms of the view with checksums that hold: what a wrong writer, rather than
 * a bad disk, might leave. The first byte says which form the rest is. */
#include <stddef.h>
#include <stdlib.h>

#include "base/crc.h"
#include "codec/handle/handle.h"
#include "env/twin/twin.h"
#include "registry/store/state.h"

enum { FORMS = 4, ROW_CAP = 8192 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_u32(uint8_t *at, uint32_t v)
{
	for (size_t i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> (8 * i));
}

static void demand(bool is_so)
{
	if (!is_so)
		abort();
}

/* A body under a head that fits it. The input's first byte is the head's flags. */
static void fuzz_row(slice_t in)
{
	static uint8_t bytes[ROW_CAP + 8], room[ROW_ROOM];
	slice_t body = slice_sub(in, 1, ROW_CAP);
	row_t row;
	record_t record;
	if (body.len == 0)
		return;
	memcpy(&bytes[8], body.ptr, body.len);
	put_u32(&bytes[4], (uint32_t)body.len | (uint32_t)in.ptr[0] << 24);
	put_u32(bytes, crc32c(0, slice_of(&bytes[4], body.len + 4)));
	writer_t w = writer_of(room, sizeof(room));
	if (row_open(slice_of(bytes, body.len + 8), &row) == ERR_OK)
		(void)!row_expand(&row, &w, &record);
}

/* What is written comes back the same, whatever the values are. */
static void fuzz_values(slice_t in)
{
	static uint8_t bytes[ROW_CAP + 4096], room[ROW_ROOM];
	reader_t r = reader_of(in);
	record_t record = { .name = SLICE("99.100.1/x"), .changed_ns = (int64_t)rd_u64(&r) };
	record.count = rd_u8(&r);
	record.values = slice_sub(r.in, 0, ROW_CAP);
	writer_t w = writer_of(bytes, sizeof(bytes)), to = writer_of(room, sizeof(room));
	row_t row;
	record_t back;
	row_write(&record, &w);
	demand(!w.bad && row_open(writer_done(&w), &row) == ERR_OK && row.size == w.len);
	demand(row_expand(&row, &to, &back) == ERR_OK);
	demand(slice_eq(back.values, record.values) && back.count == record.count &&
	       back.changed_ns == record.changed_ns);
}

static void fuzz_run(slice_t in)
{
	static uint8_t bytes[2 * BLOCK_BYTES];
	static run_cursor_t cursor;
	memset(bytes, 0, sizeof(bytes));
	slice_t block = slice_sub(in, 0, BLOCK_BYTES - 4);
	memcpy(&bytes[BLOCK_BYTES + 4], block.ptr, block.len);
	/* Number 0, block 1. */
	put_u32(&bytes[BLOCK_BYTES], crc32c(1, slice_of(&bytes[BLOCK_BYTES + 4], BLOCK_BYTES - 4)));
	run_view_t run = { slice_of(bytes, sizeof(bytes)), 0, 2 };
	bool has = false;
	err_t err = run_seek(run, SLICE("M"), &cursor, &has);
	while (!err && has)
		err = run_next(&cursor, &has);
}

static void fuzz_checkpoint(slice_t in)
{
	static uint8_t bytes[ROW_CAP];
	twin_t *twin;
	env_t *env;
	hub_t hub;
	registry_store_t *store;
	slice_t body = slice_sub(in, 0, ROW_CAP - 4);
	memcpy(bytes, body.ptr, body.len);
	put_u32(&bytes[body.len], crc32c(0, body));
	demand(twin_new(&(twin_spec_t){ .seed = 1 }, &twin) == ERR_OK);
	demand(twin_host_open(twin, "node", &env) == ERR_OK);
	registry_hub_init(&hub);
	registry_store_spec_t spec = { .path = "view", .max_bytes = 1 << 30, .hub = &hub };
	demand(registry_store_open(env, &spec, &store) == ERR_OK);
	record_t record = { .name = SLICE("99.100.1/x") };
	demand(registry_store_put(store, &record) == ERR_OK);
	demand(registry_store_save(store) == ERR_OK);
	registry_store_close(store);
	demand(env_file_save(env, "view/checkpoint", slice_of(bytes, body.len + 4)) == ERR_OK);
	if (registry_store_open(env, &spec, &store) == ERR_OK)
		registry_store_close(store);
	hub_done(&hub);
	twin_host_close(env);
	twin_free(twin);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const forms[FORMS])(slice_t) = { fuzz_row, fuzz_values, fuzz_run,
		                                       fuzz_checkpoint };
	slice_t in = slice_of(data, size);
	if (size > 1)
		forms[data[0] % FORMS](slice_from(in, 1));
	return 0;
}
