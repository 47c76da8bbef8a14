/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_CHAIN_H
#define HISTORIAN_CHAIN_H
/* The chain of roots: every change of the segments, each entry with the hash of the one
 * before. An entry says what came, by its root (root.h), and what went: rows that are merged
 * or kept no longer do not go unseen, and nothing comes that was not said.
 *
 * Story: a change is a manifest. With it, in one file and so in one step, the entry of the
 * change is made and waits; then it is appended to the main journal as JOURNAL_HISTORY, where
 * it is a leaf of the tree that the node signs (proof/log.h). An entry that is durable there
 * waits no more in the next manifest.
 *
 * The manifest is the truth. After a power cut it may hold entries that the journal does not:
 * they are looked for behind the record after which they were written, and appended when they
 * are not there; so an entry is in the journal once. The journal never holds an entry that no
 * manifest held. A history that went back - put back from a copy, or to the manifest before
 * because the newest was damaged - goes on from where it stands: its next entry names one
 * that others have named before, and the walk of chain_verify counts the branch.
 *
 * An entry: u8 1; kind u8; generation of the manifest varint; when zig-zag; hash of the entry
 * before (32, zeros: none); id of the file of edits varint and, unless it is 0, SHA-256 of the
 * file; how many went and how many came varint; of each that went id varint and root (32); of
 * each that came id varint, level u8, class u8, window's start and length zig-zag, rows varint,
 * points varint, first and last source time zig-zag, root (32). Its hash is the SHA-256 of all
 * that.
 *
 * Limits: CHAIN_DROPS_MAX segments go in one change; entries of CHAIN_WAITING_BYTES wait while
 * the journal takes none, and then no change is made (ERR_LIMIT). */
#include "base/text.h"
#include "historian/segment.h"
#include "journal/journal.h"

typedef enum {
	CHAIN_SEAL,    /* rows of the journal, and edits */
	CHAIN_MERGE,   /* what went is in what came */
	CHAIN_RETIRE,  /* what went was kept long enough */
	CHAIN_SALVAGE, /* what could be read of what went is in what came */
	CHAIN_KINDS,
} chain_kind_t;

enum { CHAIN_DROPS_MAX = 8192, CHAIN_ENTRY_MAX = 1 << 20, CHAIN_WAITING_BYTES = 8 << 20 };

typedef struct {
	chain_kind_t kind;
	uint64_t generation;
	int64_t utc_ns;
	merkle_hash_t before;
	uint64_t edits_id;
	merkle_hash_t edits;    /* of the file */
	uint64_t drops, adds;   /* how many */
	reader_t drop_r, add_r; /* borrow; for chain_drop_next and chain_add_next */
} chain_entry_t;

/* The beginning, then as many drops and adds as it says. Sets to->bad. */
void chain_entry_put(const chain_entry_t *entry, text_t *to);
void chain_drop_put(const segment_info_t *info, text_t *to);
void chain_add_put(const segment_info_t *info, text_t *to);
/* The whole entry. ERR_MALFORMED, ERR_NEWER_FORMAT. */
MUST_CHECK err_t chain_entry_read(slice_t in, chain_entry_t *ret_entry);
/* The next of them, id and root; false: there is none. */
bool chain_drop_next(chain_entry_t *entry, segment_info_t *ret_info);
/* The next of them, but for what is of the file. */
bool chain_add_next(chain_entry_t *entry, segment_info_t *ret_info);
merkle_hash_t chain_hash(slice_t entry);

/* What a manifest holds of it. */
typedef struct {
	uint64_t after_seq; /* the main journal's last record when it was made */
	uint64_t seq;       /* its record; 0: not appended, or not known. Not on disk */
	uint8_t *bytes;     /* owned */
	size_t len;
} chain_waiting_t;

typedef struct {
	merkle_hash_t head; /* of the newest entry; zeros: none */
	chain_waiting_t *waiting;
	size_t count;
} chain_t;

/* A copy without those that are durable, and with one more unless `entry` is empty.
 * ERR_NO_MEMORY, ERR_LIMIT. */
MUST_CHECK err_t chain_next(const chain_t *chain, uint64_t durable_seq, slice_t entry,
                            uint64_t after_seq, chain_t *ret_next);
void chain_free(chain_t *chain);
/* Disk: head (32), count u32; each after_seq u64, length u32, entry. */
size_t chain_size(const chain_t *chain);
void chain_put(const chain_t *chain, writer_t *w);
/* Sets r->bad; ERR_NO_MEMORY. */
MUST_CHECK err_t chain_get(reader_t *r, chain_t *ret_chain);

typedef struct {
	uint64_t entries;  /* that lead to what there is */
	uint64_t branches; /* others, from which the history has gone back */
	uint64_t beyond;   /* others that are newer than what there is */
	uint64_t waiting;  /* of the entries, not in the journal */
} chain_verdict_t;
/* Holds the newest manifest of a folder against the entries in the main journal of another,
 * offline, when both were found whole. ERR_CORRUPT with the reason: an entry is missing or
 * senseless, merged rows are gone, or the manifest names other segments than the entries
 * leave; also when some are beyond it, unless `may_be_behind`, as a copy may, or the journal
 * says that the node was put back since. */
typedef struct {
	const char *dir, *journal_dir;
	bool may_be_behind;
} chain_verify_t;
MUST_CHECK err_t chain_verify(env_t *env, const chain_verify_t *what, chain_verdict_t *ret_verdict,
                              err_detail_t *ret_detail);
#endif
