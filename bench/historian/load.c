/* SPDX-License-Identifier: Apache-2.0 */
/* Clients of the bench.
 *
 *     load ask PORT TIMES                      the request on stdin, one connection
 *     load post PORT CONNECTIONS LINES FILE    a file in requests of so many lines
 *     load blocks PORT CONNECTIONS FILE        a file of requests: u32 length, body
 *     load single PORT CONNECTIONS SECONDS     one line per request, closed loops
 *
 * JIZHU_PATH is what is asked for, JIZHU_HEAD further header lines. `ask` prints the
 * nanoseconds of each answer on stderr and the last body on stdout; the others print
 * rows `what value`: requests, lines, wrong, seconds, p50_us, p99_us. */
#include "http.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { LINKS = 256, ASK_MAX = 64 << 10, LINE_MAX_BYTES = 256, SAMPLES = 1 << 22 };

typedef struct {
	const char *bytes; /* of the file */
	size_t *ends;      /* of each request's body; those of blocks begin after its length */
	size_t requests, lines;
	size_t next; /* taken by its connections one after another */
	unsigned port;
	bool is_blocks;
	size_t wrong;
} post_t;

static const char *setting(const char *name)
{
	const char *value = getenv(name);
	return value ? value : "";
}

static size_t head_of(char *out, size_t size, size_t body)
{
	int len = snprintf(out, size,
	                   "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%sContent-Length: %zu\r\n\r\n",
	                   setting("JIZHU_PATH"), setting("JIZHU_HEAD"), body);
	demand(len > 0 && (size_t)len < size, "head");
	return (size_t)len;
}

static void ask(unsigned port, unsigned long times)
{
	char request[ASK_MAX];
	size_t len = fread(request, 1, sizeof(request), stdin), body;
	http_t h;
	http_open(&h, port);
	/* The first warms the connection up. */
	for (unsigned long i = 0; i <= times; i++) {
		http_next(&h);
		int64_t began = now_ns();
		http_send(&h, request, len, false);
		while (!http_take(&h))
			;
		if (i > 0)
			(void)fprintf(stderr, "%lld\n", (long long)(now_ns() - began));
		demand(http_good(&h), "answer");
	}
	if (http_chunks(&h, &h.bytes[h.head], &body))
		h.have = h.head + body;
	(void)fwrite(&h.bytes[h.head], 1, h.have - h.head, stdout);
	http_close(&h);
}

static void *post_some(void *ctx)
{
	post_t *post = ctx;
	char head[4096];
	http_t h;
	http_open(&h, post->port);
	for (;;) {
		size_t i = __atomic_fetch_add(&post->next, 1, __ATOMIC_RELAXED);
		if (i >= post->requests)
			break;
		size_t from = (i ? post->ends[i - 1] : 0) + (post->is_blocks ? 4 : 0);
		size_t len = post->ends[i] - from;
		http_next(&h);
		http_send(&h, head, head_of(head, sizeof(head), len), true);
		http_send(&h, &post->bytes[from], len, false);
		while (!http_take(&h))
			;
		if (!http_good(&h))
			__atomic_fetch_add(&post->wrong, 1, __ATOMIC_RELAXED);
	}
	http_close(&h);
	return NULL;
}

static void cut_lines(post_t *post, size_t size, unsigned long per_request)
{
	for (size_t i = 0; i < size; i++)
		if (post->bytes[i] == '\n' && (++post->lines % per_request == 0 || i + 1 == size))
			post->ends[post->requests++] = i + 1;
}

static void cut_blocks(post_t *post, size_t size)
{
	for (size_t at = 0; at < size;) {
		uint32_t len;
		demand(size - at >= 4, "a block is cut");
		memcpy(&len, &post->bytes[at], 4);
		at += 4 + (size_t)len;
		post->ends[post->requests++] = at;
	}
}

static void post(post_t *p, unsigned long connections, unsigned long lines, const char *path)
{
	FILE *file = fopen(path, "r");
	struct stat about;
	pthread_t threads[LINKS];
	demand(file && fstat(fileno(file), &about) == 0 && connections <= LINKS, path);
	size_t size = (size_t)about.st_size;
	void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fileno(file), 0);
	demand(bytes != MAP_FAILED, "mmap");
	p->bytes = bytes;
	p->ends = malloc((size / 8 + 2) * sizeof(*p->ends));
	demand(p->ends, "memory");
	p->is_blocks = lines == 0;
	if (p->is_blocks)
		cut_blocks(p, size);
	else
		cut_lines(p, size, lines);
	int64_t began = now_ns();
	for (unsigned long i = 0; i < connections; i++)
		demand(pthread_create(&threads[i], NULL, post_some, p) == 0, "thread");
	for (unsigned long i = 0; i < connections; i++)
		(void)pthread_join(threads[i], NULL);
	(void)printf("requests %zu\nlines %zu\nwrong %zu\nseconds %.4f\n", p->requests, p->lines,
	             p->wrong, (double)(now_ns() - began) / 1e9);
	free(p->ends);
	(void)munmap(bytes, size);
	(void)fclose(file);
}

typedef struct {
	http_t http;
	unsigned number;
	unsigned long sent;
	int64_t sent_ns;
} writer_t;

/* A series for each writer, a millisecond for each of its lines. */
static void write_one(writer_t *w)
{
	char body[LINE_MAX_BYTES], bytes[4096];
	int len = snprintf(body, sizeof(body), "w,dev=w%03u f0=%lu.%02lu %lld\n", w->number,
	                   w->sent % 100, w->sent % 97,
	                   1700200000000000000 + (long long)w->sent * 1000000);
	size_t head = head_of(bytes, sizeof(bytes), (size_t)len);
	memcpy(&bytes[head], body, (size_t)len);
	w->sent++;
	w->sent_ns = now_ns();
	http_next(&w->http);
	http_send(&w->http, bytes, head + (size_t)len, false);
}

static bool single(unsigned port, unsigned long links, unsigned long seconds)
{
	writer_t *all = calloc(links, sizeof(*all));
	int64_t *took = calloc(SAMPLES, sizeof(*took));
	struct epoll_event events[LINKS];
	int epoll = epoll_create1(0);
	size_t done = 0, wrong = 0, open = links;
	demand(all && took && links <= LINKS && epoll >= 0, "links");
	int64_t began = now_ns(), until = began + (int64_t)seconds * 1000000000;
	for (unsigned i = 0; i < links; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = &all[i] };
		all[i].number = i;
		http_open(&all[i].http, port);
		demand(epoll_ctl(epoll, EPOLL_CTL_ADD, all[i].http.fd, &event) == 0, "add");
		write_one(&all[i]);
	}
	while (open > 0) {
		int got = epoll_wait(epoll, events, LINKS, 10000);
		demand(got > 0, "no answer within 10 s");
		for (int i = 0; i < got; i++) {
			writer_t *w = events[i].data.ptr;
			if (!http_take(&w->http))
				continue;
			took[done % SAMPLES] = now_ns() - w->sent_ns;
			done++;
			wrong += !http_good(&w->http);
			if (now_ns() < until)
				write_one(w);
			else
				open--;
		}
	}
	(void)printf("requests %zu\nlines %zu\nwrong %zu\nseconds %.4f\n", done, done, wrong,
	             (double)(now_ns() - began) / 1e9);
	size_t kept = done < SAMPLES ? done : SAMPLES;
	(void)printf("p50_us %.1f\n", percentile_us(took, kept, 0.5));
	(void)printf("p99_us %.1f\n", percentile_us(took, kept, 0.99));
	for (size_t i = 0; i < links; i++)
		http_close(&all[i].http);
	free(all);
	free(took);
	return wrong == 0;
}

int main(int argc, char **argv)
{
	demand(argc >= 4, "load KIND PORT ...");
	const char *kind = argv[1];
	unsigned port = (unsigned)number_of(argv[2]);
	unsigned long third = number_of(argv[3]);
	post_t p = { .port = port };
	bool is_good = true;
	if (strcmp(kind, "ask") == 0)
		ask(port, third);
	else if (strcmp(kind, "post") == 0 && argc == 6)
		post(&p, third, number_of(argv[4]), argv[5]);
	else if (strcmp(kind, "blocks") == 0 && argc == 5)
		post(&p, third, 0, argv[4]);
	else if (strcmp(kind, "single") == 0 && argc == 5)
		is_good = single(port, third, number_of(argv[4]));
	else
		demand(false, "load ask|post|blocks|single");
	return p.wrong > 0 || !is_good;
}
