/* SPDX-License-Identifier: Apache-2.0 */
/* Who is not who he says, and what is not what it was: each is refused with a clear reason and
 * an event, and what is held stays as it is. */
#include "base/num.h"
#include "uplink/pair_test.h"

/* Flips a bit of a record on the child's disk; where its text says something. */
static void flip_on_disk(pair_t *p, const char *text)
{
	static uint8_t bytes[2 << 20];
	size_t len = 0, at = 0, want = strlen(text);
	const char *path = "data/tree-0000000000000001.log";
	OK(env_file_load(p->down.env, path, bytes, sizeof(bytes), &len));
	while (at + want <= len && memcmp(&bytes[at], text, want) != 0)
		at++;
	assert_true(at + want <= len);
	OK(twin_disk_flip(p->twin, p->down.host, path, at));
}

static void a_record_altered_on_disk_stops_its_stream_and_nothing_of_it_goes_up(void **state)
{
	(void)state;
	pair_t *p = pair_start();
	pair_run(p, 2);
	side_put(&p->down, UPLINK_EVENTS, 1, 2);
	pair_run(p, 2);
	side_halt(&p->up);
	pair_run(p, 1); /* the child knows, and reads no more */
	side_put(&p->down, UPLINK_EVENTS, 3, 2);
	pair_run(p, 1);
	side_put(&p->down, UPLINK_HEALTH, 1, 2);
	pair_run(p, 1);
	flip_on_disk(p, "events 3");
	side_start_parent(&p->up);
	pair_run(p, 60);
	assert_int_equal(pair_stream(p, UPLINK_EVENTS).fault, ERR_CORRUPT);
	assert_int_equal(side_events(&p->down, MSG_UPLINK_STOPPED, "damaged data"), 1);
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 2);
	assert_int_equal(pair_held(p, UPLINK_HEALTH), 2);
	pair_free(p);
}

/* A log written anew with an item changed, every checksum and hash of the journal mended. */
static err_t forge_record(void *ctx, const journal_record_t *record)
{
	journal_t *to = ctx;
	static uint8_t bytes[4096];
	uint64_t seq = 0;
	assert_true(record->payload.len < sizeof(bytes));
	memcpy(bytes, record->payload.ptr, record->payload.len);
	for (size_t at = 0; at + 8 < record->payload.len; at++)
		if (memcmp(&bytes[at], "events 3", 8) == 0)
			bytes[at + 7] = '9';
	slice_t payload = slice_of(bytes, record->payload.len);
	return journal_append(to, record->type, &payload, 1, &seq);
}

static void a_log_written_anew_is_told_by_the_signature(void **state)
{
	(void)state;
	pair_t *p = pair_start();
	side_put(&p->down, UPLINK_EVENTS, 1, 2);
	pair_run(p, 2);
	side_halt(&p->up);
	side_put(&p->down, UPLINK_EVENTS, 3, 2);
	side_put(&p->down, UPLINK_HEALTH, 1, 1);
	pair_run(p, 2);
	journal_t *forged = p->down.spare = side_journal(&p->down, "forged", "tree");
	journal_follower_t follower = { p->down.journal, JOURNAL_TYPE_BIT(JOURNAL_RELEASE),
		                        forge_record, forged };
	OK(journal_replay(&follower));
	pair_run(p, 1);
	side_halt(&p->down);
	p->down.dir = "forged";
	side_start_parent(&p->up);
	side_start_child(&p->down);
	pair_run(p, 30);
	assert_int_equal(pair_stream(p, UPLINK_EVENTS).stopped, UPLINK_REASON_SIGNATURE);
	assert_int_equal(side_events(&p->up, MSG_UPLINK_REFUSED, "signature"), 1);
	assert_int_equal(side_events(&p->down, MSG_UPLINK_STOPPED, "signature"), 1);
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 2);
	assert_int_equal(pair_held(p, UPLINK_HEALTH), 1);
	pair_free(p);
}

static void an_old_batch_sent_again_is_refused_and_changes_nothing(void **state)
{
	(void)state;
	pair_t *p = pair_start();
	side_put(&p->down, UPLINK_EVENTS, 1, 3);
	pair_run(p, 2);
	side_halt(&p->down);
	side_start_child(&p->down);
	pair_run(p, 2);
	p->down.is_old = true;
	side_put(&p->down, UPLINK_EVENTS, 4, 3);
	pair_run(p, 30);
	assert_int_equal(side_events(&p->up, MSG_UPLINK_REFUSED, "order"), 1);
	assert_int_equal(pair_row(p).refusal, UPLINK_REASON_ORDER);
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 6);
	assert_int_equal(pair_order(p).count, 2);
	pair_free(p);
}

static slice_t both_keys(void *ctx, slice_t node, size_t i)
{
	const pair_t *p = ctx;
	unsigned whose = i ? PAIR_OTHER : PAIR_DOWN;
	assert_true(slice_eq(node, PAIR_CHILD));
	return i < 2 ? slice_of(p->der[whose], p->der_len[whose]) : (slice_t){ 0 };
}

static void what_was_signed_before_a_renewal_of_the_key_is_taken(void **state)
{
	(void)state;
	pair_t *p = pair_make();
	p->key_of = both_keys;
	p->down.key = p->keys[PAIR_OTHER];
	side_start_child(&p->down);
	side_put(&p->down, UPLINK_EVENTS, 1, 2);
	pair_run(p, 1);
	side_halt(&p->down);
	p->down.key = p->keys[PAIR_DOWN];
	side_start_parent(&p->up);
	side_start_child(&p->down);
	side_put(&p->down, UPLINK_EVENTS, 3, 2);
	pair_run(p, 5);
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 4);
	assert_int_equal(pair_row(p).refused, 0);
	pair_free(p);
}

static void a_child_that_claims_anothers_identity_is_refused(void **state)
{
	(void)state;
	pair_t *p = pair_make();
	p->down.claims = PAIR_STRANGER; /* proved on the line; HELLO and batches say otherwise */
	side_start_parent(&p->up);
	side_start_child(&p->down);
	side_put(&p->down, UPLINK_EVENTS, 1, 3);
	pair_run(p, 30);
	assert_int_equal(side_events(&p->up, MSG_UPLINK_REFUSED, "node"), 1);
	assert_int_equal(side_events(&p->down, MSG_UPLINK_STOPPED, "node"), 1);
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 0);
	assert_int_equal(p->down.batches_out, 0);
	pair_free(p);
}

/* A batch of another node, rightly signed by it, in this node's log. */
static err_t plant_record(void *ctx, const journal_record_t *record)
{
	uint64_t seq = 0;
	return journal_append(ctx, record->type, &record->payload, 1, &seq);
}

static void a_batch_of_another_node_is_refused(void **state)
{
	(void)state;
	pair_t *p = pair_make();
	p->down.name = PAIR_STRANGER;
	p->down.key = p->keys[PAIR_OTHER];
	p->down.dir = "stranger";
	side_start_child(&p->down);
	side_put(&p->down, UPLINK_EVENTS, 1, 3);
	pair_run(p, 1);
	journal_t *ours = p->down.spare = side_journal(&p->down, "data", "tree");
	journal_follower_t follower = { p->down.journal, JOURNAL_TYPE_BIT(JOURNAL_RELEASE),
		                        plant_record, ours };
	OK(journal_replay(&follower));
	pair_run(p, 1);
	side_halt(&p->down);
	p->down.name = PAIR_CHILD;
	p->down.key = p->keys[PAIR_DOWN];
	p->down.dir = "data";
	side_start_parent(&p->up);
	side_start_child(&p->down);
	pair_run(p, 30);
	assert_true(p->down.batches_out > 0);
	assert_int_equal(side_events(&p->up, MSG_UPLINK_REFUSED, "node"), 1);
	assert_int_equal(pair_order(p).count, 0);
	pair_free(p);
}

static void a_forged_parent_is_told_nothing(void **state)
{
	(void)state;
	pair_t *p = pair_make();
	p->up.claims = PAIR_STRANGER;
	side_start_parent(&p->up);
	side_start_child(&p->down);
	side_put(&p->down, UPLINK_EVENTS, 1, 3);
	pair_run(p, 60);
	assert_int_equal(side_events(&p->down, MSG_UPLINK_STOPPED, "parent"), 1);
	assert_int_equal(child_status(p->down.child).why, ERR_DENIED);
	assert_int_equal(p->down.batches_out, 0);
	assert_int_equal(pair_stream(p, UPLINK_EVENTS).waiting, 3);
	pair_free(p);
}

static void what_is_no_frame_ends_the_session_and_a_newer_kind_does_not(void **state)
{
	(void)state;
	static const uint8_t newer[] = { 3, 0, 0, 0, 200, 1, 2 }, nonsense[] = { 0, 0, 0, 0, 5 };
	pair_t *p = pair_make();
	side_start_parent(&p->up);
	p->down.extra = slice_of(newer, sizeof(newer));
	side_start_child(&p->down);
	side_put(&p->down, UPLINK_EVENTS, 1, 1);
	pair_run(p, 5);
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 1);
	assert_int_equal(pair_row(p).refused, 0);
	p->down.extra = slice_of(nonsense, sizeof(nonsense));
	side_put(&p->down, UPLINK_EVENTS, 2, 1);
	pair_run(p, 1);
	assert_false(pair_row(p).is_up);
	assert_int_equal(side_events(&p->up, MSG_UPLINK_REFUSED, "malformed"), 1);
	pair_run(p, 30);
	assert_true(pair_row(p).is_up);
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 2);
	pair_free(p);
}

static void each_parent_gets_its_own_and_one_that_is_away_keeps_nothing_from_the_other(void **state)
{
	(void)state;
	pair_t *p = pair_start();
	side_t third = { .pair = p,
		         .host = "third",
		         .dir = "data",
		         .name = PAIR_STRANGER,
		         .addr = { ip_v4(10, 0, 0, 3), PAIR_PORT },
		         .key = p->keys[PAIR_OTHER] };
	child_spec_t spec = { .loop = p->down.loop,
		              .outbox = p->down.outbox,
		              .parent = PAIR_STRANGER,
		              .addrs = { third.addr },
		              .addr_count = 1,
		              .dialer = plain_dialer(&p->down.end) };
	child_t *other = NULL;
	OK(child_new(&spec, &other));
	uplink_item_t item = { .ns = 5, .body = SLICE("for another") };
	outbox_put_t put = {
		.parent = PAIR_STRANGER, .stream = UPLINK_EVENTS, .items = &item, .count = 1
	};
	uint64_t seq = 0;
	side_put(&p->down, UPLINK_EVENTS, 1, 4);
	OK(outbox_put(p->down.outbox, &put, &seq));
	pair_run(p, 5);
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 4);
	assert_int_equal(child_status(other).streams[UPLINK_EVENTS].waiting, 1);
	side_start_parent(&third);
	pair_run(p, 60);
	assert_int_equal(child_status(other).streams[UPLINK_EVENTS].waiting, 0);
	assert_int_equal(child_status(other).streams[UPLINK_EVENTS].receipted.sequence, 1);
	assert_int_equal(pair_held(p, UPLINK_EVENTS), 4);
	child_free(other);
	side_halt(&third);
	pair_free(p);
}

/* A frame of any kind that a line carries, with what chance gives. */
static void random_frame(rng_t *rng, writer_t *w)
{
	uint8_t noise[64];
	uplink_frame_t frame = { .kind = (uplink_kind_t)(1 + rng_below(rng, UPLINK_KIND_BEAT)) };
	uplink_held_t held = { .stream = (uint8_t)rng_below(rng, 10) };
	held.epoch = rng_below(rng, 3);
	held.sequence = rng_below(rng, 9);
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)rng_next(rng);
	slice_t some = slice_of(noise, (size_t)rng_below(rng, sizeof(noise)));
	if (frame.kind == UPLINK_KIND_HELLO)
		frame.hello = (uplink_hello_t){ .version = (uint8_t)rng_below(rng, 3),
			                        .node = PAIR_CHILD };
	if (frame.kind == UPLINK_KIND_WELCOME)
		frame.welcome = (uplink_welcome_t){ .parent = PAIR_PARENT,
			                            .streams = { held },
			                            .stream_count = 1 };
	if (frame.kind == UPLINK_KIND_BATCH)
		frame.batch = (uplink_batch_frame_t){ .flags = (uint32_t)rng_below(rng, 2),
			                              .raw_length = (uint32_t)some.len,
			                              .bytes = some };
	if (frame.kind == UPLINK_KIND_RECEIPT)
		frame.receipt.held = held;
	if (frame.kind == UPLINK_KIND_REFUSAL)
		frame.refusal = (uplink_refusal_t){ (uint8_t)rng_below(rng, 25), 1, held };
	if (frame.kind == UPLINK_KIND_UP)
		frame.up = (uplink_up_t){ .id = SLICE("x"), .is_last = true, .body = some };
	size_t at = w->len;
	uplink_frame_put(&frame, w);
	if (w->bad) /* not every kind has such fields */
		*w = (writer_t){ .buf = w->buf, .cap = w->cap, .len = at };
}

/* Either end may say anything at any time; what it loses is its session. */
static void frames_out_of_turn_cost_no_more_than_a_session(void **state)
{
	(void)state;
	enum { ROUNDS = 150 };
	static uint8_t bytes[2048];
	rng_t rng = rng_of(11);
	pair_t *p = pair_start();
	for (unsigned i = 0; i < ROUNDS; i++) {
		writer_t w = writer_of(bytes, sizeof(bytes));
		side_t *who = i % 2 ? &p->up : &p->down;
		for (uint64_t k = 1 + rng_below(&rng, 3); k; k--)
			random_frame(&rng, &w);
		size_t cut = (size_t)rng_below(&rng, 4) ? 0 : w.len / 2;
		who->extra = slice_of(bytes, w.len - cut);
		side_put(&p->down, i % 3 ? UPLINK_EVENTS : UPLINK_HEALTH, 1 + i, 1);
		pair_run(p, 20);
	}
	p->up.extra = p->down.extra = (slice_t){ 0 };
	side_halt(&p->down);
	side_start_child(&p->down);
	pair_run(p, 30);
	assert_int_equal(pair_held(p, UPLINK_EVENTS) + pair_held(p, UPLINK_HEALTH), ROUNDS);
	assert_int_equal(pair_order(p).count, 64); /* as many as it notes, each once */
	assert_true(pair_row(p).refused > 0);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_record_altered_on_disk_stops_its_stream_and_nothing_of_it_goes_up),
		cmocka_unit_test(a_log_written_anew_is_told_by_the_signature),
		cmocka_unit_test(an_old_batch_sent_again_is_refused_and_changes_nothing),
		cmocka_unit_test(what_was_signed_before_a_renewal_of_the_key_is_taken),
		cmocka_unit_test(a_child_that_claims_anothers_identity_is_refused),
		cmocka_unit_test(a_batch_of_another_node_is_refused),
		cmocka_unit_test(a_forged_parent_is_told_nothing),
		cmocka_unit_test(what_is_no_frame_ends_the_session_and_a_newer_kind_does_not),
		cmocka_unit_test(
			each_parent_gets_its_own_and_one_that_is_away_keeps_nothing_from_the_other),
		cmocka_unit_test(frames_out_of_turn_cost_no_more_than_a_session),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
