/* SPDX-License-Identifier: Apache-2.0 */
/* The client of the bench; one thread, closed loop: a new question for each reply.
 *
 *     load udp PORT NAMES OUTSTANDING SECONDS
 *     load tcp PORT NAMES CONNECTIONS PIPELINED SECONDS
 *     load http PORT NAMES CONNECTIONS SECONDS
 *     load create PORT FIRST CONNECTIONS SECONDS TOKEN
 *
 * Asks for 99.100.1/P0 ... P(NAMES-1), uniformly at random, all names of one
 * length. Prints rows
 * `what value`: requests, wrong, seconds, p50_us, p99_us, request and reply bytes. */
#include "bench.h"

#include <sys/epoll.h>

enum { BATCH = 32, SLOTS = 1024, STREAM = 256 << 10, HISTOGRAM = 1 << 20, LINKS = 256 };

typedef struct {
	unsigned names, outstanding;
	int64_t until_ns;
	uint64_t chance, requests, wrong, lost;
	size_t request_bytes, reply_bytes;
	int64_t sent_ns[SLOTS];
	uint32_t *histogram; /* of microseconds */
} load_t;

static uint64_t draw(load_t *l)
{
	l->chance ^= l->chance << 13;
	l->chance ^= l->chance >> 7;
	l->chance ^= l->chance << 17;
	return l->chance;
}

static uint8_t *put_u32(uint8_t *at, uint32_t v)
{
	v = htonl(v);
	memcpy(at, &v, 4);
	return at + 4;
}

/* Envelope, header, body, no credential; the slot is the request's number. */
static size_t question(load_t *l, uint32_t slot, uint8_t *out)
{
	char name[64];
	uint32_t len = (uint32_t)snprintf(name, sizeof(name), "99.100.1/P%08u",
	                                  (unsigned)(draw(l) % l->names));
	uint32_t body = 4 + len + 8;
	static const uint8_t version[] = { 2, 11, 2, 11 };
	uint8_t *at = out;
	memcpy(at, version, 4);
	at = put_u32(at + 4, 0);
	at = put_u32(at, slot);
	at = put_u32(at, 0);
	at = put_u32(at, 24 + body + 4);
	at = put_u32(at, 1);
	at = put_u32(at, 0);
	at = put_u32(at, 0x19000000);
	at = put_u32(at, 0xFFFF0000);
	at = put_u32(at, 0);
	at = put_u32(at, body);
	at = put_u32(at, len);
	memcpy(at, name, len);
	at = put_u32(at + len, 0);
	at = put_u32(at, 0);
	at = put_u32(at, 0);
	l->sent_ns[slot] = now_ns();
	l->request_bytes = (size_t)(at - out);
	return l->request_bytes;
}

static void count(load_t *l, int64_t since_ns, int64_t now)
{
	int64_t us = (now - since_ns) / 1000;
	l->histogram[us < HISTOGRAM ? us : HISTOGRAM - 1]++;
	l->requests++;
}

static uint32_t get_u32(const uint8_t *at)
{
	uint32_t v;
	memcpy(&v, at, 4);
	return ntohl(v);
}

/* Right when the response code is 1, or when a peer sent the question's own bytes. */
static void judge(load_t *l, const uint8_t *reply, size_t len, int64_t now)
{
	uint32_t slot = get_u32(&reply[8]);
	if (slot >= l->outstanding || len < 32) {
		l->wrong++;
		return;
	}
	l->wrong += len > 48 && get_u32(&reply[24]) > 1;
	l->reply_bytes = len;
	count(l, l->sent_ns[slot], now);
}

typedef struct {
	struct mmsghdr head[BATCH];
	struct iovec part[BATCH];
	uint8_t bytes[BATCH][REPLY_MAX];
} batch_t;

static void batch_init(batch_t *b)
{
	for (size_t i = 0; i < BATCH; i++) {
		b->part[i] = (struct iovec){ b->bytes[i], REPLY_MAX };
		b->head[i].msg_hdr = (struct msghdr){ .msg_iov = &b->part[i], .msg_iovlen = 1 };
	}
}

static void udp(load_t *l, unsigned port)
{
	batch_t *in = calloc(2, sizeof(*in)), *out = &in[1];
	demand(in, "memory");
	int fd = connected(SOCK_DGRAM, port);
	struct timeval patience = { .tv_usec = 200000 };
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	batch_init(in);
	batch_init(out);
	unsigned flying = 0;
	for (uint32_t slot = 0; slot < l->outstanding; slot++, flying++) {
		uint8_t bytes[REQUEST_MAX];
		demand(send(fd, bytes, question(l, slot, bytes), 0) > 0, "send");
	}
	while (flying > 0) {
		int got = recvmmsg(fd, in->head, BATCH, MSG_WAITFORONE, NULL);
		int64_t now = now_ns();
		if (got <= 0) {
			l->lost += flying;
			break;
		}
		unsigned next = 0;
		for (int i = 0; i < got; i++) {
			judge(l, in->bytes[i], in->head[i].msg_len, now);
			if (now < l->until_ns) {
				out->part[next].iov_len = question(l, get_u32(&in->bytes[i][8]),
				                                   out->bytes[next]);
				next++;
			}
		}
		flying -= (unsigned)got - next;
		if (next)
			demand(sendmmsg(fd, out->head, next, 0) == (int)next, "sendmmsg");
	}
	free(in);
}

typedef struct {
	int fd;
	unsigned number, flying;
	size_t have;
	int64_t sent_ns;
	uint8_t in[STREAM];
} link_t;

typedef struct {
	unsigned pipelined;
	const char *token; /* of a creation */
	unsigned long next_name;
	/* Bytes of the reply at the front; 0 when it is not whole. */
	size_t (*whole)(const link_t *link);
	size_t (*ask)(load_t *l, link_t *link, uint8_t *out);
	void (*judge)(load_t *l, link_t *link, size_t len, int64_t now);
} talk_t;

static talk_t *talk_of(load_t *l);

typedef struct {
	load_t load;
	talk_t talk;
	unsigned turn[LINKS];
} run_t;

static talk_t *talk_of(load_t *l)
{
	return &((run_t *)(void *)l)->talk;
}

static size_t frame_whole(const link_t *k)
{
	if (k->have < ENVELOPE)
		return 0;
	size_t len = ENVELOPE + get_u32(&k->in[16]);
	return k->have >= len ? len : 0;
}

static size_t frame_ask(load_t *l, link_t *k, uint8_t *out)
{
	run_t *run = (run_t *)(void *)l;
	unsigned pipelined = talk_of(l)->pipelined;
	return question(l, k->number * pipelined + run->turn[k->number]++ % pipelined, out);
}

static void frame_judge(load_t *l, link_t *k, size_t len, int64_t now)
{
	judge(l, k->in, len, now);
}

static size_t http_whole(const link_t *k)
{
	static const char word[] = "\r\nContent-Length: ";
	const uint8_t *end = memmem(k->in, k->have, "\r\n\r\n", 4);
	const uint8_t *at = end ? memmem(k->in, k->have, word, sizeof(word) - 1) : NULL;
	if (!at)
		return 0;
	size_t len = (size_t)(end + 4 - k->in) +
	             strtoul((const char *)at + sizeof(word) - 1, NULL, 10);
	return k->have >= len ? len : 0;
}

static size_t http_ask(load_t *l, link_t *k, uint8_t *out)
{
	k->sent_ns = now_ns();
	int len = snprintf((char *)out, REPLY_MAX,
	                   "GET /api/handles/99.100.1/P%08u HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
	                   (unsigned)(draw(l) % l->names));
	l->request_bytes = (size_t)len;
	return (size_t)len;
}

static size_t create_ask(load_t *l, link_t *k, uint8_t *out)
{
	char body[REPLY_MAX / 2];
	talk_t *talk = talk_of(l);
	unsigned long i = talk->next_name++;
	k->sent_ns = now_ns();
	int body_len = snprintf(body, sizeof(body),
	                        "{\"values\":[{\"index\":1,\"type\":\"URL\",\"data\":{\"format\":"
	                        "\"string\",\"value\":\"http://plant.example/p/%lu\"}}]}",
	                        i);
	int len = snprintf((char *)out, REPLY_MAX,
	                   "PUT /api/handles/99.100.1/C%lu?overwrite=false HTTP/1.1\r\n"
	                   "Host: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
	                   "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
	                   i, talk->token, body_len, body);
	l->request_bytes = (size_t)len;
	return (size_t)len;
}

static void http_judge(load_t *l, link_t *k, size_t len, int64_t now)
{
	l->wrong += k->in[9] != '2';
	l->reply_bytes = len;
	count(l, k->sent_ns, now);
}

static void ask(load_t *l, link_t *k, unsigned times)
{
	uint8_t out[REPLY_MAX * 64];
	size_t len = 0;
	for (unsigned i = 0; i < times; i++, k->flying++)
		len += talk_of(l)->ask(l, k, &out[len]);
	if (len)
		demand(send(k->fd, out, len, 0) == (ssize_t)len, "send");
}

/* False when the stream is over. */
static bool take(load_t *l, link_t *k)
{
	talk_t *talk = talk_of(l);
	ssize_t got = recv(k->fd, &k->in[k->have], STREAM - k->have, 0);
	int64_t now = now_ns();
	unsigned times = 0;
	if (got <= 0)
		return false;
	k->have += (size_t)got;
	for (size_t len = talk->whole(k); len > 0; len = talk->whole(k)) {
		talk->judge(l, k, len, now);
		memmove(k->in, &k->in[len], k->have - len);
		k->have -= len;
		k->flying--;
		times++;
	}
	if (now < l->until_ns)
		ask(l, k, times);
	return k->flying > 0;
}

static void streams(load_t *l, unsigned port, unsigned links)
{
	link_t *all = calloc(links, sizeof(*all));
	struct epoll_event events[LINKS];
	int epoll = epoll_create1(0);
	unsigned open = links;
	demand(all && links <= LINKS && epoll >= 0, "links");
	for (unsigned i = 0; i < links; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = &all[i] };
		all[i].number = i;
		all[i].fd = connected(SOCK_STREAM, port);
		demand(epoll_ctl(epoll, EPOLL_CTL_ADD, all[i].fd, &event) == 0, "add");
		ask(l, &all[i], talk_of(l)->pipelined);
	}
	while (open > 0) {
		int got = epoll_wait(epoll, events, LINKS, 5000);
		demand(got > 0, "no answer within 5 s");
		for (int i = 0; i < got; i++) {
			link_t *k = events[i].data.ptr;
			if (take(l, k))
				continue;
			l->lost += k->flying;
			(void)close(k->fd);
			open--;
		}
	}
	free(all);
}

static unsigned percentile(const load_t *l, double share)
{
	uint64_t wanted = (uint64_t)((double)l->requests * share), seen = 0;
	unsigned us = 0;
	while (us < HISTOGRAM - 1 && (seen += l->histogram[us]) < wanted)
		us++;
	return us;
}

static void report(const load_t *l, int64_t began)
{
	(void)printf("requests %llu\nwrong %llu\nlost %llu\nseconds %.3f\n",
	             (unsigned long long)l->requests, (unsigned long long)l->wrong,
	             (unsigned long long)l->lost, (double)(now_ns() - began) / 1e9);
	(void)printf("p50_us %u\np99_us %u\nrequest_bytes %zu\nreply_bytes %zu\n",
	             percentile(l, 0.5), percentile(l, 0.99), l->request_bytes, l->reply_bytes);
}

int main(int argc, char **argv)
{
	run_t *run = calloc(1, sizeof(*run));
	load_t *l = &run->load;
	demand(run && argc >= 6, "load KIND PORT ...");
	bool is_udp = strcmp(argv[1], "udp") == 0, is_tcp = strcmp(argv[1], "tcp") == 0;
	unsigned port = (unsigned)number_of(argv[2]), links = (unsigned)number_of(argv[4]);
	int64_t began = now_ns();
	l->names = (unsigned)number_of(argv[3]);
	l->chance = (uint64_t)began | 1;
	l->histogram = calloc(HISTOGRAM, sizeof(*l->histogram));
	demand(l->histogram, "memory");
	run->talk = (talk_t){ 1, NULL, 0, http_whole, http_ask, http_judge };
	if (is_tcp)
		run->talk = (talk_t){
			(unsigned)number_of(argv[5]), NULL, 0, frame_whole, frame_ask, frame_judge
		};
	if (strcmp(argv[1], "create") == 0) {
		demand(argc == 7, "load create PORT FIRST CONNECTIONS SECONDS TOKEN");
		run->talk.token = argv[6];
		run->talk.next_name = l->names;
		run->talk.ask = create_ask;
	}
	l->outstanding = is_udp ? links : links * run->talk.pipelined;
	demand(l->outstanding <= SLOTS, "too many at once");
	l->until_ns = began + (int64_t)number_of(argv[is_tcp ? 6 : 5]) * 1000000000;
	if (is_udp)
		udp(l, port);
	else
		streams(l, port, links);
	report(l, began);
	free(l->histogram);
	free(run);
	return 0;
}
