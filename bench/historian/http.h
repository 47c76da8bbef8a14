/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_HISTORIAN_HTTP_H
#define BENCH_HISTORIAN_HTTP_H
/* What the clients of this bench share: sockets on the loopback, replies of HTTP/1.1
 * read whole (by their length, by chunks, or without a body), percentiles, and an end
 * when something is wrong. None of them is installed. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef struct {
	int fd;
	size_t have, size, head; /* bytes read, room, length of the head with its end */
	char *bytes;
} http_t;

static inline void demand(bool is_so, const char *what)
{
	if (is_so)
		return;
	(void)fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static inline unsigned long number_of(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);
	demand(*text && !*end, text);
	return value;
}

static inline int64_t now_ns(void)
{
	struct timespec t;
	demand(clock_gettime(CLOCK_MONOTONIC, &t) == 0, "clock");
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline void http_open(http_t *h, unsigned port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_port = htons((uint16_t)port),
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int one = 1;
	*h = (http_t){ .fd = socket(AF_INET, SOCK_STREAM, 0), .size = 64 << 10 };
	demand(h->fd >= 0 && connect(h->fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
	               setsockopt(h->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == 0,
	       "connect");
	h->bytes = malloc(h->size + 1);
	demand(h->bytes, "memory");
}

static inline void http_close(http_t *h)
{
	free(h->bytes);
	(void)close(h->fd);
}

static inline void http_send(const http_t *h, const char *bytes, size_t len, bool is_more)
{
	for (size_t at = 0; at < len;) {
		ssize_t put = send(h->fd, &bytes[at], len - at, is_more ? MSG_MORE : 0);
		demand(put > 0, "send");
		at += (size_t)put;
	}
}

/* The value of a header of the reply, "" when there is none. */
static inline const char *http_header(const http_t *h, const char *name)
{
	const char *at = strcasestr(h->bytes, name);
	return at && at < &h->bytes[h->head] ? at + strlen(name) : "";
}

/* Bytes of the chunks from `at` when they end there, else 0. With `out` they are moved
 * together and their length is the answer. */
static inline bool http_chunks(const http_t *h, char *out, size_t *ret_len)
{
	size_t at = h->head, len = 0;
	for (;;) {
		char *end = at < h->have ? memmem(&h->bytes[at], h->have - at, "\r\n", 2) : NULL;
		if (!end)
			return false;
		size_t size = strtoul(&h->bytes[at], NULL, 16);
		at = (size_t)(end - h->bytes) + 2;
		if (at + size + 2 > h->have)
			return false;
		if (size == 0)
			break;
		if (out)
			memmove(&out[len], &h->bytes[at], size);
		len += size;
		at += size + 2;
	}
	*ret_len = len;
	return true;
}

static inline bool http_whole(http_t *h)
{
	h->bytes[h->have] = 0;
	size_t len;
	if (!h->head) {
		const char *end = memmem(h->bytes, h->have, "\r\n\r\n", 4);
		if (!end)
			return false;
		h->head = (size_t)(end - h->bytes) + 4;
	}
	if (strncasecmp(http_header(h, "\r\nTransfer-Encoding: "), "chunked", 7) == 0)
		return http_chunks(h, NULL, &len);
	return h->have >= h->head + strtoul(http_header(h, "\r\nContent-Length: "), NULL, 10);
}

/* Takes what has come; true when the reply is whole. */
static inline bool http_take(http_t *h)
{
	if (h->have == h->size) {
		h->size *= 2;
		h->bytes = realloc(h->bytes, h->size + 1);
		demand(h->bytes, "memory");
	}
	ssize_t got = recv(h->fd, &h->bytes[h->have], h->size - h->have, 0);
	demand(got > 0, "the server closed");
	h->have += (size_t)got;
	return http_whole(h);
}

/* Says what was wrong when the status is not 2xx. */
static inline bool http_good(const http_t *h)
{
	bool is_good = h->have > 12 && h->bytes[9] == '2';
	if (!is_good)
		(void)fprintf(stderr, "%.600s\n", h->bytes);
	return is_good;
}

static inline void http_next(http_t *h)
{
	h->have = h->head = 0;
}

static inline int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

/* Of a list that this sorts. */
static inline double percentile_us(int64_t *ns, size_t count, double share)
{
	qsort(ns, count, sizeof(*ns), by_size);
	return count ? (double)ns[(size_t)((double)(count - 1) * share)] / 1e3 : 0;
}
#endif
