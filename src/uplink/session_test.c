/* SPDX-License-Identifier: Apache-2.0 */
/* One parent and one child: what they say in order, what each does when the other has lost
 * something or has no room, what goes down, and how sessions end. */
#include "base/num.h"
#include "uplink/pair_test.h"

static void what_is_put_is_received_once_and_receipted(void **state)
{
	(void)state;
	pair_t *p = pair_start();
	side_put(&p->down, UPLINK_EVENTS, 1, 3);
	side_put(&p->down, UPLINK_HEALTH, 1, 200);
	side_put(&p->down, UPLINK_EVENTS, 4, 2);
	pair_run(p, 5);
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 5);
	assert_int_equal(pair_held(p, UPLINK_HEALTH), 200);
	assert_int_equal(pair_stream(p, UPLINK_EVENTS).waiting, 0);
	assert_int_equal(pair_stream(p, UPLINK_EVENTS).receipted.sequence, 5);
	const metrics_t *m = child_metrics(p->down.child);
	const outbox_stream_t *s = outbox_stream(p->down.outbox, PAIR_PARENT, UPLINK_HEALTH);
	assert_true(metric_get(m, CHILD_COUNT_BATCHES) == 3);
	assert_true((uint64_t)metric_get(m, CHILD_COUNT_BYTES) < s->bytes); /* compressed */
	assert_true(metric_get(parent_metrics(p->up.parent), PARENT_COUNT_ITEMS) == 205);
	pair_free(p);
}

static void either_end_may_begin_again_and_nothing_comes_twice(void **state)
{
	(void)state;
	pair_t *p = pair_start();
	for (unsigned i = 0; i < 6; i++) {
		side_put(&p->down, UPLINK_EVENTS, 1 + 2 * i, 2);
		if (i % 2)
			pair_run(p, 3);
		side_t *who = i % 3 ? &p->down : &p->up;
		twin_power_off(who->env);
		side_halt(who);
		twin_disk_reboot(p->twin, who->host);
		if (i % 3)
			side_start_child(&p->down);
		else
			side_start_parent(&p->up);
		const outbox_stream_t *s = outbox_stream(p->down.outbox, PAIR_PARENT,
		                                         UPLINK_EVENTS);
		if (!s || s->last.sequence < 2 * i + 2)
			side_put(&p->down, UPLINK_EVENTS, 1 + 2 * i, 2); /* the cut took it */
		pair_run(p, 5);
	}
	pair_run(p, 30);
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 12);
	pair_free(p);
}

/* The last epoch and mark survive; a mark is of the record it came with. */
static void an_outbox_knows_after_a_restart_how_far_it_had_come(void **state)
{
	(void)state;
	pair_t *p = pair_start();
	side_put(&p->down, UPLINK_COUNTERS, 1, 7);
	pair_run(p, 2);
	outbox_stream_t before = *outbox_stream(p->down.outbox, PAIR_PARENT, UPLINK_COUNTERS);
	side_halt(&p->down);
	side_start_child(&p->down);
	const outbox_stream_t *after = outbox_stream(p->down.outbox, PAIR_PARENT, UPLINK_COUNTERS);
	assert_non_null(after);
	assert_int_equal(held_order(&before.last, &after->last), 0);
	assert_memory_equal(before.last.hash, after->last.hash, UPLINK_HASH_BYTES);
	assert_int_equal(held_order(&before.durable, &after->durable), 0);
	assert_true(after->items == before.items && after->bytes == before.bytes);
	assert_true(slice_eq(slice_of(after->source, after->source_len), SLICE("8")));
	assert_null(outbox_stream(p->down.outbox, PAIR_PARENT, UPLINK_EVENTS));
	pair_free(p);
}

static void copy_tree(side_t *s, const char *to)
{
	journal_copy_t copy = { .from = "data", .to = to, .name = "tree" };
	journal_extent_t extent;
	err_detail_t detail;
	OK(env_dir_make(s->env, to));
	OK(journal_copy(s->env, &copy, &extent, &detail));
}

static void a_parent_put_back_from_a_copy_gets_again_what_it_lacks(void **state)
{
	(void)state;
	pair_t *p = pair_start();
	for (unsigned i = 0; i < 10; i++) {
		side_put(&p->down, UPLINK_EVENTS, 1 + i, 1);
		pair_run(p, 2);
		if (i == 3)
			copy_tree(&p->up, "copy");
	}
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 10);
	side_halt(&p->up);
	p->up.dir = "copy";
	side_start_parent(&p->up);
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 4);
	pair_run(p, 30);
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 10);
	assert_true(metric_get(child_metrics(p->down.child), CHILD_COUNT_BACK) == 1);
	side_halt(&p->up);
	p->up.dir = "nothing"; /* and one that lost all */
	side_start_parent(&p->up);
	pair_run(p, 30);
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 10);
	pair_free(p);
}

/* And what it cannot use it makes again. */
static void a_start_reads_what_came_behind_the_view_alone(void **state)
{
	(void)state;
	pair_t *p = pair_make();
	p->up.view = "inbox.view";
	side_start_parent(&p->up);
	side_start_child(&p->down);
	for (unsigned i = 0; i < 12; i++) {
		side_put(&p->down, i % 3 ? UPLINK_EVENTS : UPLINK_HEALTH, 1 + i, 1);
		pair_run(p, 1);
		if (i == 5)
			copy_tree(&p->up, "copy");
	}
	side_halt(&p->up);
	side_start_parent(&p->up);
	assert_int_equal(inbox_replayed(p->up.inbox), 0);
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 8);
	side_put(&p->down, UPLINK_EVENTS, 20, 1);
	pair_run(p, 30);
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 9);
	assert_int_equal(pair_row(p).refused, 0);
	twin_power_off(p->up.env); /* the view is not written */
	side_halt(&p->up);
	twin_disk_reboot(p->twin, p->up.host);
	side_start_parent(&p->up);
	assert_int_equal(inbox_replayed(p->up.inbox), 1);
	side_halt(&p->up);
	for (uint64_t at = 0; at < 450; at += 41) {
		OK(twin_disk_flip(p->twin, p->up.host, "inbox.view", at));
		side_start_parent(&p->up);
		assert_int_equal(inbox_replayed(p->up.inbox), 13);
		assert_int_equal(pair_held(p, UPLINK_EVENTS), 9);
		side_halt(&p->up);
	}
	p->up.dir = "copy"; /* a journal that is behind the view */
	side_start_parent(&p->up);
	assert_int_equal(inbox_replayed(p->up.inbox), 6);
	pair_run(p, 60);
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 9);
	pair_free(p);
}

static void a_child_put_back_from_a_copy_stops_and_says_so_until_renewed(void **state)
{
	(void)state;
	pair_t *p = pair_start();
	side_put(&p->down, UPLINK_EVENTS, 1, 4);
	pair_run(p, 2);
	copy_tree(&p->down, "copy");
	side_put(&p->down, UPLINK_EVENTS, 5, 4);
	pair_run(p, 2);
	side_halt(&p->down);
	p->down.dir = "copy";
	side_start_child(&p->down);
	side_put(&p->down, UPLINK_HEALTH, 1, 1);
	pair_run(p, 60);
	assert_int_equal(pair_stream(p, UPLINK_EVENTS).stopped, UPLINK_REASON_FORK);
	assert_int_equal(side_events(&p->down, MSG_UPLINK_STOPPED, "fork"), 1);
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 8);
	assert_int_equal(pair_held(p, UPLINK_HEALTH), 1); /* the other streams go on */
	uint64_t above = pair_stream(p, UPLINK_EVENTS).receipted.epoch;
	OK(outbox_renew(p->down.outbox, PAIR_PARENT, UPLINK_EVENTS, above));
	side_put(&p->down, UPLINK_EVENTS, 9, 2);
	side_halt(&p->down);
	side_start_child(&p->down);
	side_put(&p->down, UPLINK_EVENTS, 9, 2); /* the halt came before the sync, perhaps */
	pair_run(p, 60);
	assert_int_equal(pair_stream(p, UPLINK_EVENTS).stopped, UPLINK_REASON_COUNT);
	assert_true(pair_stream(p, UPLINK_EVENTS).receipted.epoch > above);
	assert_int_equal(pair_stream(p, UPLINK_EVENTS).waiting, 0);
	pair_free(p);
}

static void urgent_streams_go_first_and_the_others_in_turn(void **state)
{
	(void)state;
	pair_t *p = pair_make();
	side_start_child(&p->down);
	for (unsigned i = 0; i < 4; i++) {
		side_put(&p->down, UPLINK_HEALTH, 1 + i, 1);
		side_put(&p->down, UPLINK_COUNTERS, 1 + i, 1);
	}
	side_put(&p->down, UPLINK_HANDLING, 1, 1);
	side_put(&p->down, UPLINK_EVENTS, 1, 1);
	pair_run(p, 1);
	side_start_parent(&p->up);
	pair_run(p, 30);
	order_t order = pair_order(p);
	assert_int_equal(order.count, 10);
	assert_int_equal(order.order[0], UPLINK_EVENTS);
	assert_int_equal(order.order[1], UPLINK_HANDLING);
	for (unsigned i = 2; i < 10; i++)
		assert_int_equal(order.order[i], i % 2 ? UPLINK_COUNTERS : UPLINK_HEALTH);
	pair_free(p);
}

static void a_rate_holds_back_what_is_not_urgent(void **state)
{
	(void)state;
	pair_t *p = pair_make();
	p->down.child_spec.bytes_per_second = 1000;
	p->down.child_spec.overdraft = 100000;
	side_start_parent(&p->up);
	side_start_child(&p->down);
	pair_run(p, 2);
	for (unsigned i = 0; i < 40; i++)
		side_put(&p->down, UPLINK_HEALTH, 1 + 10 * i, 10); /* some 500 bytes each */
	pair_run(p, 5);
	uint64_t slow = pair_held(p, UPLINK_HEALTH);
	assert_in_range(slow, 60, 200);
	for (unsigned i = 0; i < 5; i++)
		side_put(&p->down, UPLINK_EVENTS, 1 + 10 * i, 10);
	pair_run(p, 1);
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 50);
	assert_in_range(pair_held(p, UPLINK_HEALTH), slow, slow + 30);
	pair_run(p, 8); /* a beat has told what waits */
	const uplink_beat_t backlog = pair_row(p).backlog;
	assert_int_equal(backlog.stream_count, 1);
	assert_int_equal(backlog.streams[0].stream, UPLINK_HEALTH);
	assert_in_range(backlog.streams[0].items, 100, 400 - slow);
	assert_in_range(backlog.oldest_ns, slow, 400);
	pair_run(p, 60);
	assert_int_equal(pair_held(p, UPLINK_HEALTH), 400);
	pair_free(p);
}

/* As much as a child may have on its way, and the greatest batch behind it. */
static void a_parent_puts_aside_a_full_window_and_the_greatest_batch(void **state)
{
	(void)state;
	enum { BODY = 3000, GREAT = 300 };
	static uint8_t body[GREAT][BODY];
	static uplink_item_t items[GREAT];
	uint64_t seq = 0;
	pair_t *p = pair_make();
	side_start_parent(&p->up);
	side_start_child(&p->down);
	rng_t rng = rng_of(3); /* so that nothing gets shorter */
	for (size_t i = 0; i < sizeof(body); i++)
		body[i / BODY][i % BODY] = (uint8_t)rng_next(&rng);
	for (unsigned i = 0; i < GREAT; i++)
		items[i] = (uplink_item_t){ .ns = i, .body = slice_of(body[i], BODY) };
	pair_run(p, 2);
	twin_disk_limit(p->up.env, 0);
	pair_run(p, 2);
	outbox_put_t put = { .parent = PAIR_PARENT, .stream = UPLINK_ASSETS, .items = items };
	for (unsigned i = 0; i < 12; i++) {
		put.count = i < 11 ? 7 : GREAT;
		while (outbox_put(p->down.outbox, &put, &seq) == ERR_LIMIT)
			pair_run(p, 1);
	}
	pair_run(p, 60);
	assert_true(pair_row(p).is_up && pair_row(p).is_stalled);
	twin_disk_limit(p->up.env, UINT64_C(1) << 40);
	pair_run(p, 30);
	assert_int_equal(pair_held(p, UPLINK_ASSETS), 77 + GREAT);
	assert_true(metric_get(child_metrics(p->down.child), CHILD_COUNT_SESSIONS) == 1);
	pair_free(p);
}

static void a_parent_without_room_stops_reading_and_drops_nothing(void **state)
{
	(void)state;
	pair_t *p = pair_start();
	pair_run(p, 2);
	twin_disk_limit(p->up.env, 0);
	pair_run(p, 2);
	for (unsigned i = 0; i < 30; i++) {
		side_put(&p->down, UPLINK_HEALTH, 1 + 400 * i, 400);
		pair_run(p, 1);
	}
	pair_run(p, 30); /* beats alone keep the session */
	parent_child_t row = pair_row(p);
	assert_true(row.is_up && row.is_stalled);
	assert_int_equal(pair_held(p, UPLINK_HEALTH), 0);
	assert_true(p->down.batches_out <= CHILD_SENT_MAX);
	twin_disk_limit(p->up.env, UINT64_C(1) << 40);
	pair_run(p, 30);
	assert_int_equal(pair_held(p, UPLINK_HEALTH), 12000);
	assert_true(metric_get(child_metrics(p->down.child), CHILD_COUNT_SESSIONS) == 1);
	assert_false(pair_row(p).is_stalled);
	pair_free(p);
}

/* ---- down, and the end of sessions */

typedef struct {
	unsigned came, uptakes;
	err_t answer;
} desk_t;

static err_t on_down(void *ctx, const uplink_down_t *down)
{
	desk_t *desk = ctx;
	assert_true(slice_eq(down->id, SLICE("notice-7")));
	assert_true(slice_eq(down->body, SLICE("mind the valve")));
	desk->came++;
	return desk->answer;
}

static uplink_down_t notice(const env_pkey_t *key)
{
	uplink_down_t down = { .issuer = PAIR_PARENT,
		               .id = SLICE("notice-7"),
		               .kind = UPLINK_DOWN_BULLETIN,
		               .version = 1,
		               .body = SLICE("mind the valve") };
	OK(seal_sign_down(key, &down));
	return down;
}

static void what_goes_down_comes_until_the_child_has_it(void **state)
{
	(void)state;
	desk_t desk = { .answer = ERR_DISK_FULL };
	pair_t *p = pair_make();
	p->down.child_spec.desk = (child_desk_t){ &desk, on_down };
	side_start_parent(&p->up);
	uplink_down_t down = notice(p->keys[PAIR_UP]);
	OK(parent_send_down(p->up.parent, PAIR_CHILD, &down));
	assert_int_equal(parent_send_down(p->up.parent, PAIR_CHILD, &down), ERR_EXISTS);
	side_start_child(&p->down);
	pair_run(p, 5);
	assert_int_equal(desk.came, 1);
	assert_int_equal(pair_row(p).down_waiting, 1);
	desk.answer = ERR_OK;
	side_halt(&p->down);
	side_start_child(&p->down);
	pair_run(p, 5);
	assert_int_equal(desk.came, 2);
	assert_int_equal(pair_row(p).down_waiting, 0);
	side_halt(&p->down);
	side_start_child(&p->down);
	pair_run(p, 5);
	assert_int_equal(desk.came, 2);
	pair_free(p);
}

static void what_comes_down_must_bear_the_parents_signature(void **state)
{
	(void)state;
	desk_t desk = { .answer = ERR_OK };
	pair_t *p = pair_make();
	p->down.child_spec.desk = (child_desk_t){ &desk, on_down };
	side_start_parent(&p->up);
	uplink_down_t down = notice(p->keys[PAIR_OTHER]);
	OK(parent_send_down(p->up.parent, PAIR_CHILD, &down));
	side_start_child(&p->down);
	pair_run(p, 30);
	assert_int_equal(desk.came, 0);
	assert_int_equal(side_events(&p->down, MSG_UPLINK_STOPPED, "signature"), 1);
	parent_cancel_down(p->up.parent, PAIR_CHILD, SLICE("notice-7"));
	side_put(&p->down, UPLINK_EVENTS, 1, 1);
	pair_run(p, 120);
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 1);
	pair_free(p);
}

static void a_revoked_childs_session_ends_and_says_why(void **state)
{
	(void)state;
	pair_t *p = pair_start();
	pair_run(p, 2);
	assert_true(pair_row(p).is_up);
	parent_end(p->up.parent, PAIR_CHILD, UPLINK_REASON_REVOKED);
	assert_false(pair_row(p).is_up);
	pair_run(p, 1);
	assert_int_equal(side_events(&p->up, MSG_UPLINK_REFUSED, "revoked"), 1);
	assert_int_equal(side_events(&p->down, MSG_UPLINK_STOPPED, "revoked"), 1);
	pair_free(p);
}

static void a_line_that_died_without_a_word_does_not_keep_its_child_away(void **state)
{
	(void)state;
	pair_t *p = pair_start();
	pair_run(p, 2);
	int64_t began_ns = child_status(p->down.child).since_ns;
	assert_true(began_ns > 0);
	twin_net_unplug(p->twin, p->up.addr.ip, true);
	pair_run(p, 90);
	assert_int_not_equal(child_status(p->down.child).state, CHILD_UP);
	assert_true(child_status(p->down.child).since_ns > began_ns);
	assert_false(pair_row(p).is_up);
	twin_net_unplug(p->twin, p->up.addr.ip, false);
	side_put(&p->down, UPLINK_EVENTS, 1, 1);
	pair_run(p, 120);
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 1);
	pair_free(p);
}

static void the_addresses_are_tried_in_turn_of_both_families(void **state)
{
	(void)state;
	pair_t *p = pair_make();
	p->up.addr = (addr_t){ { .bytes = { 0xFD, [15] = 1 }, .family = 6 }, PAIR_PORT };
	p->down.child_spec.addr_count = 3;
	p->down.child_spec.addrs[0] = (addr_t){ ip_v4(10, 0, 0, 9), PAIR_PORT };
	p->down.child_spec.addrs[1] = (addr_t){ ip_v4(10, 0, 0, 8), PAIR_PORT };
	p->down.child_spec.addrs[2] = p->up.addr;
	side_start_parent(&p->up);
	side_start_child(&p->down);
	side_put(&p->down, UPLINK_EVENTS, 1, 1);
	pair_run(p, 60);
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 1);
	assert_true(addr_eq(child_status(p->down.child).addr, p->up.addr));
	pair_free(p);
}

/* More batches than the index has places, read from any place in the middle. */
static void a_long_backlog_is_read_from_anywhere(void **state)
{
	(void)state;
	enum { BATCHES = 2600 };
	pair_t *p = pair_make();
	side_start_child(&p->down);
	for (unsigned i = 0; i < BATCHES; i++) {
		while (side_try_put(&p->down, i % 7 ? UPLINK_HEALTH : UPLINK_EVENTS, i, 1))
			(void)twin_run_for(p->twin, NS_PER_S / 100);
	}
	pair_run(p, 1);
	const outbox_stream_t *s = outbox_stream(p->down.outbox, PAIR_PARENT, UPLINK_HEALTH);
	assert_int_equal(s->durable.sequence, BATCHES - (BATCHES + 6) / 7);
	uplink_held_t held = { .stream = UPLINK_HEALTH, .epoch = s->durable.epoch };
	outbox_batch_t batch;
	for (unsigned i = 0; i < 60; i++) {
		held.sequence = (i * 997) % s->durable.sequence;
		OK(outbox_next(p->down.outbox, PAIR_PARENT, UPLINK_HEALTH, &held, &batch));
		assert_int_equal(batch.upto.sequence, held.sequence + 1);
		OK(outbox_check(p->down.outbox, PAIR_PARENT, UPLINK_HEALTH, &batch.upto));
		batch.upto.hash[3] ^= 1;
		assert_int_equal(
			outbox_check(p->down.outbox, PAIR_PARENT, UPLINK_HEALTH, &batch.upto),
			ERR_CONFLICT);
	}
	assert_int_equal(
		outbox_next(p->down.outbox, PAIR_PARENT, UPLINK_HEALTH, &s->durable, &batch),
		ERR_NOT_FOUND);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_is_received_once_and_receipted),
		cmocka_unit_test(either_end_may_begin_again_and_nothing_comes_twice),
		cmocka_unit_test(an_outbox_knows_after_a_restart_how_far_it_had_come),
		cmocka_unit_test(a_parent_put_back_from_a_copy_gets_again_what_it_lacks),
		cmocka_unit_test(a_start_reads_what_came_behind_the_view_alone),
		cmocka_unit_test(a_child_put_back_from_a_copy_stops_and_says_so_until_renewed),
		cmocka_unit_test(urgent_streams_go_first_and_the_others_in_turn),
		cmocka_unit_test(a_rate_holds_back_what_is_not_urgent),
		cmocka_unit_test(a_parent_puts_aside_a_full_window_and_the_greatest_batch),
		cmocka_unit_test(a_parent_without_room_stops_reading_and_drops_nothing),
		cmocka_unit_test(what_goes_down_comes_until_the_child_has_it),
		cmocka_unit_test(what_comes_down_must_bear_the_parents_signature),
		cmocka_unit_test(a_revoked_childs_session_ends_and_says_why),
		cmocka_unit_test(a_line_that_died_without_a_word_does_not_keep_its_child_away),
		cmocka_unit_test(the_addresses_are_tried_in_turn_of_both_families),
		cmocka_unit_test(a_long_backlog_is_read_from_anywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
