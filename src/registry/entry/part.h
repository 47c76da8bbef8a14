/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_ENTRY_PART_H
#define REGISTRY_ENTRY_PART_H
/* What the journal keeps of a bulk registration (bulk.h): parts with many records
 * each, and an end that makes them count. Parts without their end are nothing; so
 * who follows the journal passes over parts and, at an end, walks what it ends.
 *
 * Disk form of a part (payload of REGISTRY_PART): version u8 = 2, then strings to the end.
 * The first is the head: role u8, bulk u64 (little-endian, random), number of the part
 * varint from 0, subject string, request varint, time zig-zag (ns UTC), SHA-256 of the key
 * by which its end is found. Each other one is a change: verb u8, state u8, sequence and
 * place of the change before as varints, then the record (model/record.h). So the head and one of
 * the others are a part too: that is what a proof of one record holds (proof/part.h).
 *
 * Version 1 has the fields of the head without its length and the key, then records alone,
 * each of a creation, to the end.
 *
 * Disk form of an end (payload of REGISTRY_BULK): version u8 = 2, role u8, bulk u64,
 * sequence of the first part varint, number of parts varint, number of changes varint,
 * how many of them are new names varint (version 1: all, and no field), subject string,
 * request varint, time zig-zag, SHA-256 of the key and of what was asked, 32 bytes each. */
#include "env/crypto.h"
#include "registry/entry/entry.h"

/* The first format whose parts say by which key their end is found. */
enum { REGISTRY_PART_KEYED = 2 };

typedef struct {
	uint8_t format;
	uint64_t bulk;
	uint32_t number;
	role_t role;
	slice_t subject;
	uint64_t request_id;
	int64_t utc_ns;
	uint8_t key[SHA256_BYTES]; /* zeros in format 1 */
	slice_t records;
} registry_part_t;

typedef struct {
	uint64_t bulk, first_seq, names, created;
	uint32_t parts;
	role_t role;
	slice_t subject;
	uint64_t request_id;
	int64_t utc_ns;
	uint8_t key[SHA256_BYTES], content[SHA256_BYTES];
} registry_bulk_end_t;

/* All but the changes, which are appended behind it. */
void registry_part_write(const registry_part_t *part, writer_t *w);
/* One change: verb, change before and record of the entry; `scratch` has room for it. */
void registry_part_add(const registry_entry_t *entry, writer_t *scratch, writer_t *w);
void registry_bulk_end_write(const registry_bulk_end_t *end, writer_t *w);
/* ERR_NEWER_FORMAT, ERR_CORRUPT. Borrow the payload. */
MUST_CHECK err_t registry_part_read(slice_t payload, registry_part_t *ret_part);
MUST_CHECK err_t registry_bulk_end_read(slice_t payload, registry_bulk_end_t *ret_end);
/* The entry of one name (in any case). ERR_NOT_FOUND, ERR_CORRUPT. */
MUST_CHECK err_t registry_part_find(slice_t payload, slice_t name, registry_entry_t *ret_entry);

/* Which of the changes that is, from 0. */
MUST_CHECK err_t registry_part_place(slice_t payload, slice_t name, uint64_t *ret_place);
/* The entry of a part that has one change alone. ERR_CORRUPT, ERR_NEWER_FORMAT. */
MUST_CHECK err_t registry_part_only(slice_t payload, registry_entry_t *ret_entry);

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
