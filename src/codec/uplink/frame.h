/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_UPLINK_FRAME_H
#define CODEC_UPLINK_FRAME_H
/* The frames that a child and its parent send one another, and parcels, the same frames in
 * a file where there is no line. Each kind is a struct and a table of its fields, from which
 * reading, writing and the limits follow.
 *
 *     frame    length u32 le of what follows, kind u8, fields in their order
 *
 * Story of a line: a session gives what has come to uplink_frame_read. CODEC_MORE: wait for
 * more, which the cap of the length bounds before anything is kept; CODEC_OK: `frame` borrows
 * the bytes, go on behind `used`; CODEC_UNSUPPORTED: a kind of a newer version, to be passed
 * over by `used`; CODEC_MALFORMED: close, no further byte can be trusted.
 *
 * Story of a parcel: a child writes uplink_parcel_begin, a PARCEL, BATCH frames, an END; the
 * parent carries back a parcel of RECEIPT, REFUSAL and DOWN frames. The reader keeps an
 * uplink_parcel_t over the file and takes frame by frame; it hashes what it took up to the
 * END and compares. A file may be longer than memory: only one frame must be held.
 *
 *     parcel   magic "JZPARCEL", version u8 = 1, frames PARCEL, ..., END
 *     hash = SHA-256(UPLINK_TAG_PARCEL || all before the END frame)
 *     signature = Ed25519 by the key of the parcel's node over (UPLINK_TAG_SIGNED || hash)
 *
 * What comes down (DOWN) is signed by who issued it, so that it may be passed on:
 *     signature = Ed25519 by the issuer's key over (UPLINK_TAG_DOWN || signed), where `signed`
 *     is the fields of the frame before the signature
 *
 * Every byte: uplink.md. Pure functions; structs borrow. */
#include "codec/uplink/uplink.h"

enum {
	UPLINK_HEAD_BYTES = 5,     /* of a frame: length and kind */
	UPLINK_STREAMS_MAX = 16,   /* of one frame: those of a newer version too */
	UPLINK_LABELS_MAX = 8,     /* of a request to join */
	UPLINK_WORD_MAX = 128,     /* bytes of a name, a label or an id */
	UPLINK_CODE_MAX = 128,     /* of the proof of a one-time code */
	UPLINK_REQUEST_MAX = 8192, /* of a certificate request */
	UPLINK_CHAIN_MAX = 65536,  /* of certificates */
	UPLINK_PARCEL_HEAD_BYTES = 9,
};

/* Which way a kind goes: on a line, and in parcels there and back. */
enum {
	UPLINK_BY_CHILD = 1,
	UPLINK_BY_PARENT = 2,
	UPLINK_IN_OUT = 4,
	UPLINK_IN_RETURN = 8,
};

/* name, number as sent, word, ways */
#define UPLINK_KIND_ROWS(X) \
	X(ENROL, 1, "enrol", UPLINK_BY_CHILD) \
	X(ENROLLED, 2, "enrolled", UPLINK_BY_PARENT) \
	X(HELLO, 3, "hello", UPLINK_BY_CHILD) \
	X(WELCOME, 4, "welcome", UPLINK_BY_PARENT) \
	X(BATCH, 5, "batch", UPLINK_BY_CHILD | UPLINK_IN_OUT) \
	X(RECEIPT, 6, "receipt", UPLINK_BY_PARENT | UPLINK_IN_RETURN) \
	X(REFUSAL, 7, "refusal", UPLINK_BY_PARENT | UPLINK_IN_RETURN) \
	X(DOWN, 8, "down", UPLINK_BY_PARENT | UPLINK_IN_RETURN) \
	X(UP, 9, "up", UPLINK_BY_CHILD | UPLINK_IN_OUT) \
	X(BEAT, 10, "beat", UPLINK_BY_CHILD | UPLINK_BY_PARENT) \
	X(PARCEL, 11, "parcel", 0) \
	X(END, 12, "end", UPLINK_IN_OUT | UPLINK_IN_RETURN)

#define X(name, number, word, ways) UPLINK_KIND_##name = (number),
typedef enum { UPLINK_KIND_ROWS(X) } uplink_kind_t;
#undef X

/* A refusal of the child may come in place of WELCOME and ENROLLED; a child refuses nothing:
 * it closes. */
/* name, word, ends the session, English, Chinese. Sent: append rows, never reorder. */
#define UPLINK_REASON_ROWS(X) \
	X(GAP, "gap", false, "does not continue what is held", "与已收内容不连续") \
	X(FORK, "fork", false, "says otherwise than what is held", "与已收内容矛盾") \
	X(EPOCH, "epoch", false, "belongs to an epoch that is over", "属于已结束的纪元") \
	X(MALFORMED, "malformed", false, "is not well formed", "格式错误") \
	X(SIGNATURE, "signature", false, "is not signed by the key of its node", \
	  "签名与节点密钥不符") \
	X(NODE, "node", true, "is of another node than the certificate says", "节点与证书不符") \
	X(STREAM, "stream", false, "is of a stream that is not known here", "数据流未知") \
	X(NEWER, "newer", true, "is of a newer version", "版本过新") \
	X(FULL, "full", false, "cannot be kept now, the store is full", "存储已满，暂不能接收") \
	X(BUSY, "busy", true, "too many children are connected", "连接的下级节点过多") \
	X(TWICE, "twice", true, "the node is connected already", "该节点已连接") \
	X(REVOKED, "revoked", true, "the certificate is revoked", "证书已吊销") \
	X(EXPIRED, "expired", true, "the certificate or the code has expired", \
	  "证书或注册码已过期") \
	X(CODE, "code", true, "the one-time code is not known or was used", \
	  "一次性注册码无效或已使用") \
	X(REQUEST, "request", true, "the certificate request is not acceptable", \
	  "证书请求不可接受") \
	X(PARENT, "parent", true, "is meant for another parent", "收件的上级节点不符") \
	X(ORDER, "order", true, "came out of turn", "报文次序错误") \
	X(CLOCK, "clock", true, "the clocks are too far apart", "两端时钟相差过大") \
	X(CLOSING, "closing", true, "the node is stopping", "节点正在停止")

#define X(name, word, ends, en, zh) UPLINK_REASON_##name,
typedef enum { UPLINK_REASON_ROWS(X) UPLINK_REASON_COUNT } uplink_reason_t;
#undef X

/* kind of what comes down; sent */
#define UPLINK_DOWN_ROWS(X) \
	X(PACK, "pack") \
	X(BULLETIN, "bulletin") \
	X(QUESTION, "question") \
	X(HANDLING, "handling")

#define X(name, word) UPLINK_DOWN_##name,
typedef enum { UPLINK_DOWN_ROWS(X) UPLINK_DOWN_COUNT } uplink_down_kind_t;
#undef X

typedef enum { UPLINK_UP_UPTAKE, UPLINK_UP_ANSWER, UPLINK_UP_COUNT } uplink_up_kind_t;

typedef enum { UPLINK_PARCEL_OUT, UPLINK_PARCEL_RETURN, UPLINK_PARCEL_COUNT } uplink_parcel_kind_t;

enum {
	UPLINK_FLAG_ZSTD = 1, /* HELLO, WELCOME: batches may be compressed; BATCH: this one is */
	UPLINK_SESSION = 255, /* in place of a stream: the refusal is of the session */
};

/* What a newcomer says of itself, by the words of its level's pack: "level", "region",
 * "industry", "entity", ... */
typedef struct {
	slice_t name, value;
} uplink_label_t;

typedef struct {
	slice_t code;    /* proof of the one-time code; empty to renew a certificate */
	slice_t request; /* DER */
	slice_t node;
	uplink_label_t labels[UPLINK_LABELS_MAX];
	size_t label_count;
} uplink_enrol_t;

typedef struct {
	slice_t chain; /* the certificate, and what it leads to */
} uplink_enrolled_t;

typedef struct {
	uint8_t stream; /* uplink_stream_t, or one of a newer version */
	uint64_t epoch;
	uint64_t last; /* sequence of the newest item there is, 0 for none */
} uplink_offer_t;

typedef struct {
	uint8_t version; /* UPLINK_VERSION */
	slice_t node;
	int64_t ns;
	uint32_t flags;
	uplink_offer_t streams[UPLINK_STREAMS_MAX];
	size_t stream_count;
} uplink_hello_t;

/* Up to where a stream is held, durably. */
typedef struct {
	uint8_t stream;
	uint64_t epoch;
	uint64_t sequence; /* 0 for nothing */
	uint8_t hash[UPLINK_HASH_BYTES];
} uplink_held_t;

typedef struct {
	slice_t parent;
	int64_t ns;
	uint32_t flags;
	uint64_t bytes_per_second; /* what the child may send; 0 for as it likes */
	uplink_held_t streams[UPLINK_STREAMS_MAX];
	size_t stream_count;
} uplink_welcome_t;

typedef struct {
	uint32_t flags;
	uint32_t raw_length; /* of the batch, up to UPLINK_BATCH_MAX */
	slice_t bytes;       /* the batch, compressed when the flag says so */
} uplink_batch_frame_t;

typedef struct {
	uplink_held_t held;
} uplink_receipt_t;

typedef struct {
	uint8_t reason;     /* uplink_reason_t, or one of a newer version */
	uint64_t sequence;  /* the first of the batch that is refused, 0 of a session */
	uplink_held_t held; /* its stream may be UPLINK_SESSION, the rest is zero then */
} uplink_refusal_t;

typedef struct {
	slice_t issuer; /* identifier of the node that signed it */
	slice_t id;
	uint8_t kind; /* uplink_down_kind_t, or one of a newer version */
	uint64_t version;
	slice_t body;
	uint8_t signature[UPLINK_SIGNATURE_BYTES];
	slice_t covered; /* read: what the signature is over (behind its tag); not written */
} uplink_down_t;

typedef struct {
	slice_t id;    /* of what it answers */
	uint8_t kind;  /* uplink_up_kind_t, or one of a newer version */
	uint64_t part; /* from 0 */
	bool is_last;
	slice_t body;
} uplink_up_t;

typedef struct {
	uint8_t stream;
	uint64_t items, bytes;
} uplink_backlog_t;

typedef struct {
	int64_t ns;
	int64_t oldest_ns; /* of what is not receipted; 0 when nothing waits */
	uplink_backlog_t streams[UPLINK_STREAMS_MAX];
	size_t stream_count;
} uplink_beat_t;

typedef struct {
	uint8_t kind; /* uplink_parcel_kind_t */
	slice_t node; /* whose frames these are */
	slice_t peer; /* who is to read them */
	int64_t made_ns;
	uint8_t answers[UPLINK_HASH_BYTES]; /* of a return: hash of the parcel that it answers */
} uplink_parcel_head_t;

typedef struct {
	uint64_t count; /* of the frames between PARCEL and END */
	uint8_t hash[UPLINK_HASH_BYTES];
	uint8_t signature[UPLINK_SIGNATURE_BYTES];
} uplink_end_t;

typedef struct {
	uplink_kind_t kind;
	union {
		uplink_enrol_t enrol;
		uplink_enrolled_t enrolled;
		uplink_hello_t hello;
		uplink_welcome_t welcome;
		uplink_batch_frame_t batch;
		uplink_receipt_t receipt;
		uplink_refusal_t refusal;
		uplink_down_t down;
		uplink_up_t up;
		uplink_beat_t beat;
		uplink_parcel_head_t parcel;
		uplink_end_t end;
	};
} uplink_frame_t;

/* Of the first bytes of `bytes`; *ret_used is of OK and UNSUPPORTED. */
codec_t uplink_frame_read(slice_t bytes, uplink_frame_t *ret_frame, size_t *ret_used);
/* Appends; w->bad when it does not fit or is against the limits, so that what is written can be
 * read. Lists of streams ascend by stream. */
void uplink_frame_put(const uplink_frame_t *frame, writer_t *w);
/* What a DOWN is signed over, as `covered` of one that was read. */
void uplink_down_put_covered(const uplink_down_t *down, writer_t *w);

const char *uplink_kind_name(uplink_kind_t kind);
/* Whether it may go one of these ways. */
bool uplink_kind_goes(uplink_kind_t kind, unsigned ways);
const char *uplink_reason_name(uint8_t reason); /* "other" of a newer version */
const char *uplink_reason_text(uint8_t reason, lang_t lang);
/* Nothing more comes after such a refusal; true of one of a newer version. */
bool uplink_reason_ends_session(uint8_t reason);
const char *uplink_down_name(uint8_t kind);

/* Where a reader of a parcel is. Zeroed at first. */
typedef struct {
	bool has_begun, has_ended;
	uint8_t kind;
	uint64_t count; /* of frames behind the head */
} uplink_parcel_t;

/* Magic and version. */
void uplink_parcel_begin(writer_t *w);
/* The next frame of a parcel, PARCEL first and END last; whether it is whole, `has_ended` says.
 * What does not go this way, a count of END that is another, and bytes behind END are
 * malformed. CODEC_UNSUPPORTED: the parcel is of a newer version. All frames but the END are
 * covered by its hash, `*ret_used` bytes each, and so is the beginning, which the first use counts.
 */
codec_t uplink_parcel_next(uplink_parcel_t *parcel, slice_t bytes, uplink_frame_t *ret_frame,
                           size_t *ret_used);
#endif
