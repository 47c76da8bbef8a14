/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPLINK_ENROL_DESK_H
#define UPLINK_ENROL_DESK_H
/* The parent's side of enrolling: one ENROL, answered when the authority's record of it is
 * durable, and the end. A channel whose peer is known renews, one of an unknown peer shows the
 * proof of a code. Whoever has not asked after ENROL_DESK_NS, or asks for anything else, is
 * sent away. Private to this folder. */
#include "authority/authority.h"
#include "uplink/channel.h"

#define ENROL_DESK_NS (20 * NS_PER_S)

typedef struct enrol_desk enrol_desk_t;

MUST_CHECK err_t enrol_desk_new(env_loop_t *loop, authority_t *authority, enrol_desk_t **ret_desk);
/* The channel is the desk's from here on. */
void enrol_desk_take(enrol_desk_t *desk, channel_t *channel);
/* Closes what is open. */
void enrol_desk_free(enrol_desk_t *desk);
/* Sends a refusal of the session, as far as it goes, and closes. */
void enrol_desk_refuse(channel_t *channel, uint8_t reason);
#endif
