/* SPDX-License-Identifier: Apache-2.0 */
/* Packs: whole ones are good in both forms, and one altered byte anywhere spoils
 * them. */
#include "registry/fixture_test.h"

#include "registry/history.h"
#include "registry/verify/pack.h"

enum { FILE_MAX = 64 << 10 };

typedef struct {
	fixture_t f;
	proof_t *proof;
	uint8_t file[FILE_MAX], scratch[2 * FILE_MAX];
	char key[PROOF_KEY_TEXT_MAX];
} world_t;

static world_t *world_open(void)
{
	world_t *w = calloc(1, sizeof(*w));
	w->f = fixture_make(1);
	fixture_make_loops(&w->f);
	assert_int_equal(fixture_open(&w->f), ERR_OK);
	assert_int_equal(env_dir_make(w->f.env, "data/keys"), ERR_OK);
	return w;
}

/* The proofs are made at the end, over what the journal then holds. */
static slice_t pack_of(world_t *w, const char *name, bool is_compact)
{
	registry_walk_t *walk = NULL;
	registry_version_t version;
	proof_signed_t head;
	registry_pack_t pack = { 0 };
	writer_t key = writer_of(w->key, sizeof(w->key));
	proof_spec_t spec = { .views_dir = "data/views",
		              .keys_dir = "data/keys",
		              .prefix = "99.100.1",
		              .journal = w->f.journal,
		              .loop = w->f.view };
	if (!w->proof)
		assert_int_equal(proof_open(w->f.env, &spec, &w->proof, &w->f.detail), ERR_OK);
	assert_int_equal(registry_walk_open(w->f.reader, slice_str(name), 0, &walk), ERR_OK);
	assert_int_equal(registry_walk_next(walk, &version), ERR_OK);
	assert_int_equal(proof_head(w->proof, proof_size(w->proof), &head), ERR_OK);
	assert_int_equal(proof_find(w->proof, version.seq, &pack.index), ERR_OK);
	assert_int_equal(proof_include(w->proof, pack.index, head.head.tree.size, &pack.path),
	                 ERR_OK);
	proof_key_write(proof_origin(w->proof), proof_key(w->proof), &key);
	pack.seq = version.seq;
	pack.type = version.type;
	pack.entry = version.payload;
	pack.head = slice_of(head.note, head.note_len);
	pack.key = writer_done(&key);
	json_t j = json_of(w->file, sizeof(w->file));
	assert_int_equal(registry_pack_write(&pack, is_compact, &j), ERR_OK);
	assert_true(json_done(&j).len <= registry_pack_room(&pack));
	registry_walk_close(walk);
	return json_done(&j);
}

static err_t check(world_t *w, slice_t file, slice_t key, registry_pack_seen_t *ret_seen)
{
	writer_t scratch = writer_of(w->scratch, sizeof(w->scratch));
	return registry_pack_check(file, key, &scratch, ret_seen);
}

static void world_close(world_t *w)
{
	env_loop_stop(w->f.view);
	proof_close(w->proof);
	fixture_free(&w->f);
	free(w);
}

static void fill(world_t *w)
{
	char name[64];
	uint8_t buf[1024];
	for (unsigned i = 0; i < 40; i++) {
		(void)snprintf(name, sizeof(name), "99.100.1/CELL-%u", i);
		assert_int_equal(fixture_put(&w->f, REGISTRY_CREATE, name, "http://127.0.0.1/").err,
		                 ERR_OK);
	}
	writer_t v = writer_of(buf, sizeof(buf));
	value_add(&v, 1, "URL", SLICE("http://127.0.0.1/api/v1/points/CELL.V"));
	value_add(&v, 2, "DESC", SLICE("\"cell\"\\ \x01\x7f 电芯"));
	value_add(&v, 3, "BLOB", SLICE("\xff\xfe\x80"));
	registry_change_t change = change_of(REGISTRY_CREATE, SLICE("99.100.1/电芯"), 3, &v);
	assert_int_equal(fixture_change(&w->f, &change).err, ERR_OK);
}

static void a_pack_is_good_in_both_forms_and_says_what_the_record_is(void **state)
{
	(void)state;
	world_t *w = world_open();
	registry_pack_seen_t seen;
	fill(w);
	for (unsigned is_compact = 0; is_compact < 2; is_compact++) {
		slice_t file = pack_of(w, "99.100.1/电芯", is_compact);
		assert_int_equal(check(w, file, (slice_t){ 0 }, &seen), ERR_OK);
		assert_int_equal(check(w, file, slice_str(w->key), &seen), ERR_OK);
		assert_true(slice_eq(seen.entry.record.name, SLICE("99.100.1/电芯")));
		assert_int_equal(seen.entry.record.count, 3);
		assert_int_equal(seen.head.tree.size, 41);
		assert_int_equal(seen.index, 40);
		w->file[file.len] = '\n';
		assert_int_equal(check(w, slice_of(w->file, file.len + 1), (slice_t){ 0 }, &seen),
		                 ERR_OK);
		assert_true(registry_pack_is_public(&seen.entry));
	}
	world_close(w);
}

static void one_altered_byte_anywhere_spoils_a_pack(void **state)
{
	(void)state;
	world_t *w = world_open();
	registry_pack_seen_t seen;
	fill(w);
	for (unsigned is_compact = 0; is_compact < 2; is_compact++) {
		slice_t file = pack_of(w, "99.100.1/电芯", is_compact);
		for (size_t i = 0; i < file.len; i++)
			for (uint8_t mask = 1; mask <= 0x20; mask = (uint8_t)(mask << 1)) {
				w->file[i] ^= mask;
				if (check(w, file, (slice_t){ 0 }, &seen) == ERR_OK)
					fail_msg("byte %u", (unsigned)i);
				w->file[i] ^= mask;
			}
		for (size_t len = 0; len < file.len; len++)
			assert_int_not_equal(
				check(w, slice_sub(file, 0, len), (slice_t){ 0 }, &seen), ERR_OK);
	}
	world_close(w);
}

/* Whoever signs with a key of his own makes a whole pack, but not one of our key. */
static void a_pack_of_another_key_is_denied_to_who_names_the_key(void **state)
{
	(void)state;
	world_t *w = world_open();
	registry_pack_seen_t seen;
	fill(w);
	slice_t file = pack_of(w, "99.100.1/CELL-7", false);
	static const char other[] =
		"jizhu/99.100.1+00000000+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
	assert_int_equal(check(w, file, slice_str(other), &seen), ERR_DENIED);
	world_close(w);
}

/* A QR code of version 40 with the least correction holds 2,953 bytes. */
static void a_small_record_in_compact_form_fits_a_qr_code(void **state)
{
	(void)state;
	enum { QR_MAX = 2900, LEVELS_OF_A_MILLION = 20 };
	world_t *w = world_open();
	fill(w);
	slice_t file = pack_of(w, "99.100.1/电芯", true);
	/* The path of this small tree, and what one of a million changes has on top. */
	size_t more = (LEVELS_OF_A_MILLION - 6) * PROOF_HASH_BYTES * 4 / 3;
	print_message("# compact pack: %zu bytes, %zu in a tree of a million\n", file.len,
	              file.len + more);
	assert_true(file.len + more <= QR_MAX);
	world_close(w);
}

static void values_that_are_not_for_everybody_are_noticed(void **state)
{
	(void)state;
	uint8_t buf[256];
	writer_t v = writer_of(buf, sizeof(buf));
	handle_value_t value = { .index = 1, .perms = HANDLE_PERM_ADMIN_READ, .type = SLICE("X") };
	handle_value_encode(&value, &v);
	registry_entry_t entry = { .record = { .count = 1, .values = writer_done(&v) } };
	assert_false(registry_pack_is_public(&entry));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pack_is_good_in_both_forms_and_says_what_the_record_is),
		cmocka_unit_test(one_altered_byte_anywhere_spoils_a_pack),
		cmocka_unit_test(a_pack_of_another_key_is_denied_to_who_names_the_key),
		cmocka_unit_test(a_small_record_in_compact_form_fits_a_qr_code),
		cmocka_unit_test(values_that_are_not_for_everybody_are_noticed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
