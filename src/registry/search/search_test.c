/* SPDX-License-Identifier: Apache-2.0 */
/* The search view over a registry in the twin, and its file in the real world. */
#include "env/file.h"
#include "env/posix/fixture.h"
#include "env/sql.h"
#include "registry/entry/entry.h"
#include "registry/fixture_test.h"
#include "registry/search/state.h"

enum { FOUND_ROOM = 4096 };

typedef struct {
	fixture_t f;
	search_t *search;
	searcher_t *searcher;
	char found[FOUND_ROOM]; /* names of the last answer, each followed by a blank */
} room_t;

static int room_open(void **state)
{
	room_t *room = test_calloc(1, sizeof(*room));
	room->f = fixture_make(1);
	fixture_start(&room->f);
	search_spec_t spec = { .views_dir = "data/views",
		               .journal = room->f.journal,
		               .loop = room->f.view };
	assert_int_equal(search_open(room->f.env, &spec, &room->search), ERR_OK);
	assert_int_equal(searcher_new(room->search, &room->searcher), ERR_OK);
	*state = room;
	return 0;
}

static int room_close(void **state)
{
	room_t *room = *state;
	env_loop_stop(room->f.view);
	searcher_free(room->searcher);
	search_close(room->search);
	fixture_free(&room->f);
	test_free(room);
	return 0;
}

/* A record of the values given as type, text pairs. */
static void put(room_t *room, const char *name, const char *const *pairs)
{
	uint8_t buf[16384];
	writer_t w = writer_of(buf, sizeof(buf));
	uint32_t count = 0;
	for (; pairs[2 * count]; count++)
		value_add(&w, count + 1, pairs[2 * count], slice_str(pairs[2 * count + 1]));
	registry_change_t change = change_of(REGISTRY_REPLACE, slice_str(name), count, &w);
	assert_int_equal(fixture_change(&room->f, &change).err, ERR_OK);
}

static void catch_up(room_t *room)
{
	while (search_lag(room->search) > 0)
		assert_true(twin_step(room->f.twin));
}

static bool keep_name(void *ctx, const search_row_t *row)
{
	room_t *room = ctx;
	size_t len = strlen(room->found);
	(void)snprintf(room->found + len, FOUND_ROOM - len, "%.*s ", (int)row->name.len,
	               (const char *)row->name.ptr);
	return true;
}

static const char *find(room_t *room, search_query_t query)
{
	query.limit = query.limit ? query.limit : 100;
	query.state = query.state ? query.state : RECORD_STATE_COUNT;
	room->found[0] = 0;
	catch_up(room);
	assert_int_equal(searcher_find(room->searcher, &query, keep_name, room), ERR_OK);
	return room->found;
}

static const char *words(room_t *room, const char *text)
{
	return find(room, (search_query_t){ .words = slice_str(text) });
}

#define PAIRS(...) ((const char *const[]){ __VA_ARGS__, NULL, NULL })

static void all_words_must_be_there_and_the_last_may_be_the_beginning_of_one(void **state)
{
	room_t *room = *state;
	put(room, "99.100.1/pump-7",
	    PAIRS("DESC", "Coolant pump, north hall", "URL", "https://a.example/7"));
	put(room, "99.100.1/pump-8", PAIRS("DESC", "Vacuum PUMP", "SITE", "south hall"));
	assert_string_equal(words(room, "pump"), "99.100.1/pump-7 99.100.1/pump-8 ");
	assert_string_equal(words(room, "hall vac"), "99.100.1/pump-8 ");
	assert_string_equal(words(room, "vac hall"), "");
	assert_string_equal(words(room, "Pump-7"), "99.100.1/pump-7 ");
	assert_string_equal(words(room, "a.example/7"), "99.100.1/pump-7 ");
	assert_string_equal(words(room, "nothing"), "");
}

static void any_part_of_a_chinese_text_is_found(void **state)
{
	room_t *room = *state;
	put(room, "99.100.1/a", PAIRS("DESC.zh", "一号涂布机烘箱温度"));
	put(room, "99.100.1/b", PAIRS("DESC.zh", "二号涂布机 V2"));
	assert_string_equal(words(room, "涂布"), "99.100.1/a 99.100.1/b ");
	assert_string_equal(words(room, "烘箱"), "99.100.1/a ");
	assert_string_equal(words(room, "布涂"), "");
	assert_string_equal(words(room, "涂布机 V2"), "99.100.1/b ");
}

static void a_value_is_found_by_its_type_and_whole_text(void **state)
{
	room_t *room = *state;
	put(room, "99.100.1/a", PAIRS("MAKER", "X12", "MODEL", "7"));
	put(room, "99.100.1/b", PAIRS("MAKER", "X12 and others", "X12", "MAKER"));
	search_query_t query = { .type = SLICE("maker"), .value = SLICE("X12") };
	assert_string_equal(find(room, query), "99.100.1/a ");
	query.words = SLICE("8");
	assert_string_equal(find(room, query), "");
}

static void prefix_state_and_after_narrow_and_names_come_in_order(void **state)
{
	room_t *room = *state;
	put(room, "99.100.1/b", PAIRS("N", "x"));
	put(room, "99.100.1/A", PAIRS("N", "x"));
	put(room, "0.NA/99.100.1.7", PAIRS("N", "x"));
	put(room, "99.100.1/c", PAIRS("N", "x"));
	assert_string_equal(words(room, "x"), "0.NA/99.100.1.7 99.100.1/A 99.100.1/b 99.100.1/c ");
	search_query_t query = { .words = SLICE("x"), .prefix = SLICE("99.100.1") };
	assert_string_equal(find(room, query), "99.100.1/A 99.100.1/b 99.100.1/c ");
	query.after = SLICE("99.100.1/a");
	query.limit = 1;
	assert_string_equal(find(room, query), "99.100.1/b ");
	assert_int_equal(fixture_remove(&room->f, "99.100.1/b").err, ERR_OK);
	assert_string_equal(find(room, query), "99.100.1/c ");
	assert_string_equal(find(room, (search_query_t){ .state = RECORD_DELETED }), "99.100.1/b ");
}

static void what_changed_or_went_is_found_no_more(void **state)
{
	room_t *room = *state;
	put(room, "99.100.1/a", PAIRS("DESC", "first words", "DESC.zh", "旧的"));
	assert_string_equal(words(room, "first"), "99.100.1/a ");
	put(room, "99.100.1/a", PAIRS("DESC", "second words"));
	assert_string_equal(words(room, "first"), "");
	assert_string_equal(words(room, "旧"), "");
	assert_string_equal(words(room, "second"), "99.100.1/a ");
	assert_int_equal(fixture_remove(&room->f, "99.100.1/a").err, ERR_OK);
	assert_string_equal(words(room, "second"), "");
}

static void what_not_everybody_may_read_is_not_searched(void **state)
{
	room_t *room = *state;
	uint8_t buf[256];
	writer_t w = writer_of(buf, sizeof(buf));
	handle_value_t cost = { .index = 1,
		                .perms = HANDLE_PERM_ADMIN_READ | HANDLE_PERM_ADMIN_WRITE,
		                .type = SLICE("COST"),
		                .data = SLICE("forty-two") };
	handle_value_encode(&cost, &w);
	value_add(&w, 2, "DESC", SLICE("cheap"));
	registry_change_t change = change_of(REGISTRY_REPLACE, SLICE("99.100.1/a"), 2, &w);
	assert_int_equal(fixture_change(&room->f, &change).err, ERR_OK);
	assert_string_equal(words(room, "forty"), "");
	assert_string_equal(words(room, "cheap"), "99.100.1/a ");
	assert_string_equal(
		find(room, (search_query_t){ .type = SLICE("COST"), .value = SLICE("forty-two") }),
		"");
}

static void operators_and_broken_text_in_a_question_are_words_like_others(void **state)
{
	room_t *room = *state;
	static const char *const odd[] = { "\"",
		                           "a\" OR \"x",
		                           "NOT x",
		                           "x*",
		                           "^x",
		                           "text:x",
		                           "(",
		                           "NEAR(x y)",
		                           "\xff\xfe",
		                           "-",
		                           "'; DROP TABLE names" };
	put(room, "99.100.1/a", PAIRS("N", "x"));
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		search_query_t query = { .words = slice_str(odd[i]),
			                 .limit = 5,
			                 .state = RECORD_STATE_COUNT };
		catch_up(room);
		assert_int_equal(searcher_find(room->searcher, &query, keep_name, room), ERR_OK);
	}
	assert_string_equal(words(room, "x"), "99.100.1/a ");
}

static void questions_beyond_the_limits_are_invalid(void **state)
{
	room_t *room = *state;
	char many[SEARCH_TEXT_MAX + 2], words_17[2 * (SEARCH_WORDS_MAX + 1) + 1] = { 0 };
	memset(many, 'x', sizeof(many) - 1);
	many[sizeof(many) - 1] = 0;
	for (size_t i = 0; i < SEARCH_WORDS_MAX + 1; i++)
		memcpy(words_17 + 2 * i, "a ", 2);
	const search_query_t bad[] = {
		{ .words = slice_str(many), .limit = 1 },
		{ .words = slice_str(words_17), .limit = 1 },
		{ .words = SLICE("x"), .limit = SEARCH_ROWS_MAX + 1 },
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(searcher_find(room->searcher, &bad[i], keep_name, room),
		                 ERR_INVALID);
}

/* A journal in a real folder and its view, opened again and again. */
typedef struct {
	void *world; /* of world_set_up */
	env_t *env;
	char journal[96], views[96], db[128];
} real_t;

static void real_make(real_t *real)
{
	assert_int_equal(world_set_up(&real->world), 0);
	const world_t *world = real->world;
	real->env = world->env;
	(void)snprintf(real->journal, sizeof(real->journal), "%s/journal", world->folder);
	(void)snprintf(real->views, sizeof(real->views), "%s/views", world->folder);
	(void)snprintf(real->db, sizeof(real->db), "%s/search.db", real->views);
}

static journal_t *real_journal(const real_t *real, env_loop_t *commit)
{
	journal_spec_t spec = {
		.dir = real->journal, .name = "main", .chained = true, .commit_loop = commit
	};
	journal_recovery_t recovery;
	err_detail_t detail;
	journal_t *journal = NULL;
	assert_int_equal(journal_open(real->env, &spec, &journal, &recovery, &detail), ERR_OK);
	return journal;
}

static void real_append(journal_t *journal, const char *name, const char *text)
{
	uint8_t values[256], payload[512];
	writer_t v = writer_of(values, sizeof(values)), w = writer_of(payload, sizeof(payload));
	uint64_t seq;
	value_add(&v, 1, "DESC", slice_str(text));
	registry_entry_t entry = {
		.record = { .name = slice_str(name), .count = 1, .values = writer_done(&v) }
	};
	registry_entry_write(&entry, &w);
	slice_t part = writer_done(&w);
	assert_int_equal(journal_append(journal, JOURNAL_REGISTRY_PUT, &part, 1, &seq), ERR_OK);
	assert_int_equal(journal_flush(journal), ERR_OK);
}

typedef struct {
	env_t *env;
	search_t *search;
	env_timer_t *timer;
} wait_t;

static void look(void *ctx)
{
	wait_t *wait = ctx;
	if (search_lag(wait->search) == 0)
		env_stop(wait->env);
	env_timer_set(wait->timer, NS_PER_MS);
}

static bool count_row(void *ctx, const search_row_t *row)
{
	(void)row;
	*(size_t *)ctx += 1;
	return true;
}

/* Opens the view, lets it catch up, counts what "word" finds. */
static size_t real_count(const real_t *real, journal_t *journal, int64_t *ret_rebuilt)
{
	env_loop_t *loop = NULL;
	wait_t wait = { .env = real->env };
	searcher_t *searcher = NULL;
	size_t count = 0;
	search_query_t query = { .words = SLICE("word"), .limit = 10, .state = RECORD_STATE_COUNT };
	assert_int_equal(env_loop_new(real->env, "view", ENV_LOOP_FILES, &loop), ERR_OK);
	search_spec_t spec = { .views_dir = real->views, .journal = journal, .loop = loop };
	assert_int_equal(search_open(real->env, &spec, &wait.search), ERR_OK);
	assert_int_equal(env_timer_new(env_control_loop(real->env), look, &wait, &wait.timer),
	                 ERR_OK);
	env_timer_set(wait.timer, 0);
	assert_int_equal(env_loop_start(loop), ERR_OK);
	assert_int_equal(env_run(real->env), ERR_OK);
	env_loop_stop(loop);
	assert_int_equal(searcher_new(wait.search, &searcher), ERR_OK);
	assert_int_equal(searcher_find(searcher, &query, count_row, &count), ERR_OK);
	*ret_rebuilt = metric_get(search_metrics(wait.search), SEARCH_METRIC_REBUILT);
	searcher_free(searcher);
	env_timer_free(wait.timer);
	search_close(wait.search);
	env_loop_free(loop);
	return count;
}

static void spoil(const real_t *real, uint64_t at)
{
	env_file_t *file = NULL;
	uint64_t size = 0;
	assert_int_equal(env_file_open(real->env, real->db, ENV_OPEN_WRITE, &file), ERR_OK);
	assert_int_equal(env_file_size(file, &size), ERR_OK);
	assert_true(at < size);
	assert_int_equal(env_file_write(file, at, SLICE("spoilt spoilt spoilt")), ERR_OK);
	env_file_close(file);
}

static void
a_view_on_disk_goes_on_where_it_was_and_a_spoilt_or_lost_one_is_built_again(void **state)
{
	(void)state;
	real_t real;
	env_loop_t *commit = NULL;
	int64_t rebuilt = 0;
	real_make(&real);
	assert_int_equal(env_loop_new(real.env, "commit", ENV_LOOP_FILES, &commit), ERR_OK);
	journal_t *journal = real_journal(&real, commit);
	real_append(journal, "99.100.1/a", "a word");
	assert_int_equal(real_count(&real, journal, &rebuilt), 1);
	real_append(journal, "99.100.1/b", "a word");
	assert_int_equal(real_count(&real, journal, &rebuilt), 2);
	assert_int_equal(rebuilt, 0);
	spoil(&real, 0);
	assert_int_equal(real_count(&real, journal, &rebuilt), 2);
	assert_int_equal(rebuilt, 1);
	assert_int_equal(env_sql_destroy(real.env, real.db), ERR_OK);
	assert_int_equal(real_count(&real, journal, &rebuilt), 2);
	journal_close(journal);
	env_loop_free(commit);
	assert_int_equal(world_tear_down(&real.world), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_open, room_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_words_must_be_there_and_the_last_may_be_the_beginning_of_one),
		TEST(any_part_of_a_chinese_text_is_found),
		TEST(a_value_is_found_by_its_type_and_whole_text),
		TEST(prefix_state_and_after_narrow_and_names_come_in_order),
		TEST(what_changed_or_went_is_found_no_more),
		TEST(what_not_everybody_may_read_is_not_searched),
		TEST(operators_and_broken_text_in_a_question_are_words_like_others),
		TEST(questions_beyond_the_limits_are_invalid),
		cmocka_unit_test(
			a_view_on_disk_goes_on_where_it_was_and_a_spoilt_or_lost_one_is_built_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
