/* SPDX-License-Identifier: Apache-2.0 */
/* A node in a simulated machine records, seals, chains and signs; what it says of a figure
 * holds, and nothing that differs from it by a bit does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/base64.h"
#include "env/twin/twin.h"
#include "evidence/evidence.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { ROWS = 2500, WINDOW = 1000, TEXT_POINT = 2, FILE_ROOM = 256 << 10 };

typedef struct {
	twin_t *twin;
	env_t *env;
	env_loop_t *commit, *view, *history;
	journal_t *main, *samples;
	proof_t *proof;
	historian_t *historian;
	err_detail_t detail;
	char key[PROOF_KEY_TEXT_MAX];
	slice_t key_text;
	bool is_thinning;
} node_t;

/* Far more than the values differ, so that only what is odd, its neighbours and ends are kept. */
static const double DEVIATION = 20;

static point_traits_t thinned(void *ctx, point_id_t point)
{
	(void)ctx;
	return (point_traits_t){ .deviation = point == TEXT_POINT ? 0 : DEVIATION };
}

static journal_t *open_journal(node_t *n, const char *name, bool is_chained)
{
	journal_t *journal = NULL;
	journal_recovery_t recovery;
	journal_spec_t spec = { .dir = "data/journal",
		                .name = name,
		                .chained = is_chained,
		                .segment_bytes = 256 << 10,
		                .commit_loop = n->commit };
	OK(journal_open(n->env, &spec, &journal, &recovery, &n->detail));
	return journal;
}

static void open_rooms(node_t *n)
{
	n->main = open_journal(n, "main", true);
	n->samples = open_journal(n, "history", false);
	proof_spec_t proof = { .views_dir = "data/views",
		               .keys_dir = "data/keys",
		               .prefix = "99.100.1",
		               .journal = n->main,
		               .loop = n->view };
	OK(env_dir_make(n->env, "data/keys"));
	OK(proof_open(n->env, &proof, &n->proof, &n->detail));
	historian_spec_t historian = { .dir = "data/history",
		                       .journal = n->samples,
		                       .main_journal = n->main,
		                       .history_loop = n->history };
	if (n->is_thinning) {
		historian.window_ns = WINDOW * NS_PER_S;
		historian.traits = thinned;
	}
	OK(historian_open(n->env, &historian, &n->historian, &n->detail));
}

static void settle(node_t *n)
{
	while (journal_durable(n->samples) < journal_last(n->samples) ||
	       journal_durable(n->main) < journal_last(n->main))
		assert_true(twin_step(n->twin));
	(void)twin_run_for(n->twin, NS_PER_MS);
}

static sample_t sample_at(int64_t i, point_id_t point)
{
	sample_t sample = { .point = point,
		            .source = { i * NS_PER_S },
		            .node = { i * NS_PER_S + 5 },
		            .value = value_f64((double)(i * 7 % 113) / 10),
		            .quality = i % 50 ? QUALITY_OK : QUALITY_STALE };
	if (point == TEXT_POINT)
		sample.value = (value_t){ .type = VALUE_TEXT,
			                  .as.text = i % 3 ? SLICE("run") : SLICE("stop") };
	return sample;
}

static void put_rows(node_t *n, int64_t from, int64_t to)
{
	sample_sink_t sink = historian_sink(n->historian);
	sample_rows_t *rows = calloc(1, sizeof(*rows));
	assert_non_null(rows);
	for (int64_t i = from; i < to; i++) {
		rows->count = 0;
		uint64_t seq;
		for (point_id_t p = 1; p <= 2; p++) {
			sample_t sample = sample_at(i, p);
			assert_true(sample_rows_add(rows, &sample));
		}
		sample_batch_t batch = sample_rows_batch(rows);
		OK(sink.append(sink.ctx, &batch, DURABLE_LOCAL, &seq));
	}
	free(rows);
	settle(n);
}

static node_t started_as(bool is_thinning)
{
	node_t n = { .is_thinning = is_thinning };
	OK(twin_new(&(twin_spec_t){ .seed = 3, .start = { .ns = 1700000000 * NS_PER_S } },
	            &n.twin));
	OK(twin_host_open(n.twin, "node", &n.env));
	OK(env_loop_new(n.env, "commit", ENV_LOOP_FILES, &n.commit));
	OK(env_loop_new(n.env, "view", ENV_LOOP_FILES, &n.view));
	OK(env_loop_new(n.env, "history", ENV_LOOP_FILES, &n.history));
	open_rooms(&n);
	OK(env_loop_start(n.commit));
	OK(env_loop_start(n.view));
	OK(env_loop_start(n.history));
	put_rows(&n, 0, ROWS);
	historian_thin(n.historian, is_thinning);
	OK(historian_merge(n.historian));
	settle(&n);
	return n;
}

static node_t started(void)
{
	return started_as(false);
}

static void stop(node_t *n)
{
	env_loop_stop(n->history);
	env_loop_stop(n->view);
	env_loop_stop(n->commit);
	historian_close(n->historian);
	proof_close(n->proof);
	journal_close(n->samples);
	journal_close(n->main);
	env_loop_free(n->history);
	env_loop_free(n->view);
	env_loop_free(n->commit);
	twin_host_close(n->env);
	twin_free(n->twin);
}

typedef struct {
	point_id_t point;
	int64_t at_ns;
	bool is_aggregate, is_withheld;
} asked_t;

/* The file, in `room`; as the API makes it. */
static slice_t make(node_t *n, const asked_t *asked, uint8_t *room)
{
	static uint8_t entry[CHAIN_ENTRY_MAX];
	char key[PROOF_KEY_TEXT_MAX];
	writer_t w = writer_of(key, sizeof(key));
	historian_evidence_t found;
	proof_signed_t head;
	journal_record_t record;
	OK(historian_evidence(n->historian, asked->point, asked->at_ns, &found));
	OK(journal_read(n->main, found.entry_seq, entry, sizeof(entry), &record));
	proof_key_write(proof_origin(n->proof), proof_key(n->proof), &w);
	assert_true(slice_to_cstr(writer_done(&w), n->key, sizeof(n->key)));
	n->key_text = slice_str(n->key);
	evidence_t said = { .is_aggregate = asked->is_aggregate,
		            .has_parts = !asked->is_withheld,
		            .name = SLICE("FRM1.V"),
		            .asked_ns = asked->at_ns,
		            .row = found.row,
		            .tree = found.proof,
		            .segment = found.segment.id,
		            .seq = found.entry_seq,
		            .entry = record.payload,
		            .key = n->key_text };
	OK(proof_find(n->proof, said.seq, &said.index));
	OK(proof_head(n->proof, said.index + 1, &head));
	OK(proof_include(n->proof, said.index, head.head.tree.size, &said.path));
	said.head = slice_of(head.note, head.note_len);
	assert_true(evidence_room(&said) <= FILE_ROOM);
	json_t j = json_of(room, evidence_room(&said));
	OK(evidence_write(&said, proof_key(n->proof), &j));
	historian_evidence_done(n->historian, &found);
	return json_done(&j);
}

static err_t check(slice_t file, slice_t key, evidence_seen_t *ret_seen)
{
	static uint8_t room[2 * FILE_ROOM];
	writer_t scratch = writer_of(room, sizeof(room));
	return evidence_check(file, key, &scratch, ret_seen);
}

static void each_sample_is_proven(void **state)
{
	static uint8_t room[FILE_ROOM];
	(void)state;
	node_t n = started();
	evidence_seen_t seen;
	for (int64_t i = 0; i < ROWS; i += 83)
		for (point_id_t p = 1; p <= 2; p++) {
			asked_t asked = { .point = p, .at_ns = i * NS_PER_S + 7 };
			sample_t wanted = sample_at(i, p);
			OK(check(make(&n, &asked, room), n.key_text, &seen));
			assert_int_equal(seen.sample.source.ns, wanted.source.ns);
			assert_int_equal(seen.sample.node.ns, wanted.node.ns);
			assert_int_equal(seen.sample.quality, wanted.quality);
			if (p == TEXT_POINT)
				assert_true(
					slice_eq(seen.sample.value.as.text, wanted.value.as.text));
			else
				assert_true(seen.sample.value.as.f == wanted.value.as.f);
			assert_true(slice_eq(seen.name, SLICE("FRM1.V")));
		}
	stop(&n);
}

static void an_aggregate_is_proven_with_and_without_its_samples(void **state)
{
	static uint8_t room[FILE_ROOM];
	(void)state;
	node_t n = started();
	evidence_seen_t with, without;
	asked_t asked = { .point = 1, .at_ns = 1500 * NS_PER_S, .is_aggregate = true };
	OK(check(make(&n, &asked, room), n.key_text, &with));
	asked.is_withheld = true;
	slice_t file = make(&n, &asked, room);
	OK(check(file, n.key_text, &without));
	assert_true(file.len < 6000);
	assert_int_equal(without.summary.count, 1024);
	assert_true(with.has_parts && !without.has_parts);
	assert_true(with.summary.sum == without.summary.sum && with.summary.max == 11.2);
	assert_int_equal(without.first_ns, 1024 * NS_PER_S);
	stop(&n);
}

/* Of the first window, which is old enough, less is kept than the aggregate counts. */
static void an_aggregate_of_more_than_is_kept_is_proven_with_its_bound(void **state)
{
	static uint8_t room[FILE_ROOM];
	(void)state;
	node_t n = started_as(true);
	evidence_seen_t seen;
	double sum = 0;
	asked_t asked = { .point = 1, .at_ns = 500 * NS_PER_S, .is_aggregate = true };
	for (int64_t i = 0; i < WINDOW; i++)
		sum += sample_at(i, 1).value.as.f;
	for (int turn = 0; turn < 2; turn++) {
		asked.is_withheld = turn;
		OK(check(make(&n, &asked, room), n.key_text, &seen));
		assert_int_equal(seen.summary.count, WINDOW);
		assert_true(seen.summary.bound == DEVIATION);
		assert_true(seen.summary.sum > sum - 1e-9 && seen.summary.sum < sum + 1e-9);
		assert_in_range(seen.rows, WINDOW / 25, WINDOW / 10);
	}
	asked = (asked_t){ .point = 1, .at_ns = 500 * NS_PER_S };
	OK(check(make(&n, &asked, room), n.key_text, &seen));
	assert_int_equal(seen.sample.source.ns, asked.at_ns);
	asked.at_ns = 520 * NS_PER_S;
	OK(check(make(&n, &asked, room), n.key_text, &seen));
	assert_int_equal(seen.sample.source.ns, 501 * NS_PER_S);
	asked = (asked_t){ .point = 1, .at_ns = 1500 * NS_PER_S, .is_aggregate = true };
	OK(check(make(&n, &asked, room), n.key_text, &seen));
	assert_true(seen.summary.bound == 0 && seen.rows == seen.summary.count);
	stop(&n);
}

static void no_bit_of_it_can_differ(void **state)
{
	static uint8_t room[FILE_ROOM];
	(void)state;
	node_t n = started();
	evidence_seen_t seen;
	asked_t asked = {
		.point = 1, .at_ns = 2400 * NS_PER_S, .is_aggregate = true, .is_withheld = true
	};
	slice_t file = make(&n, &asked, room);
	OK(check(file, (slice_t){ 0 }, &seen));
	for (size_t i = 0; i < file.len; i++) {
		room[i] ^= (uint8_t)(1 << i % 8);
		assert_true(check(file, (slice_t){ 0 }, &seen) != ERR_OK);
		room[i] ^= (uint8_t)(1 << i % 8);
		if (i % 16 == 0)
			assert_true(check(slice_sub(file, 0, i), (slice_t){ 0 }, &seen) != ERR_OK);
	}
	OK(check(file, n.key_text, &seen));
	n.key[n.key_text.len - 4] ^= 1;
	assert_int_equal(check(file, n.key_text, &seen), ERR_DENIED);
	stop(&n);
}

static void replace(slice_t file, const char *from, const char *to, text_t *into)
{
	slice_t rest = file;
	while (rest.len && !slice_starts(rest, slice_str(from))) {
		text_add(into, slice_sub(rest, 0, 1));
		rest = slice_from(rest, 1);
	}
	assert_true(rest.len > 0);
	text_add(into, slice_str(to));
	text_add(into, slice_from(rest, strlen(from)));
}

/* A node that lies with its own key: the signature holds, what it says does not follow. */
static void the_key_alone_makes_no_evidence(void **state)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
		{ "\"row\":352", "\"row\":353" },
		{ "\"id\":1", "\"id\":2" },
		{ "\"block_index\":2", "\"block_index\":1" },
		{ "\"asked_ns\":2400000000000", "\"asked_ns\":2401000000000" },
		{ "\"kind\":\"sample\"", "\"kind\":\"figure\"" },
		{ "\"leaf_index\":0", "\"leaf_index\":1" },
	};
	static uint8_t room[FILE_ROOM];
	(void)state;
	node_t n = started();
	evidence_seen_t seen;
	asked_t asked = { .point = 1, .at_ns = 2400 * NS_PER_S };
	slice_t file = make(&n, &asked, room), body = file;
	while (!slice_ends(body, SLICE(",\"signature\":\"")))
		body = slice_sub(body, 0, body.len - 1);
	body = slice_sub(body, 0, body.len - strlen(",\"signature\":\""));
	OK(check(file, n.key_text, &seen));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint8_t bytes[64], text[128];
		text_t forged = text_of(FILE_ROOM);
		writer_t signature = writer_of(bytes, sizeof(bytes));
		writer_t spelled = writer_of(text, sizeof(text));
		replace(body, rows[i].from, rows[i].to, &forged);
		slice_t said = text_slice(&forged);
		OK(env_pkey_sign(proof_key(n.proof), &(env_signed_t){ .parts = &said, .count = 1 },
		                 &signature));
		base64_encode(writer_done(&signature), BASE64_PLAIN, &spelled);
		text_add(&forged, SLICE(",\"signature\":\""));
		text_add(&forged, writer_done(&spelled));
		text_add(&forged, SLICE("\"}"));
		err_t err = check(text_slice(&forged), n.key_text, &seen);
		assert_true(err == ERR_DENIED || err == ERR_MALFORMED);
		text_free(&forged);
	}
	stop(&n);
}

static void what_is_not_sealed_has_none(void **state)
{
	(void)state;
	node_t n = started();
	historian_evidence_t found = { 0 };
	int64_t after = ROWS * NS_PER_S;
	assert_int_equal(historian_evidence(n.historian, 1, -1, &found), ERR_NOT_FOUND);
	assert_int_equal(historian_evidence(n.historian, 7, after, &found), ERR_NOT_FOUND);
	put_rows(&n, ROWS, ROWS + 1);
	assert_int_equal(historian_evidence(n.historian, 1, after, &found), ERR_BUSY);
	OK(historian_evidence(n.historian, 1, after - 1, &found));
	historian_evidence_done(n.historian, &found);
	OK(historian_seal(n.historian));
	assert_int_equal(historian_evidence(n.historian, 1, after, &found), ERR_BUSY);
	settle(&n);
	OK(historian_evidence(n.historian, 1, after, &found));
	assert_int_equal(found.row, 0);
	historian_evidence_done(n.historian, &found);
	historian_evidence_done(n.historian, &found);
	stop(&n);
}

static void a_newer_format_is_refused_by_name(void **state)
{
	(void)state;
	evidence_seen_t seen;
	assert_int_equal(check(SLICE("{\"format\":\"jizhu-evidence-2\"}"), (slice_t){ 0 }, &seen),
	                 ERR_NEWER_FORMAT);
	assert_int_equal(check(SLICE("{\"format\":\"jizhu-answer-1\"}"), (slice_t){ 0 }, &seen),
	                 ERR_MALFORMED);
	assert_int_equal(check(SLICE("7"), (slice_t){ 0 }, &seen), ERR_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_sample_is_proven),
		cmocka_unit_test(an_aggregate_is_proven_with_and_without_its_samples),
		cmocka_unit_test(an_aggregate_of_more_than_is_kept_is_proven_with_its_bound),
		cmocka_unit_test(no_bit_of_it_can_differ),
		cmocka_unit_test(the_key_alone_makes_no_evidence),
		cmocka_unit_test(what_is_not_sealed_has_none),
		cmocka_unit_test(a_newer_format_is_refused_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
