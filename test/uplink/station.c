/* SPDX-License-Identifier: Apache-2.0 */
#include "station.h"

#include "base/num.h"
#include "env/file.h"

#include <stdio.h>
#include <stdlib.h>

enum { PATH = 512, CONNECTIONS = 64 };

void demand(bool is_so, const char *what)
{
	if (is_so)
		return;
	(void)fprintf(stderr, "%s\n", what);
	exit(1);
}

/* With what the room says of it. */
static void must(err_t err, const err_detail_t *detail)
{
	char text[512];
	if (err)
		demand(false, err_render(detail, LANG_EN, text, sizeof(text)));
}

uint64_t station_number(const char *text)
{
	uint64_t number = 0;
	demand(!num_parse_u64(slice_str(text), UINT32_MAX, &number), text);
	return number;
}

addr_t station_addr(const char *text)
{
	addr_t addr = { .port = 0 };
	demand(!addr_parse(slice_str(text), &addr), text);
	return addr;
}

void station_say(const char *word, uint64_t number)
{
	(void)printf("%s %llu\n", word, (unsigned long long)number);
	(void)fflush(stdout);
}

/* ---- joining */

static void open_authority(station_t *s, const station_spec_t *station, env_loop_t *loop)
{
	char keys[PATH];
	err_detail_t detail;
	(void)snprintf(keys, sizeof(keys), "%s/keys", station->dir);
	demand(!env_dir_make(s->env, keys), keys);
	authority_spec_t spec = { .keys_dir = keys,
		                  .node = slice_str(station->node),
		                  .journal = s->journal,
		                  .loop = loop };
	must(authority_open(s->env, &spec, &s->authority, &detail), &detail);
}

static void open_journal(station_t *s, const char *dir)
{
	char folder[PATH];
	err_detail_t detail;
	journal_recovery_t recovery;
	(void)snprintf(folder, sizeof(folder), "%s/journal", dir);
	demand(!env_loop_new(s->env, "commit", ENV_LOOP_FILES, &s->commit), "loop");
	journal_spec_t spec = {
		.dir = folder, .name = "tree", .chained = true, .commit_loop = s->commit
	};
	must(journal_open(s->env, &spec, &s->journal, &recovery, &detail), &detail);
}

/* What the child's request and the parent's answer are, without a line between them. */
static void enrol(station_t *s, const char *code_text, membership_t *next)
{
	code_t code;
	uint8_t request[ENV_CERTIFY_DER_MAX], key[SHA256_BYTES], proof[SHA256_BYTES];
	writer_t w = writer_of(request, sizeof(request));
	err_detail_t detail;
	slice_t certificate, root = authority_root(s->authority);
	demand(!code_read(slice_str(code_text), &code), "code");
	demand(!env_certify_request(next->key, slice_str(next->node), &w), "request");
	code_key(&code, key);
	code_proof(key, code.mark, writer_done(&w), proof);
	authority_request_t ask = { .request = writer_done(&w),
		                    .proof = slice_of(proof, sizeof(proof)),
		                    .node = slice_str(next->node),
		                    .source = ip_v4(127, 0, 0, 1) };
	must(authority_enrol(s->authority, &ask, &certificate, &detail), &detail);
	memcpy(next->certificate, certificate.ptr, certificate.len);
	next->certificate_len = certificate.len;
	memcpy(next->root, root.ptr, root.len);
	next->root_len = root.len;
}

static void certify(station_t *s, const station_member_t *member)
{
	char code[CODE_TEXT];
	err_detail_t detail;
	membership_t next;
	slice_t node = slice_str(member->node);
	authority_invite_t invite = { .node = node, .who = SLICE("test") };
	demand(!env_dir_make(s->env, member->place.keys_dir), member->place.keys_dir);
	must(membership_next(s->env, &member->place, node, &next, &detail), &detail);
	must(authority_invite(s->authority, &invite, code, &detail), &detail);
	enrol(s, code, &next);
	must(membership_take(s->env, &member->place, &next, &detail), &detail);
	membership_done(&next);
	demand(!journal_flush(s->journal), "flush");
}

void station_certify(env_t *env, const station_spec_t *parent, const station_member_t *members,
                     size_t count)
{
	station_t s = { .env = env };
	open_journal(&s, parent->dir);
	open_authority(&s, parent, NULL);
	for (size_t i = 0; i < count; i++)
		certify(&s, &members[i]);
	authority_close(s.authority);
	journal_close(s.journal);
	env_loop_free(s.commit);
}

/* ---- below */

static void on_opened(void *ctx, channel_t *channel)
{
	station_t *s = ctx;
	if (s->accepted)
		s->accepted(s->accepted_ctx, channel);
	parent_accept(s->parent, channel);
}

static slice_t key_of(void *ctx, slice_t node, size_t i)
{
	const authority_key_t *key = authority_key_of(((station_t *)ctx)->authority, node, i);
	return key ? slice_of(key->der, sizeof(key->der)) : (slice_t){ 0 };
}

static void open_below(station_t *s, const station_spec_t *spec)
{
	char view[PATH];
	err_detail_t detail;
	(void)snprintf(view, sizeof(view), "%s/inbox.view", spec->dir);
	open_authority(s, spec, s->loop);
	inbox_spec_t inbox = {
		.loop = s->loop, .journal = s->journal, .view = view, .save_every = spec->save_every
	};
	must(inbox_open(&inbox, &s->inbox, &detail), &detail);
	parent_spec_t parent = { .loop = s->loop,
		                 .inbox = s->inbox,
		                 .events = s->journal,
		                 .node = slice_str(spec->node),
		                 .key_of = key_of,
		                 .key_ctx = s };
	demand(!parent_new(&parent, &s->parent), "parent");
	tls_door_spec_t door = { .loop = s->loop,
		                 .addrs = spec->door,
		                 .addr_count = spec->door_count,
		                 .authority = s->authority,
		                 .connections_max = spec->connections_max ? spec->connections_max
		                                                          : CONNECTIONS,
		                 .opened = on_opened,
		                 .ctx = s };
	demand(!tls_door_open(&door, &s->door), "door");
}

/* ---- above */

static const env_pkey_t *own_key(void *ctx, slice_t parent)
{
	(void)parent;
	return ((station_t *)ctx)->membership.key;
}

static void open_above(station_t *s, const station_spec_t *spec)
{
	char keys[PATH];
	err_detail_t detail;
	membership_place_t place = { keys, STATION_ABOVE };
	(void)snprintf(keys, sizeof(keys), "%s/keys", spec->dir);
	must(membership_load(s->env, &place, &s->membership, &detail), &detail);
	outbox_spec_t outbox = { s->loop, s->journal, slice_str(spec->node), own_key, s };
	must(outbox_open(&outbox, &s->outbox, &detail), &detail);
	demand(!tls_dialer_new(s->loop, &s->membership, &s->dialer), "dialer");
	child_spec_t child = { .loop = s->loop,
		               .outbox = s->outbox,
		               .events = s->journal,
		               .parent = slice_str(spec->parent),
		               .addr_count = spec->addr_count,
		               .dialer = tls_dialer_seam(s->dialer) };
	memcpy(child.addrs, spec->addrs, sizeof(spec->addrs));
	demand(!child_new(&child, &s->child), "child");
}

void station_open(env_t *env, const station_spec_t *spec, station_t *ret_station)
{
	station_t *s = ret_station;
	*s = (station_t){ .env = env };
	demand(!env_loop_new(env, "tree", ENV_LOOP_FILES, &s->loop), "loop");
	open_journal(s, spec->dir);
	if (spec->door_count)
		open_below(s, spec);
	if (spec->parent)
		open_above(s, spec);
}

void station_run(station_t *station)
{
	demand(!env_loop_start(station->loop) && !env_loop_start(station->commit), "loops");
	demand(!env_run(station->env), "run");
	env_loop_stop(station->loop);
	env_loop_stop(station->commit);
	exit(0);
}
