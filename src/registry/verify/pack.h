/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_VERIFY_PACK_H
#define REGISTRY_VERIFY_PACK_H
/* An answer that proves itself: one file that says what a record is, and that its
 * change is in the register the node has signed for. It is checked without any
 * network, by this file or by test/golden/verify_answer.py, which shares no code with
 * it. doc/proofs.md has the format.
 *
 * One line of JSON: format "jizhu-answer-1", record (for readers), seq, type (as the
 * journal numbers it), index, entry (the change's bytes, base 64), path (hashes from
 * leaf to root one behind another, base 64), head (the signed note), key. The compact
 * form, for a QR code, leaves the record out: the entry holds it.
 *
 * A name that was registered in bulk and not changed since is proven by "jizhu-answer-2":
 * its entry is a part of that change alone (proof/part.h), and behind the path stand
 * count, place and branch (the path within the part), and the end that makes the part
 * count: end with seq, index, entry and path.
 *
 * Each pack has one form: a check writes it again and compares, so that no byte of it
 * can differ. Pure; what is read borrows `scratch`.
 *
 * Caveats: a part of before parts could be proven one by one (entry/part.h, version 1) has
 * no pack. The entry holds the whole change: values that are not for
 * everybody, and who made it. Who hands packs out looks at registry_pack_is_public first. */
#include "base/json.h"
#include "proof/log.h"
#include "registry/entry/part.h"

enum { REGISTRY_PACK_MAX = 4 << 20 };

/* A record of the journal in the tree. */
typedef struct {
	uint64_t seq, index;
	slice_t entry; /* its payload */
	merkle_path_t path;
} registry_pack_leaf_t;

typedef struct {
	uint64_t seq, index;
	journal_type_t type;
	slice_t entry; /* payload of the journal's record; of a part, the head and one change */
	merkle_path_t path;
	/* Of a part: where in it the change stands, and its end. */
	uint64_t count, place;
	merkle_path_t branch;
	registry_pack_leaf_t end;
	slice_t head, key; /* texts */
} registry_pack_t;

/* Fills what a pack says of a change of a part: the entry is written to `room`.
 * ERR_UNSUPPORTED: a part of version 1. ERR_NOT_FOUND, ERR_CORRUPT, ERR_TOO_BIG,
 * ERR_NO_MEMORY. */
MUST_CHECK err_t registry_pack_branch(slice_t part, slice_t name, writer_t *room,
                                      registry_pack_t *pack);

/* Bytes that writing takes at most. */
size_t registry_pack_room(const registry_pack_t *pack);
/* ERR_CORRUPT: the entry is none. ERR_TOO_BIG: the writer is full. */
MUST_CHECK err_t registry_pack_write(const registry_pack_t *pack, bool is_compact, json_t *j);
/* Whether every value of the record may be read by everybody. */
bool registry_pack_is_public(const registry_entry_t *entry);

/* What a good pack says. */
typedef struct {
	registry_entry_t entry;
	proof_head_t head;
	uint64_t seq, index;
	slice_t key;
} registry_pack_seen_t;

/* `key`: the key that is trusted; empty: the pack's own, which proves only that the
 * pack is whole. `scratch` has room for twice the file. ERR_NEWER_FORMAT; ERR_MALFORMED: no pack,
 * or not in its form. ERR_DENIED: another key, a signature or a proof that does not hold. */
MUST_CHECK err_t registry_pack_check(slice_t file, slice_t key, writer_t *scratch,
                                     registry_pack_seen_t *ret_seen);
#endif
