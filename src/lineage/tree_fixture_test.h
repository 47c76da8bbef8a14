/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LINEAGE_TREE_FIXTURE_TEST_H
#define LINEAGE_TREE_FIXTURE_TEST_H
/* A nation, a province and its two plants on simulated machines, each with a journal, a book and
 * a key. The first plant measures by a meter, the second one's figure is attested by a person.
 * What they send is signed and recorded at their parent as an inbox does it. */
#include "env/twin/test.h"
#include "insight/collect.h"
#include "insight/fixture_test.h"
#include "lineage/answer.h"
#include "lineage/check.h"
#include "model/received.h"

enum { NATION, PROVINCE, PLANT_A, PLANT_B, NODES };
enum { PARTS_MAX = 64, FINDINGS_MAX = 16, ROOM = 8 << 20 };

typedef struct realm realm_t;

typedef struct {
	realm_t *realm;
	const char *name, *host;
	slice_t parent;
	env_t *env;
	env_loop_t *loop;
	journal_t *journal;
	book_t *book;
	env_pkey_t *key;
	uint8_t der[64];
	size_t der_len;
	uplink_held_t sent; /* the end of its stream */
	release_judge_t judge;
	config_contract_t contract;
	lineage_source_t source;
	bool is_silent, hides_batches;
} place_t;

struct realm {
	twin_t *twin;
	plant_t *plant;
	place_t at[NODES];
	rollup_t rollup;
	uint8_t *room; /* of parts and of the check */
	slice_t parts[PARTS_MAX];
	size_t part_count;
	arena_t arena;
	lineage_finding_t found[FINDINGS_MAX];
	size_t found_count;
	lineage_tally_t tally;
	const char *damage; /* what `locate` says */
};

static const struct {
	const char *name, *host;
	int parent;
} PLACES[NODES] = {
	{ "99.1", "nation", -1 },
	{ "99.100", "province", NATION },
	{ "99.100.1", "plant-a", PROVINCE },
	{ "99.100.2", "plant-b", PROVINCE },
};

static inline int64_t day_from(void)
{
	return ns_of("2026-03-02T00:00:00Z");
}

static inline int64_t day_to(void)
{
	return day_from() + 24 * HOUR;
}

static inline figure_key_t day_key(void)
{
	return (figure_key_t){ SLICE("f.b"), 1, SLICE("all"), day_from(), day_to() };
}

static inline slice_t realm_key_of(void *ctx, slice_t child, size_t i)
{
	const realm_t *realm = ctx;
	for (size_t n = 0; n < NODES && i == 0; n++)
		if (slice_eq(child, slice_str(realm->at[n].name)))
			return slice_of(realm->at[n].der, realm->at[n].der_len);
	return (slice_t){ 0 };
}

static inline void realm_locate(void *ctx, err_detail_t *ret_detail)
{
	const realm_t *realm = ctx;
	(void)err_raise(ret_detail, ERR_CORRUPT, NULL, realm->damage, NULL);
}

/* Of the one indicator that is bound. */
static inline void realm_lineage(void *ctx, const figure_t *figure, release_lineage_t *ret_lineage)
{
	static const point_id_t METER_POINT = 1;
	(void)ctx;
	bool is_measured = figure->origin == FIGURE_MEASURED;
	*ret_lineage = (release_lineage_t){ &METER_POINT, is_measured ? 1 : 0, true };
}

static inline void place_settle(place_t *p)
{
	while (journal_durable(p->journal) < journal_last(p->journal) && twin_step(p->realm->twin))
		;
	assert_int_equal(book_follow(p->book), ERR_OK);
}

static inline void place_start_rooms(place_t *p)
{
	journal_spec_t journal = {
		.dir = "data/journal", .name = "tree", .chained = true, .segment_bytes = 64 << 10
	};
	journal_recovery_t recovery;
	err_detail_t detail;
	assert_int_equal(twin_host_open(p->realm->twin, p->host, &p->env), ERR_OK);
	assert_int_equal(env_loop_new(p->env, "commit", ENV_LOOP_FILES, &p->loop), ERR_OK);
	journal.commit_loop = p->loop;
	assert_int_equal(journal_open(p->env, &journal, &p->journal, &recovery, &detail), ERR_OK);
	assert_int_equal(env_loop_start(p->loop), ERR_OK);
	book_spec_t book = { .views_dir = "data/views", .journal = p->journal };
	assert_int_equal(book_open(p->env, &book, &p->book), ERR_OK);
	p->source.env = p->env;
	p->source.book = p->book;
	p->source.journal = p->journal;
}

static inline void place_stop_rooms(place_t *p)
{
	env_loop_stop(p->loop);
	book_close(p->book);
	journal_close(p->journal);
	env_loop_free(p->loop);
	twin_host_close(p->env);
}

static inline void place_start(realm_t *realm, size_t i)
{
	static const release_key_t KEY = { { 1 } };
	place_t *p = &realm->at[i];
	writer_t w = writer_of(p->der, sizeof(p->der));
	p->realm = realm;
	p->name = PLACES[i].name;
	p->host = PLACES[i].host;
	p->parent = i == NATION ? (slice_t){ 0 } : slice_str(PLACES[PLACES[i].parent].name);
	assert_int_equal(env_pkey_generate(ENV_PKEY_ED25519, &p->key), ERR_OK);
	assert_int_equal(env_pkey_to_der(p->key, &w), ERR_OK);
	p->der_len = w.len;
	p->contract = (config_contract_t){ .name = "full",
		                           .streams = { UPLINK_INDICATORS },
		                           .stream_count = 1,
		                           .indicators = { "f.*" },
		                           .indicator_count = 1,
		                           .points = { DATA_GENERAL, DATA_IMPORTANT },
		                           .point_count = 2,
		                           .cell = 1,
		                           .open = CONTRACT_OPENS_POINTS };
	p->judge = (release_judge_t){ &p->contract, &realm->plant->catalogue, &KEY,
		                      slice_str(p->name) };
	p->source = (lineage_source_t){ .node = slice_str(p->name),
		                        .bindings = i == PLANT_A ? realm->plant->bindings : NULL,
		                        .catalogue = &realm->plant->catalogue,
		                        .reader = &realm->plant->reader,
		                        .key_of = realm_key_of,
		                        .key_ctx = realm,
		                        .lineage = realm_lineage,
		                        .locate = realm_locate,
		                        .locate_ctx = realm };
	place_start_rooms(p);
}

static inline realm_t *realm_open(void)
{
	realm_t *realm = test_calloc(1, sizeof(*realm));
	realm->damage = "history/00000001.seg";
	realm->room = test_calloc(1, ROOM);
	assert_int_equal(twin_new(&(twin_spec_t){ .seed = 3 }, &realm->twin), ERR_OK);
	realm->plant = meter_open("");
	run_meter(realm->plant->series[0], day_from() - HOUR, day_to() + HOUR);
	for (size_t i = 0; i < NODES; i++)
		place_start(realm, i);
	return realm;
}

static inline void realm_close(realm_t *realm)
{
	for (size_t i = 0; i < NODES; i++) {
		place_stop_rooms(&realm->at[i]);
		env_pkey_free(realm->at[i].key);
	}
	plant_close(realm->plant);
	twin_free(realm->twin);
	test_free(realm->room);
	test_free(realm);
}

/* Figures */

static inline void place_issue(place_t *p, figure_t *figure)
{
	uint64_t seq = 0;
	assert_int_equal(book_issue(p->book, figure, &seq), ERR_OK);
	assert_true(seq > 0);
	place_settle(p);
}

static inline void measure(realm_t *realm)
{
	uint8_t memory[EVALUATE_ARENA_BYTES];
	arena_t arena = arena_of(memory, sizeof(memory));
	evaluate_world_t world = { .reader = &realm->plant->reader };
	span_t span = { PERIOD_DAY, day_from(), day_to() };
	figure_t figure;
	assert_int_equal(
		evaluate(&world, bindings_get(realm->plant->bindings, 0), &span, &arena, &figure),
		ERR_OK);
	place_issue(&realm->at[PLANT_A], &figure);
}

static inline figure_t declared_figure(const char *entity, double rise)
{
	figure_t figure = { .key = day_key(),
		            .entity = slice_str(entity),
		            .origin = FIGURE_DECLARED,
		            .part_count = 8,
		            .has_value = true,
		            .value = 12,
		            .expected = 1,
		            .reporting = 1,
		            .declared = 1,
		            .coverage = 1,
		            .attested_by = SLICE("user:li") };
	for (size_t i = 0; i < 8; i++)
		figure.parts[i] = (part_t){ PART_SUM, true, i ? (double)i : rise, { 0 } };
	return figure;
}

static inline void declare(realm_t *realm, double rise)
{
	figure_t figure = declared_figure(realm->at[PLANT_B].name, rise);
	place_issue(&realm->at[PLANT_B], &figure);
}

typedef struct {
	writer_t *w;
	double more; /* added to the first part: what another figure would say */
	int64_t issued_ns;
} sending_t;

static inline bool send_row(void *ctx, const book_row_t *row)
{
	sending_t *sending = ctx;
	figure_t figure = row->figure;
	figure.sources = (slice_t){ 0 };
	figure.parts[0].sum += sending->more;
	sending->issued_ns = figure.issued_ns;
	assert_int_equal(figure_encode(&figure, sending->w), ERR_OK);
	return true;
}

static inline void put_batch(place_t *p, slice_t body, int64_t ns, writer_t *w)
{
	uplink_item_t item = { ns, body };
	uplink_envelope_t envelope = { .stream = UPLINK_INDICATORS,
		                       .node = slice_str(p->name),
		                       .epoch = 1,
		                       .first = p->sent.sequence + 1,
		                       .count = 1 };
	uint8_t hash[UPLINK_HASH_BYTES];
	memcpy(envelope.before, p->sent.hash, sizeof(envelope.before));
	uplink_batch_put(&envelope, &item, w);
	seal_hash(UPLINK_TAG_BATCH, writer_done(w), hash);
	assert_int_equal(seal_sign(p->key, hash, w), ERR_OK);
	p->sent.sequence++;
	memcpy(p->sent.hash, hash, sizeof(hash));
}

/* The latest figure of a place goes to its parent; with `more` in its first part. */
static inline void send_as(realm_t *realm, size_t i, double more)
{
	uint8_t body[4096], batch[8192], head[RECEIVED_HEAD_MAX];
	place_t *p = &realm->at[i], *to = &realm->at[PLACES[i].parent];
	writer_t b = writer_of(body, sizeof(body)), w = writer_of(batch, sizeof(batch));
	writer_t h = writer_of(head, sizeof(head));
	sending_t sending = { .w = &b, .more = more };
	book_question_t question = { .key = { day_key(), slice_str(p->name), { 0 } } };
	wr_string(&b, slice_str(p->name));
	assert_int_equal(book_get(p->book, &question, send_row, &sending), ERR_OK);
	put_batch(p, writer_done(&b), sending.issued_ns, &w);
	received_put(&(received_t){ .child = slice_str(p->name), .at = { 5 } }, &h);
	slice_t parts[] = { writer_done(&h), writer_done(&w) };
	uint64_t seq = 0;
	assert_int_equal(journal_append(to->journal, JOURNAL_RECEIVED, parts, 2, &seq), ERR_OK);
	place_settle(to);
}

/* Rolls up what children sent, with `more` in the first sum. */
static inline void roll_children(realm_t *realm, size_t i, const rollup_child_t *children,
                                 size_t count, double more)
{
	arena_t arena = arena_of(realm->room, ROOM);
	collect_t how = { 0 };
	figure_t figure;
	rollup_spec_t spec = {
		.definition = definitions_find(realm->plant->definitions, SLICE("f.b"), 1),
		.scope = SLICE("all"),
		.from_ns = day_from(),
		.to_ns = day_to(),
		.entity = slice_str(realm->at[i].name),
		.children = children,
		.child_count = count,
	};
	assert_int_equal(collect_children(realm->at[i].book, &spec, &arena, &how), ERR_OK);
	assert_int_equal(rollup_make(&spec, &realm->rollup, &figure, NULL), ERR_OK);
	figure.parts[0].sum += more;
	place_issue(&realm->at[i], &figure);
}

/* The same of the province with a figure of a site of its own, which a person attests. */
static inline void roll_with_site(realm_t *realm)
{
	const rollup_child_t children[] = { { SLICE("99.100.1"), 0 },
		                            { SLICE("99.100.2"), 0 },
		                            { SLICE("99.100/site"), 0 } };
	arena_t arena = arena_of(realm->room, ROOM);
	collect_t how = { 0 };
	figure_t site = declared_figure("99.100/site", 3), figures[3], figure;
	rollup_spec_t spec = {
		.definition = definitions_find(realm->plant->definitions, SLICE("f.b"), 1),
		.scope = SLICE("all"),
		.from_ns = day_from(),
		.to_ns = day_to(),
		.entity = slice_str(realm->at[PROVINCE].name),
		.children = children,
		.child_count = 2,
	};
	place_issue(&realm->at[PROVINCE], &site);
	assert_int_equal(collect_children(realm->at[PROVINCE].book, &spec, &arena, &how), ERR_OK);
	assert_int_equal(spec.figure_count, 2);
	memcpy(figures, spec.figures, 2 * sizeof(*figures));
	figures[2] = site;
	spec.child_count = spec.figure_count = 3;
	spec.figures = figures;
	assert_int_equal(rollup_make(&spec, &realm->rollup, &figure, NULL), ERR_OK);
	place_issue(&realm->at[PROVINCE], &figure);
}

static inline void roll_as(realm_t *realm, size_t i, double more)
{
	rollup_child_t children[NODES];
	size_t count = 0;
	for (size_t n = 0; n < NODES; n++)
		if (PLACES[n].parent == (int)i)
			children[count++] = (rollup_child_t){ slice_str(PLACES[n].name), 0 };
	roll_children(realm, i, children, count, more);
}

/* All has come to the top. */
static inline void realm_fill(realm_t *realm)
{
	measure(realm);
	declare(realm, 7);
	send_as(realm, PLANT_A, 0);
	send_as(realm, PLANT_B, 0);
	roll_as(realm, PROVINCE, 0);
	send_as(realm, PROVINCE, 0);
	roll_as(realm, NATION, 0);
}

static inline realm_t *realm_filled(void)
{
	realm_t *realm = realm_open();
	realm_fill(realm);
	return realm;
}

/* Asking */

static inline lineage_question_t nation_question(const realm_t *realm, uint8_t depth)
{
	return (lineage_question_t){ .mark = { 7, 7 },
		                     .asker = slice_str(realm->at[NATION].name),
		                     .key = day_key(),
		                     .entity = slice_str(realm->at[NATION].name),
		                     .revision = 1,
		                     .depth = depth };
}

static inline size_t place_named(slice_t name)
{
	size_t i = 0;
	while (i < NODES && !slice_eq(name, slice_str(PLACES[i].name)))
		i++;
	assert_true(i < NODES);
	return i;
}

static inline void keep_part(realm_t *realm, slice_t part)
{
	assert_true(realm->part_count < PARTS_MAX);
	slice_t copy = arena_copy(&realm->arena, part);
	assert_non_null(copy.ptr);
	realm->parts[realm->part_count++] = copy;
}

/* The figure that a sheet tells, with its sources. */
static inline bool sheet_figure(slice_t part, figure_t *ret_figure)
{
	lineage_part_kind_t kind;
	lineage_sheet_t sheet;
	slice_t body;
	assert_int_equal(lineage_part_read(part, &kind, &body), ERR_OK);
	if (kind != LINEAGE_PART_SHEET)
		return false;
	assert_int_equal(lineage_sheet_read(body, &sheet), ERR_OK);
	return sheet.reason == LINEAGE_NONE && figure_decode(sheet.figure, ret_figure) == ERR_OK;
}

static inline const env_pkey_t *place_key(void *ctx, slice_t parent)
{
	const place_t *p = ctx;
	assert_true(slice_eq(parent, p->parent));
	return p->key;
}

static inline lineage_audience_t place_audience(place_t *p)
{
	return (lineage_audience_t){ &p->judge, place_key, p, p->parent };
}

static inline void ask_place(realm_t *realm, size_t i, slice_t question, figure_t *ret_figure)
{
	place_t *p = &realm->at[i];
	lineage_audience_t audience = { .judge = NULL };
	lineage_answer_t *answer = NULL;
	slice_t part;
	err_t err;
	if (i != NATION)
		audience = place_audience(p);
	assert_int_equal(lineage_answer_open(&p->source, &audience, question, &answer), ERR_OK);
	while ((err = lineage_answer_next(answer, &part)) == ERR_OK)
		if (!p->hides_batches || part.ptr[0] != LINEAGE_PART_BATCH) {
			keep_part(realm, part);
			(void)sheet_figure(realm->parts[realm->part_count - 1], ret_figure);
		}
	assert_int_equal(err, ERR_NOT_FOUND);
	lineage_answer_close(answer);
}

/* A place and, as far as the question goes, all below it. */
static inline void ask_from(realm_t *realm, size_t i, const lineage_question_t *question)
{
	uint8_t bytes[LINEAGE_QUESTION_MAX];
	writer_t w = writer_of(bytes, sizeof(bytes));
	figure_t figure = { .revision = 0 };
	figure_source_t source;
	lineage_question_t below;
	if (realm->at[i].is_silent)
		return;
	assert_int_equal(lineage_question_put(question, &w), ERR_OK);
	ask_place(realm, i, writer_done(&w), &figure);
	reader_t sources = reader_of(figure.sources);
	while (figure.revision && figure_source_next(&sources, &source))
		if (lineage_question_below(question, &source, &below))
			ask_from(realm, place_named(source.entity), &below);
}

static inline void keep_finding(void *ctx, const lineage_finding_t *finding)
{
	realm_t *realm = ctx;
	if (realm->found_count < FINDINGS_MAX)
		realm->found[realm->found_count] = *finding;
	realm->found_count++;
}

static inline void realm_check(realm_t *realm, const lineage_question_t *question)
{
	lineage_check_t check = { .node = slice_str(realm->at[NATION].name),
		                  .question = question,
		                  .definitions = realm->plant->definitions,
		                  .parts = realm->parts,
		                  .part_count = realm->part_count,
		                  .arena = &realm->arena,
		                  .rollup = &realm->rollup,
		                  .found = keep_finding,
		                  .ctx = realm };
	realm->found_count = 0;
	assert_int_equal(lineage_check(&check, &realm->tally), ERR_OK);
}

static inline void realm_ask(realm_t *realm, const lineage_question_t *question)
{
	realm->arena = arena_of(realm->room, ROOM);
	realm->part_count = 0;
	ask_from(realm, NATION, question);
}

static inline void realm_audit(realm_t *realm, uint8_t depth)
{
	lineage_question_t question = nation_question(realm, depth);
	realm_ask(realm, &question);
	realm_check(realm, &question);
}

/* What was found of a place. */
static inline const lineage_finding_t *found_of(const realm_t *realm, size_t i)
{
	for (size_t n = 0; n < realm->found_count && n < FINDINGS_MAX; n++)
		if (slice_eq(realm->found[n].entity, slice_str(PLACES[i].name)))
			return &realm->found[n];
	fail_msg("nothing was found of %s", PLACES[i].name);
	return NULL;
}

static inline void assert_found(const realm_t *realm, size_t i, lineage_verdict_t verdict)
{
	const lineage_finding_t *f = found_of(realm, i);
	if (f->verdict != verdict)
		fail_msg("%s %s (by %s, %s), and not: %s", PLACES[i].name,
		         lineage_verdict_text(f->verdict, LANG_EN),
		         lineage_difference_text(f->by, LANG_EN), lineage_reason_name(f->reason),
		         lineage_verdict_text(verdict, LANG_EN));
}
#endif
