/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_POSIX_CAPTURE_IMPL_H
#define ENV_POSIX_CAPTURE_IMPL_H
/* The capture child as its parent sees it (child.c), its kernel filter
 * (capture_filter.c) and its loss of every privilege (privilege.c). */
#include "env/posix/impl.h"

#include <linux/filter.h>

/* The child started ahead for `iface`, or else a fresh one that captures all
 * ports. Its descriptor is non-blocking. */
MUST_CHECK
err_t posix_child_take(posix_env_t *env, const char *iface, posix_child_t *ret_child);
/* After its pipe was closed or has ended: waits for its end, a moment at most
 * (then it is killed). What its exit code says. */
MUST_CHECK err_t posix_child_wait(pid_t pid);

enum { FILTER_PORTS_MAX = 48, FILTER_MAX = 32 + 4 * FILTER_PORTS_MAX };

/* Accepts ARP, frames with a further VLAN tag, and TCP or UDP over IPv4 or IPv6
 * with one of the ports (0-ended) at either end; IP fragments always, because
 * only the first has ports. */
MUST_CHECK
err_t posix_filter_build(const uint16_t *ports, struct sock_filter ret_code[FILTER_MAX],
                         unsigned short *ret_len);

/* No capability is left, none can be won back. */
MUST_CHECK
err_t posix_capabilities_drop(void);
/* Becomes uid and gid for good, without further groups. */
MUST_CHECK
err_t posix_identity_set(uid_t uid, gid_t gid);
#endif
