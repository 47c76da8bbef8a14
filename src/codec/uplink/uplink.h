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
 * A batch is the unit of signature and of exactly once: items of one stream with sequences
 * that follow one another.
 *
 *     batch      envelope, items, signature (64 bytes)
 *     envelope   version u8 = 1, stream u8, node string, epoch u64 le, first varint,
 *                count varint, from and to zig-zag (ns of the items), hash before (32),
 *                withheld: count u8, then class u8 and varint each
 *     item       time zig-zag of the difference to the one before, body string
 *     string     varint length and bytes
 *
 *     hash = SHA-256(0x00 || envelope || items)
 *     signature = Ed25519 by the node's key over (0x01 || hash)
 *
 * So a stream is a chain. A batch that does not continue what the parent holds is a
 * duplicate (all of it held: receipted again), a gap (refused, with what is held, so that
 * the child goes back), or a fork (the same sequences with another hash: refused, and an
 * event). `withheld` counts since the stream began what its contract kept back and what was
 * dropped, by class, so that what does not come is known. What an item's body is, the stream
 * says; its form stands with the noun in model/.
 *
 * Limits: UPLINK_FRAME_MAX a frame, UPLINK_ITEMS_MAX items a batch, the lengths below. */
#include "base/codec.h"
#include "base/cursor.h"
#include "base/err.h"

enum {
	UPLINK_VERSION = 1,
	UPLINK_FRAME_MAX = 1 << 20,
	UPLINK_ITEMS_MAX = 4096,
	UPLINK_NODE_MAX = 128, /* bytes of a node's identifier */
	UPLINK_CLASSES_MAX = 16,
	UPLINK_HASH_BYTES = 32,
	UPLINK_SIGNATURE_BYTES = 64,
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

typedef struct {
	uint8_t class;
	uint64_t count;
} uplink_withheld_t;

typedef struct {
	uplink_stream_t stream;
	slice_t node; /* identifier of who made it */
	uint64_t epoch;
	uint64_t first; /* sequence of the first item, from 1 */
	uint32_t count; /* 1 to UPLINK_ITEMS_MAX */
	int64_t from_ns, to_ns;
	uint8_t before[UPLINK_HASH_BYTES]; /* of the batch before; zero for the first */
	uplink_withheld_t withheld[UPLINK_CLASSES_MAX];
	size_t withheld_count;
} uplink_envelope_t;

typedef struct {
	int64_t ns;
	slice_t body;
} uplink_item_t;

typedef struct {
	uplink_envelope_t envelope;
	slice_t hashed;    /* envelope and items, what the hash is over (behind 0x00) */
	slice_t items;     /* uplink_item_next reads them */
	slice_t signature; /* UPLINK_SIGNATURE_BYTES */
} uplink_batch_t;

/* Appends envelope and items; the caller hashes what it wrote and appends the signature.
 * Sets w->full when it does not fit. */
void uplink_batch_put(const uplink_envelope_t *envelope, const uplink_item_t *items, writer_t *w);
/* Checks all of it, each item too, so that reading them cannot fail: ERR_MALFORMED,
 * ERR_NEWER_FORMAT. */
MUST_CHECK err_t uplink_batch_read(slice_t bytes, uplink_batch_t *ret_batch);
/* The reader begins as reader_of(batch->items), *ns as envelope.from of 0. False at the end. */
bool uplink_item_next(reader_t *items, int64_t *ns, uplink_item_t *ret_item);
#endif
