/* SPDX-License-Identifier: Apache-2.0 */
/* Packs: whole ones are good in both forms, and one altered byte anywhere spoils
 * them. */
#include "registry/fixture_test.h"

#include "registry/bulk.h"
#include "registry/history.h"
#include "registry/verify/pack.h"

enum { FILE_MAX = 64 << 10 };

typedef struct {
	fixture_t f;
	proof_t *proof;
	char head[PROOF_NOTE_MAX];
	uint8_t file[FILE_MAX], scratch[2 * FILE_MAX], entry[FILE_MAX];
	char key[PROOF_KEY_TEXT_MAX];
	registry_pack_t pack; /* the last; it borrows what may be gone, but for its end */
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

/* Names of a bulk, in parts of some thousand. */
static void fill_in_bulk(world_t *w, uint32_t count)
{
	static uint8_t memory[1 << 20];
	writer_t out = writer_of(memory, sizeof(memory));
	env_mailbox_t *mail = NULL;
	env_mailbox_spec_t spec = { .name = "bulk",
		                    .reader = w->f.asker,
		                    .item_size = sizeof(registry_bulk_result_t),
		                    .capacity = 1,
		                    .policy = ENV_FULL_REFUSE,
		                    .ready = fixture_replied };
	registry_bulk_result_t result;
	for (uint32_t i = 0; i < count; i++) {
		char name[64];
		uint8_t value[256];
		writer_t v = writer_of(value, sizeof(value));
		(void)snprintf(name, sizeof(name), "99.100.1/BULK-%u", i);
		value_add(&v, 1, "URL", slice_str(name));
		handle_record_encode(&(handle_record_t){ slice_str(name), { 1, writer_done(&v) } },
		                     &out);
	}
	registry_bulk_t bulk = { .key = SLICE("key"),
		                 .records = writer_done(&out),
		                 .count = count,
		                 .caller = { .subject = SLICE("user:li"), .role = ROLE_ENGINEER } };
	assert_int_equal(env_mailbox_new(&spec, &mail), ERR_OK);
	assert_int_equal(registry_bulk(w->f.registry, &bulk, mail, NULL), ERR_OK);
	while (!env_mailbox_take(mail, &result))
		assert_true(twin_step(w->f.twin));
	assert_int_equal(result.err, ERR_OK);
	env_mailbox_free(mail);
}

/* What a pack of a change of a part says beside the rest. */
static void add_part(world_t *w, const char *name, slice_t payload, registry_pack_t *pack)
{
	static registry_bulk_ended_t ended;
	registry_part_t part;
	writer_t room = writer_of(w->entry, sizeof(w->entry));
	uint64_t size = proof_size(w->proof);
	assert_int_equal(registry_pack_branch(payload, slice_str(name), &room, pack), ERR_OK);
	assert_int_equal(registry_part_read(payload, &part), ERR_OK);
	assert_int_equal(registry_bulk_ended(w->f.reader, &part, &ended), ERR_OK);
	pack->end.seq = ended.seq;
	pack->end.entry = slice_of(ended.payload, ended.len);
	assert_int_equal(proof_find(w->proof, ended.seq, &pack->end.index), ERR_OK);
	assert_int_equal(proof_include(w->proof, pack->end.index, size, &pack->end.path), ERR_OK);
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
	if (pack.type == JOURNAL_REGISTRY_PART)
		add_part(w, name, version.payload, &pack);
	pack.head = slice_of(head.note, head.note_len);
	pack.key = writer_done(&key);
	json_t j = json_of(w->file, sizeof(w->file));
	assert_int_equal(registry_pack_write(&pack, is_compact, &j), ERR_OK);
	assert_true(json_done(&j).len <= registry_pack_room(&pack));
	w->pack = pack;
	w->pack.head = slice_of(w->head, head.note_len);
	memcpy(w->head, head.note, head.note_len);
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

static void a_name_of_a_bulk_has_a_pack_of_its_change_alone(void **state)
{
	(void)state;
	world_t *w = world_open();
	registry_pack_seen_t seen;
	fill(w);
	fill_in_bulk(w, 5000);
	for (unsigned is_compact = 0; is_compact < 2; is_compact++) {
		slice_t file = pack_of(w, "99.100.1/BULK-4321", is_compact);
		print_message("# pack of one of 5,000 names: %zu bytes\n", file.len);
		assert_int_equal(check(w, file, slice_str(w->key), &seen), ERR_OK);
		assert_true(slice_eq(seen.entry.record.name, SLICE("99.100.1/BULK-4321")));
		assert_true(slice_eq(seen.entry.subject, SLICE("user:li")));
		assert_int_equal(seen.entry.verb, REGISTRY_CREATE);
		assert_true(file.len < 4096);
		for (size_t i = 0; i < file.len; i++) {
			w->file[i] ^= (uint8_t)(1 << i % 6);
			if (check(w, file, (slice_t){ 0 }, &seen) == ERR_OK)
				fail_msg("byte %u", (unsigned)i);
			w->file[i] ^= (uint8_t)(1 << i % 6);
		}
	}
	world_close(w);
}

/* Without its end a part is nothing; an end of another bulk does not make it count. */
static void a_part_without_its_own_end_proves_nothing(void **state)
{
	(void)state;
	static uint8_t whole[FILE_MAX];
	world_t *w = world_open();
	registry_pack_seen_t seen;
	registry_bulk_end_t end;
	fill_in_bulk(w, 10);
	slice_t file = pack_of(w, "99.100.1/BULK-3", false);
	registry_pack_t pack = w->pack;
	for (unsigned i = 0; i < 3; i++) {
		uint8_t buf[512];
		writer_t out = writer_of(buf, sizeof(buf));
		assert_int_equal(registry_bulk_end_read(pack.end.entry, &end), ERR_OK);
		end.bulk += i == 0;
		end.parts = i == 1 ? 0 : end.parts;
		registry_bulk_end_write(&end, &out);
		registry_pack_t bad = pack;
		bad.end.entry = writer_done(&out);
		bad.end.index = i == 2 ? pack.index : pack.end.index;
		json_t j = json_of(whole, sizeof(whole));
		assert_int_equal(registry_pack_write(&bad, false, &j), ERR_OK);
		assert_int_equal(check(w, json_done(&j), (slice_t){ 0 }, &seen), ERR_DENIED);
	}
	assert_int_equal(check(w, file, (slice_t){ 0 }, &seen), ERR_OK);
	world_close(w);
}

static void a_pack_of_a_newer_format_is_refused_as_such(void **state)
{
	(void)state;
	world_t *w = world_open();
	registry_pack_seen_t seen;
	fill(w);
	slice_t file = pack_of(w, "99.100.1/CELL-7", false);
	w->file[sizeof("{\"format\":\"jizhu-answer-") - 1] = '3';
	assert_int_equal(check(w, file, (slice_t){ 0 }, &seen), ERR_NEWER_FORMAT);
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
	size_t more = (LEVELS_OF_A_MILLION - 6) * MERKLE_HASH_BYTES * 4 / 3;
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
		cmocka_unit_test(a_name_of_a_bulk_has_a_pack_of_its_change_alone),
		cmocka_unit_test(a_part_without_its_own_end_proves_nothing),
		cmocka_unit_test(a_pack_of_a_newer_format_is_refused_as_such),
		cmocka_unit_test(a_pack_of_another_key_is_denied_to_who_names_the_key),
		cmocka_unit_test(a_small_record_in_compact_form_fits_a_qr_code),
		cmocka_unit_test(values_that_are_not_for_everybody_are_noticed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
