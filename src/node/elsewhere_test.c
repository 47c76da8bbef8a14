/* SPDX-License-Identifier: Apache-2.0 */
/* Identities of another node at the Handle desk of this one: the whole way, from the
 * challenge through the resolver to their home and back. The home is a real node, its
 * prefix 99.200.1; beside it a root and homes that are slow, lie, or are gone. */
#include "node/elsewhere.h"

#include "journal/event_log.h"
#include "registry/handle/desk_fixture_test.h"
#include "resolver/fixture_test.h"

#define GUEST "99.200.1/guest"

static const addr_t HOME_ADDR = { .ip = { .bytes = { 10, 0, 1, 1 }, .family = 4 }, .port = 2641 };
static const slice_t GUEST_SECRET = { (const uint8_t *)"the guest's", 11 };

typedef struct {
	desk_world_t w; /* this node: 99.100.1 */
	config_t config;
	elsewhere_t *elsewhere;
	env_loop_t *walk, *query;
	/* The home. */
	fixture_t home;
	env_loop_t *home_desk_loop, *home_door_loop;
	handle_desk_t *home_desk;
	handle_door_t *home_door;
	env_pkey_t *home_key, *guest_key;
	/* Root (0), a home that keeps silent (1), one that lies (2). */
	world_t far;
	env_pkey_t *root_key;
} nodes_t;

static void home_put(nodes_t *n, const char *name, uint32_t count, const writer_t *values)
{
	registry_change_t change = change_of(REGISTRY_REPLACE, slice_str(name), count, values);
	assert_int_equal(fixture_change(&n->home, &change).err, ERR_OK);
}

static void add_guest(nodes_t *n)
{
	static uint8_t buf[4096], key[REGISTRY_KEY_MAX];
	writer_t values = writer_of(buf, sizeof(buf)), key_w = writer_of(key, sizeof(key));
	OK(env_pkey_generate(ENV_PKEY_RSA, &n->guest_key));
	OK(registry_key_write(n->guest_key, false, &key_w));
	value_add(&values, 300, "HS_PUBKEY", writer_done(&key_w));
	perms_add(&values, 301, "HS_SECKEY", "the guest's", HANDLE_PERM_ADMIN_READ);
	home_put(n, GUEST, 2, &values);
}

static void open_home(nodes_t *n)
{
	n->home = (fixture_t){ .twin = n->w.f.twin, .prefix = "99.200.1", .host = "home" };
	fixture_start(&n->home);
	OK(env_dir_make(n->home.env, "data/keys"));
	OK(env_loop_new(n->home.env, "desk", ENV_LOOP_EVENTS, &n->home_desk_loop));
	OK(env_loop_new(n->home.env, "door", ENV_LOOP_EVENTS, &n->home_door_loop));
	handle_desk_spec_t desk = { .registry = n->home.registry,
		                    .loop = n->home_desk_loop,
		                    .key_path = "data/keys/handle.key" };
	OK(env_pkey_keep(n->home.env, desk.key_path, ENV_PKEY_RSA, &n->home_key));
	OK(handle_desk_open(&desk, &n->home_desk));
	handle_door_spec_t door = { .registry = n->home.registry,
		                    .desk = n->home_desk,
		                    .loop = n->home_door_loop,
		                    .addrs = &HOME_ADDR,
		                    .addr_count = 1,
		                    .public_key = handle_desk_public_key(n->home_desk) };
	OK(handle_door_open(&door, &n->home_door));
	OK(env_loop_start(n->home_desk_loop));
	OK(env_loop_start(n->home_door_loop));
	add_guest(n);
}

static void delegate(nodes_t *n, const char *prefix, addr_t at, const env_pkey_t *key)
{
	site_of(rule_add(&n->far.server[0], prefix, HANDLE_RC_OK), 1, "HS_SITE",
	        &(site_spec_t){ .at = at, .key = key, .flags = HANDLE_SITE_PRIMARY });
}

static void open_others(nodes_t *n)
{
	world_t *far = &n->far;
	addr_t nowhere = { ip_v4(10, 0, 9, 9), HANDLE_PORT };
	*far = (world_t){ .twin = n->w.f.twin, .env = n->w.f.env };
	OK(twin_host_open(far->twin, "far", &far->far));
	OK(env_loop_new(far->far, "servers", ENV_LOOP_EVENTS, &far->servers));
	OK(env_loop_start(far->servers));
	far->server = calloc(SERVERS, sizeof(server_t));
	far->room = malloc(REPLY_BYTES);
	far->data = malloc(REPLY_BYTES);
	assert_true(far->server && far->room && far->data);
	server_t *root = server_new(far, 4), *slow = server_new(far, 4), *liar = server_new(far, 4);
	root->signer = slow->signer = n->root_key;
	slow->is_silent_on_proofs = true;
	rule_add(slow, "99.201/guest", HANDLE_RC_VALUES_NOT_FOUND);
	liar->says_right = true; /* and signs with a key that is not its site's */
	liar->signer = n->guest_key;
	rule_add(liar, "99.202/guest", HANDLE_RC_VALUES_NOT_FOUND);
	delegate(n, "0.NA/99.200.1", HOME_ADDR, n->home_key);
	delegate(n, "0.NA/99.201", slow->addr, n->root_key);
	delegate(n, "0.NA/99.202", liar->addr, n->root_key);
	delegate(n, "0.NA/99.203", nowhere, n->root_key);
	roots_write(far, root, "root_info");
}

static void open_elsewhere(nodes_t *n)
{
	err_detail_t detail;
	env_t *env = n->w.f.env;
	n->config.resolver.roots[0] = "root_info";
	n->config.resolver.root_count = 1;
	OK(env_loop_new(env, "desk", ENV_LOOP_EVENTS, &n->w.desk_loop));
	OK(env_loop_new(env, "walk", ENV_LOOP_EVENTS, &n->walk));
	OK(env_loop_new(env, "query", ENV_LOOP_EVENTS, &n->query));
	elsewhere_spec_t spec = { .env = env,
		                  .config = &n->config,
		                  .walk_loop = n->walk,
		                  .loops = { n->w.desk_loop, n->query, n->w.f.view } };
	OK(elsewhere_open(&spec, &n->elsewhere, &detail));
	OK(env_loop_start(n->walk));
	OK(env_loop_start(n->query));
}

/* A record of this node that only an identity of elsewhere may change. */
static void put_press(nodes_t *n, const char *who)
{
	uint8_t buf[512];
	writer_t values = writer_of(buf, sizeof(buf));
	value_add(&values, 1, "URL", SLICE("u"));
	admin_add(&values, 100, HANDLE_ADMIN_ALL, slice_str(who), 0);
	put_record(&n->w, PRESS, 2, &values);
}

static int open_nodes(void **state)
{
	nodes_t *n = calloc(1, sizeof(*n));
	assert_non_null(n);
	desk_world_make(&n->w);
	OK(env_pkey_generate(ENV_PKEY_RSA, &n->root_key));
	open_home(n);
	open_others(n);
	open_elsewhere(n);
	registry_elsewhere_t groups = elsewhere_identities(n->elsewhere, ELSEWHERE_REGISTRY);
	registry_elsewhere_set(n->w.f.registry, &groups);
	registry_elsewhere_t identities = elsewhere_identities(n->elsewhere, ELSEWHERE_DESK);
	n->w.spec.elsewhere = &identities;
	desk_world_start(&n->w);
	put_press(n, GUEST);
	*state = n;
	return 0;
}

static int close_nodes(void **state)
{
	nodes_t *n = *state;
	env_loop_t *loops[] = { n->walk,           n->query,          n->w.desk_loop,
		                n->home_desk_loop, n->home_door_loop, n->far.servers };
	for (size_t i = 0; i < sizeof(loops) / sizeof(*loops); i++)
		env_loop_stop(loops[i]);
	elsewhere_close(n->elsewhere);
	handle_door_close(n->home_door);
	handle_desk_close(n->home_desk);
	fixture_halt(&n->home);
	env_pkey_free(n->home_key);
	env_pkey_free(n->guest_key);
	env_pkey_free(n->root_key);
	free(n->far.server);
	free(n->far.room);
	free(n->far.data);
	desk_world_free(&n->w);
	free(n);
	return 0;
}

static desk_who_t guest_by_secret(const char *handle)
{
	return (desk_who_t){ .type = "HS_SECKEY",
		             .handle = slice_str(handle),
		             .index = 301,
		             .secret = GUEST_SECRET,
		             .code = HANDLE_MAC_PBKDF2 };
}

/* Asks, and answers the challenge as `who`; the code of the reply, when it comes at last. */
static uint32_t ask_as(nodes_t *n, const desk_request_t *q, const desk_who_t *who)
{
	uint8_t body[4096], buf[8192];
	writer_t body_w = writer_of(body, sizeof(body)), out = writer_of(buf, sizeof(buf));
	desk_reply_t reply = desk_ask(&n->w, q);
	desk_answer_write(who, &reply, &body_w);
	desk_request_t answer = { .operation = HANDLE_OP_CHALLENGE_ANSWER,
		                  .session = reply.envelope.session_id,
		                  .body = writer_done(&body_w) };
	desk_write(&n->w, &answer, &out);
	n->w.in_len = 0;
	OK(env_tcp_write(n->w.tcp, writer_done(&out)));
	for (int i = 0; i < 2000 && n->w.in_len == 0; i++)
		(void)twin_run_for(n->w.f.twin, 10 * NS_PER_MS);
	return desk_read(slice_of(n->w.in, n->w.in_len)).code;
}

static uint32_t change_as(nodes_t *n, const desk_who_t *who)
{
	desk_request_t q = { .operation = HANDLE_OP_MODIFY_VALUE,
		             .body = value_body(PRESS, 1, "URL") };
	return ask_as(n, &q, who);
}

static void the_secret_of_another_nodes_identity_is_proven_there(void **state)
{
	nodes_t *n = *state;
	desk_who_t guest = guest_by_secret(GUEST);
	assert_int_equal(change_as(n, &guest), HANDLE_RC_OK);
	guest.code = HANDLE_MAC_HMAC_SHA1;
	assert_int_equal(change_as(n, &guest), HANDLE_RC_OK);
	guest.secret = SLICE("a guess");
	assert_int_equal(change_as(n, &guest), HANDLE_RC_AUTH_FAILED);
	guest.handle = SLICE("99.200.1/nobody");
	assert_int_equal(change_as(n, &guest), HANDLE_RC_AUTH_FAILED);
	guest.handle = SLICE("99.299/nobody");
	assert_int_equal(change_as(n, &guest), HANDLE_RC_AUTH_FAILED);
	for (size_t i = 0; i < n->far.server_count; i++)
		assert_int_equal(n->far.server[i].proofs, 0);
}

static void who_is_proven_elsewhere_may_do_what_the_records_here_say(void **state)
{
	nodes_t *n = *state;
	desk_who_t guest = guest_by_secret(GUEST);
	put_press(n, "99.200.1/another");
	assert_int_equal(change_as(n, &guest), HANDLE_RC_INVALID_ADMIN);
}

static void the_public_key_of_another_nodes_identity_is_fetched_and_kept(void **state)
{
	nodes_t *n = *state;
	desk_who_t guest = {
		.type = "HS_PUBKEY", .handle = SLICE(GUEST), .index = 300, .key = n->guest_key
	};
	assert_int_equal(change_as(n, &guest), HANDLE_RC_OK);
	env_loop_stop(n->home_door_loop); /* the home is gone, its key is still good */
	assert_int_equal(change_as(n, &guest), HANDLE_RC_OK);
	guest.key = n->home_key;
	assert_int_equal(change_as(n, &guest), HANDLE_RC_AUTH_FAILED);
	/* But not when its time is over, however little there is to ask. */
	(void)twin_run_for(n->w.f.twin, (HANDLE_TTL_DEFAULT_S + 1) * NS_PER_S);
	desk_hang_up(&n->w);
	desk_dial(&n->w);
	guest.key = n->guest_key;
	assert_int_equal(change_as(n, &guest), HANDLE_RC_AUTH_UNABLE);
}

static void a_home_that_is_slow_lies_or_is_gone_proves_nobody(void **state)
{
	nodes_t *n = *state;
	static const char *const names[] = { "99.201/guest", "99.202/guest", "99.203/guest" };
	for (size_t i = 0; i < 3; i++) {
		desk_who_t guest = guest_by_secret(names[i]);
		put_press(n, names[i]);
		int64_t begun = env_now(n->w.f.env);
		assert_int_equal(change_as(n, &guest), HANDLE_RC_AUTH_UNABLE);
		assert_true(env_now(n->w.f.env) - begun < 17 * NS_PER_S);
	}
	assert_int_equal(n->far.server[2].proofs, 0); /* what it signs is not believed at all */
	assert_int_equal(desk_metric(&n->w, "identities_silent_total"), 3);
	assert_int_equal(desk_metric(&n->w, "identities_waiting"), 0);
}

/* Groups. */

static void put_press_of_group(nodes_t *n, const char *group)
{
	uint8_t buf[512];
	writer_t values = writer_of(buf, sizeof(buf));
	value_add(&values, 1, "URL", SLICE("u"));
	admin_add(&values, 100, HANDLE_ADMIN_ALL, slice_str(group), 200);
	put_record(&n->w, PRESS, 2, &values);
}

static void home_group(nodes_t *n, const char *name, const handle_reference_t *members,
                       size_t count)
{
	uint8_t buf[1024];
	writer_t values = writer_of(buf, sizeof(buf));
	group_add(&values, 200, members, count);
	home_put(n, name, 1, &values);
}

/* At the server of 99.201, which signs what it says. */
static void far_group(nodes_t *n, const char *name, const handle_reference_t *members, size_t count)
{
	rule_value_t *value = value_of(rule_add(&n->far.server[1], name, HANDLE_RC_OK), 200,
	                               "HS_VLIST");
	uint8_t room[512];
	writer_t w = writer_of(value->data, sizeof(value->data));
	writer_t scratch = writer_of(room, sizeof(room));
	handle_list_encode(handle_list_of_references(members, count, &scratch), &w);
	value->len = w.len;
}

static int64_t registry_metric(const nodes_t *n, const char *name)
{
	const metrics_t *m = registry_metrics(n->w.f.registry);
	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->rows[i].name, name) == 0)
			return metric_get(m, i);
	fail_msg("no metric %s", name);
	return 0;
}

static void members_of_a_group_at_another_node_have_its_rights(void **state)
{
	nodes_t *n = *state;
	const handle_reference_t members[] = { { LI, 300 }, { SLICE(GUEST), 301 } };
	desk_who_t li = by_li(), own = by_secret(), guest = guest_by_secret(GUEST);
	home_group(n, "99.200.1/team", members, 2);
	put_press_of_group(n, "99.200.1/team");
	assert_int_equal(change_as(n, &li), HANDLE_RC_OK);
	assert_int_equal(change_as(n, &guest), HANDLE_RC_OK);
	assert_int_equal(change_as(n, &own), HANDLE_RC_INVALID_ADMIN);
	/* Asked about the group, and whether the guest is a group too: known since then. */
	assert_int_equal(registry_metric(n, "groups_awaited_total"), 2);
	assert_int_equal(change_as(n, &own), HANDLE_RC_INVALID_ADMIN);
	assert_int_equal(registry_metric(n, "groups_awaited_total"), 2);
	assert_int_equal(registry_metric(n, "changes_parked"), 0);
}

static void members_of_a_group_at_another_node_read_and_list(void **state)
{
	nodes_t *n = *state;
	const handle_reference_t member = { LI, 300 };
	uint8_t buf[512];
	writer_t values = writer_of(buf, sizeof(buf));
	desk_who_t li = by_li(), own = by_secret();
	home_group(n, "99.200.1/team", &member, 1);
	perms_add(&values, 3, "COST", "42", HANDLE_PERM_ADMIN_READ);
	admin_add(&values, 100, HANDLE_ADMIN_READ, SLICE("99.200.1/team"), 200);
	admin_add(&values, 101, HANDLE_ADMIN_READ, SLICE("99.203/team"), 200);
	put_record(&n->w, PRESS, 3, &values);
	desk_request_t read = { .operation = HANDLE_OP_RESOLVE, .body = question_body(PRESS) };
	assert_int_equal(ask_as(n, &read, &li), HANDLE_RC_OK);
	assert_int_equal(ask_as(n, &read, &own), HANDLE_RC_AUTH_UNABLE); /* the other is gone */
	values = writer_of(buf, sizeof(buf));
	perms_add(&values, 301, "HS_SECKEY", "secret", HANDLE_PERM_ADMIN_READ);
	admin_add(&values, 100, HANDLE_ADMIN_LIST, SLICE("99.200.1/team"), 200);
	put_record(&n->w, OWN, 2, &values);
	desk_request_t list = { .operation = HANDLE_OP_LIST_HANDLES, .body = name_body(OWN) };
	assert_int_equal(ask_as(n, &list, &li), HANDLE_RC_OK);
	assert_int_equal(ask_as(n, &list, &own), HANDLE_RC_INVALID_ADMIN);
}

static void groups_lead_to_groups_of_other_servers_and_in_circles(void **state)
{
	nodes_t *n = *state;
	const handle_reference_t far = { SLICE("99.201/team"), 200 };
	const handle_reference_t back[] = { { SLICE("99.200.1/team"), 200 }, { LI, 300 } };
	desk_who_t li = by_li(), own = by_secret();
	home_group(n, "99.200.1/team", &far, 1);
	far_group(n, "99.201/team", back, 2);
	put_press_of_group(n, "99.200.1/team");
	assert_int_equal(change_as(n, &li), HANDLE_RC_OK);
	assert_int_equal(change_as(n, &own), HANDLE_RC_INVALID_ADMIN);
}

static void a_chain_of_groups_ends_at_the_eighth(void **state)
{
	nodes_t *n = *state;
	char names[10][32];
	desk_who_t li = by_li();
	for (int i = 0; i < 10; i++)
		(void)snprintf(names[i], sizeof(names[i]), "99.200.1/team%d", i);
	for (int i = 0; i < 10; i++) {
		handle_reference_t next = { LI, 300 };
		if (i < 9)
			next = (handle_reference_t){ slice_str(names[i + 1]), 200 };
		home_group(n, names[i], &next, 1);
	}
	put_press_of_group(n, names[2]);
	assert_int_equal(change_as(n, &li), HANDLE_RC_OK);
	put_press_of_group(n, names[1]);
	assert_int_equal(change_as(n, &li), HANDLE_RC_INVALID_ADMIN);
}

static void a_group_that_is_not_public_or_none_has_no_members(void **state)
{
	nodes_t *n = *state;
	uint8_t buf[512];
	writer_t values = writer_of(buf, sizeof(buf));
	desk_who_t li = by_li();
	perms_add(&values, 200, "HS_VLIST", "", HANDLE_PERM_ADMIN_READ);
	home_put(n, "99.200.1/secret", 1, &values);
	put_press_of_group(n, "99.200.1/secret");
	assert_int_equal(change_as(n, &li), HANDLE_RC_INVALID_ADMIN);
	values = writer_of(buf, sizeof(buf));
	value_add(&values, 200, "HS_VLIST", SLICE("no list"));
	home_put(n, "99.200.1/broken", 1, &values);
	put_press_of_group(n, "99.200.1/broken");
	assert_int_equal(change_as(n, &li), HANDLE_RC_INVALID_ADMIN);
	put_press_of_group(n, "99.200.1/nothing");
	assert_int_equal(change_as(n, &li), HANDLE_RC_INVALID_ADMIN);
}

static void a_group_whose_home_lies_or_is_gone_has_no_members_and_that_is_told(void **state)
{
	nodes_t *n = *state;
	static const char *const groups[] = { "99.202/team", "99.203/team" };
	const handle_reference_t members = { LI, 300 };
	desk_who_t li = by_li();
	far_group(n, "99.202/team", &members, 1);
	n->far.server[2].rules[n->far.server[2].rule_count++] =
		n->far.server[1].rules[n->far.server[1].rule_count - 1];
	for (size_t i = 0; i < 2; i++) {
		put_press_of_group(n, groups[i]);
		int64_t begun = env_now(n->w.f.env);
		assert_int_equal(change_as(n, &li), HANDLE_RC_AUTH_UNABLE);
		assert_true(env_now(n->w.f.env) - begun < 13 * NS_PER_S);
		/* Nobody is asked again so soon. */
		begun = env_now(n->w.f.env);
		assert_int_equal(change_as(n, &li), HANDLE_RC_AUTH_UNABLE);
		assert_true(env_now(n->w.f.env) - begun < NS_PER_S);
	}
	assert_int_equal(registry_metric(n, "groups_silent_total"), 4);
}

static void a_group_is_believed_until_its_time_is_over(void **state)
{
	nodes_t *n = *state;
	const handle_reference_t li_member = { LI, 300 }, other = { SLICE(GUEST), 301 };
	desk_who_t li = by_li();
	home_group(n, "99.200.1/team", &li_member, 1);
	put_press_of_group(n, "99.200.1/team");
	assert_int_equal(change_as(n, &li), HANDLE_RC_OK);
	home_group(n, "99.200.1/team", &other, 1);
	assert_int_equal(change_as(n, &li), HANDLE_RC_OK);
	(void)twin_run_for(n->w.f.twin, (HANDLE_TTL_DEFAULT_S + 1) * NS_PER_S);
	desk_hang_up(&n->w);
	desk_dial(&n->w);
	assert_int_equal(change_as(n, &li), HANDLE_RC_INVALID_ADMIN);
}

/* An index comes from whoever answers a challenge; 0 is one like any other. */
static void an_identity_of_index_0_is_nobody(void **state)
{
	nodes_t *n = *state;
	desk_who_t guest = { .type = "HS_PUBKEY", .handle = SLICE(GUEST), .key = n->guest_key };
	assert_int_equal(change_as(n, &guest), HANDLE_RC_AUTH_FAILED);
	guest = guest_by_secret(GUEST);
	guest.index = 0;
	assert_int_equal(change_as(n, &guest), HANDLE_RC_AUTH_FAILED);
}

static size_t events_of(fixture_t *f, message_t message)
{
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	event_t event;
	size_t count = 0;
	(void)twin_run_for(f->twin, NS_PER_S);
	OK(journal_cursor_open(f->journal, 1, &cursor));
	while (journal_cursor_next(cursor, &record) == ERR_OK)
		count += record.type == JOURNAL_EVENT && !event_decode(record.payload, &event) &&
		         event.message == message;
	journal_cursor_close(cursor);
	return count;
}

static void guessing_at_an_identity_of_elsewhere_is_an_event_on_both_sides(void **state)
{
	nodes_t *n = *state;
	desk_who_t guest = guest_by_secret(GUEST);
	guest.secret = SLICE("a guess");
	for (int i = 0; i < 10; i++)
		assert_int_equal(change_as(n, &guest), HANDLE_RC_AUTH_FAILED);
	assert_int_equal(events_of(&n->w.f, MSG_IDENTITY_GUESSED), 1);
	assert_int_equal(events_of(&n->home, MSG_IDENTITY_GUESSED), 1);
	assert_int_equal(n->far.server[0].by_udp, 1); /* the way there is known after the first */
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_nodes, close_nodes)
	const struct CMUnitTest tests[] = {
		CASE(the_secret_of_another_nodes_identity_is_proven_there),
		CASE(who_is_proven_elsewhere_may_do_what_the_records_here_say),
		CASE(the_public_key_of_another_nodes_identity_is_fetched_and_kept),
		CASE(an_identity_of_index_0_is_nobody),
		CASE(members_of_a_group_at_another_node_have_its_rights),
		CASE(members_of_a_group_at_another_node_read_and_list),
		CASE(groups_lead_to_groups_of_other_servers_and_in_circles),
		CASE(a_chain_of_groups_ends_at_the_eighth),
		CASE(a_group_that_is_not_public_or_none_has_no_members),
		CASE(a_group_whose_home_lies_or_is_gone_has_no_members_and_that_is_told),
		CASE(a_group_is_believed_until_its_time_is_over),
		CASE(a_home_that_is_slow_lies_or_is_gone_proves_nobody),
		CASE(guessing_at_an_identity_of_elsewhere_is_an_event_on_both_sides),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
