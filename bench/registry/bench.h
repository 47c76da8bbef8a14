/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_REGISTRY_BENCH_H
#define BENCH_REGISTRY_BENCH_H
/* What the programs of this bench share: numbers from the command line, sockets on
 * the loopback, and an end when something is wrong. None of them is installed. */
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

enum { REQUEST_MAX = 512, REPLY_MAX = 2048, ENVELOPE = 20 };

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

static inline struct sockaddr_in loopback(unsigned port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		                     .sin_port = htons((uint16_t)port),
		                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

/* Bound to a port of the loopback that the system chooses, and says which. */
static inline int bound(int type)
{
	struct sockaddr_in at = loopback(0);
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, type, 0);
	demand(fd >= 0 && bind(fd, (struct sockaddr *)&at, len) == 0 &&
	               getsockname(fd, (struct sockaddr *)&at, &len) == 0,
	       "bind");
	(void)printf("port %u\n", ntohs(at.sin_port));
	(void)fflush(stdout);
	return fd;
}

static inline int connected(int type, unsigned port)
{
	struct sockaddr_in to = loopback(port);
	int one = 1, fd = socket(AF_INET, type, 0);
	demand(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0, "connect");
	if (type == SOCK_STREAM)
		demand(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == 0, "nodelay");
	return fd;
}
#endif
