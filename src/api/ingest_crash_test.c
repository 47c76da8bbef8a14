/* SPDX-License-Identifier: Apache-2.0 */
/* Power cuts while clients write: what was answered with 204 is there afterwards, under the
 * labels it was written with, and no sample is of an id without labels. */
#include "api/room_test.h"
#include "env/twin/seeds.h"

enum { POSTS = 40, FAR = 200, NAME_BYTES = 64, BODY_BYTES = 256, CUT_WITHIN = 150 };

/* What remains of the room after the cut: the engines that answer for the past. */
typedef struct {
	env_t *env;
	env_loop_t *loop;
	journal_t *journal, *history;
	series_t *series;
	historian_t *historian;
} past_t;

static err_t past_open_journals(past_t *p)
{
	err_detail_t detail;
	journal_recovery_t recovery;
	journal_spec_t spec = {
		.dir = "data/journal", .name = "main", .chained = true, .commit_loop = p->loop
	};
	err_t err = journal_open(p->env, &spec, &p->journal, &recovery, &detail);
	spec.name = "history";
	spec.chained = false;
	return err ? err : journal_open(p->env, &spec, &p->history, &recovery, &detail);
}

static err_t past_open(twin_t *twin, past_t *p)
{
	err_detail_t detail;
	OK(twin_host_open(twin, "node", &p->env));
	OK(env_loop_new(p->env, "files", ENV_LOOP_FILES, &p->loop));
	err_t err = past_open_journals(p);
	if (!err)
		err = series_open(p->env,
		                  &(series_spec_t){ .views_dir = "data/views",
		                                    .journal = p->journal,
		                                    .loop = p->loop },
		                  &p->series);
	if (!err)
		err = historian_open(p->env,
		                     &(historian_spec_t){ .dir = "data/history",
		                                          .journal = p->history,
		                                          .history_loop = p->loop },
		                     &p->historian, &detail);
	return err;
}

static void past_close(past_t *p)
{
	historian_close(p->historian);
	series_close(p->series);
	journal_close(p->history);
	journal_close(p->journal);
	env_loop_free(p->loop);
	twin_host_close(p->env);
}

/* The series that a post writes to; new ones now and then. */
static size_t series_at(size_t post)
{
	return post / 2;
}

/* Until the power goes; how many were acknowledged, which is all before the first that was
 * not. */
static size_t write_until_the_cut(room_t *room)
{
	char body[BODY_BYTES];
	size_t post = 0;
	for (; post < POSTS; post++) {
		size_t s = series_at(post);
		(void)snprintf(body, sizeof(body), "m,s=%zu v=%zui %zu\nm,s=%zu w=%zui %zu\n", s, s,
		               post + 1, s, s, post + 1);
		twin_http_ask_t one = { .method = HTTP_POST,
			                .path = "/write?precision=s",
			                .token = room->token,
			                .body = slice_str(body) };
		if (twin_http(room->env, &one, 20 * NS_PER_S, &room->answer) ||
		    room->answer.status != 204)
			break;
	}
	return post;
}

/* Every sample of a series says which it belongs to. */
static bool is_own(void *ctx, const sample_t *sample)
{
	uint64_t *state = ctx; /* the number it should be; then a bit for each post seen */
	if (sample->value.type != VALUE_I64 || (uint64_t)sample->value.as.i != state[0])
		return false;
	state[1] |= UINT64_C(1) << (sample->source.ns / NS_PER_S - 1);
	return true;
}

static bool has_posts(past_t *p, const char *field, size_t s, size_t acknowledged)
{
	char name[NAME_BYTES], number[NAME_BYTES];
	labels_t labels;
	point_id_t id;
	uint64_t state[2] = { s, 0 };
	(void)snprintf(name, sizeof(name), "m_%s", field);
	(void)snprintf(number, sizeof(number), "%zu", s);
	label_t items[] = { { SLICE(LABEL_NAME), slice_str(name) },
		            { SLICE("s"), slice_str(number) } };
	OK(labels_make(items, 2, &labels));
	if (!series_find(p->series, &labels, &id))
		return false;
	series_reader_t reader = historian_reader(p->historian);
	series_query_t query = { .point = id, .to_ns = INT64_MAX };
	OK(reader.raw(reader.ctx, &query, is_own, state));
	for (size_t post = 0; post < acknowledged; post++)
		if (series_at(post) == s && !(state[1] >> post & 1))
			return false;
	return true;
}

static bool see_any(void *ctx, const sample_t *sample)
{
	(void)sample;
	*(bool *)ctx = true;
	return true;
}

/* Behind the last series that has labels there are no samples. */
static bool has_orphans(past_t *p)
{
	label_t room[LABELS_MAX];
	labels_t labels;
	point_id_t beyond[FAR], id = SERIES_ID_FIRST;
	bool found = false;
	while (series_labels(p->series, id, room, &labels))
		id++;
	for (size_t i = 0; i < FAR; i++)
		beyond[i] = id + (point_id_t)i;
	series_reader_t reader = historian_reader(p->historian);
	OK(reader.last(reader.ctx, beyond, FAR, see_any, &found));
	return found;
}

static const char *look_back(past_t *p, size_t acknowledged)
{
	for (size_t post = 0; post < acknowledged; post++)
		if (!has_posts(p, "v", series_at(post), acknowledged) ||
		    !has_posts(p, "w", series_at(post), acknowledged))
			return "what was acknowledged is gone or another's";
	return has_orphans(p) ? "samples have no labels" : NULL;
}

static const char *run_of_a_cut(uint64_t seed, bool lying)
{
	void *state;
	past_t past = { 0 };
	rng_t rng = rng_of(seed);
	(void)room_open_seeded(&state, ROOM_LOOPS, NULL, seed);
	room_t *room = state;
	twin_disk_lie(room->env, lying);
	twin_crash_at(room->env, 1 + rng_below(&rng, CUT_WITHIN));
	size_t acknowledged = write_until_the_cut(room);
	if (!twin_crashed(room->env))
		twin_power_off(room->env);
	room_shut(room);
	twin_disk_reboot(room->twin, "node");
	const char *fault = past_open(room->twin, &past) ? "the past cannot be read"
	                                                 : look_back(&past, acknowledged);
	past_close(&past);
	twin_free(room->twin);
	free(room);
	return fault;
}

static void acknowledged_samples_outlive_power_cuts_with_their_labels(void **state)
{
	(void)state;
	seeds_hold(run_of_a_cut, 120);
}

static void a_lying_disk_is_noticed(void **state)
{
	(void)state;
	seeds_catch_lies(run_of_a_cut, 30, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acknowledged_samples_outlive_power_cuts_with_their_labels),
		cmocka_unit_test(a_lying_disk_is_noticed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
