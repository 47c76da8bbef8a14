/* SPDX-License-Identifier: Apache-2.0 */
/* The adapter to OpenSSL's TLS for streams of either world.
 *
 * OpenSSL reads and writes through a BIO of our own: it reads from the bytes that env/tcp.h
 * is showing at the moment, and writes into its output, so that nothing is kept twice and an
 * idle connection keeps nothing at all.
 *
 * Owners may close from inside any of their callbacks; so a callback runs with `busy` set, and
 * the wish is carried out when OpenSSL has been left (settle). What a call leaves in the
 * thread's queue of errors is taken out again. */
#include "env/tls.h"

#include <stdlib.h>

#include "env/crypto.h"
#include "env/tls_impl.h"

enum {
	PLAIN_STEP = 16 * 1024, /* of a record (RFC 8446 5.1) */
	INPUT_MAX = 256 * 1024,
	OUTPUT_MAX = 1024 * 1024,
	TCP_INPUT_MAX = 32 * 1024,    /* nothing is left there, so this is the size of a read */
	TCP_OUTPUT_SLACK = 64 * 1024, /* handshakes, alerts, new keys */
	TCP_OUTPUT_PART = 128,        /* of what is sent, records take no more than this part */
};

struct env_tls_listener {
	env_loop_t *loop;
	env_listener_t *tcp;
	env_tls_listen_spec_t spec;
	tls_context_t *context;
	env_tls_t *first, *last; /* handshakes, oldest first */
	env_tls_stats_t stats;
};

/* Ends of life. */

static void queue_leave(env_tls_t *tls)
{
	env_tls_listener_t *listener = tls->listener;
	if (!listener)
		return;
	*(tls->before ? &tls->before->after : &listener->first) = tls->after;
	*(tls->after ? &tls->after->before : &listener->last) = tls->before;
	listener->stats.handshaking--;
	tls->listener = NULL;
}

static void tls_free(env_tls_t *tls)
{
	if (!tls)
		return;
	queue_leave(tls);
	env_timer_free(tls->timer);
	SSL_free(tls->ssl);
	tls_context_leave(tls->context);
	if (tls->plain)
		env_wipe(tls->plain, tls->plain_cap);
	free(tls->plain);
	OPENSSL_free(tls->certificate);
	free(tls);
	ERR_clear_error();
}

/* Carries out what the owner wished; false when the connection is no more. */
static bool settle(env_tls_t *tls)
{
	tls->is_busy = false;
	if (tls->wish == TLS_WISH_NONE)
		return true;
	env_tcp_t *tcp = tls->tcp;
	if (tcp && tls->wish == TLS_WISH_CLOSE) {
		/* A goodbye to who has not failed us. */
		if (SSL_is_init_finished(tls->ssl) && !tls->broken)
			(void)SSL_shutdown(tls->ssl);
		env_tcp_close(tcp);
	} else if (tcp) {
		env_tcp_reset(tcp);
	}
	tls->tcp = NULL;
	tls_free(tls);
	return false;
}

static void count_end(const env_tls_t *tls, err_t why)
{
	env_tls_stats_t *stats = tls->listener ? &tls->listener->stats : NULL;
	if (!stats)
		return;
	uint64_t *counts[] = { [ERR_DENIED] = &stats->denied,
		               [ERR_TIMEOUT] = &stats->slow,
		               [ERR_LIMIT] = &stats->displaced };
	bool is_known = (size_t)why < sizeof(counts) / sizeof(*counts) && counts[why];
	++*(is_known ? counts[why] : &stats->failed);
}

/* Tells the owner, unless he left already. The caller settles. */
static void end(env_tls_t *tls, err_t why)
{
	if (tls->state == TLS_ENDED || tls->wish != TLS_WISH_NONE)
		return;
	count_end(tls, why);
	queue_leave(tls);
	tls->state = TLS_ENDED;
	if (why)
		tls->broken = why; /* no goodbye: OpenSSL has sent its alert, or cannot */
	tls->spec.events->closed(tls->spec.ctx, tls, why);
	tls->wish = TLS_WISH_CLOSE;
}

/* The handshake. */

static bool peer_take(env_tls_t *tls)
{
	X509 *certificate = SSL_get0_peer_certificate(tls->ssl);
	int len = certificate ? i2d_X509(certificate, &tls->certificate) : 0;
	tls->certificate_len = len > 0 ? (size_t)len : 0;
	return len >= 0;
}

static void shake(env_tls_t *tls)
{
	int done = SSL_do_handshake(tls->ssl);
	if (done != 1) {
		if (SSL_get_error(tls->ssl, done) != SSL_ERROR_WANT_READ)
			end(tls, tls_reason(tls));
		return;
	}
	if (!peer_take(tls)) {
		end(tls, ERR_PROTOCOL);
		return;
	}
	if (tls->listener)
		tls->listener->stats.done++;
	queue_leave(tls);
	env_timer_clear(tls->timer);
	tls->state = TLS_OPEN;
	tls->spec.events->opened(tls->spec.ctx, tls);
}

static void on_timer(void *ctx)
{
	env_tls_t *tls = ctx;
	tls->is_busy = true;
	end(tls, tls->broken ? tls->broken : ERR_TIMEOUT);
	(void)settle(tls);
}

/* Input. */

static bool is_reading(const env_tls_t *tls)
{
	return tls->state == TLS_OPEN && tls->wish == TLS_WISH_NONE;
}

/* Room for a record, or as much of it as may still be kept. */
static uint8_t *plain_room(env_tls_t *tls, size_t *ret_room)
{
	size_t max = tls->spec.input_max, cap = tls->plain_cap ? tls->plain_cap : PLAIN_STEP;
	while (cap < max && cap - tls->plain_len < PLAIN_STEP)
		cap *= 2;
	cap = cap < max ? cap : max;
	uint8_t *plain = cap > tls->plain_cap ? realloc(tls->plain, cap) : tls->plain;
	if (!plain)
		return NULL;
	tls->plain = plain;
	tls->plain_cap = cap;
	*ret_room = cap - tls->plain_len;
	return &plain[tls->plain_len];
}

static void deliver(env_tls_t *tls)
{
	size_t used = 0, at = 0;
	do {
		slice_t left = slice_from(slice_of(tls->plain, tls->plain_len), at);
		used = tls->spec.events->data(tls->spec.ctx, tls, left);
		at += used;
	} while (used > 0 && at < tls->plain_len && is_reading(tls));
	tls->plain_len -= at;
	if (at > 0 && tls->plain_len > 0)
		memmove(tls->plain, &tls->plain[at], tls->plain_len);
	if (tls->plain_len == tls->spec.input_max)
		end(tls, ERR_TOO_BIG);
}

/* False when no more is to be read for now. */
static bool read_some(env_tls_t *tls)
{
	size_t room = 0, got = 0;
	uint8_t *to = plain_room(tls, &room);
	if (!to) {
		end(tls, ERR_NO_MEMORY);
		return false;
	}
	int done = SSL_read_ex(tls->ssl, to, room, &got);
	if (done == 1) {
		tls->plain_len += got;
		deliver(tls);
		return true;
	}
	int error = SSL_get_error(tls->ssl, done);
	if (error == SSL_ERROR_ZERO_RETURN)
		end(tls, ERR_OK);
	else if (error != SSL_ERROR_WANT_READ)
		end(tls, tls_reason(tls));
	return false;
}

static void drop_plain(env_tls_t *tls)
{
	free(tls->plain);
	tls->plain = NULL;
	tls->plain_cap = 0;
}

/* All that can be done with what has come. */
static void pump(env_tls_t *tls)
{
	tls->is_busy = true;
	if (tls->state == TLS_SHAKING)
		shake(tls);
	while (is_reading(tls) && read_some(tls))
		;
	if (tls->plain_len == 0)
		drop_plain(tls);
}

static void on_tcp_opened(void *ctx, env_tcp_t *tcp)
{
	(void)tcp;
	pump(ctx);
	(void)settle(ctx);
}

static size_t on_tcp_data(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	env_tls_t *tls = ctx;
	(void)tcp;
	tls->cipher = bytes;
	pump(tls);
	size_t used = bytes.len - tls->cipher.len;
	tls->cipher = (slice_t){ 0 };
	(void)settle(tls);
	return used;
}

static void on_tcp_drained(void *ctx, env_tcp_t *tcp)
{
	env_tls_t *tls = ctx;
	(void)tcp;
	if (!is_reading(tls) || !tls->waits)
		return;
	tls->waits = false;
	if (!tls->spec.events->drained)
		return;
	tls->is_busy = true;
	tls->spec.events->drained(tls->spec.ctx, tls);
	(void)settle(tls);
}

static void on_tcp_closed(void *ctx, env_tcp_t *tcp, err_t why)
{
	env_tls_t *tls = ctx;
	(void)tcp;
	tls->tcp = NULL;
	tls->is_busy = true;
	end(tls, why ? why : ERR_NETWORK);
	(void)settle(tls);
}

static const env_tcp_events_t tcp_events = { on_tcp_opened, on_tcp_data, on_tcp_drained,
	                                     on_tcp_closed };

/* Making. */

static env_tcp_spec_t tcp_spec(env_tls_t *tls)
{
	size_t output_max = tls->spec.output_max;
	return (env_tcp_spec_t){ .events = &tcp_events,
		                 .ctx = tls,
		                 .input_max = TCP_INPUT_MAX,
		                 .output_max = output_max + output_max / TCP_OUTPUT_PART +
		                               TCP_OUTPUT_SLACK };
}

static void set_spec(env_tls_t *tls, const env_tls_spec_t *spec)
{
	tls->spec = *spec;
	if (!spec->input_max)
		tls->spec.input_max = INPUT_MAX;
	if (!spec->output_max)
		tls->spec.output_max = OUTPUT_MAX;
	if (!spec->key_records)
		tls->spec.key_records = ENV_TLS_KEY_RECORDS;
}

static err_t tls_new(env_loop_t *loop, tls_context_t *context, bool is_server, env_tls_t **ret_tls)
{
	env_tls_t *tls = calloc(1, sizeof(*tls));
	if (!tls)
		return ERR_NO_MEMORY;
	context->users++;
	tls->context = context;
	tls->is_server = is_server;
	err_t err = tls_context_ssl(context, tls);
	if (!err)
		err = env_timer_new(loop, on_timer, tls, &tls->timer);
	if (err) {
		tls_free(tls);
		return err;
	}
	env_timer_set(tls->timer, ENV_TLS_HANDSHAKE_NS);
	*ret_tls = tls;
	return ERR_OK;
}

err_t env_tls_dial(env_loop_t *loop, const env_tls_dial_t *dial, const env_tls_spec_t *spec,
                   env_tls_t **ret_tls)
{
	tls_context_t *context = NULL;
	env_tls_t *tls = NULL;
	err_t err = tls_context_new(&dial->identity, false, &context);
	if (err)
		return err;
	err = tls_new(loop, context, false, &tls);
	tls_context_leave(context);
	if (err)
		return err;
	set_spec(tls, spec);
	tls->peer = dial->remote;
	tls->alpn = slice_str(dial->identity.alpn);
	env_tcp_spec_t tcp = tcp_spec(tls);
	err = env_tcp_dial(loop, dial->local, dial->remote, &tcp, &tls->tcp);
	if (err)
		tls_free(tls);
	else
		*ret_tls = tls;
	return err;
}

static void queue_join(env_tls_listener_t *listener, env_tls_t *tls)
{
	env_tls_t *oldest = listener->first;
	tls->listener = listener;
	tls->before = listener->last;
	*(listener->last ? &listener->last->after : &listener->first) = tls;
	listener->last = tls;
	listener->stats.handshaking++;
	if (!oldest || listener->stats.handshaking <= listener->spec.handshakes_max)
		return;
	oldest->is_busy = true;
	end(oldest, ERR_LIMIT);
	(void)settle(oldest);
}

static bool on_accept(void *ctx, env_tcp_t *tcp, addr_t peer, env_tcp_spec_t *ret_spec)
{
	env_tls_listener_t *listener = ctx;
	const env_tls_judge_t *judge = &listener->context->judge;
	env_tls_spec_t spec = { 0 };
	env_tls_t *tls = NULL;
	if (tls_new(listener->loop, listener->context, true, &tls) != ERR_OK)
		return false;
	tls->peer = peer;
	tls->is_busy = true;
	bool is_taken = listener->spec.accept(listener->spec.ctx, tls, peer, &spec);
	if (!is_taken || tls->wish != TLS_WISH_NONE) {
		tls_free(tls);
		return false;
	}
	tls->is_busy = false;
	bool is_free = judge->judge(judge->ctx, NULL, 0) == ENV_TRUST_GOOD;
	SSL_set_verify(tls->ssl, SSL_VERIFY_PEER | (is_free ? 0 : SSL_VERIFY_FAIL_IF_NO_PEER_CERT),
	               NULL);
	tls->tcp = tcp;
	set_spec(tls, &spec);
	*ret_spec = tcp_spec(tls);
	queue_join(listener, tls);
	return true;
}

err_t env_tls_listen(env_loop_t *loop, addr_t addr, const env_tls_listen_spec_t *spec,
                     env_tls_listener_t **ret_listener)
{
	env_tls_listener_t *listener = calloc(1, sizeof(*listener));
	if (!listener)
		return ERR_NO_MEMORY;
	listener->loop = loop;
	listener->spec = *spec;
	if (!spec->handshakes_max)
		listener->spec.handshakes_max = ENV_TLS_HANDSHAKES;
	env_listen_spec_t tcp = { .accept = on_accept,
		                  .ctx = listener,
		                  .connections_max = spec->connections_max };
	err_t err = tls_context_new(&spec->identity, true, &listener->context);
	if (!err)
		err = env_tcp_listen(loop, addr, &tcp, &listener->tcp);
	if (err)
		env_tls_listener_close(listener);
	else
		*ret_listener = listener;
	return err;
}

addr_t env_tls_listener_addr(const env_tls_listener_t *listener)
{
	return env_listener_addr(listener->tcp);
}

err_t env_tls_listener_renew(env_tls_listener_t *listener, const env_tls_identity_t *identity)
{
	tls_context_t *context = NULL;
	err_t err = tls_context_new(identity, true, &context);
	if (err)
		return err;
	tls_context_leave(listener->context);
	listener->context = context;
	return ERR_OK;
}

void env_tls_listener_close(env_tls_listener_t *listener)
{
	if (!listener)
		return;
	while (listener->first)
		queue_leave(listener->first);
	if (listener->tcp)
		env_listener_close(listener->tcp);
	tls_context_leave(listener->context);
	free(listener);
}

env_tls_stats_t env_tls_listener_stats(const env_tls_listener_t *listener)
{
	return listener->stats;
}

/* Output. */

/* What was promised to go out cannot; the owner is told from the loop. */
static err_t write_broke(env_tls_t *tls)
{
	ERR_clear_error();
	if (!tls->broken)
		tls->broken = ERR_PROTOCOL;
	env_timer_set(tls->timer, 0);
	return tls->broken;
}

err_t env_tls_write(env_tls_t *tls, slice_t bytes)
{
	size_t put = 0;
	if (tls->state == TLS_SHAKING)
		return ERR_BUSY;
	if (!is_reading(tls) || tls->broken || !tls->tcp)
		return ERR_NETWORK;
	size_t unsent = env_tcp_unsent(tls->tcp);
	if (unsent > tls->spec.output_max || bytes.len > tls->spec.output_max - unsent) {
		tls->waits = unsent > 0;
		return ERR_LIMIT;
	}
	if (bytes.len == 0)
		return ERR_OK;
	tls->records += (uint32_t)(bytes.len / PLAIN_STEP) + 1;
	if (tls->records > tls->spec.key_records) {
		tls->records = 0;
		if (SSL_key_update(tls->ssl, SSL_KEY_UPDATE_NOT_REQUESTED) != 1)
			return write_broke(tls);
	}
	if (SSL_write_ex(tls->ssl, bytes.ptr, bytes.len, &put) != 1)
		return write_broke(tls);
	tls->waits |= env_tcp_unsent(tls->tcp) > 0;
	return ERR_OK;
}

size_t env_tls_unsent(const env_tls_t *tls)
{
	return tls->tcp ? env_tcp_unsent(tls->tcp) : 0;
}

/* What it is, and leaving it. */

addr_t env_tls_peer(const env_tls_t *tls)
{
	return tls->peer;
}

slice_t env_tls_alpn(const env_tls_t *tls)
{
	return tls->alpn;
}

slice_t env_tls_peer_certificate(const env_tls_t *tls)
{
	return slice_of(tls->certificate, tls->certificate_len);
}

env_trust_t env_tls_trust(const env_tls_t *tls)
{
	return tls->trust;
}

bool env_tls_is_refused_by_peer(const env_tls_t *tls)
{
	return tls->is_refused_by_peer;
}

static void leave(env_tls_t *tls, tls_wish_t wish)
{
	if (!tls || tls->state == TLS_ENDED)
		return;
	if (tls->wish == TLS_WISH_NONE)
		tls->wish = wish;
	if (!tls->is_busy)
		(void)settle(tls);
}

void env_tls_close(env_tls_t *tls)
{
	leave(tls, TLS_WISH_CLOSE);
}

void env_tls_reset(env_tls_t *tls)
{
	leave(tls, TLS_WISH_RESET);
}
