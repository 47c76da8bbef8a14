/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_BULK_H
#define REGISTRY_BULK_H
/* Many names as one change: all of them are registered, replaced or merged, or none is.
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
 * tenths of a second each. Of a caller that is an identity of the Handle system
 * (identity/identity.h) the rights are looked at name by name. */
#include "registry/entry/part.h"
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
	 * by the registry, unless keeps_times. */
	slice_t records;
	uint32_t count;
	/* CREATE: a name that is there refuses all. REPLACE, MERGE: it is overwritten, or the
	 * given values are; one that is not there is created. What would be as it is is left
	 * alone, and counted as unchanged. */
	registry_verb_t verb;
	bool is_dry;      /* checks and counts, and does nothing; needs no key */
	bool keeps_times; /* a value is of the time that it has, when that is not to come */
	caller_t caller;
} registry_bulk_t;

typedef struct {
	err_t err;
	uint32_t created, changed, unchanged;
	uint32_t at;   /* number of the record that was refused */
	uint32_t code; /* the Handle response code of a limit that was reached, or 0 */
	bool repeated; /* was done before */
	uint64_t seq;  /* of the end in the journal */
	void *ctx;
} registry_bulk_result_t;

/* The result arrives in `reply` (item registry_bulk_result_t); until then key, records
 * and caller are borrowed. Any loop. At once: ERR_BUSY, ERR_TOO_BIG, ERR_INVALID (no
 * key, no records, another verb). In the result: as registry_change, of the first record
 * that may not be; ERR_EXISTS: a name is there, is a tombstone, or stands twice among the
 * records; ERR_CONFLICT: the key was used for other records or another verb; ERR_LIMIT: the
 * keeper of the prefix (model/prefix.h) gives no more, `code` says why. */
MUST_CHECK err_t registry_bulk(registry_t *registry, const registry_bulk_t *bulk,
                               env_mailbox_t *reply, void *ctx);

/* The end by which a part counts (entry/part.h). */
enum { REGISTRY_BULK_END_MAX = 4096 + 256 };
typedef struct {
	uint64_t seq;
	size_t len;
	uint8_t payload[REGISTRY_BULK_END_MAX];
} registry_bulk_ended_t;
/* FILES loops. ERR_NOT_FOUND: it has none. ERR_UNSUPPORTED: a part of version 1, whose end
 * cannot be looked up. ERR_CORRUPT, ERR_EXPIRED, ERR_IO, ERR_NO_MEMORY. */
MUST_CHECK err_t registry_bulk_ended(registry_reader_t *reader, const registry_part_t *part,
                                     registry_bulk_ended_t *ret_ended);
#endif
