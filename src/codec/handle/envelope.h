/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_HANDLE_ENVELOPE_H
#define CODEC_HANDLE_ENVELOPE_H
/* The 20 bytes in front of every message (RFC 3652, 2.1): versions, session,
 * request id, length; and the two ways a message travels: whole behind one
 * envelope over TCP, or in slices of 492 bytes, each behind its own, over UDP.
 *
 * Story: a TCP server offers the front of its stream to handle_frame_next until
 * it says MORE. A UDP server decodes each datagram with handle_packet_decode and
 * hands it to handle_reassembly_push, which answers OK at once for the usual
 * single packet and collects the others in memory the server owns. */
#include "base/codec.h"
#include "base/cursor.h"
#include "base/net.h"

enum {
	HANDLE_ENVELOPE_SIZE = 20,
	HANDLE_DATAGRAM_MAX = 512,
	HANDLE_SLICE_MAX = HANDLE_DATAGRAM_MAX - HANDLE_ENVELOPE_SIZE,
	HANDLE_SLICES_MAX = (262144 + HANDLE_SLICE_MAX - 1) / HANDLE_SLICE_MAX,
	HANDLE_SLICE_WORDS = (HANDLE_SLICES_MAX + 63) / 64,
	HANDLE_MAJOR = 2,
	HANDLE_MINOR = 11,
	/* bits of handle_envelope_t.flags */
	HANDLE_ENVELOPE_COMPRESSED = 0x80,
	HANDLE_ENVELOPE_ENCRYPTED = 0x40,
	HANDLE_ENVELOPE_TRUNCATED = 0x20, /* one packet of several; not to be trusted */
};

typedef struct {
	uint8_t major, minor;
} handle_version_t;

typedef struct {
	handle_version_t version;   /* this message is written in it */
	handle_version_t suggested; /* the highest the sender speaks; major at most 31 */
	uint8_t flags;              /* HANDLE_ENVELOPE_* */
	uint32_t session_id;        /* 0: none; also the id of a pending challenge */
	uint32_t request_id;
	uint32_t sequence; /* number of the packet, from 0 */
	uint32_t length;   /* of the whole message, without envelopes */
} handle_envelope_t;

/* Reads the first 20 bytes; MORE when there are fewer. Does not judge the length,
 * so that an error reply can still echo the request id of a refused message. */
MUST_CHECK
codec_t handle_envelope_decode(slice_t in, handle_envelope_t *ret_envelope);
void handle_envelope_encode(const handle_envelope_t *envelope, writer_t *w);

/* True if `version` has the features that came with 2.`minor`. A major of 5 counts
 * as 2.0, as deployed peers take it. */
bool handle_version_has(handle_version_t version, uint8_t minor);
/* The version to answer in: the smaller of what the request suggests (its own
 * version when it suggests major 0) and 2.11. Deployed servers see two bits of the
 * suggested major, so that 5.0 is answered in 1.0; the result here is the same. */
handle_version_t handle_version_reply(const handle_envelope_t *request);
/* Envelope of the reply to `request`: version as above, suggestion 2.11, the
 * session and request id of the request, no flags, length 0. The answer to a
 * CHALLENGE_ANSWER that used a challenge up clears the session id again. */
handle_envelope_t handle_envelope_reply(const handle_envelope_t *request);

/* One message from the front of a TCP stream. OK: the caller drops
 * HANDLE_ENVELOPE_SIZE + ret_message->len bytes. MALFORMED: the length is over
 * HANDLE_MESSAGE_MAX and the stream cannot be followed any more; answer and
 * close. */
MUST_CHECK
codec_t handle_frame_next(slice_t in, handle_envelope_t *ret_envelope, slice_t *ret_message);

/* Number of datagrams for a message of `length` bytes; at least 1. */
uint32_t handle_packet_count(size_t length);
/* Appends datagram `sequence` of `message`: the envelope with its length, sequence
 * and truncated bit set as they must be, then the slice. */
void handle_packet_encode(const handle_envelope_t *envelope, slice_t message, uint32_t sequence,
                          writer_t *w);

/* One datagram as it came. */
typedef struct {
	addr_t peer;
	handle_envelope_t envelope;
	slice_t payload;
} handle_packet_t;

/* Checks that the payload is exactly the slice that length and sequence call for,
 * or the whole message in one larger datagram. Too short is MALFORMED here, since
 * nothing more will come of a datagram. The truncated bit is ignored: deployed servers set it
 * wrongly both ways. */
MUST_CHECK
codec_t handle_packet_decode(addr_t peer, slice_t datagram, handle_packet_t *ret_packet);

/* A message some of whose slices have come; owned by the table below. */
typedef struct {
	bool used;
	addr_t peer;
	handle_envelope_t envelope;
	int64_t started_ns;
	uint32_t have_count;
	uint64_t have[HANDLE_SLICE_WORDS];
} handle_partial_t;

/* Caller-owned table of partial messages. Fill the first five fields and leave
 * the rest zero. Memory is slots * message_max and never grows; when a slot is
 * wanted and none is free, the oldest partial message is dropped and counted. */
typedef struct {
	handle_partial_t *slots;
	size_t slot_count;
	uint8_t *memory;                    /* slot_count * message_max bytes */
	size_t message_max;                 /* longer messages are refused */
	int64_t timeout_ns;                 /* partial messages older than this are dropped */
	uint64_t expired, evicted, refused; /* counters for the caller's metrics */
} handle_reassembly_t;

/* Takes one packet; `now_ns` is any steady clock. OK: the message is whole, and
 * ret_message is valid until the next call (or borrows the packet when it was
 * alone). MORE: kept. MALFORMED: contradicts the packets before it, or is over
 * message_max; dropped and counted. Repeated packets are harmless. */
MUST_CHECK
codec_t handle_reassembly_push(handle_reassembly_t *table, const handle_packet_t *packet,
                               int64_t now_ns, handle_envelope_t *ret_envelope,
                               slice_t *ret_message);
/* Caveats: handle_reassembly_push looks through the slots one by one; keep
 * slot_count in the tens. */
#endif
