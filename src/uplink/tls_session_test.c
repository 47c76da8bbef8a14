/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions as real nodes have them: over TLS, between a parent with its authority and a child
 * that has joined. */
#include "authority/fixture_test.h"

#include "uplink/child.h"
#include "uplink/parent.h"
#include "uplink/renewal.h"

#define PARENT SLICE("99.1000")

enum { ITEMS = 200 };

typedef struct {
	issuer_t above; /* the fixture's: authority, journal */
	tls_door_t *door;
	inbox_t *inbox;
	parent_t *sessions;
	env_t *env;
	env_loop_t *loop;
	journal_t *journal;
	membership_t membership;
	tls_dialer_t *dialer;
	outbox_t *outbox;
	child_t *child;
	bool is_done;
} line_t;

static addr_t door_place(void)
{
	return (addr_t){ ip_v4(127, 0, 1, 1), 2643 };
}

static slice_t key_of(void *ctx, slice_t node, size_t i)
{
	const line_t *line = ctx;
	const authority_key_t *key = authority_key_of(line->above.authority, node, i);
	return key ? slice_of(key->der, sizeof(key->der)) : (slice_t){ 0 };
}

static void on_channel(void *ctx, channel_t *channel)
{
	parent_accept(((line_t *)ctx)->sessions, channel);
}

static void on_revoked(void *ctx, slice_t node)
{
	parent_end(((line_t *)ctx)->sessions, node, UPLINK_REASON_REVOKED);
}

static void start_above(line_t *line)
{
	addr_t addr = door_place();
	err_detail_t detail;
	OK(twin_new(&(twin_spec_t){ .seed = 9 }, &line->above.twin));
	OK(parent_start(&line->above));
	inbox_spec_t inbox = { .loop = line->above.loop, .journal = line->above.journal };
	OK(inbox_open(&inbox, &line->inbox, &detail));
	parent_spec_t sessions = { .loop = line->above.loop,
		                   .inbox = line->inbox,
		                   .events = line->above.journal,
		                   .node = PARENT,
		                   .key_of = key_of,
		                   .key_ctx = line };
	OK(parent_new(&sessions, &line->sessions));
	tls_door_spec_t door = { .loop = line->above.loop,
		                 .addrs = &addr,
		                 .addr_count = 1,
		                 .authority = line->above.authority,
		                 .connections_max = 10,
		                 .opened = on_channel,
		                 .revoked = on_revoked,
		                 .ctx = line };
	OK(tls_door_open(&door, &line->door));
}

static void on_done(void *ctx, err_t err, const err_detail_t *detail)
{
	(void)detail;
	OK(err);
	((line_t *)ctx)->is_done = true;
}

static void join(line_t *line)
{
	membership_place_t place = { "keys", "up" };
	enrol_t *enrol = NULL;
	err_detail_t detail;
	code_t code;
	OK(parent_invite(&line->above, CHILD, 0, &code));
	OK(env_dir_make(line->env, "keys"));
	OK(membership_next(line->env, &place, SLICE(CHILD), &line->membership, &detail));
	enrol_spec_t spec = { .remote = door_place(),
		              .code = &code,
		              .next = &line->membership,
		              .done = on_done,
		              .ctx = line };
	OK(enrol_start(env_control_loop(line->env), &spec, &enrol));
	while (!line->is_done)
		assert_true(twin_step(line->above.twin));
	enrol_free(enrol);
}

static const env_pkey_t *own_key(void *ctx, slice_t parent)
{
	assert_true(slice_eq(parent, PARENT));
	return ((line_t *)ctx)->membership.key;
}

static void start_below(line_t *line)
{
	journal_recovery_t recovery;
	err_detail_t detail;
	OK(twin_host_open(line->above.twin, "child", &line->env));
	join(line);
	OK(env_loop_new(line->env, "tree", ENV_LOOP_FILES, &line->loop));
	journal_spec_t journal = {
		.dir = "journal", .name = "tree", .chained = true, .commit_loop = line->loop
	};
	OK(journal_open(line->env, &journal, &line->journal, &recovery, &detail));
	outbox_spec_t outbox = { line->loop, line->journal, SLICE(CHILD), own_key, line };
	OK(outbox_open(&outbox, &line->outbox, &detail));
	OK(tls_dialer_new(line->loop, &line->membership, &line->dialer));
	child_spec_t child = { .loop = line->loop,
		               .outbox = line->outbox,
		               .events = line->journal,
		               .parent = PARENT,
		               .addrs = { door_place() },
		               .addr_count = 1,
		               .dialer = tls_dialer_seam(line->dialer) };
	OK(child_new(&child, &line->child));
	OK(env_loop_start(line->loop));
}

static int set_up(void **state)
{
	line_t *line = test_calloc(1, sizeof(*line));
	start_above(line);
	start_below(line);
	*state = line;
	return 0;
}

static int tear_down(void **state)
{
	line_t *line = *state;
	child_free(line->child);
	outbox_close(line->outbox);
	tls_dialer_free(line->dialer);
	env_loop_stop(line->loop);
	journal_close(line->journal);
	env_loop_free(line->loop);
	membership_done(&line->membership);
	parent_free(line->sessions);
	tls_door_close(line->door);
	inbox_close(line->inbox);
	parent_halt(&line->above);
	twin_free(line->above.twin);
	test_free(line);
	return 0;
}

static void put(line_t *line, int64_t from)
{
	uplink_item_t items[ITEMS];
	uint64_t seq = 0;
	for (size_t i = 0; i < ITEMS; i++)
		items[i] = (uplink_item_t){ from + (int64_t)i, SLICE("an item of some length") };
	OK(outbox_put(line->outbox,
	              &(outbox_put_t){ .parent = PARENT,
	                               .stream = UPLINK_INDICATORS,
	                               .items = items,
	                               .count = ITEMS,
	                               .source = SLICE("x") },
	              &seq));
}

static uint64_t held(const line_t *line)
{
	inbox_child_t *child = NULL;
	OK(inbox_child(line->inbox, SLICE(CHILD), &child));
	const inbox_stream_t *stream = inbox_stream(child, UPLINK_INDICATORS);
	return stream ? stream->durable.sequence : 0;
}

static void run(line_t *line, int64_t seconds)
{
	(void)twin_run_for(line->above.twin, seconds * NS_PER_S);
}

static void what_a_member_releases_is_held_by_its_parent(void **state)
{
	line_t *line = *state;
	put(line, 1);
	put(line, 1000);
	run(line, 10);
	assert_int_equal(child_status(line->child).state, CHILD_UP);
	assert_int_equal(held(line), 2 * ITEMS);
	assert_int_equal(child_status(line->child).streams[UPLINK_INDICATORS].waiting, 0);
}

/* Batches that the first key signed are still on their way when the second is certified. */
static void what_was_signed_before_a_renewal_is_held_after_it(void **state)
{
	line_t *line = *state;
	membership_t next = { .key = NULL }, before = line->membership;
	membership_place_t place = { "keys", "up" };
	err_detail_t detail;
	enrol_t *enrol = NULL;
	run(line, 5);
	twin_net_unplug(line->above.twin, door_place().ip, true);
	put(line, 1);
	run(line, 60);
	assert_int_equal(held(line), 0);
	twin_net_unplug(line->above.twin, door_place().ip, false);
	OK(membership_take(line->env, &place, &before, &detail));
	OK(membership_next(line->env, &place, SLICE(CHILD), &next, &detail));
	assert_false(env_pkey_same(next.key, before.key));
	enrol_spec_t spec = { .remote = door_place(),
		              .present = &before,
		              .next = &next,
		              .done = on_done,
		              .ctx = line };
	line->is_done = false;
	OK(enrol_start(env_control_loop(line->env), &spec, &enrol));
	while (!line->is_done)
		assert_true(twin_step(line->above.twin));
	enrol_free(enrol);
	OK(tls_dialer_renew(line->dialer, &next));
	line->membership = next;
	put(line, 1000);
	run(line, 150);
	membership_done(&before);
	assert_int_equal(held(line), 2 * ITEMS);
}

static void revoked_member_hears_why_and_sends_no_more(void **state)
{
	line_t *line = *state;
	put(line, 1);
	run(line, 10);
	OK(parent_revoke(&line->above, CHILD));
	put(line, 1000);
	run(line, 120);
	assert_int_equal(held(line), ITEMS);
	child_status_t status = child_status(line->child);
	assert_int_not_equal(status.state, CHILD_UP);
	assert_int_equal(status.why, ERR_DENIED);
	assert_int_equal(tls_dialer_trust(line->dialer), ENV_TRUST_REVOKED);
	/* Nothing of it is lost. */
	assert_int_equal(status.streams[UPLINK_INDICATORS].waiting, ITEMS);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_a_member_releases_is_held_by_its_parent),
		TEST(what_was_signed_before_a_renewal_is_held_after_it),
		TEST(revoked_member_hears_why_and_sends_no_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
