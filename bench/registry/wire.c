/* SPDX-License-Identifier: Apache-2.0 */
/* Creates over the Handle wire, each durable before its answer. One thread, a closed
 * loop: a connection asks again when it is answered. Each connection has a loopback
 * address of its own, as clients have, so that none meets another's budget.
 *
 *     registry_wire PORT KEY FIRST CONNECTIONS SECONDS challenge|login
 *
 * challenge: every create proves its key (RSA) anew. login: a connection proves it
 * once and is then believed. KEY is the PEM file of 300:0.NA/99.100.1. Names begin
 * at 99.100.1/W<FIRST>. Prints rows as `load` does. */
#include "bench.h"
#include "records.h"

#include <sys/epoll.h>

#include "codec/handle/handle.h"
#include "env/pkey.h"
#include "env/posix/posix.h"

enum { LINKS = 256, BYTES = 8192 };

static const char USER[] = "0.NA/99.100.1";

typedef struct {
	int fd;
	bool is_in; /* has logged in */
	uint32_t request;
	int64_t asked_ns;
	uint8_t in[BYTES];
	size_t in_len;
} link_t;

typedef struct {
	env_pkey_t *key;
	bool logs_in;
	int64_t until_ns;
	unsigned long next_name, done, wrong;
	unsigned open;
	uint32_t *took_us;
	size_t took_cap;
} bench_t;

static void send_message(link_t *k, uint32_t operation, uint32_t session, slice_t body)
{
	uint8_t room[BYTES];
	writer_t w = writer_of(room, sizeof(room));
	handle_version_t version = { 2, 11 };
	handle_envelope_t envelope = { .version = version,
		                       .suggested = version,
		                       .session_id = session,
		                       .request_id = ++k->request };
	handle_header_t header = { .operation = operation,
		                   .flags = HANDLE_FLAGS_DEFAULT,
		                   .site_serial = 1,
		                   .expires_s = UINT32_MAX };
	handle_mark_t mark = handle_message_begin(&envelope, &header, &w);
	wr_bytes(&w, body);
	handle_message_end(mark, (slice_t){ 0 }, &w);
	demand(!w.bad && write(k->fd, w.buf, w.len) == (ssize_t)w.len, "send");
}

static void create(bench_t *b, link_t *k)
{
	uint8_t values[512], body[1024], data[128];
	char name[64], url[96];
	writer_t v = writer_of(values, sizeof(values)), w = writer_of(body, sizeof(body));
	writer_t d = writer_of(data, sizeof(data));
	(void)snprintf(name, sizeof(name), "99.100.1/W%09lu", b->next_name);
	(void)snprintf(url, sizeof(url), "https://example.com/w/%lu", b->next_name++);
	handle_admin_encode(
		&(handle_admin_t){ .rights = 0x0FFF, .admin = { slice_str(USER), 300 } }, &d);
	value_add(&v, 1, SLICE("URL"), slice_str(url));
	value_add(&v, 100, SLICE("HS_ADMIN"), writer_done(&d));
	handle_record_encode(&(handle_record_t){ slice_str(name), { 2, writer_done(&v) } }, &w);
	demand(!w.bad, "record");
	k->asked_ns = now_ns();
	send_message(k, HANDLE_OP_CREATE, 0, writer_done(&w));
}

static void log_in(link_t *k)
{
	uint8_t body[64];
	writer_t w = writer_of(body, sizeof(body));
	handle_reference_encode(&(handle_reference_t){ slice_str(USER), 300 }, &w);
	send_message(k, HANDLE_OP_LOGIN, 0, writer_done(&w));
}

/* Signs what the server wants signed. */
static void prove(const bench_t *b, link_t *k, uint32_t session, slice_t challenge)
{
	uint8_t made[ENV_PKEY_SIGNATURE_MAX], signed_bytes[1024], body[2048];
	writer_t made_w = writer_of(made, sizeof(made));
	writer_t signed_w = writer_of(signed_bytes, sizeof(signed_bytes));
	writer_t w = writer_of(body, sizeof(body));
	handle_challenge_t c;
	demand(handle_challenge_decode(challenge, &c) == CODEC_OK, "challenge");
	slice_t parts[] = { c.nonce, c.digest.bytes };
	env_signed_t what = { .hash = ENV_HASH_SHA256, .parts = parts, .count = 2 };
	demand(env_pkey_sign(b->key, &what, &made_w) == ERR_OK, "sign");
	handle_signature_encode(&(handle_signature_t){ SLICE("SHA-256"), writer_done(&made_w) },
	                        &signed_w);
	handle_answer_encode(&(handle_answer_t){ .auth_type = SLICE("HS_PUBKEY"),
	                                         .user = { slice_str(USER), 300 },
	                                         .answer = writer_done(&signed_w) },
	                     &w);
	demand(!w.bad, "answer");
	send_message(k, HANDLE_OP_CHALLENGE_ANSWER, session, writer_done(&w));
}

static void close_link(bench_t *b, link_t *k)
{
	(void)close(k->fd);
	k->fd = -1;
	b->open--;
}

static void count(bench_t *b, const link_t *k)
{
	int64_t us = (now_ns() - k->asked_ns) / 1000;
	if (b->done < b->took_cap)
		b->took_us[b->done] = (uint32_t)us;
	b->done++;
}

static void take_reply(bench_t *b, link_t *k, const handle_envelope_t *envelope, slice_t message)
{
	handle_message_t m;
	demand(handle_message_decode(message, &m) == CODEC_OK, "reply");
	if (m.header.response == HANDLE_RC_AUTH_NEEDED) {
		prove(b, k, envelope->session_id, m.body);
		return;
	}
	if (m.header.response != HANDLE_RC_OK)
		b->wrong++;
	if (b->logs_in && !k->is_in)
		k->is_in = true;
	else
		count(b, k);
	if (now_ns() < b->until_ns)
		create(b, k);
	else
		close_link(b, k);
}

static void on_readable(bench_t *b, link_t *k)
{
	ssize_t got = read(k->fd, &k->in[k->in_len], sizeof(k->in) - k->in_len);
	demand(got > 0, "the server closed");
	k->in_len += (size_t)got;
	handle_envelope_t envelope;
	slice_t message;
	if (handle_frame_next(slice_of(k->in, k->in_len), &envelope, &message) != CODEC_OK)
		return;
	k->in_len = 0; /* there is one answer to one question */
	take_reply(b, k, &envelope, message);
}

static int dial(unsigned port, unsigned number)
{
	struct sockaddr_in from = loopback(0), to = loopback(port);
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
	from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 256 + number);
	demand(fd >= 0 && bind(fd, (struct sockaddr *)&from, sizeof(from)) == 0 &&
	               connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
	               setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == 0,
	       "connect");
	return fd;
}

static void run(bench_t *b, unsigned port, unsigned links)
{
	link_t *all = calloc(links, sizeof(*all));
	struct epoll_event events[LINKS];
	int epoll = epoll_create1(0);
	demand(all && links <= LINKS && epoll >= 0, "links");
	for (b->open = 0; b->open < links; b->open++) {
		link_t *k = &all[b->open];
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = k };
		k->fd = dial(port, b->open);
		demand(epoll_ctl(epoll, EPOLL_CTL_ADD, k->fd, &event) == 0, "add");
		if (b->logs_in)
			log_in(k);
		else
			create(b, k);
	}
	while (b->open > 0) {
		int got = epoll_wait(epoll, events, LINKS, 10000);
		demand(got > 0, "no answer within 10 s");
		for (int i = 0; i < got; i++)
			on_readable(b, events[i].data.ptr);
	}
	(void)close(epoll);
	free(all);
}

static int by_size(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	return left < right ? -1 : left > right;
}

static void report(const bench_t *b, int64_t began)
{
	size_t n = b->done < b->took_cap ? b->done : b->took_cap;
	demand(n > 0, "nothing was created");
	qsort(b->took_us, n, sizeof(*b->took_us), by_size);
	(void)printf("requests %lu\nwrong %lu\nlost 0\nseconds %.3f\n", b->done, b->wrong,
	             (double)(now_ns() - began) / 1e9);
	(void)printf("p50_us %u\np99_us %u\nrequest_bytes 0\nreply_bytes 0\n", b->took_us[n / 2],
	             b->took_us[n - 1 - n / 100]);
}

int main(int argc, char **argv)
{
	bench_t b = { .took_cap = 4 << 20 };
	posix_spec_t spec = { .program = "/proc/self/exe" };
	env_t *env = NULL;
	demand(argc == 7, "registry_wire PORT KEY FIRST CONNECTIONS SECONDS challenge|login");
	demand(posix_env_open(&spec, &env) == ERR_OK &&
	               env_pkey_load(env, argv[2], &b.key) == ERR_OK,
	       argv[2]);
	b.took_us = calloc(b.took_cap, sizeof(*b.took_us));
	demand(b.took_us, "memory");
	b.next_name = number_of(argv[3]);
	b.logs_in = strcmp(argv[6], "login") == 0;
	int64_t began = now_ns();
	b.until_ns = began + (int64_t)number_of(argv[5]) * NS_PER_S;
	run(&b, (unsigned)number_of(argv[1]), (unsigned)number_of(argv[4]));
	report(&b, began);
	free(b.took_us);
	env_pkey_free(b.key);
	posix_env_close(env);
	return 0;
}
