/* SPDX-License-Identifier: Apache-2.0 */
/* What the node is held against: servers that do nothing but move the bytes.
 *
 *     peer udp REQUEST REPLY     recvmmsg, sendmmsg
 *     peer tcp REQUEST REPLY     epoll
 *     peer http REPLY            the HTTP library with a constant answer
 *     peer bare REPLY            a constant HTTP answer over epoll
 *
 * Sizes in bytes. The first 20 bytes of a reply are those of its request, so that a
 * client knows which it answers. Prints `port N`, runs until it is ended. */
#include "bench.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <sys/epoll.h>

enum { BATCH = 32, EVENTS = 64, CONNECTIONS = 4096, STREAM = 64 << 10 };

typedef struct {
	struct mmsghdr head[BATCH];
	struct iovec part[BATCH];
	struct sockaddr_storage peer[BATCH];
	uint8_t bytes[BATCH][REPLY_MAX];
} batch_t;

static void udp(size_t reply)
{
	batch_t *b = calloc(1, sizeof(*b));
	int fd = bound(SOCK_DGRAM), room = 4 << 20, epoll = epoll_create1(0);
	struct epoll_event event = { .events = EPOLLIN };
	demand(b && epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll");
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	for (;;) {
		if (epoll_wait(epoll, &event, 1, -1) < 0)
			continue;
		for (size_t i = 0; i < BATCH; i++) {
			b->part[i] = (struct iovec){ b->bytes[i], REPLY_MAX };
			b->head[i].msg_hdr = (struct msghdr){ .msg_name = &b->peer[i],
				                              .msg_namelen = sizeof(b->peer[i]),
				                              .msg_iov = &b->part[i],
				                              .msg_iovlen = 1 };
		}
		int got = recvmmsg(fd, b->head, BATCH, MSG_DONTWAIT, NULL);
		for (int i = 0; i < got; i++)
			b->part[i].iov_len = reply;
		if (got > 0)
			(void)!sendmmsg(fd, b->head, (unsigned)got, MSG_DONTWAIT);
	}
}

typedef struct {
	size_t have;
	uint8_t in[STREAM];
} stream_t;

/* Answers what is whole in the stream; returns the bytes of the answer. */
typedef size_t (*answer_t)(stream_t *stream, const uint8_t *constant, size_t request, size_t reply,
                           uint8_t out[STREAM]);

static size_t answer_frames(stream_t *s, const uint8_t *constant, size_t request, size_t reply,
                            uint8_t out[STREAM])
{
	size_t used = 0, made = 0;
	(void)constant;
	for (; s->have - used >= request && made + reply <= STREAM; used += request) {
		memcpy(&out[made], &s->in[used], ENVELOPE);
		/* The frame's length is the reply's. */
		uint32_t rest = htonl((uint32_t)(reply - ENVELOPE));
		memcpy(&out[made + 16], &rest, 4);
		made += reply;
	}
	memmove(s->in, &s->in[used], s->have - used);
	s->have -= used;
	return made;
}

static size_t answer_http(stream_t *s, const uint8_t *constant, size_t request, size_t reply,
                          uint8_t out[STREAM])
{
	(void)request;
	size_t made = 0;
	uint8_t *end;
	while (made + reply <= STREAM && (end = memmem(s->in, s->have, "\r\n\r\n", 4))) {
		size_t used = (size_t)(end + 4 - s->in);
		memcpy(&out[made], constant, reply);
		made += reply;
		memmove(s->in, &s->in[used], s->have - used);
		s->have -= used;
	}
	return made;
}

static void serve(answer_t answer, const uint8_t *constant, size_t request, size_t reply)
{
	stream_t **streams = calloc(CONNECTIONS, sizeof(stream_t *));
	uint8_t *out = malloc(STREAM);
	demand(streams && out, "memory");
	struct epoll_event events[EVENTS], event = { .events = EPOLLIN };
	int one = 1, listener = bound(SOCK_STREAM), epoll = epoll_create1(0);
	event.data.fd = listener;
	demand(listen(listener, 128) == 0 && epoll >= 0 &&
	               epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) == 0,
	       "listen");
	for (;;) {
		int count = epoll_wait(epoll, events, EVENTS, -1);
		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;
			if (fd == listener) {
				fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
				demand(fd >= 0 && fd < CONNECTIONS, "accept");
				(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
				streams[fd] = calloc(1, sizeof(stream_t));
				event.data.fd = fd;
				demand(streams[fd] &&
				               epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0,
				       "add");
				continue;
			}
			stream_t *s = streams[fd];
			ssize_t got = recv(fd, &s->in[s->have], STREAM - s->have, 0);
			if (got <= 0) {
				(void)close(fd);
				free(s);
				continue;
			}
			s->have += (size_t)got;
			size_t made = answer(s, constant, request, reply, out);
			if (made)
				(void)!send(fd, out, made, MSG_NOSIGNAL);
		}
	}
}

typedef struct {
	const char *body;
	size_t len;
} constant_t;

static void on_request(struct evhttp_request *request, void *ctx)
{
	const constant_t *constant = ctx;
	struct evbuffer *out = evbuffer_new();
	(void)evbuffer_add(out, constant->body, constant->len);
	(void)evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type",
	                        "application/json;charset=UTF-8");
	evhttp_send_reply(request, 200, "OK", out);
	evbuffer_free(out);
}

static void http(constant_t constant)
{
	int fd = bound(SOCK_STREAM);
	struct event_base *base = event_base_new();
	struct evhttp *server = evhttp_new(base);
	demand(listen(fd, 128) == 0 && evutil_make_socket_nonblocking(fd) == 0 &&
	               evhttp_accept_socket(server, fd) == 0,
	       "http");
	evhttp_set_gencb(server, on_request, &constant);
	(void)event_base_dispatch(base);
}

static void bare(constant_t constant)
{
	uint8_t *whole = malloc(STREAM);
	demand(whole, "memory");
	int head = snprintf((char *)whole, STREAM,
	                    "HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=UTF-8\r\n"
	                    "Content-Length: %zu\r\n\r\n",
	                    constant.len);
	memcpy(&whole[head], constant.body, constant.len);
	serve(answer_http, whole, 0, (size_t)head + constant.len);
}

int main(int argc, char **argv)
{
	char *body = malloc(STREAM / 2);
	demand(body && argc >= 3, "peer KIND SIZES");
	size_t first = number_of(argv[2]), second = argc > 3 ? number_of(argv[3]) : 0;
	demand(first < STREAM / 2 && second < REPLY_MAX, "size");
	memset(body, 'x', STREAM / 2);
	if (strcmp(argv[1], "udp") == 0)
		udp(second);
	else if (strcmp(argv[1], "tcp") == 0)
		serve(answer_frames, NULL, first, second);
	else if (strcmp(argv[1], "http") == 0)
		http((constant_t){ body, first });
	else if (strcmp(argv[1], "bare") == 0)
		bare((constant_t){ body, first });
	return 1;
}
