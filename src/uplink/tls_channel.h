/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPLINK_TLS_CHANNEL_H
#define UPLINK_TLS_CHANNEL_H
/* The channel of real nodes: TLS with certificates of the parent's authority, one port for
 * two things that ALPN tells apart.
 *
 *     jizhu-uplink/1   sessions: both sides have a certificate
 *     jizhu-enrol/1    one question: a certificate for this request? From who proves that he
 *                      knows a code, or from a member who renews (uplink/enrol.h)
 *
 * Story, of a parent: tls_door_open; `opened` is called with each channel of a member, whose
 * events are set before it returns. Enrolling is done in here. When a member is revoked his
 * channels end with ERR_DENIED. Of a child: tls_dialer_new of what it holds of a parent
 * (membership.h), which gives the dialer its session wants.
 *
 * One loop: the authority's. A door takes authority_on_end, so an authority has one door.
 * Limits: connections_max of the door. */
#include "authority/authority.h"
#include "env/tls.h"
#include "uplink/channel.h"
#include "uplink/membership.h"

#define UPLINK_ALPN "jizhu-uplink/1"
#define ENROL_ALPN  "jizhu-enrol/1"

typedef struct tls_door tls_door_t;

enum { TLS_DOOR_ADDRS = 8 };

typedef struct {
	env_loop_t *loop;
	const addr_t *addrs; /* where to listen; TLS_DOOR_ADDRS at most */
	size_t addr_count;
	authority_t *authority;
	size_t connections_max; /* of each address */
	void (*opened)(void *ctx, channel_t *channel);
	/* A member was revoked: what is still to be said to it goes now; may be NULL. What is
	 * open of it then ends with ERR_DENIED. */
	void (*revoked)(void *ctx, slice_t node);
	void *ctx;
} tls_door_spec_t;

MUST_CHECK err_t tls_door_open(const tls_door_spec_t *spec, tls_door_t **ret_door);
/* The i-th, with its port. */
addr_t tls_door_addr(const tls_door_t *door, size_t i);
env_tls_stats_t tls_door_stats(const tls_door_t *door);
/* Channels still open are reset; their events do not come. */
void tls_door_close(tls_door_t *door);

typedef struct tls_dialer tls_dialer_t;
/* Copies what it needs of the membership. */
MUST_CHECK err_t tls_dialer_new(env_loop_t *loop, const membership_t *membership,
                                tls_dialer_t **ret_dialer);
channel_dialer_t tls_dialer_seam(tls_dialer_t *dialer);
/* For dials to come, after the membership was renewed. */
MUST_CHECK err_t tls_dialer_renew(tls_dialer_t *dialer, const membership_t *membership);
/* Why the last dial failed with ERR_DENIED. */
env_trust_t tls_dialer_trust(const tls_dialer_t *dialer);
/* After its channels. */
void tls_dialer_free(tls_dialer_t *dialer);
#endif
