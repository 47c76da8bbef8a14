/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses to and from the system's form, and sockets made the one way we want
 * them: non-blocking, closed on exec, IPv6 apart from IPv4. */
#include "env/posix/impl.h"

#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

enum { LISTEN_BACKLOG = 1024 };

socklen_t posix_addr_to(addr_t addr, struct sockaddr_storage *ret_sa)
{
	memset(ret_sa, 0, sizeof(*ret_sa));
	if (addr.ip.family == 4) {
		struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(addr.port) };
		memcpy(&in.sin_addr, addr.ip.bytes, 4);
		memcpy(ret_sa, &in, sizeof(in));
		return sizeof(in);
	}
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(addr.port) };
	memcpy(&in6.sin6_addr, addr.ip.bytes, 16);
	memcpy(ret_sa, &in6, sizeof(in6));
	return sizeof(in6);
}

addr_t posix_addr_from(const struct sockaddr_storage *sa)
{
	addr_t addr = { 0 };
	if (sa->ss_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, sa, sizeof(in));
		memcpy(addr.ip.bytes, &in.sin_addr, 4);
		addr.ip.family = 4;
		addr.port = ntohs(in.sin_port);
	} else if (sa->ss_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, sa, sizeof(in6));
		memcpy(addr.ip.bytes, &in6.sin6_addr, 16);
		addr.ip.family = 6;
		addr.port = ntohs(in6.sin6_port);
	}
	return addr;
}

addr_t posix_socket_local(int fd)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);
	if (getsockname(fd, (struct sockaddr *)&sa, &len) != 0)
		return (addr_t){ 0 };
	return posix_addr_from(&sa);
}

addr_t posix_socket_peer(int fd)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);
	if (getpeername(fd, (struct sockaddr *)&sa, &len) != 0)
		return (addr_t){ 0 };
	return posix_addr_from(&sa);
}

static int socket_bind(int fd, addr_t addr)
{
	int on = 1;
	struct sockaddr_storage sa;
	socklen_t len = posix_addr_to(addr, &sa);
	if (addr.ip.family == 6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0)
		return -1;
	return bind(fd, (const struct sockaddr *)&sa, len);
}

err_t posix_socket_bound(addr_t addr, int type, int *ret_fd)
{
	if (addr.ip.family != 4 && addr.ip.family != 6)
		return ERR_INVALID;
	int family = addr.ip.family == 4 ? AF_INET : AF_INET6;
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return posix_err(errno);
	int on = 1;
	/* A restarted node takes its port back although old connections linger. */
	bool bad = type == SOCK_STREAM &&
	           setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0;
	if (bad || socket_bind(fd, addr) != 0) {
		err_t err = posix_err(errno);
		posix_close(&fd);
		return err;
	}
	*ret_fd = fd;
	return ERR_OK;
}

err_t posix_socket_listening(addr_t addr, int *ret_fd)
{
	int fd = -1;
	err_t err = posix_socket_bound(addr, SOCK_STREAM, &fd);
	if (err)
		return err;
	if (listen(fd, LISTEN_BACKLOG) != 0) {
		err = posix_err(errno);
		posix_close(&fd);
		return err;
	}
	*ret_fd = fd;
	return ERR_OK;
}

void posix_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}
