/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hub.h"

#include <pthread.h>
#include <stdlib.h>

/* A view counts itself out in a counter that lives longer than it does. */
typedef struct {
	_Atomic int *alive;
	uint64_t number, copy; /* always equal: a torn or freed view shows */
} view_t;

static view_t *view_new(_Atomic int *alive, uint64_t number)
{
	view_t *v = malloc(sizeof(*v));
	assert_non_null(v);
	*v = (view_t){ alive, number, number };
	atomic_fetch_add(alive, 1);
	return v;
}

static void view_free(void *view)
{
	view_t *v = view;
	atomic_fetch_sub(v->alive, 1);
	*v = (view_t){ .number = 1, .copy = 2 };
	free(v);
}

static uint64_t number_of(hub_t *h)
{
	const view_t *v = hub_view(h);
	return v->number;
}

static void unseen_views_are_freed_at_once(void **state)
{
	(void)state;
	_Atomic int alive = 0;
	hub_t h;
	hub_init(&h, view_new(&alive, 1), view_free);
	assert_int_equal(hub_publish(&h, view_new(&alive, 2)), ERR_OK);
	assert_int_equal(atomic_load(&alive), 1);
	hub_enter(&h, 0);
	assert_int_equal(number_of(&h), 2);
	hub_leave(&h, 0);
	hub_done(&h);
	assert_int_equal(atomic_load(&alive), 0);
	hub_done(NULL);
}

static void a_reader_inside_keeps_what_it_may_have_seen(void **state)
{
	(void)state;
	_Atomic int alive = 0;
	hub_t h;
	hub_init(&h, view_new(&alive, 1), view_free);
	hub_enter(&h, 3);
	const view_t *seen = hub_view(&h);
	assert_int_equal(hub_publish(&h, view_new(&alive, 2)), ERR_OK);
	hub_enter(&h, 4);
	assert_int_equal(hub_publish(&h, view_new(&alive, 3)), ERR_OK);
	assert_int_equal(seen->number, 1);
	assert_int_equal(atomic_load(&alive), 3);
	hub_leave(&h, 3);
	hub_collect(&h);
	assert_int_equal(atomic_load(&alive), 2);
	hub_leave(&h, 4);
	hub_collect(&h);
	assert_int_equal(atomic_load(&alive), 1);
	hub_done(&h);
}

static void a_full_retire_list_keeps_the_live_view(void **state)
{
	(void)state;
	_Atomic int alive = 0;
	hub_t h;
	hub_init(&h, view_new(&alive, 0), view_free);
	hub_enter(&h, 0);
	for (uint64_t i = 1; i <= HUB_RETIRED; i++)
		assert_int_equal(hub_publish(&h, view_new(&alive, i)), ERR_OK);
	view_t *refused = view_new(&alive, 99);
	assert_int_equal(hub_publish(&h, refused), ERR_BUSY);
	assert_int_equal(number_of(&h), HUB_RETIRED);
	hub_leave(&h, 0);
	assert_int_equal(hub_publish(&h, refused), ERR_OK);
	assert_int_equal(number_of(&h), 99);
	assert_int_equal(atomic_load(&alive), 1);
	hub_enter(&h, 0);
	assert_int_equal(hub_publish(&h, view_new(&alive, 100)), ERR_OK);
	hub_done(&h);
	assert_int_equal(atomic_load(&alive), 0);
}

enum { READERS = 3, PUBLISHES = 20000 };

typedef struct {
	hub_t *hub;
	unsigned loop;
	_Atomic bool *stop;
	uint64_t faults;
} reader_job_t;

static void *read_until_stopped(void *arg)
{
	reader_job_t *job = arg;
	uint64_t last = 0;
	while (!atomic_load(job->stop)) {
		hub_enter(job->hub, job->loop);
		for (int i = 0; i < 3; i++) {
			const view_t *v = hub_view(job->hub);
			job->faults += v->number != v->copy || v->number < last;
			last = v->number;
		}
		hub_leave(job->hub, job->loop);
	}
	return NULL;
}

static void readers_never_see_a_freed_or_older_view(void **state)
{
	(void)state;
	_Atomic int alive = 0;
	_Atomic bool stop = false;
	hub_t h;
	reader_job_t jobs[READERS];
	pthread_t threads[READERS];
	hub_init(&h, view_new(&alive, 0), view_free);
	for (unsigned i = 0; i < READERS; i++) {
		jobs[i] = (reader_job_t){ &h, i, &stop, 0 };
		assert_int_equal(pthread_create(&threads[i], NULL, read_until_stopped, &jobs[i]),
		                 0);
	}
	for (uint64_t n = 1; n <= PUBLISHES; n++) {
		view_t *fresh = view_new(&alive, n);
		if (hub_publish(&h, fresh))
			view_free(fresh);
	}
	atomic_store(&stop, true);
	for (unsigned i = 0; i < READERS; i++) {
		pthread_join(threads[i], NULL);
		assert_true(jobs[i].faults == 0);
	}
	hub_collect(&h);
	assert_int_equal(atomic_load(&alive), 1);
	hub_done(&h);
	assert_int_equal(atomic_load(&alive), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unseen_views_are_freed_at_once),
		cmocka_unit_test(a_reader_inside_keeps_what_it_may_have_seen),
		cmocka_unit_test(a_full_retire_list_keeps_the_live_view),
		cmocka_unit_test(readers_never_see_a_freed_or_older_view),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
