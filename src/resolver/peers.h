/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RESOLVER_PEERS_H
#define RESOLVER_PEERS_H
/* What is known of the servers that were asked: how fast they answer, whether they
 * lately did not, whether they close a connection after one answer. 1,024 are kept;
 * beyond, any other makes room, since all of it can be learned again. */
#include "base/net.h"

typedef struct peers peers_t;

MUST_CHECK err_t peers_new(peers_t **ret_peers);
void peers_free(peers_t *peers);
/* How long an answer will probably take: a guess of 50 ms where nothing is known, 5 s
 * more for a minute after a failure. */
int64_t peers_expect_ns(const peers_t *peers, addr_t server, int64_t now_ns);
void peers_answered(peers_t *peers, addr_t server, int64_t took_ns);
void peers_failed(peers_t *peers, addr_t server, int64_t now_ns);
void peers_closes(peers_t *peers, addr_t server);
bool peers_is_closing(const peers_t *peers, addr_t server);
#endif
