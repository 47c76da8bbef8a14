/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPLINK_RENEWAL_H
#define UPLINK_RENEWAL_H
/* Keeps a membership from ending: when less than a third of its time is left, a new key is
 * made, the parent asked to certify it, and what came is kept and dialled with from then on.
 *
 * Story: renewal_new beside the dialer of a parent; it looks RENEWAL_FIRST_NS after that and
 * every RENEWAL_LOOK_NS. What fails is tried again at the next look, with the same key, and
 * told by an event when it failed first: there are weeks to mend it.
 *
 * Threads: one loop, of kind FILES. */
#include "journal/journal.h"
#include "uplink/enrol.h"
#include "uplink/tls_channel.h"

typedef struct renewal renewal_t;

#define RENEWAL_FIRST_NS (60 * NS_PER_S)
#define RENEWAL_LOOK_NS  (6 * INT64_C(3600) * NS_PER_S)

typedef struct {
	env_loop_t *loop;
	const char *keys_dir, *name; /* copied */
	addr_t remote;
	tls_dialer_t *dialer;
	journal_t *events; /* main; NULL: none are left */
} renewal_spec_t;

MUST_CHECK err_t renewal_new(const renewal_spec_t *spec, renewal_t **ret_renewal);
/* Before its dialer; NULL is fine. */
void renewal_free(renewal_t *renewal);
#endif
