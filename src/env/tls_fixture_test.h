/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_TLS_FIXTURE_TEST_H
#define ENV_TLS_FIXTURE_TEST_H
/* A client and a server of TLS that count what comes to them, in either world and either
 * family of addresses. */
#include "env/certify_fixture_test.h"

#include <stdio.h>

#include "env/posix/posix.h"
#include "env/tls.h"
#include "env/twin/twin.h"

enum { END_COUNT = 2, CLIENT = 0, SERVER = 1, BIG = 3 << 20, CROWD = 5 };
#define PATIENCE_NS (60 * NS_PER_S)

typedef struct {
	const char *name;
	bool is_twin;
	int family;
} place_t;

static const place_t places[] = { { "twin, IPv4", true, 4 },
	                          { "twin, IPv6", true, 6 },
	                          { "real, IPv4", false, 4 },
	                          { "real, IPv6", false, 6 } };

typedef struct net net_t;

typedef struct {
	net_t *net;
	env_tls_t *tls;           /* NULL after the end */
	env_trust_t says;         /* its judge of who shows a certificate, */
	env_trust_t says_without; /* and of who shows none */
	size_t judged;
	size_t opened, drained, closed;
	err_t why;
	env_trust_t trust;
	bool by_peer;
	size_t got, keep; /* keep: unread bytes */
	uint64_t sum;     /* of what it got, by place */
	size_t to_send, sent;
	void (*on_open)(net_t *net);
} end_t;

struct net {
	twin_t *twin;
	env_t *env;
	env_timer_t *watchdog;
	bool is_late;
	int family;
	party_t root, parties[END_COUNT];
	env_tls_listener_t *listener;
	end_t ends[END_COUNT];
	end_t idle; /* the server's end of whoever is not in earnest */
	bool is_crowd;
	bool (*is_done)(const net_t *net);
	size_t input_max, output_max;
	uint32_t key_records;
	bool refuses_all;
	/* A peer that speaks no TLS. */
	env_tcp_t *raw;
	slice_t raw_bytes;
	bool raw_opened, raw_closed;
};

/* What either end sends: the place decides the byte. */
static inline uint8_t byte_at(size_t at)
{
	return (uint8_t)(at * 131 >> 3);
}

static inline void look(net_t *net)
{
	if (net->is_done && net->is_done(net))
		env_stop(net->env);
}

static inline void bark(void *ctx)
{
	net_t *net = ctx;
	net->is_late = true;
	env_stop(net->env);
}

static inline void run_until(net_t *net, bool (*is_done)(const net_t *net))
{
	net->is_done = is_done;
	env_timer_set(net->watchdog, PATIENCE_NS);
	if (is_done(net))
		return;
	if (net->twin)
		twin_run_for(net->twin, 2 * PATIENCE_NS);
	else
		OK(env_run(net->env));
	env_timer_clear(net->watchdog);
	assert_false(net->is_late);
	assert_true(is_done(net));
}

/* Ends. */

static inline void send_more(end_t *end)
{
	uint8_t bytes[40000];
	while (end->tls && end->sent < end->to_send) {
		size_t len = end->to_send - end->sent;
		len = len < sizeof(bytes) ? len : sizeof(bytes);
		for (size_t i = 0; i < len; i++)
			bytes[i] = byte_at(end->sent + i);
		err_t err = env_tls_write(end->tls, slice_of(bytes, len));
		if (err == ERR_LIMIT)
			return;
		OK(err);
		end->sent += len;
	}
}

static inline void on_opened(void *ctx, env_tls_t *tls)
{
	end_t *end = ctx;
	assert_ptr_equal(tls, end->tls);
	assert_int_equal(end->closed, 0);
	end->opened++;
	if (end->on_open)
		end->on_open(end->net);
	send_more(end);
	look(end->net);
}

static inline size_t on_data(void *ctx, env_tls_t *tls, slice_t bytes)
{
	end_t *end = ctx;
	assert_ptr_equal(tls, end->tls);
	assert_true(end->opened);
	if (bytes.len <= end->keep)
		return 0;
	/* Never all at once, so that what is left is shown again. */
	size_t used = bytes.len - end->keep;
	used = used > 1000 ? 1000 + used / 2 : used;
	for (size_t i = 0; i < used; i++)
		if (bytes.ptr[i] == byte_at(end->got + i))
			end->sum++;
	end->got += used;
	look(end->net);
	return used;
}

static inline void on_drained(void *ctx, env_tls_t *tls)
{
	end_t *end = ctx;
	assert_int_equal(env_tls_unsent(tls), 0);
	end->drained++;
	send_more(end);
}

static inline void on_closed(void *ctx, env_tls_t *tls, err_t why)
{
	end_t *end = ctx;
	end->tls = NULL;
	end->closed++;
	end->why = why;
	end->trust = env_tls_trust(tls);
	end->by_peer = env_tls_is_refused_by_peer(tls);
	look(end->net);
}

static const env_tls_events_t events = { on_opened, on_data, on_drained, on_closed };

static inline env_trust_t judge(void *ctx, const slice_t *chain, size_t count)
{
	end_t *end = ctx;
	if (count == 0)
		return end->says_without;
	end->judged++;
	const party_t *other = &end->net->parties[end == &end->net->ends[CLIENT]];
	assert_int_equal(count, 2);
	assert_true(slice_eq(chain[0], party_der(other)));
	assert_true(slice_eq(chain[1], party_der(&end->net->root)));
	return end->says;
}

static inline env_tls_spec_t spec_of(end_t *end)
{
	return (env_tls_spec_t){ .events = &events,
		                 .ctx = end,
		                 .input_max = end->net->input_max,
		                 .output_max = end->net->output_max,
		                 .key_records = end->net->key_records };
}

static inline env_tls_identity_t identity_of(net_t *net, int who, const char *alpn)
{
	return (env_tls_identity_t){ .alpn = alpn,
		                     .certificate_pem = writer_done(&net->parties[who].pem_w),
		                     .key = net->parties[who].key,
		                     .judge = { &net->ends[who], judge } };
}

static inline bool on_accept(void *ctx, env_tls_t *tls, addr_t peer, env_tls_spec_t *ret_spec)
{
	net_t *net = ctx;
	assert_true(addr_eq(peer, env_tls_peer(tls)));
	if (net->refuses_all)
		return false;
	end_t *end = net->is_crowd ? &net->idle : &net->ends[SERVER];
	end->tls = tls;
	*ret_spec = spec_of(end);
	return true;
}

static inline addr_t place_of(const net_t *net)
{
	addr_t addr = { ip_v4(127, 0, 0, 1), 0 };
	if (net->family == 6)
		addr.ip = (ip_t){ .family = 6, .bytes = { [15] = 1 } };
	return addr;
}

static inline void dial(net_t *net, env_tls_identity_t identity)
{
	env_tls_spec_t spec = spec_of(&net->ends[CLIENT]);
	env_tls_dial_t to = { .remote = env_tls_listener_addr(net->listener),
		              .identity = identity };
	OK(env_tls_dial(env_control_loop(net->env), &to, &spec, &net->ends[CLIENT].tls));
}

static inline void dial_as_usual(net_t *net)
{
	dial(net, identity_of(net, CLIENT, "test/1"));
}

static inline bool both_are_open(const net_t *net)
{
	return net->ends[CLIENT].opened && net->ends[SERVER].opened;
}

static inline bool both_are_closed(const net_t *net)
{
	return net->ends[CLIENT].closed && net->ends[SERVER].closed;
}

static inline bool server_is_closed(const net_t *net)
{
	return net->ends[SERVER].closed;
}

static inline bool client_is_closed(const net_t *net)
{
	return net->ends[CLIENT].closed;
}

static inline void connect_both(net_t *net)
{
	dial_as_usual(net);
	run_until(net, both_are_open);
}

static inline env_tls_stats_t stats_of(const net_t *net)
{
	return env_tls_listener_stats(net->listener);
}

/* Worlds. */

static inline void parties_make(net_t *net)
{
	party_make(&net->root, NULL,
	           (env_certify_spec_t){ .purpose = ENV_CERTIFY_ROOT, .name = SLICE("99.1") });
	party_make(&net->parties[CLIENT], &net->root,
	           (env_certify_spec_t){ .purpose = ENV_CERTIFY_CLIENT, .name = SLICE("99.1.1") });
	party_make(&net->parties[SERVER], &net->root,
	           (env_certify_spec_t){ .purpose = ENV_CERTIFY_SERVER, .name = SLICE("99.1") });
}

static inline net_t *net_new(const place_t *place)
{
	net_t *net = test_calloc(1, sizeof(*net));
	net->family = place->family;
	if (place->is_twin) {
		OK(twin_new(&(twin_spec_t){ .seed = 5 }, &net->twin));
		OK(twin_host_open(net->twin, "a", &net->env));
	} else {
		posix_spec_t spec = { .program = "/proc/self/exe" };
		OK(posix_env_open(&spec, &net->env));
	}
	net->idle = (end_t){ .net = net };
	for (int i = 0; i < END_COUNT; i++)
		net->ends[i] = (end_t){ .net = net, .says_without = ENV_TRUST_MISSING };
	parties_make(net);
	env_loop_t *loop = env_control_loop(net->env);
	OK(env_timer_new(loop, bark, net, &net->watchdog));
	env_tls_listen_spec_t listen = { .accept = on_accept,
		                         .ctx = net,
		                         .connections_max = 100,
		                         .handshakes_max = CROWD,
		                         .identity = identity_of(net, SERVER, "test/0 test/1") };
	OK(env_tls_listen(loop, place_of(net), &listen, &net->listener));
	return net;
}

static inline void net_free(net_t *net)
{
	for (int i = 0; i < END_COUNT; i++)
		env_tls_reset(net->ends[i].tls);
	env_tls_listener_close(net->listener);
	env_timer_free(net->watchdog);
	if (net->twin)
		twin_free(net->twin);
	else
		posix_env_close(net->env);
	for (int i = 0; i < END_COUNT; i++)
		party_done(&net->parties[i]);
	party_done(&net->root);
	test_free(net);
}

static inline void everywhere(void (*fn)(net_t *net))
{
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		net_t *net = net_new(&places[i]);
		fn(net);
		net_free(net);
	}
}
#endif
