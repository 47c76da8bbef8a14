/* SPDX-License-Identifier: Apache-2.0 */
/* Names and identities that live elsewhere: referrals, recursion, keys fetched and
 * proofs judged at home. */
#include "registry/handle/desk_fixture_test.h"

#include "registry/identity/prover.h"

/* A resolver that keeps what it is asked and answers when the test says so. */
typedef struct {
	desk_world_t w;
	env_mailbox_t *mailbox;
	uint64_t tickets[512];
	size_t asked, released;
	uint8_t recursion;
	char name[128];
	bool is_busy;
	registry_key_type_t wanted;
} others_t;

static err_t take_question(void *ctx, const handle_recursion_question_t *q, env_mailbox_t *reply,
                           uint64_t ticket)
{
	others_t *o = ctx;
	if (o->is_busy)
		return ERR_BUSY;
	o->mailbox = reply;
	o->tickets[o->asked++ % 512] = ticket;
	o->recursion = q->recursion;
	assert_true(slice_to_cstr(q->question.handle, o->name, sizeof(o->name)));
	return ERR_OK;
}

static void released(void *owner)
{
	((others_t *)owner)->released++;
}

static void answer_question(others_t *o, uint32_t response, const char *url)
{
	static uint8_t buf[512];
	writer_t values = writer_of(buf, sizeof(buf));
	value_add(&values, 1, "URL", slice_str(url));
	handle_recursion_reply_t reply = { .ticket = o->tickets[(o->asked - 1) % 512],
		                           .response = response,
		                           .count = 1,
		                           .values = writer_done(&values),
		                           .text = SLICE("as it was said"),
		                           .done = released,
		                           .owner = o };
	assert_true(env_mailbox_put(o->mailbox, &reply));
	(void)twin_run_for(o->w.f.twin, 5 * NS_PER_MS);
}

static void send(others_t *o, const char *name, uint32_t flags, uint8_t recursion)
{
	uint8_t buf[512];
	writer_t out = writer_of(buf, sizeof(buf));
	desk_request_t q = { .operation = HANDLE_OP_RESOLVE,
		             .flags = flags,
		             .recursion = recursion,
		             .body = question_body(slice_str(name)) };
	o->w.in_len = 0;
	desk_write(&o->w, &q, &out);
	assert_int_equal(env_tcp_write(o->w.tcp, writer_done(&out)), ERR_OK);
	(void)twin_run_for(o->w.f.twin, 10 * NS_PER_MS);
}

static desk_reply_t got(others_t *o)
{
	return desk_read(slice_of(o->w.in, o->w.in_len));
}

static const uint32_t ASK = UINT32_C(0x11000000); /* RECU and PUBL */

static void open_others(others_t *o, bool recurses)
{
	handle_recursion_t recursion = { .ask = take_question, .ctx = o };
	*o = (others_t){ .asked = 0 };
	desk_world_make(&o->w);
	o->w.spec.recursion = recurses ? &recursion : NULL;
	desk_world_start(&o->w);
}

static void a_name_elsewhere_is_asked_for_when_the_client_allows_it(void **state)
{
	(void)state;
	static others_t o;
	handle_record_t record;
	open_others(&o, true);
	send(&o, "99.300/x", ASK, 3);
	assert_int_equal(o.asked, 1);
	assert_string_equal(o.name, "99.300/x");
	assert_int_equal(o.recursion, 4);
	assert_int_equal(o.w.in_len, 0);
	answer_question(&o, HANDLE_RC_OK, "http://127.0.0.3/");
	desk_reply_t reply = got(&o);
	assert_int_equal(reply.code, HANDLE_RC_OK);
	assert_false(reply.m.header.flags & HANDLE_FLAG_AUTH); /* not ours to vouch for */
	assert_int_equal(handle_record_decode(reply.body, &record), CODEC_OK);
	assert_int_equal(record.values.count, 1);
	send(&o, "99.300/y", ASK, 0);
	answer_question(&o, HANDLE_RC_HANDLE_NOT_FOUND, "");
	reply = got(&o);
	assert_int_equal(reply.code, HANDLE_RC_HANDLE_NOT_FOUND);
	assert_int_equal(o.released, 2);
	/* Not without the flag, and not for who wants an authoritative answer. */
	send(&o, "99.300/z", HANDLE_FLAG_PUBL, 0);
	assert_int_equal(got(&o).code, HANDLE_RC_NOT_RESPONSIBLE);
	send(&o, "99.300/z", ASK | HANDLE_FLAG_AUTH, 0);
	assert_int_equal(got(&o).code, HANDLE_RC_NOT_RESPONSIBLE);
	assert_int_equal(o.asked, 2);
	desk_world_free(&o.w);
}

static void recursion_ends(void **state)
{
	(void)state;
	static others_t o;
	open_others(&o, true);
	send(&o, "99.300/x", ASK, 9);
	answer_question(&o, HANDLE_RC_OK, "u");
	send(&o, "99.300/x", ASK, 10);
	assert_int_equal(got(&o).code, HANDLE_RC_RECURSION);
	send(&o, "99.100.1/press", ASK, 11);
	assert_int_equal(got(&o).code, HANDLE_RC_RECURSION);
	assert_int_equal(o.asked, 1);
	o.is_busy = true;
	send(&o, "99.300/x", ASK, 0);
	assert_int_equal(got(&o).code, HANDLE_RC_BUSY);
	o.is_busy = false;
	send(&o, "99.300/slow", ASK, 0);
	(void)twin_run_for(o.w.f.twin, 22 * NS_PER_S);
	assert_int_equal(got(&o).code, HANDLE_RC_ERROR);
	answer_question(&o, HANDLE_RC_OK, "too late");
	assert_int_equal(desk_metric(&o.w, "waiting_late_total"), 1);
	for (int i = 0; i < 128; i++)
		send(&o, "99.300/many", ASK, 0);
	assert_int_equal(o.w.in_len, 0);
	send(&o, "99.300/more", ASK, 0);
	assert_int_equal(got(&o).code, HANDLE_RC_BUSY);
	desk_world_free(&o.w);
}

/* Referrals. */

static void site_add(writer_t *w, uint32_t index, const char *type)
{
	value_add(w, index, type, SLICE("the data of a site"));
}

static void names_below_are_referred_to_who_serves_them(void **state)
{
	(void)state;
	static others_t o;
	static const struct {
		const char *name;
		uint32_t flags, code;
	} rows[] = {
		{ "99.100.1.5/x", 0, HANDLE_RC_REFERRAL },
		{ "0.NA/99.100.1.5", 0, HANDLE_RC_OK }, /* its record is here */
		{ "0.NA/99.100.1.5.3", 0, HANDLE_RC_PREFIX_REFERRAL },
		{ "0.NA/99.100.1.5.3.1", 0, HANDLE_RC_PREFIX_REFERRAL },
		{ "99.100.1.5.3/x", 0, HANDLE_RC_NOT_RESPONSIBLE },
		{ "0.NA/99.100.1.6", 0, HANDLE_RC_HANDLE_NOT_FOUND },
		{ "99.100.1.6/x", 0, HANDLE_RC_NOT_RESPONSIBLE },
		{ "99.300/x", 0, HANDLE_RC_NOT_RESPONSIBLE },
		{ "99.100.1.5/x", 0x00100000, HANDLE_RC_NOT_RESPONSIBLE },
		{ "0.NA/99.100.1.5.3", 0x00100000, HANDLE_RC_HANDLE_NOT_FOUND },
	};
	uint8_t buf[1024];
	writer_t values = writer_of(buf, sizeof(buf));
	handle_referral_t referral;
	open_others(&o, false);
	site_add(&values, 1, "HS_SITE");
	site_add(&values, 2, "HS_SITE.PREFIX");
	perms_add(&values, 3, "HS_SERV", "99.100.1/hidden", HANDLE_PERM_ADMIN_READ);
	put_record(&o.w, SLICE("0.NA/99.100.1.5"), 3, &values);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		send(&o, rows[i].name, rows[i].flags | HANDLE_FLAG_PUBL, 0);
		desk_reply_t reply = got(&o);
		if (reply.code != rows[i].code)
			print_message("row %zu\n", i);
		assert_int_equal(reply.code, rows[i].code);
		if (reply.code != HANDLE_RC_REFERRAL && reply.code != HANDLE_RC_PREFIX_REFERRAL)
			continue;
		assert_int_equal(handle_referral_decode(reply.body, &referral), CODEC_OK);
		assert_int_equal(referral.handle.len, 0);
		assert_int_equal(referral.values.count, 1);
	}
	desk_world_free(&o.w);
}

/* Identities. */

static err_t fetch_key(void *ctx, const registry_identity_t *who, env_mailbox_t *reply,
                       uint64_t ticket)
{
	others_t *o = ctx;
	assert_true(slice_eq(who->handle, SLICE("99.300/guest")));
	o->mailbox = reply;
	o->tickets[o->asked++ % 512] = ticket;
	o->wanted = REGISTRY_KEY_PUBLIC;
	return ERR_OK;
}

static err_t verify(void *ctx, const registry_proof_t *proof, env_mailbox_t *reply, uint64_t ticket)
{
	others_t *o = ctx;
	assert_true(slice_eq(proof->who.handle, SLICE("99.300/guest")));
	o->mailbox = reply;
	o->tickets[o->asked++ % 512] = ticket;
	o->wanted = REGISTRY_KEY_SECRET;
	return ERR_OK;
}

static void answer_identity(others_t *o, err_t err, const env_pkey_t *key)
{
	static registry_elsewhere_reply_t reply;
	writer_t w = writer_of(reply.key, sizeof(reply.key));
	if (key)
		assert_int_equal(registry_key_write(key, false, &w), ERR_OK);
	reply.ticket = o->tickets[(o->asked - 1) % 512];
	reply.err = err;
	reply.key_len = w.len;
	assert_true(env_mailbox_put(o->mailbox, &reply));
	(void)twin_run_for(o->w.f.twin, 20 * NS_PER_MS);
}

/* Sends the answer to the challenge of a deletion, and does not wait. */
static void prove_guest(others_t *o, const desk_who_t *who)
{
	uint8_t body[4096], buf[8192];
	writer_t body_w = writer_of(body, sizeof(body)), out = writer_of(buf, sizeof(buf));
	desk_request_t q = { .operation = HANDLE_OP_MODIFY_VALUE,
		             .body = value_body(PRESS, 1, "URL") };
	desk_reply_t reply = desk_ask(&o->w, &q);
	desk_answer_write(who, &reply, &body_w);
	desk_request_t answer = { .operation = HANDLE_OP_CHALLENGE_ANSWER,
		                  .session = reply.envelope.session_id,
		                  .body = writer_done(&body_w) };
	desk_write(&o->w, &answer, &out);
	o->w.in_len = 0;
	assert_int_equal(env_tcp_write(o->w.tcp, writer_done(&out)), ERR_OK);
	(void)twin_run_for(o->w.f.twin, 10 * NS_PER_MS);
}

static void identities_elsewhere_are_proven_at_home(void **state)
{
	(void)state;
	static others_t o;
	registry_elsewhere_t elsewhere = { .fetch_key = fetch_key, .verify = verify, .ctx = &o };
	uint8_t buf[1024];
	writer_t values = writer_of(buf, sizeof(buf));
	env_pkey_t *wrong = NULL;
	o = (others_t){ .asked = 0 };
	desk_world_make(&o.w);
	o.w.spec.elsewhere = &elsewhere;
	desk_world_start(&o.w);
	value_add(&values, 1, "URL", SLICE("u"));
	admin_add(&values, 100, HANDLE_ADMIN_ALL, SLICE("99.300/guest"), 0);
	put_record(&o.w, PRESS, 2, &values);
	desk_who_t guest = by_key(&o.w);
	guest.handle = SLICE("99.300/guest");
	prove_guest(&o, &guest);
	assert_int_equal(o.wanted, REGISTRY_KEY_PUBLIC);
	answer_identity(&o, ERR_OK, o.w.key);
	assert_int_equal(got(&o).code, HANDLE_RC_OK);
	assert_int_equal(env_pkey_generate(ENV_PKEY_RSA, &wrong), ERR_OK);
	prove_guest(&o, &guest);
	answer_identity(&o, ERR_OK, wrong);
	assert_int_equal(got(&o).code, HANDLE_RC_AUTH_FAILED);
	prove_guest(&o, &guest);
	answer_identity(&o, ERR_NETWORK, NULL);
	assert_int_equal(got(&o).code, HANDLE_RC_AUTH_UNABLE);
	/* A secret never comes here: its home says whether the proof is right. */
	guest = by_secret();
	guest.handle = SLICE("99.300/guest");
	prove_guest(&o, &guest);
	assert_int_equal(o.wanted, REGISTRY_KEY_SECRET);
	answer_identity(&o, ERR_OK, NULL);
	assert_int_equal(got(&o).code, HANDLE_RC_OK);
	prove_guest(&o, &guest);
	answer_identity(&o, ERR_DENIED, NULL);
	assert_int_equal(got(&o).code, HANDLE_RC_AUTH_FAILED);
	prove_guest(&o, &guest);
	(void)twin_run_for(o.w.f.twin, 17 * NS_PER_S);
	assert_int_equal(got(&o).code, HANDLE_RC_AUTH_UNABLE);
	env_pkey_free(wrong);
	desk_world_free(&o.w);
}

/* Proofs that wait at a silent home, until the source may have no more. */
static void a_source_asks_as_many_homes_as_it_may_and_no_more(void **state)
{
	(void)state;
	static others_t o;
	registry_elsewhere_t elsewhere = { .fetch_key = fetch_key, .verify = verify, .ctx = &o };
	desk_who_t guest = by_secret();
	o = (others_t){ .asked = 0 };
	desk_world_make(&o.w);
	o.w.spec.elsewhere = &elsewhere;
	o.w.spec.source_cpu_percent = 100;
	desk_world_start(&o.w);
	guest.handle = SLICE("99.300/guest");
	for (size_t i = 0; i < PROVER_WAITING / 2; i++)
		prove_guest(&o, &guest);
	assert_int_equal(o.w.in_len, 0);
	assert_int_equal(desk_metric(&o.w, "identities_waiting"), PROVER_WAITING / 2);
	prove_guest(&o, &guest);
	assert_int_equal(got(&o).code, HANDLE_RC_AUTH_UNABLE);
	assert_int_equal(o.asked, PROVER_WAITING / 2);
	assert_int_equal(desk_metric(&o.w, "identities_full_total"), 1);
	(void)twin_run_for(o.w.f.twin, 17 * NS_PER_S);
	assert_int_equal(desk_metric(&o.w, "identities_waiting"), 0);
	assert_int_equal(desk_metric(&o.w, "identities_silent_total"), PROVER_WAITING / 2);
	desk_world_free(&o.w);
}

static void asking_homes_has_a_price(void **state)
{
	(void)state;
	static others_t o;
	registry_elsewhere_t elsewhere = { .fetch_key = fetch_key, .verify = verify, .ctx = &o };
	desk_who_t guest = by_secret();
	size_t busy = 0;
	o = (others_t){ .asked = 0 };
	desk_world_make(&o.w);
	o.w.spec.elsewhere = &elsewhere;
	o.w.spec.source_cpu_percent = 1; /* ten milliseconds a second */
	desk_world_start(&o.w);
	guest.handle = SLICE("99.300/guest");
	for (size_t i = 0; i < 12; i++) {
		prove_guest(&o, &guest);
		busy += o.w.in_len > 0 && got(&o).code == HANDLE_RC_BUSY;
	}
	assert_true(o.asked >= 4 && o.asked <= 7);
	assert_int_equal(busy, 12 - o.asked);
	desk_world_free(&o.w);
}

static void who_asks_a_desk_that_is_full_is_told_so(void **state)
{
	(void)state;
	uint8_t buf[512];
	desk_world_t w;
	handle_origin_t nobody = { .is_udp = true };
	desk_world_make(&w);
	desk_world_start(&w);
	env_loop_stop(w.desk_loop);
	writer_t out = writer_of(buf, sizeof(buf));
	desk_request_t q = { .operation = HANDLE_OP_RESOLVE, .body = question_body(PRESS) };
	desk_write(&w, &q, &out);
	handle_envelope_t envelope = desk_envelope(&w, 0);
	slice_t message = slice_from(writer_done(&out), HANDLE_ENVELOPE_SIZE);
	while (!handle_desk_ask(w.desk, &nobody, &envelope, message))
		;
	assert_int_equal(env_udp_send(w.udp, DESK_ADDR, writer_done(&out)), ERR_OK);
	(void)twin_run_for(w.f.twin, 20 * NS_PER_MS);
	assert_int_equal(desk_read(slice_of(w.packet, w.packet_len)).code, HANDLE_RC_BUSY);
	assert_int_equal(env_tcp_write(w.tcp, writer_done(&out)), ERR_OK);
	(void)twin_run_for(w.f.twin, 20 * NS_PER_MS);
	assert_int_equal(desk_read(slice_of(w.in, w.in_len)).code, HANDLE_RC_BUSY);
	desk_world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_elsewhere_is_asked_for_when_the_client_allows_it),
		cmocka_unit_test(recursion_ends),
		cmocka_unit_test(names_below_are_referred_to_who_serves_them),
		cmocka_unit_test(identities_elsewhere_are_proven_at_home),
		cmocka_unit_test(a_source_asks_as_many_homes_as_it_may_and_no_more),
		cmocka_unit_test(asking_homes_has_a_price),
		cmocka_unit_test(who_asks_a_desk_that_is_full_is_told_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
