/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_UPLINK_UPLINK_H
#define CODEC_UPLINK_UPLINK_H
/* The wire between a child and its parent: frames over one TLS connection that the child
 * opens (ALPN "jizhu-uplink/1"), and the same frames in a file where there is no line (a
 * parcel). Pure: bytes in, struct out; structs borrow the bytes.
 *
 *     frame    length u32 le (of what follows), kind u8, body
 *
 *     child                            parent
 *     ENROL    code, request       ->                     without a certificate, or to renew one
 *                                  <-  ENROLLED           certificate and what it leads to
 *     HELLO    who, its streams    ->
 *                                  <-  WELCOME            per stream what it holds
 *     BATCH    of one stream       ->
 *                                  <-  RECEIPT            held to (sequence, hash), when synced
 *                                  <-  REFUSAL            of a batch or the session: why
 *                                  <-  DOWN               pack, bulletin, question, handling
 *     UP       uptake, answer      ->
 *     BEAT     time, backlog      <->
 *
 * What stands in a frame, and parcels, are in frame.h; here are batches, the unit of
 * signature and of exactly once: items of one stream with sequences that follow one another.
 *
 *     batch      envelope, items, signature (64 bytes)
 *     envelope   version u8 = 1, stream u8, node string, epoch u64 le, first varint,
 *                count varint, from and to zig-zag (least and greatest ns of the items),
 *                hash before (32), withheld: count u8, then class u8 and varint each
 *     item       time zig-zag of the difference to the one before, of the first to `from`;
 *                body string
 *     string     varint length and bytes
 *
 *     hash = SHA-256(UPLINK_TAG_BATCH || envelope || items)
 *     signature = Ed25519 by the node's key over (UPLINK_TAG_SIGNED || hash)
 *
 * So a stream is a chain. A batch that does not continue what the parent holds is a
 * duplicate (all of it held: receipted again), a gap (refused, with what is held, so that
 * the child goes back), or a fork (the same sequences with another hash: refused, and an
 * event). `withheld` counts since the stream began what its contract kept back and what was
 * dropped, by class, so that what does not come is known. What an item's body is, the stream
 * says; its form stands with the noun in model/. Equal batches are equal bytes: there is one
 * way to write each, and the reader refuses others.
 *
 * Story: the child puts envelope and items, hashes what it wrote behind its tag, signs, and
 * appends the signature. The parent reads, checks hash and signature, and goes through the
 * items by uplink_items_of and uplink_item_next. Every byte: uplink.md.
 *
 * Limits: UPLINK_BATCH_MAX bytes and UPLINK_ITEMS_MAX items a batch, UPLINK_NODE_MAX a node,
 * UPLINK_CLASSES_MAX classes. */
#include "base/codec.h"
#include "base/cursor.h"
#include "base/err.h"

enum {
	UPLINK_VERSION = 1,
	UPLINK_FRAME_MAX = 1 << 20, /* of what the length of a frame counts */
	UPLINK_BATCH_MAX = UPLINK_FRAME_MAX -
	                   16, /* with its signature; goes into a frame as it is */
	UPLINK_ITEMS_MAX = 4096,
	UPLINK_NODE_MAX = 128, /* bytes of a node's identifier */
	UPLINK_CLASSES_MAX = 16,
	UPLINK_HASH_BYTES = 32,
	UPLINK_SIGNATURE_BYTES = 64,
	/* The byte before what is hashed or signed, so that one thing never passes for another. */
	UPLINK_TAG_BATCH = 0,
	UPLINK_TAG_SIGNED = 1,
	UPLINK_TAG_DOWN = 2,
	UPLINK_TAG_PARCEL = 3,
	UPLINK_TAG_SHEET = 4, /* model/lineage.h */
};

/* Stored and sent: append rows, never reorder. What is urgent goes first. */
#define UPLINK_STREAM_ROWS(X) \
	X(EVENTS, "events", true) \
	X(HANDLING, "handling", true) \
	X(HEALTH, "health", false) \
	X(INDICATORS, "indicators", false) \
	X(COUNTERS, "counters", false) \
	X(IDENTIFIERS, "identifiers", false) \
	X(ASSETS, "assets", false) \
	X(DEVICES, "devices", false)

#define X(name, word, urgent) UPLINK_##name,
typedef enum { UPLINK_STREAM_ROWS(X) UPLINK_STREAM_COUNT } uplink_stream_t;
#undef X

const char *uplink_stream_name(uplink_stream_t stream);
bool uplink_stream_is_urgent(uplink_stream_t stream);
/* ERR_NOT_FOUND */
MUST_CHECK err_t uplink_stream_find(slice_t name, uplink_stream_t *ret_stream);

/* Why something does not come. Stored and sent: append rows, never reorder. */
#define UPLINK_CLASS_ROWS(X) \
	X(CORE, "core", "stems from a point of class core", "源于核心级测点") \
	X(FORBIDDEN, "forbidden", "class that the contract forbids", "合同禁止的类别") \
	X(UNASKED, "unasked", "not in the contract", "未列入合同") \
	X(MINOR, "minor", "below the contract's severity", "低于合同规定的级别") \
	X(CELL, "cell", "of fewer than the minimum cell size", "少于最小单元格数") \
	X(FREQUENT, "frequent", "more often than the contract says", "超过合同规定的频次") \
	X(UNNAMED, "unnamed", "stems from something not in the catalogue", "来源不在目录中") \
	X(DROPPED, "dropped", "dropped at the limit of the outbox", "发件箱达到上限被丢弃")

#define X(name, word, en, zh) UPLINK_CLASS_##name,
typedef enum { UPLINK_CLASS_ROWS(X) UPLINK_CLASS_COUNT } uplink_class_t;
#undef X

/* Of names that are shown to people and written to logs: UTF-8 without controls. */
bool uplink_text_ok(slice_t text);

/* "core" for CORE; "other" for a class of a newer version. */
const char *uplink_class_name(uint8_t class);
const char *uplink_class_text(uint8_t class, lang_t lang);

typedef struct {
	uint8_t class;  /* uplink_class_t, or one of a newer version */
	uint64_t count; /* not zero */
} uplink_withheld_t;

typedef struct {
	uplink_stream_t stream;
	slice_t node; /* identifier of who made it: UTF-8 without controls */
	uint64_t epoch;
	uint64_t first;                    /* sequence of the first item, from 1 */
	uint32_t count;                    /* 1 to UPLINK_ITEMS_MAX */
	int64_t from_ns, to_ns;            /* put works them out */
	uint8_t before[UPLINK_HASH_BYTES]; /* of the batch before; zero for the first, only then */
	uplink_withheld_t withheld[UPLINK_CLASSES_MAX]; /* by class, ascending */
	size_t withheld_count;
} uplink_envelope_t;

typedef struct {
	int64_t ns;
	slice_t body;
} uplink_item_t;

typedef struct {
	uplink_envelope_t envelope;
	slice_t hashed;    /* envelope and items, what the hash is over (behind its tag) */
	slice_t items;     /* uplink_items_of reads them */
	slice_t signature; /* UPLINK_SIGNATURE_BYTES */
} uplink_batch_t;

/* Appends envelope and items; the caller hashes what it wrote and appends the signature. An
 * envelope against the rules above is the caller's bug. w->bad when it does not fit. */
void uplink_batch_put(const uplink_envelope_t *envelope, const uplink_item_t *items, writer_t *w);
/* Checks all of it, each item too, so that reading them cannot fail; not the signature.
 * ERR_MALFORMED, ERR_NEWER_FORMAT of another version, ERR_UNSUPPORTED of a stream that this
 * version does not know, ERR_TOO_BIG. */
MUST_CHECK err_t uplink_batch_read(slice_t bytes, uplink_batch_t *ret_batch);

/* Where one is among the items of a batch. */
typedef struct {
	reader_t in;
	int64_t ns;
} uplink_items_t;

uplink_items_t uplink_items_of(const uplink_batch_t *batch);
/* Of a batch that was read. False at the end. */
bool uplink_item_next(uplink_items_t *items, uplink_item_t *ret_item);
#endif
