/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_BULK_H
#define REGISTRY_BULK_H
/* Many new names as one change: all of them are registered, or none.
 *
 * Story: registry_bulk (any loop) hands over up to REGISTRY_BULK_MAX records. On the
 * registry's loop they are checked once what is in flight is done (other changes wait
 * meanwhile), journalled as some large records and an end (entry/part.h), and seen when the
 * end is durable. One event tells of all. After a crash either the end is in the
 * journal and all are there, or none is.
 *
 * Asking again with the same key and the same records changes nothing and has the same
 * answer, also after a restart: who does not know whether it worked may try again.
 *
 * Limits: 100,000 names and 64 MiB a bulk, keys of 1 to 256 bytes, 4 bulks waiting
 * (ERR_BUSY).
 *
 * Caveats: checking 100,000 names and showing them takes the registry's loop some
 * tenths of a second each. Callers that are identities of the Handle system
 * (identity/identity.h) may not do this: their rights are looked at name by name. */
#include "registry/registry.h"

enum {
	REGISTRY_BULK_MAX = 100000,
	REGISTRY_BULK_BYTES_MAX = 64 << 20,
	REGISTRY_BULK_KEY_MAX = 256,
	REGISTRY_BULKS_WAITING = 4,
};

typedef struct {
	slice_t key; /* the caller's own, for trying again */
	/* `count` records one after another, each as the body of a creation on the wire
	 * (handle_record_encode): name, count of values, values. Time stamps are set
	 * by the registry. */
	slice_t records;
	uint32_t count;
	caller_t caller;
} registry_bulk_t;

typedef struct {
	err_t err;
	uint32_t at;   /* number of the record that was refused */
	uint32_t code; /* the Handle response code of a limit that was reached, or 0 */
	bool repeated; /* was done before */
	uint64_t seq;  /* of the end in the journal */
	void *ctx;
} registry_bulk_result_t;

/* The result arrives in `reply` (item registry_bulk_result_t); until then key, records
 * and caller are borrowed. Any loop. At once: ERR_BUSY, ERR_TOO_BIG, ERR_INVALID (no
 * key, no records). In the result: as registry_change for a creation, of the first
 * record that may not be; ERR_EXISTS: a name is there, is a tombstone, or stands twice
 * among the records; ERR_CONFLICT: the key was used for other records; ERR_LIMIT: the
 * keeper of the prefix (model/prefix.h) gives no more, `code` says why. */
MUST_CHECK err_t registry_bulk(registry_t *registry, const registry_bulk_t *bulk,
                               env_mailbox_t *reply, void *ctx);
#endif
