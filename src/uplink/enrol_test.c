/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a member over the wire, in the twin: a parent and its children on hosts of their
 * own. */
#include "authority/fixture_test.h"

#include "codec/uplink/frame.h"
#include "uplink/renewal.h"
#include "uplink/tls_channel.h"

#define CHILD_DIR "data/keys"
#define UP        "up"

enum { GUESSES = 10 }; /* that a source has in a minute */

typedef struct tree tree_t;

/* One end of a channel. */
typedef struct {
	tree_t *tree;
	channel_t *channel; /* NULL after the end */
	size_t opened, closed, failed;
	err_t why;
	char got[64];
	size_t got_len;
} end_t;

struct tree {
	issuer_t parent;
	tls_door_t *door;
	env_t *child; /* its host */
	int family;
	end_t above, below;
	tls_dialer_t *dialer;
	channel_dial_t *dial;
	enrol_t *enrol;
	bool is_done;
	err_t answer;
	err_detail_t detail;
};

/* Channels. */

static size_t end_data(void *ctx, slice_t bytes)
{
	end_t *end = ctx;
	assert_true(end->got_len + bytes.len <= sizeof(end->got));
	memcpy(&end->got[end->got_len], bytes.ptr, bytes.len);
	end->got_len += bytes.len;
	return bytes.len;
}

static void end_closed(void *ctx, err_t why)
{
	end_t *end = ctx;
	end->channel = NULL;
	end->closed++;
	end->why = why;
}

static void end_take(end_t *end, channel_t *channel)
{
	static const channel_events_t events = { .data = end_data, .closed = end_closed };
	end->channel = channel;
	end->opened++;
	channel->events = &events;
	channel->events_ctx = end;
}

static void door_opened(void *ctx, channel_t *channel)
{
	end_take(&((tree_t *)ctx)->above, channel);
}

static void dial_opened(void *ctx, channel_t *channel)
{
	end_take(&((tree_t *)ctx)->below, channel);
}

static void dial_failed(void *ctx, err_t why)
{
	tree_t *tree = ctx;
	tree->below.failed++;
	tree->below.why = why;
}

/* The tree. */

static addr_t door_place(const tree_t *tree)
{
	addr_t addr = { ip_v4(127, 0, 1, 1), 2642 };
	if (tree->family == 6)
		addr.ip = (ip_t){ .family = 6, .bytes = { [15] = 1 } };
	return addr;
}

static void door_open(tree_t *tree)
{
	addr_t addr = door_place(tree);
	tls_door_spec_t spec = { .loop = tree->parent.loop,
		                 .addrs = &addr,
		                 .addr_count = 1,
		                 .authority = tree->parent.authority,
		                 .connections_max = 100,
		                 .opened = door_opened,
		                 .ctx = tree };
	OK(tls_door_open(&spec, &tree->door));
	assert_true(addr_eq(tls_door_addr(tree->door, 0), addr));
}

static void tree_open(tree_t *tree, uint64_t seed)
{
	tree->above = tree->below = (end_t){ .tree = tree };
	OK(twin_new(&(twin_spec_t){ .seed = seed }, &tree->parent.twin));
	OK(parent_start(&tree->parent));
	OK(twin_host_open(tree->parent.twin, "child", &tree->child));
	door_open(tree);
}

static void child_leave(tree_t *tree)
{
	if (tree->below.channel)
		tree->below.channel->close(tree->below.channel->ctx);
	tree->below.channel = NULL;
	enrol_free(tree->enrol);
	tree->enrol = NULL;
	tls_dialer_free(tree->dialer);
	tree->dialer = NULL;
}

static void tree_close(tree_t *tree)
{
	child_leave(tree);
	tls_door_close(tree->door);
	parent_halt(&tree->parent);
	twin_free(tree->parent.twin);
}

static int set_up(void **state)
{
	tree_t *tree = test_calloc(1, sizeof(*tree));
	tree_open(tree, 3);
	*state = tree;
	return 0;
}

static int set_up_v6(void **state)
{
	tree_t *tree = test_calloc(1, sizeof(*tree));
	tree->family = 6;
	tree_open(tree, 3);
	*state = tree;
	return 0;
}

static int tear_down(void **state)
{
	tree_close(*state);
	test_free(*state);
	return 0;
}

static void run_a_while(tree_t *tree)
{
	twin_run_for(tree->parent.twin, 5 * NS_PER_S);
}

/* Enrolling. */

static void on_done(void *ctx, err_t err, const err_detail_t *detail)
{
	tree_t *tree = ctx;
	tree->is_done = true;
	tree->answer = err;
	tree->detail = *detail;
}

typedef struct {
	const char *name, *node; /* of the parent here; of ours */
	const code_t *code;      /* NULL: to renew */
} join_t;

static bool is_waiting(const tree_t *tree)
{
	return !tree->is_done && !twin_crashed(tree->child) && !twin_crashed(tree->parent.env);
}

/* Gives up when a host has crashed. */
MUST_CHECK static err_t ask(tree_t *tree, const enrol_spec_t *spec)
{
	tree->is_done = false;
	err_t err = enrol_start(env_control_loop(tree->child), spec, &tree->enrol);
	while (!err && is_waiting(tree) && twin_step(tree->parent.twin))
		;
	enrol_free(tree->enrol);
	tree->enrol = NULL;
	return err ? err : tree->is_done ? tree->answer : ERR_IO;
}

/* What `jizhu enrol` does. */
MUST_CHECK static err_t join(tree_t *tree, join_t what)
{
	membership_place_t place = { CHILD_DIR, what.name ? what.name : UP };
	membership_t next = { .key = NULL }, present = { .key = NULL };
	slice_t node = slice_str(what.node ? what.node : CHILD);
	err_t err = env_dir_make(tree->child, CHILD_DIR);
	if (!err)
		err = env_dir_sync_up(tree->child, CHILD_DIR);
	if (!err)
		err = membership_next(tree->child, &place, node, &next, &tree->detail);
	if (!err && !what.code)
		err = membership_load(tree->child, &place, &present, &tree->detail);
	enrol_spec_t spec = { .remote = door_place(tree),
		              .code = what.code,
		              .present = &present,
		              .next = &next,
		              .done = on_done,
		              .ctx = tree };
	if (!err)
		err = ask(tree, &spec);
	if (!err)
		err = membership_take(tree->child, &place, &next, &tree->detail);
	membership_done(&next);
	membership_done(&present);
	return err;
}

static void invite(tree_t *tree, const char *node, code_t *ret_code)
{
	OK(parent_invite(&tree->parent, node, 0, ret_code));
}

/* Dials with what the child holds, and waits for what comes of it. */
static void go_up(tree_t *tree)
{
	static const channel_dial_events_t events = { dial_opened, dial_failed };
	membership_t membership;
	membership_place_t place = { CHILD_DIR, UP };
	child_leave(tree);
	run_a_while(tree);
	tree->above = tree->below = (end_t){ .tree = tree };
	OK(membership_load(tree->child, &place, &membership, &tree->detail));
	OK(tls_dialer_new(env_control_loop(tree->child), &membership, &tree->dialer));
	membership_done(&membership);
	channel_dialer_t seam = tls_dialer_seam(tree->dialer);
	OK(seam.dial(seam.ctx, door_place(tree), &events, tree, &tree->dial));
	run_a_while(tree);
}

static void expect_up(tree_t *tree)
{
	go_up(tree);
	assert_int_equal(tree->below.opened, 1);
	assert_int_equal(tree->above.opened, 1);
	assert_int_equal(tree->above.closed + tree->below.closed, 0);
}

/* The client of TLS 1.3 is in before it is judged, so it is opened first. */
static void expect_denied(tree_t *tree, env_trust_t why)
{
	go_up(tree);
	assert_int_equal(tree->above.opened, 0);
	assert_int_equal(tree->below.closed + tree->below.failed, 1);
	assert_int_equal(tree->below.why, ERR_DENIED);
	assert_string_equal(env_trust_word(tls_dialer_trust(tree->dialer)), env_trust_word(why));
}

/* The cases. */

static void member_speaks_with_its_parent_and_both_know_who_is_there(void **state)
{
	tree_t *tree = *state;
	code_t code;
	invite(tree, CHILD, &code);
	OK(join(tree, (join_t){ .code = &code }));
	expect_up(tree);
	assert_true(slice_eq(tree->above.channel->peer, SLICE(CHILD)));
	assert_true(slice_eq(tree->below.channel->peer, SLICE("99.1000")));
	const authority_key_t *key = authority_key_of(tree->parent.authority, SLICE(CHILD), 0);
	assert_true(slice_eq(tree->above.channel->peer_key, slice_of(key->der, sizeof(key->der))));
	OK(tree->below.channel->write(tree->below.channel->ctx, SLICE("hello")));
	OK(tree->above.channel->write(tree->above.channel->ctx, SLICE("welcome")));
	run_a_while(tree);
	assert_true(slice_eq(slice_of(tree->above.got, tree->above.got_len), SLICE("hello")));
	assert_true(slice_eq(slice_of(tree->below.got, tree->below.got_len), SLICE("welcome")));
	assert_int_equal(tree->above.channel->unsent(tree->above.channel->ctx), 0);
	child_leave(tree);
	run_a_while(tree);
	assert_int_equal(tree->above.closed, 1);
	assert_int_equal(tree->above.why, ERR_OK);
}

static void renewed_member_comes_with_its_new_key_and_no_more_with_the_old(void **state)
{
	tree_t *tree = *state;
	code_t code;
	uint8_t old[MEMBERSHIP_PEM_MAX];
	size_t len = 0;
	invite(tree, CHILD, &code);
	OK(join(tree, (join_t){ .code = &code }));
	OK(env_file_load(tree->child, CHILD_DIR "/parent-up.pem", old, sizeof(old), &len));
	OK(join(tree, (join_t){ .code = NULL }));
	assert_int_equal(authority_stats(tree->parent.authority).renewed, 1);
	expect_up(tree);
	OK(env_file_save(tree->child, CHILD_DIR "/parent-up.pem", slice_of(old, len)));
	expect_denied(tree, ENV_TRUST_REVOKED);
	assert_int_equal(join(tree, (join_t){ .code = NULL }), ERR_DENIED);
}

static void revoked_member_is_cut_off_and_not_let_in_again(void **state)
{
	tree_t *tree = *state;
	code_t code;
	invite(tree, CHILD, &code);
	OK(join(tree, (join_t){ .code = &code }));
	expect_up(tree);
	OK(parent_revoke(&tree->parent, CHILD));
	run_a_while(tree);
	assert_int_equal(tree->above.closed, 1);
	assert_int_equal(tree->above.why, ERR_DENIED);
	assert_int_equal(tree->below.closed, 1);
	expect_denied(tree, ENV_TRUST_REVOKED);
	assert_int_equal(tls_door_stats(tree->door).denied, 1);
}

static void member_whose_time_is_over_is_refused_and_told_so(void **state)
{
	tree_t *tree = *state;
	code_t code;
	membership_t membership;
	invite(tree, CHILD, &code);
	OK(join(tree, (join_t){ .code = &code }));
	OK(membership_load(tree->child, &(membership_place_t){ CHILD_DIR, UP }, &membership,
	                   &tree->detail));
	int64_t life_ns = membership.until_ns - membership.from_ns;
	assert_false(membership_is_due(&membership, membership.from_ns + life_ns / 2));
	assert_true(membership_is_due(&membership, membership.from_ns + life_ns * 3 / 4));
	twin_clock_set(tree->parent.env, (utc_t){ .ns = membership.until_ns + NS_PER_S });
	membership_done(&membership);
	expect_denied(tree, ENV_TRUST_EXPIRED);
}

/* The door's own certificate is made anew in time, and children go on believing it. */
static void door_is_believed_after_years(void **state)
{
	tree_t *tree = *state;
	code_t code;
	twin_clock_set(tree->parent.env, (utc_t){ .ns = FROM_NS + 700 * DAY_NS });
	twin_clock_set(tree->child, (utc_t){ .ns = FROM_NS + 700 * DAY_NS });
	twin_run_for(tree->parent.twin, 25 * HOUR_NS);
	invite(tree, CHILD, &code);
	OK(join(tree, (join_t){ .code = &code }));
	expect_up(tree);
}

static void code_serves_one_key_and_one_identifier(void **state)
{
	tree_t *tree = *state;
	code_t code;
	invite(tree, CHILD, &code);
	assert_int_equal(join(tree, (join_t){ .code = &code, .node = "99.1000.8" }), ERR_DENIED);
	OK(join(tree, (join_t){ .code = &code }));
	assert_int_equal(join(tree, (join_t){ .code = &code, .name = "second" }), ERR_DENIED);
	assert_non_null(tree->detail.text);
	assert_int_equal(authority_stats(tree->parent.authority).enrolled, 1);
	expect_up(tree);
}

static void code_that_has_expired_is_refused_as_such(void **state)
{
	tree_t *tree = *state;
	code_t code, other;
	OK(parent_invite(&tree->parent, CHILD, HOUR_NS, &code));
	invite(tree, "99.1000.8", &other);
	twin_run_for(tree->parent.twin, HOUR_NS);
	assert_int_equal(join(tree, (join_t){ .code = &code }), ERR_EXPIRED);
}

static void guesses_over_the_wire_are_counted_and_slowed(void **state)
{
	tree_t *tree = *state;
	code_t code, wrong;
	invite(tree, CHILD, &code);
	wrong = code;
	wrong.secret[3] ^= 4;
	for (int i = 0; i < GUESSES; i++)
		assert_int_equal(join(tree, (join_t){ .code = &wrong }), ERR_DENIED);
	assert_int_equal(join(tree, (join_t){ .code = &code }), ERR_BUSY);
	assert_int_equal(authority_stats(tree->parent.authority).guesses, GUESSES);
	twin_run_for(tree->parent.twin, 61 * NS_PER_S);
	OK(join(tree, (join_t){ .code = &code }));
}

/* Another authority at the parent's address, with an invitation for the same node. */
static void forged_parent_gets_nothing(void **state)
{
	tree_t *tree = *state;
	code_t code, forged;
	invite(tree, CHILD, &code);
	tls_door_close(tree->door);
	OK(env_path_remove(tree->parent.env, "data/keys/authority.key"));
	OK(env_path_remove(tree->parent.env, "data/keys/authority.pem"));
	parent_restart(&tree->parent);
	door_open(tree);
	invite(tree, CHILD, &forged);
	assert_int_equal(join(tree, (join_t){ .code = &code }), ERR_DENIED);
	assert_non_null(tree->detail.text);
	run_a_while(tree);
	/* Its handshake failed, so no byte of ours was read inside. */
	assert_int_equal(tls_door_stats(tree->door).done, 0);
	assert_int_equal(tls_door_stats(tree->door).denied, 1);
	OK(join(tree, (join_t){ .code = &forged }));
}

static void parent_that_was_set_up_anew_is_not_believed_by_its_members(void **state)
{
	tree_t *tree = *state;
	code_t code;
	invite(tree, CHILD, &code);
	OK(join(tree, (join_t){ .code = &code }));
	tls_door_close(tree->door);
	OK(env_path_remove(tree->parent.env, "data/keys/authority.key"));
	OK(env_path_remove(tree->parent.env, "data/keys/authority.pem"));
	parent_restart(&tree->parent);
	door_open(tree);
	go_up(tree);
	assert_int_equal(tree->below.failed, 1);
	assert_int_equal(tree->below.why, ERR_DENIED);
	assert_int_equal(tls_dialer_trust(tree->dialer), ENV_TRUST_UNKNOWN);
	assert_int_equal(tree->above.opened, 0);
}

static void nobody_comes_in_without_certificate_when_nobody_is_invited(void **state)
{
	tree_t *tree = *state;
	code_t code = { .secret = { 1 } };
	memcpy(code.mark, authority_mark(tree->parent.authority), sizeof(code.mark));
	assert_int_equal(join(tree, (join_t){ .code = &code }), ERR_DENIED);
	assert_int_equal(tls_door_stats(tree->door).denied, 1);
	assert_int_equal(authority_stats(tree->parent.authority).guesses, 0);
}

static void node_keeps_several_parents_each_with_a_key_of_its_own(void **state)
{
	tree_t *tree = *state;
	code_t code;
	membership_t one, two;
	invite(tree, CHILD, &code);
	OK(join(tree, (join_t){ .code = &code }));
	OK(membership_load(tree->child, &(membership_place_t){ CHILD_DIR, UP }, &one,
	                   &tree->detail));
	invite(tree, "99.1000.8", &code);
	OK(join(tree, (join_t){ .code = &code, .node = "99.1000.8", .name = "second" }));
	OK(membership_load(tree->child, &(membership_place_t){ CHILD_DIR, "second" }, &two,
	                   &tree->detail));
	assert_false(env_pkey_same(one.key, two.key));
	assert_string_equal(two.node, "99.1000.8");
	membership_done(&one);
	membership_done(&two);
	expect_up(tree);
}

/* A third of the ninety days is left on the sixty-first. */
static void membership_is_renewed_by_itself_before_it_ends(void **state)
{
	tree_t *tree = *state;
	code_t code;
	membership_t membership;
	membership_place_t place = { CHILD_DIR, UP };
	env_loop_t *files = NULL;
	renewal_t *renewal = NULL;
	invite(tree, CHILD, &code);
	OK(join(tree, (join_t){ .code = &code }));
	OK(membership_load(tree->child, &place, &membership, &tree->detail));
	OK(env_loop_new(tree->child, "tree", ENV_LOOP_FILES, &files));
	OK(tls_dialer_new(files, &membership, &tree->dialer));
	membership_done(&membership);
	renewal_spec_t spec = { .loop = files,
		                .keys_dir = CHILD_DIR,
		                .name = UP,
		                .remote = door_place(tree),
		                .dialer = tree->dialer };
	OK(renewal_new(&spec, &renewal));
	OK(env_loop_start(files));
	const struct {
		int days;
		bool is_parent_away;
		uint64_t renewed;
	} rows[] = { { 59, false, 0 }, { 61, true, 0 }, { 62, false, 1 }, { 63, false, 1 } };
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		utc_t utc = { .ns = FROM_NS + rows[i].days * DAY_NS };
		twin_clock_set(tree->parent.env, utc);
		twin_clock_set(tree->child, utc);
		twin_net_unplug(tree->parent.twin, door_place(tree).ip, rows[i].is_parent_away);
		twin_run_for(tree->parent.twin, 7 * HOUR_NS);
		assert_int_equal(authority_stats(tree->parent.authority).renewed, rows[i].renewed);
	}
	assert_int_equal(env_path_remove(tree->child, CHILD_DIR "/next-up.pem"), ERR_NOT_FOUND);
	env_loop_stop(files);
	renewal_free(renewal);
	child_leave(tree);
	env_loop_free(files);
	expect_up(tree);
}

/* Anonymous peers on the door, by hand. */

typedef struct {
	env_tls_t *tls;
	bool is_closed;
	char got[64];
	size_t got_len;
	slice_t says;
} stranger_t;

static void stranger_opened(void *ctx, env_tls_t *tls)
{
	OK(env_tls_write(tls, ((stranger_t *)ctx)->says));
}

static size_t stranger_data(void *ctx, env_tls_t *tls, slice_t bytes)
{
	stranger_t *stranger = ctx;
	(void)tls;
	assert_true(stranger->got_len + bytes.len <= sizeof(stranger->got));
	memcpy(&stranger->got[stranger->got_len], bytes.ptr, bytes.len);
	stranger->got_len += bytes.len;
	return bytes.len;
}

static void stranger_closed(void *ctx, env_tls_t *tls, err_t why)
{
	stranger_t *stranger = ctx;
	(void)tls;
	assert_int_equal(why, ERR_OK);
	stranger->is_closed = true;
}

static env_trust_t believe_all(void *ctx, const slice_t *chain, size_t count)
{
	(void)ctx;
	(void)chain;
	(void)count;
	return ENV_TRUST_GOOD;
}

static void strangers_may_ask_to_enrol_and_nothing_else(void **state)
{
	static const env_tls_events_t events = { stranger_opened, stranger_data, NULL,
		                                 stranger_closed };
	const struct {
		const char *alpn;
		slice_t says;
		uint8_t reason;
	} rows[] = {
		{ UPLINK_ALPN, SLICE("\1\0\0\0\3"), UPLINK_REASON_NODE },
		{ ENROL_ALPN, SLICE("\1\0\0\0\3"), UPLINK_REASON_ORDER },
		{ ENROL_ALPN, SLICE("\xFF\xFF\xFF\xFF\xFF"), UPLINK_REASON_ORDER },
		{ ENROL_ALPN, SLICE(""), UPLINK_REASON_ORDER },
	};
	tree_t *tree = *state;
	code_t code;
	invite(tree, CHILD, &code);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		stranger_t stranger = { .says = rows[i].says };
		uplink_frame_t frame;
		size_t used = 0;
		env_tls_dial_t to = { .remote = door_place(tree),
			              .identity = { .alpn = rows[i].alpn,
			                            .judge = { NULL, believe_all } } };
		OK(env_tls_dial(env_control_loop(tree->child), &to,
		                &(env_tls_spec_t){ .events = &events, .ctx = &stranger },
		                &stranger.tls));
		twin_run_for(tree->parent.twin, 30 * NS_PER_S);
		assert_true(stranger.is_closed);
		assert_int_equal(
			uplink_frame_read(slice_of(stranger.got, stranger.got_len), &frame, &used),
			CODEC_OK);
		assert_int_equal(frame.kind, UPLINK_KIND_REFUSAL);
		assert_int_equal(frame.refusal.reason, rows[i].reason);
	}
	assert_int_equal(tree->above.opened, 0);
}

/* Crashes. */

/* Whichever host loses its power at whichever operation of its disk: with the same code the
 * child is a member in the end. */
static void crash_of_either_side_leaves_both_able_to_go_on(void **state)
{
	static const char *const hosts[] = { "child", "parent" };
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		bool is_over = false;
		for (uint64_t nth = 1; !is_over; nth++) {
			tree_t tree = { 0 };
			code_t code;
			assert_in_range(nth, 1, 60);
			tree_open(&tree, nth);
			invite(&tree, CHILD, &code);
			env_t *victim = i ? tree.parent.env : tree.child;
			twin_crash_at(victim, nth);
			err_t err = join(&tree, (join_t){ .code = &code });
			is_over = !twin_crashed(victim);
			if (is_over)
				OK(err);
			twin_crash_at(victim, 0);
			twin_power_off(victim);
			if (i) {
				tls_door_close(tree.door);
				parent_halt(&tree.parent);
				twin_disk_reboot(tree.parent.twin, hosts[i]);
				OK(parent_start(&tree.parent));
				door_open(&tree);
			} else {
				twin_host_close(tree.child);
				twin_disk_reboot(tree.parent.twin, hosts[i]);
				OK(twin_host_open(tree.parent.twin, hosts[i], &tree.child));
			}
			if (err)
				OK(join(&tree, (join_t){ .code = &code }));
			expect_up(&tree);
			assert_int_equal(authority_member_named(tree.parent.authority, SLICE(CHILD))
			                         ->key_count,
			                 1);
			tree_close(&tree);
		}
	}
}

/* Files of the child. */

static void membership_that_is_damaged_or_newer_is_refused(void **state)
{
	static const char path[] = CHILD_DIR "/parent-up.pem";
	tree_t *tree = *state;
	code_t code;
	membership_t membership;
	membership_place_t place = { CHILD_DIR, UP };
	uint8_t text[MEMBERSHIP_PEM_MAX];
	size_t len = 0;
	assert_int_equal(membership_load(tree->child, &place, &membership, &tree->detail),
	                 ERR_NOT_FOUND);
	assert_int_equal(membership_load(tree->child, &(membership_place_t){ CHILD_DIR, "../up" },
	                                 &membership, &tree->detail),
	                 ERR_INVALID);
	invite(tree, CHILD, &code);
	OK(join(tree, (join_t){ .code = &code }));
	OK(env_file_load(tree->child, path, text, sizeof(text), &len));
	for (size_t cut = 0; cut < len - 30; cut += 40) {
		OK(env_file_save(tree->child, path, slice_of(text, cut)));
		assert_int_equal(membership_load(tree->child, &place, &membership, &tree->detail),
		                 ERR_CORRUPT);
	}
	text[strlen("jizhu parent ")] = '2';
	OK(env_file_save(tree->child, path, slice_of(text, len)));
	assert_int_equal(membership_load(tree->child, &place, &membership, &tree->detail),
	                 ERR_NEWER_FORMAT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(member_speaks_with_its_parent_and_both_know_who_is_there),
		cmocka_unit_test_setup_teardown(
			member_speaks_with_its_parent_and_both_know_who_is_there, set_up_v6,
			tear_down),
		TEST(renewed_member_comes_with_its_new_key_and_no_more_with_the_old),
		TEST(revoked_member_is_cut_off_and_not_let_in_again),
		TEST(member_whose_time_is_over_is_refused_and_told_so),
		TEST(door_is_believed_after_years),
		TEST(code_serves_one_key_and_one_identifier),
		TEST(code_that_has_expired_is_refused_as_such),
		TEST(guesses_over_the_wire_are_counted_and_slowed),
		TEST(forged_parent_gets_nothing),
		TEST(parent_that_was_set_up_anew_is_not_believed_by_its_members),
		TEST(nobody_comes_in_without_certificate_when_nobody_is_invited),
		TEST(node_keeps_several_parents_each_with_a_key_of_its_own),
		TEST(membership_is_renewed_by_itself_before_it_ends),
		TEST(strangers_may_ask_to_enrol_and_nothing_else),
		cmocka_unit_test(crash_of_either_side_leaves_both_able_to_go_on),
		TEST(membership_that_is_damaged_or_newer_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
