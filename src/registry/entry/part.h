/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_ENTRY_PART_H
#define REGISTRY_ENTRY_PART_H
/* What the journal keeps of a bulk registration (bulk.h): parts with many records
 * each, and an end that makes them count. Parts without their end are nothing; so
 * who follows the journal passes over parts and, at an end, walks what it ends.
 *
 * Disk form of a part (payload of REGISTRY_PART): version u8 = 1, role u8, bulk u64
 * (little-endian, random), number of the part varint from 0, subject string, request
 * varint, time zig-zag (ns UTC), then records (model/record.h) to the end.
 *
 * Disk form of an end (payload of REGISTRY_BULK): version u8 = 1, role u8, bulk u64,
 * sequence of the first part varint, number of parts varint, number of records varint,
 * subject string, request varint, time zig-zag, SHA-256 of the key and of what was
 * asked, 32 bytes each. */
#include "env/crypto.h"
#include "registry/entry/entry.h"

typedef struct {
	uint64_t bulk;
	uint32_t number;
	role_t role;
	slice_t subject;
	uint64_t request_id;
	int64_t utc_ns;
	slice_t records;
} registry_part_t;

typedef struct {
	uint64_t bulk, first_seq, names;
	uint32_t parts;
	role_t role;
	slice_t subject;
	uint64_t request_id;
	int64_t utc_ns;
	uint8_t key[SHA256_BYTES], content[SHA256_BYTES];
} registry_bulk_end_t;

/* All but the records, which are appended behind it. */
void registry_part_write(const registry_part_t *part, writer_t *w);
void registry_bulk_end_write(const registry_bulk_end_t *end, writer_t *w);
/* ERR_NEWER_FORMAT, ERR_CORRUPT. Borrow the payload. */
MUST_CHECK err_t registry_part_read(slice_t payload, registry_part_t *ret_part);
MUST_CHECK err_t registry_bulk_end_read(slice_t payload, registry_bulk_end_t *ret_end);
/* The entry of one name (in any case). ERR_NOT_FOUND, ERR_CORRUPT. */
MUST_CHECK err_t registry_part_find(slice_t payload, slice_t name, registry_entry_t *ret_entry);

/* The records that make changes. */
#define REGISTRY_CHANGE_TYPES \
	(JOURNAL_TYPE_BIT(JOURNAL_REGISTRY_PUT) | JOURNAL_TYPE_BIT(JOURNAL_REGISTRY_REMOVE) | \
	 JOURNAL_TYPE_BIT(JOURNAL_REGISTRY_BULK))

/* Calls fn for each change that a record of the journal makes, in order, until it fails:
 * the one of a put or a removal, all of a bulk at its end, none of any other record. The
 * entry's record has its last change: this one, or the part it stands in. FILES loop.
 * ERR_CORRUPT, also when a part is missing; ERR_NEWER_FORMAT; what fn returned. */
MUST_CHECK err_t registry_changes_walk(journal_t *journal, const journal_record_t *record,
                                       err_t (*fn)(void *ctx, const registry_entry_t *entry),
                                       void *ctx);
#endif
