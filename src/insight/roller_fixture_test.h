/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSIGHT_ROLLER_FIXTURE_TEST_H
#define INSIGHT_ROLLER_FIXTURE_TEST_H
/* A node with a book and a roller in a simulated machine, and what it says of its children. */
#include <stdio.h>
#include <stdlib.h>

#include "insight/book_fixture_test.h"
#include "insight/roller.h"

#define OK(call) assert_int_equal((call), ERR_OK)

static const char PACK[] =
	"pack: {id: t, version: 1, source: made up}\n"
	"indicators:\n"
	"  - id: nc\n"
	"    version: 1\n"
	"    name: {en: Share, zh: 占比}\n"
	"    unit: \"%\"\n"
	"    scopes: [{id: all, name: {en: All, zh: 全部}}, {id: big, name: {en: Big, zh: 大}}]\n"
	"    periods: [day]\n"
	"    declared: yes\n"
	"    parts: [{name: nc, unit: piece}, {name: total, unit: piece}]\n"
	"    value: \"nc / total\"\n";

static inline definitions_t *definitions_of(const char *yaml)
{
	definition_pack_t pack = { slice_str(yaml), "t.yaml" };
	definitions_t *set = NULL;
	OK(definitions_read(&pack, 1, NULL, &set, NULL));
	return set;
}

/* ---- a node */

enum { CHILDREN_MAX = 8 };

typedef struct {
	world_t w;
	env_loop_t *loop;
	roller_t *roller; /* NULL: it has no children */
	const char *name;
	definitions_t *set;
	roller_child_t children[CHILDREN_MAX];
	size_t count;
	uint64_t climbed; /* up to where its figures were sent on */
} node_t;

static inline void node_make(node_t *n, const char *name, uint64_t seed)
{
	*n = (node_t){ .w = world_make(seed), .name = name, .set = definitions_of(PACK) };
	n->w.f.spec.segment_bytes = 256 * 1024;
	n->w.f.spec.buffer_bytes = 256 * 1024;
}

static inline void node_child(node_t *n, const char *entity)
{
	n->children[n->count++] = (roller_child_t){ .entity = slice_str(entity) };
}

static inline bool child_at(void *ctx, size_t i, roller_child_t *ret_child)
{
	const node_t *n = ctx;
	if (i >= n->count)
		return false;
	*ret_child = n->children[n->count - 1 - i];
	return true;
}

MUST_CHECK static inline err_t node_start(node_t *n)
{
	err_t err = world_open(&n->w);
	OK(env_loop_new(n->w.f.env, "tree", ENV_LOOP_FILES, &n->loop));
	roller_spec_t spec = { .loop = n->loop,
		               .views_dir = "data/views",
		               .journal = n->w.f.journal,
		               .events = n->w.f.journal,
		               .book = n->w.book,
		               .definitions = n->set,
		               .node = slice_str(n->name),
		               .child_at = child_at,
		               .ctx = n,
		               .grace_ns = 12 * NS_PER_S };
	if (!err && n->count)
		err = roller_open(&spec, &n->roller);
	return err ? err : env_loop_start(n->loop);
}

static inline void node_halt(node_t *n)
{
	env_loop_stop(n->loop);
	roller_close(n->roller);
	env_loop_free(n->loop);
	world_halt(&n->w);
	n->roller = NULL;
	n->loop = NULL;
}

static inline void node_crash(node_t *n)
{
	if (!twin_crashed(n->w.f.env))
		twin_power_off(n->w.f.env);
	node_halt(n);
	twin_disk_reboot(n->w.f.twin, "node");
}

static inline void node_free(node_t *n)
{
	if (n->w.f.env)
		node_halt(n);
	world_free(&n->w);
	definitions_free(n->set);
}

static inline void node_run(node_t *n, int64_t for_ns)
{
	twin_run_for(n->w.f.twin, for_ns);
}

/* Until everything that came has had its grace twice. */
static inline void node_rest(node_t *n)
{
	for (unsigned i = 0; i < 10; i++)
		node_run(n, 3 * NS_PER_S);
	world_settle(&n->w);
}

static inline figure_t nc_of(const char *entity, int day, double nc, double total)
{
	figure_t figure = figure_of(entity, day, nc / total * 100);
	figure.key.definition = SLICE("t.nc");
	figure.parts[0].sum = nc;
	figure.parts[1] = (part_t){ PART_SUM, true, total, { 0 } };
	figure.part_count = 2;
	figure.revision = 1;
	figure.issued_ns = 1;
	return figure;
}

static inline void node_send(node_t *n, const char *child, figure_t figure)
{
	OK(receive(&n->w, child, child, &figure, 1));
}

typedef struct {
	bool is_there;
	double nc, total;
	uint32_t expected, reporting, revision, sources;
	figure_origin_t origin;
} seen_t;

static inline bool see(void *ctx, const book_row_t *row)
{
	const figure_t *figure = &row->figure;
	reader_t r = reader_of(figure->sources);
	figure_source_t source;
	seen_t *seen = ctx;
	*seen = (seen_t){ .is_there = true,
		          .nc = figure->parts[0].sum,
		          .total = figure->parts[1].sum,
		          .expected = figure->expected,
		          .reporting = figure->reporting,
		          .revision = figure->revision,
		          .origin = figure->origin };
	while (figure_source_next(&r, &source))
		seen->sources += source.revision;
	return false;
}

static inline seen_t seen_at(node_t *n, figure_key_t key)
{
	book_question_t question = { .key = { key, slice_str(n->name), { 0 } } };
	seen_t seen = { 0 };
	err_t err = book_get(n->w.book, &question, see, &seen);
	assert_true(err == ERR_OK || err == ERR_NOT_FOUND);
	return seen;
}

static inline seen_t seen_on(node_t *n, int day)
{
	figure_key_t key = nc_of("", day, 1, 1).key;
	return seen_at(n, key);
}

static inline long metric_in(const node_t *n, const char *name)
{
	char text[4096], row[64];
	writer_t w = writer_of(text, sizeof(text) - 1);
	metrics_print(roller_metrics(n->roller), "", &w);
	assert_false(w.bad);
	text[w.len] = '\0';
	int len = snprintf(row, sizeof(row), "\n%s ", name);
	const char *at = strstr(text, row);
	assert_non_null(at);
	return strtol(at + len, NULL, 10);
}

static inline size_t events_in(node_t *n)
{
	journal_cursor_t *cursor;
	journal_record_t record;
	size_t count = 0;
	OK(journal_cursor_open(n->w.f.journal, 1, &cursor));
	while (journal_cursor_next(cursor, &record) == ERR_OK)
		count += record.type == JOURNAL_EVENT;
	journal_cursor_close(cursor);
	return count;
}
#endif
