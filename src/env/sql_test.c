/* SPDX-License-Identifier: Apache-2.0 */
/* What a view needs of a database, each case in both worlds. */
#include "env/sql.h"

#include "env/file.h"
#include "env/posix/fixture.h"
#include "env/twin/twin.h"

typedef struct {
	env_t *env;
	twin_t *twin; /* NULL: the real world */
	void *real;   /* of world_set_up */
	char path[96];
} room_t;

static int real_open(void **state)
{
	room_t *room = test_calloc(1, sizeof(*room));
	assert_int_equal(world_set_up(&room->real), 0);
	const world_t *world = room->real;
	room->env = world->env;
	(void)snprintf(room->path, sizeof(room->path), "%s/a 100%%? #1.db", world->folder);
	*state = room;
	return 0;
}

static int twin_open(void **state)
{
	room_t *room = test_calloc(1, sizeof(*room));
	assert_int_equal(twin_new(&(twin_spec_t){ .seed = 1 }, &room->twin), ERR_OK);
	assert_int_equal(twin_host_open(room->twin, "node", &room->env), ERR_OK);
	(void)snprintf(room->path, sizeof(room->path), "names.db");
	*state = room;
	return 0;
}

static int room_close(void **state)
{
	room_t *room = *state;
	if (room->twin) {
		twin_host_close(room->env);
		twin_free(room->twin);
	} else {
		assert_int_equal(world_tear_down(&room->real), 0);
	}
	test_free(room);
	return 0;
}

static env_sql_t *open_table(const room_t *room)
{
	env_sql_t *sql = NULL;
	assert_int_equal(env_sql_open(room->env, room->path, &sql), ERR_OK);
	assert_int_equal(env_sql_run(sql, "CREATE TABLE IF NOT EXISTS t(a TEXT, b INTEGER)"),
	                 ERR_OK);
	return sql;
}

static void add(env_sql_t *sql, const char *text, int64_t number)
{
	env_sql_statement_t *put = NULL;
	bool row = true;
	assert_int_equal(env_sql_prepare(sql, "INSERT INTO t VALUES (?, ?)", &put), ERR_OK);
	env_sql_bind_text(put, 1, slice_str(text));
	env_sql_bind_i64(put, 2, number);
	assert_int_equal(env_sql_step(put, &row), ERR_OK);
	assert_false(row);
	env_sql_finalize(put);
}

static int64_t count(env_sql_t *sql)
{
	env_sql_statement_t *ask = NULL;
	bool row = false;
	assert_int_equal(env_sql_prepare(sql, "SELECT count(*) FROM t", &ask), ERR_OK);
	assert_int_equal(env_sql_step(ask, &row), ERR_OK);
	assert_true(row);
	int64_t found = env_sql_i64(ask, 0);
	env_sql_finalize(ask);
	return found;
}

static void what_is_bound_is_what_is_read(void **state)
{
	env_sql_t *sql = open_table(*state);
	env_sql_statement_t *ask = NULL;
	bool row = false;
	add(sql, "电压 'V'", INT64_MIN);
	add(sql, "", 7);
	assert_int_equal(env_sql_prepare(sql, "SELECT a, b FROM t WHERE b < ?", &ask), ERR_OK);
	for (int round = 0; round < 2; round++) {
		env_sql_bind_i64(ask, 1, 0);
		assert_int_equal(env_sql_step(ask, &row), ERR_OK);
		assert_true(row);
		assert_true(slice_eq(env_sql_text(ask, 0), SLICE("电压 'V'")));
		assert_true(env_sql_i64(ask, 1) == INT64_MIN);
		assert_int_equal(env_sql_step(ask, &row), ERR_OK);
		assert_false(row);
		env_sql_reset(ask);
	}
	env_sql_finalize(ask);
	env_sql_close(sql);
}

static void a_reader_sees_whole_transactions_of_the_writer(void **state)
{
	env_sql_t *writer = open_table(*state), *reader = open_table(*state);
	assert_int_equal(env_sql_run(writer, "BEGIN"), ERR_OK);
	add(writer, "a", 1);
	add(writer, "b", 2);
	assert_int_equal(env_sql_run(writer, "COMMIT"), ERR_OK);
	assert_int_equal(count(reader), 2);
	assert_int_equal(env_sql_run(writer, "BEGIN"), ERR_OK);
	add(writer, "c", 3);
	assert_int_equal(env_sql_run(writer, "ROLLBACK"), ERR_OK);
	assert_int_equal(count(reader), 2);
	env_sql_close(reader);
	env_sql_close(writer);
}

static void a_statement_past_its_budget_is_given_up_and_the_next_is_not(void **state)
{
	env_sql_t *sql = open_table(*state);
	env_sql_statement_t *ask = NULL;
	bool row = false;
	env_sql_budget(sql, 5000);
	assert_int_equal(env_sql_prepare(sql,
	                                 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
	                                 "FROM n LIMIT 1000000) SELECT max(i) FROM n",
	                                 &ask),
	                 ERR_OK);
	assert_int_equal(env_sql_step(ask, &row), ERR_LIMIT);
	assert_false(row);
	env_sql_finalize(ask);
	add(sql, "a", 1);
	assert_int_equal(count(sql), 1);
	env_sql_close(sql);
}

static void a_statement_that_is_wrong_is_a_bug_of_ours(void **state)
{
	env_sql_t *sql = open_table(*state);
	env_sql_statement_t *ask = NULL;
	assert_int_equal(env_sql_prepare(sql, "SELECT nothing FROM nowhere", &ask), ERR_INTERNAL);
	assert_int_equal(env_sql_run(sql, "NONSENSE"), ERR_INTERNAL);
	env_sql_close(sql);
}

static void a_file_that_is_no_database_is_corrupt_until_it_is_destroyed(void **state)
{
	const room_t *room = *state;
	env_sql_t *sql = NULL;
	slice_t noise = SLICE(
		"this is a letter and no database, however long one may read in it..");
	assert_int_equal(env_file_save(room->env, room->path, noise), ERR_OK);
	assert_int_equal(env_sql_open(room->env, room->path, &sql), ERR_CORRUPT);
	assert_int_equal(env_sql_destroy(room->env, room->path), ERR_OK);
	assert_int_equal(env_sql_destroy(room->env, room->path), ERR_OK);
	sql = open_table(room);
	assert_int_equal(count(sql), 0);
	env_sql_close(sql);
}

#define BOTH(name) \
	cmocka_unit_test_setup_teardown(name, real_open, room_close), \
		cmocka_unit_test_setup_teardown(name, twin_open, room_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(what_is_bound_is_what_is_read),
		BOTH(a_reader_sees_whole_transactions_of_the_writer),
		BOTH(a_statement_past_its_budget_is_given_up_and_the_next_is_not),
		BOTH(a_statement_that_is_wrong_is_a_bug_of_ours),
		cmocka_unit_test_setup_teardown(
			a_file_that_is_no_database_is_corrupt_until_it_is_destroyed, real_open,
			room_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
