/* SPDX-License-Identifier: Apache-2.0 */
/* Each kind is a table of fields: where one lies in the struct, how it is written, and how
 * much of it may be. Both directions walk the same rows, so they cannot differ. */
#include "codec/uplink/frame.h"

#include "base/utf8.h"

#include <assert.h>

typedef enum {
	FIELD_U8,
	FIELD_BOOL,
	FIELD_U32,
	FIELD_U64,
	FIELD_VARINT,
	FIELD_TIME,
	FIELD_TEXT, /* 1 to `max` bytes */
	FIELD_BYTES,
	FIELD_FIXED, /* `max` bytes inside the struct */
	FIELD_LIST,
} field_type_t;

typedef struct field field_t;
struct field {
	field_type_t type;
	size_t at;  /* in the struct */
	size_t max; /* bytes of text and bytes, rows of a list */
	/* Of a list: where its count lies, and its rows, which hold no lists. Rows by stream
	 * ascend. */
	size_t count_at, row_size, row_field_count;
	const field_t *row_fields;
	bool is_by_stream;
};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define FIELD(T, member, kind) \
	{ \
		.type = FIELD_##kind, .at = offsetof(T, member) \
	}
#define SIZED(T, member, kind, most) \
	{ \
		.type = FIELD_##kind, .at = offsetof(T, member), .max = (most) \
	}
#define LIST(T, member, count, most, R, rows, by_stream) \
	{ \
		.type = FIELD_LIST, .at = offsetof(T, member), .max = (most), \
		.count_at = offsetof(T, count), .row_size = sizeof(R), .row_fields = (rows), \
		.row_field_count = COUNT(rows), .is_by_stream = (by_stream) \
	}

static const field_t LABEL[] = {
	SIZED(uplink_label_t, name, TEXT, UPLINK_WORD_MAX),
	SIZED(uplink_label_t, value, TEXT, UPLINK_WORD_MAX),
};

static const field_t ENROL[] = {
	SIZED(uplink_enrol_t, code, BYTES, UPLINK_CODE_MAX),
	SIZED(uplink_enrol_t, request, BYTES, UPLINK_REQUEST_MAX),
	SIZED(uplink_enrol_t, node, TEXT, UPLINK_NODE_MAX),
	LIST(uplink_enrol_t, labels, label_count, UPLINK_LABELS_MAX, uplink_label_t, LABEL, false),
};

static const field_t ENROLLED[] = {
	SIZED(uplink_enrolled_t, chain, BYTES, UPLINK_CHAIN_MAX),
};

static const field_t OFFER[] = {
	FIELD(uplink_offer_t, stream, U8),
	FIELD(uplink_offer_t, epoch, U64),
	FIELD(uplink_offer_t, last, VARINT),
};

static const field_t HELLO[] = {
	FIELD(uplink_hello_t, version, U8),
	SIZED(uplink_hello_t, node, TEXT, UPLINK_NODE_MAX),
	FIELD(uplink_hello_t, ns, TIME),
	FIELD(uplink_hello_t, flags, U32),
	LIST(uplink_hello_t, streams, stream_count, UPLINK_STREAMS_MAX, uplink_offer_t, OFFER,
	     true),
};

static const field_t HELD[] = {
	FIELD(uplink_held_t, stream, U8),
	FIELD(uplink_held_t, epoch, U64),
	FIELD(uplink_held_t, sequence, VARINT),
	SIZED(uplink_held_t, hash, FIXED, UPLINK_HASH_BYTES),
};

static const field_t WELCOME[] = {
	SIZED(uplink_welcome_t, parent, TEXT, UPLINK_NODE_MAX),
	FIELD(uplink_welcome_t, ns, TIME),
	FIELD(uplink_welcome_t, flags, U32),
	FIELD(uplink_welcome_t, bytes_per_second, VARINT),
	LIST(uplink_welcome_t, streams, stream_count, UPLINK_STREAMS_MAX, uplink_held_t, HELD,
	     true),
};

static const field_t BATCH[] = {
	FIELD(uplink_batch_frame_t, flags, U32),
	FIELD(uplink_batch_frame_t, raw_length, U32),
	SIZED(uplink_batch_frame_t, bytes, BYTES, UPLINK_BATCH_MAX),
};

static const field_t RECEIPT[] = {
	FIELD(uplink_receipt_t, held.stream, U8),
	FIELD(uplink_receipt_t, held.epoch, U64),
	FIELD(uplink_receipt_t, held.sequence, VARINT),
	SIZED(uplink_receipt_t, held.hash, FIXED, UPLINK_HASH_BYTES),
};

static const field_t REFUSAL[] = {
	FIELD(uplink_refusal_t, reason, U8),
	FIELD(uplink_refusal_t, sequence, VARINT),
	FIELD(uplink_refusal_t, held.stream, U8),
	FIELD(uplink_refusal_t, held.epoch, U64),
	FIELD(uplink_refusal_t, held.sequence, VARINT),
	SIZED(uplink_refusal_t, held.hash, FIXED, UPLINK_HASH_BYTES),
};

static const field_t DOWN[] = {
	SIZED(uplink_down_t, issuer, TEXT, UPLINK_NODE_MAX),
	SIZED(uplink_down_t, id, TEXT, UPLINK_WORD_MAX),
	FIELD(uplink_down_t, kind, U8),
	FIELD(uplink_down_t, version, VARINT),
	SIZED(uplink_down_t, body, BYTES, UPLINK_FRAME_MAX),
	SIZED(uplink_down_t, signature, FIXED, UPLINK_SIGNATURE_BYTES),
};

static const field_t UP[] = {
	SIZED(uplink_up_t, id, TEXT, UPLINK_WORD_MAX),
	FIELD(uplink_up_t, kind, U8),
	FIELD(uplink_up_t, part, VARINT),
	FIELD(uplink_up_t, is_last, BOOL),
	SIZED(uplink_up_t, body, BYTES, UPLINK_FRAME_MAX),
};

static const field_t BACKLOG[] = {
	FIELD(uplink_backlog_t, stream, U8),
	FIELD(uplink_backlog_t, items, VARINT),
	FIELD(uplink_backlog_t, bytes, VARINT),
};

static const field_t BEAT[] = {
	FIELD(uplink_beat_t, ns, TIME),
	FIELD(uplink_beat_t, oldest_ns, TIME),
	LIST(uplink_beat_t, streams, stream_count, UPLINK_STREAMS_MAX, uplink_backlog_t, BACKLOG,
	     true),
};

static const field_t PARCEL[] = {
	FIELD(uplink_parcel_head_t, kind, U8),
	SIZED(uplink_parcel_head_t, node, TEXT, UPLINK_NODE_MAX),
	SIZED(uplink_parcel_head_t, peer, TEXT, UPLINK_NODE_MAX),
	FIELD(uplink_parcel_head_t, made_ns, TIME),
	SIZED(uplink_parcel_head_t, answers, FIXED, UPLINK_HASH_BYTES),
};

static const field_t END[] = {
	FIELD(uplink_end_t, count, VARINT),
	SIZED(uplink_end_t, hash, FIXED, UPLINK_HASH_BYTES),
	SIZED(uplink_end_t, signature, FIXED, UPLINK_SIGNATURE_BYTES),
};

/* Caps of the length, kept before a frame is: a stranger that only enrols cannot have much
 * kept for it. */
enum { CAP_SMALL = 4096, CAP_ENROL = 16 * 1024, CAP_ENROLLED = UPLINK_CHAIN_MAX + 16 };

static const size_t CAPS[] = {
	[UPLINK_KIND_ENROL] = CAP_ENROL,        [UPLINK_KIND_ENROLLED] = CAP_ENROLLED,
	[UPLINK_KIND_HELLO] = CAP_SMALL,        [UPLINK_KIND_WELCOME] = CAP_SMALL,
	[UPLINK_KIND_BATCH] = UPLINK_FRAME_MAX, [UPLINK_KIND_RECEIPT] = CAP_SMALL,
	[UPLINK_KIND_REFUSAL] = CAP_SMALL,      [UPLINK_KIND_DOWN] = UPLINK_FRAME_MAX,
	[UPLINK_KIND_UP] = UPLINK_FRAME_MAX,    [UPLINK_KIND_BEAT] = CAP_SMALL,
	[UPLINK_KIND_PARCEL] = CAP_SMALL,       [UPLINK_KIND_END] = CAP_SMALL,
};

/* By number; none has 0. */
static const struct {
	const char *name;
	unsigned ways;
	const field_t *fields;
	size_t count;
} KINDS[] = {
#define X(name, number, word, ways) [number] = { word, ways, name, COUNT(name) },
	UPLINK_KIND_ROWS(X)
#undef X
};

static const struct {
	const char *name;
	bool ends_session;
	const char *text[LANG_COUNT];
} REASONS[UPLINK_REASON_COUNT] = {
#define X(name, word, ends, en, zh) { word, ends, { en, zh } },
	UPLINK_REASON_ROWS(X)
#undef X
};

const char *uplink_kind_name(uplink_kind_t kind)
{
	return KINDS[kind].name;
}

bool uplink_kind_goes(uplink_kind_t kind, unsigned ways)
{
	return KINDS[kind].ways & ways;
}

const char *uplink_reason_name(uint8_t reason)
{
	return reason < UPLINK_REASON_COUNT ? REASONS[reason].name : "other";
}

const char *uplink_reason_text(uint8_t reason, lang_t lang)
{
	static const char *const OTHER[LANG_COUNT] = { "is refused for a reason of a newer version",
		                                       "因新版本定义的原因被拒收" };
	return reason < UPLINK_REASON_COUNT ? REASONS[reason].text[lang] : OTHER[lang];
}

bool uplink_reason_ends_session(uint8_t reason)
{
	return reason >= UPLINK_REASON_COUNT || REASONS[reason].ends_session;
}

const char *uplink_down_name(uint8_t kind)
{
	static const char *const NAMES[UPLINK_DOWN_COUNT] = {
#define X(name, word) word,
		UPLINK_DOWN_ROWS(X)
#undef X
	};
	return kind < UPLINK_DOWN_COUNT ? NAMES[kind] : "other";
}

static slice_t get_text(reader_t *r, size_t max)
{
	slice_t text = rd_string(r);
	r->bad = r->bad || text.len == 0 || text.len > max || !uplink_text_ok(text);
	return text;
}

static slice_t get_bytes(reader_t *r, size_t max)
{
	slice_t bytes = rd_string(r);
	r->bad = r->bad || bytes.len > max;
	return bytes;
}

static void get_fixed(reader_t *r, size_t length, uint8_t *to)
{
	slice_t bytes = rd_take(r, length);
	if (!r->bad)
		memcpy(to, bytes.ptr, length);
}

static bool get_bool(reader_t *r)
{
	uint8_t truth = rd_u8(r);
	r->bad = r->bad || truth > 1;
	return truth;
}

static void get_plain(reader_t *r, const field_t *f, uint8_t *to)
{
	switch (f->type) {
	case FIELD_U8:
		*to = rd_u8(r);
		break;
	case FIELD_BOOL:
		memcpy(to, &(bool){ get_bool(r) }, sizeof(bool));
		break;
	case FIELD_U32:
		memcpy(to, &(uint32_t){ rd_u32_le(r) }, sizeof(uint32_t));
		break;
	case FIELD_U64:
		memcpy(to, &(uint64_t){ rd_u64_le(r) }, sizeof(uint64_t));
		break;
	case FIELD_VARINT:
		memcpy(to, &(uint64_t){ rd_varint(r) }, sizeof(uint64_t));
		break;
	case FIELD_TIME:
		memcpy(to, &(int64_t){ rd_zigzag(r) }, sizeof(int64_t));
		break;
	case FIELD_TEXT:
		memcpy(to, &(slice_t[]){ get_text(r, f->max) }, sizeof(slice_t));
		break;
	case FIELD_BYTES:
		memcpy(to, &(slice_t[]){ get_bytes(r, f->max) }, sizeof(slice_t));
		break;
	case FIELD_FIXED:
		get_fixed(r, f->max, to);
		break;
	case FIELD_LIST:
		assert(false);
	}
}

/* Whether row `i` comes behind the one before; the stream is the first byte of a row. */
static bool row_in_order(const field_t *f, const uint8_t *rows, size_t i)
{
	return !f->is_by_stream || i == 0 || rows[i * f->row_size] > rows[(i - 1) * f->row_size];
}

static void get_row(reader_t *r, const field_t *f, uint8_t *row)
{
	for (size_t k = 0; k < f->row_field_count; k++)
		get_plain(r, &f->row_fields[k], &row[f->row_fields[k].at]);
}

static void get_list(reader_t *r, const field_t *f, uint8_t *item)
{
	uint8_t *rows = &item[f->at];
	size_t count = rd_u8(r);
	r->bad = r->bad || count > f->max;
	for (size_t i = 0; !r->bad && i < count; i++) {
		get_row(r, f, &rows[i * f->row_size]);
		r->bad = r->bad || !row_in_order(f, rows, i);
	}
	memcpy(&item[f->count_at], &count, sizeof(count));
}

static void get_field(reader_t *r, const field_t *f, uint8_t *item)
{
	if (f->type == FIELD_LIST)
		get_list(r, f, item);
	else
		get_plain(r, f, &item[f->at]);
}

/* `item` is the struct of the kind, which lies at the beginning of the union. */
static void get_fields(reader_t *r, uplink_kind_t kind, uint8_t *item)
{
	for (size_t i = 0; !r->bad && i < KINDS[kind].count; i++)
		get_field(r, &KINDS[kind].fields[i], item);
}

static slice_t slice_at(const uint8_t *from)
{
	slice_t slice;
	memcpy(&slice, from, sizeof(slice));
	return slice;
}

static uint64_t number_at(const uint8_t *from)
{
	uint64_t number;
	memcpy(&number, from, sizeof(number));
	return number;
}

static void put_text(writer_t *w, slice_t text, size_t max)
{
	w->bad = w->bad || text.len == 0 || text.len > max || !uplink_text_ok(text);
	wr_string(w, text);
}

static void put_bytes(writer_t *w, slice_t bytes, size_t max)
{
	w->bad = w->bad || bytes.len > max;
	wr_string(w, bytes);
}

static void put_u32(writer_t *w, const uint8_t *from)
{
	uint32_t number;
	memcpy(&number, from, sizeof(number));
	wr_u32_le(w, number);
}

static void put_plain(writer_t *w, const field_t *f, const uint8_t *from)
{
	switch (f->type) {
	case FIELD_U8:
	case FIELD_BOOL:
		wr_u8(w, *from);
		break;
	case FIELD_U32:
		put_u32(w, from);
		break;
	case FIELD_U64:
		wr_u64_le(w, number_at(from));
		break;
	case FIELD_VARINT:
		wr_varint(w, number_at(from));
		break;
	case FIELD_TIME:
		wr_zigzag(w, (int64_t)number_at(from));
		break;
	case FIELD_TEXT:
		put_text(w, slice_at(from), f->max);
		break;
	case FIELD_BYTES:
		put_bytes(w, slice_at(from), f->max);
		break;
	case FIELD_FIXED:
		wr_bytes(w, slice_of(from, f->max));
		break;
	case FIELD_LIST:
		assert(false);
	}
}

static void put_row(writer_t *w, const field_t *f, const uint8_t *row)
{
	for (size_t k = 0; k < f->row_field_count; k++)
		put_plain(w, &f->row_fields[k], &row[f->row_fields[k].at]);
}

static void put_list(writer_t *w, const field_t *f, const uint8_t *item)
{
	const uint8_t *rows = &item[f->at];
	size_t count;
	memcpy(&count, &item[f->count_at], sizeof(count));
	w->bad = w->bad || count > f->max;
	wr_u8(w, (uint8_t)count);
	for (size_t i = 0; !w->bad && i < count; i++) {
		w->bad = !row_in_order(f, rows, i);
		put_row(w, f, &rows[i * f->row_size]);
	}
}

static void put_field(writer_t *w, const field_t *f, const uint8_t *item)
{
	if (f->type == FIELD_LIST)
		put_list(w, f, item);
	else
		put_plain(w, f, &item[f->at]);
}

static void put_fields(writer_t *w, uplink_kind_t kind, size_t count, const uint8_t *item)
{
	for (size_t i = 0; !w->bad && i < count; i++)
		put_field(w, &KINDS[kind].fields[i], item);
}

static bool batch_ok(const uplink_batch_frame_t *b)
{
	bool is_raw = b->flags == 0 && b->raw_length == b->bytes.len;
	return b->raw_length <= UPLINK_BATCH_MAX && (is_raw || b->flags == UPLINK_FLAG_ZSTD);
}

static bool is_zero(const void *bytes, size_t length)
{
	static const uint8_t ZERO[UPLINK_HASH_BYTES];
	assert(length <= sizeof(ZERO));
	return memcmp(bytes, ZERO, length) == 0;
}

/* A refusal of the session says nothing of a stream. */
static bool refusal_ok(const uplink_refusal_t *r)
{
	return r->held.stream != UPLINK_SESSION ||
	       (r->sequence == 0 && r->held.epoch == 0 && r->held.sequence == 0 &&
	        is_zero(r->held.hash, sizeof(r->held.hash)));
}

/* Only a return answers something. */
static bool parcel_ok(const uplink_parcel_head_t *p)
{
	return p->kind == UPLINK_PARCEL_RETURN ||
	       (p->kind == UPLINK_PARCEL_OUT && is_zero(p->answers, sizeof(p->answers)));
}

/* What joins several fields. */
static bool frame_ok(const uplink_frame_t *frame)
{
	if (frame->kind == UPLINK_KIND_BATCH)
		return batch_ok(&frame->batch);
	if (frame->kind == UPLINK_KIND_REFUSAL)
		return refusal_ok(&frame->refusal);
	return frame->kind != UPLINK_KIND_PARCEL || parcel_ok(&frame->parcel);
}

static bool kind_known(uint8_t kind)
{
	return kind > 0 && kind < COUNT(KINDS);
}

static codec_t read_body(uplink_kind_t kind, slice_t body, uplink_frame_t *ret_frame)
{
	uplink_frame_t frame = { .kind = kind };
	reader_t r = reader_of(body);
	get_fields(&r, kind, (uint8_t *)&frame.enrol);
	if (r.bad || r.in.len || !frame_ok(&frame))
		return CODEC_MALFORMED;
	if (kind == UPLINK_KIND_DOWN)
		frame.down.covered = slice_sub(body, 0, body.len - UPLINK_SIGNATURE_BYTES);
	*ret_frame = frame;
	return CODEC_OK;
}

codec_t uplink_frame_read(slice_t bytes, uplink_frame_t *ret_frame, size_t *ret_used)
{
	reader_t r = reader_of(bytes);
	size_t length = rd_u32_le(&r);
	if (r.bad)
		return CODEC_MORE;
	if (length == 0 || length > UPLINK_FRAME_MAX)
		return CODEC_MALFORMED;
	uint8_t kind = rd_u8(&r);
	if (r.bad)
		return CODEC_MORE;
	if (kind == 0 || (kind_known(kind) && length > CAPS[kind]))
		return CODEC_MALFORMED;
	slice_t body = rd_take(&r, length - 1);
	if (r.bad)
		return CODEC_MORE;
	codec_t read = kind_known(kind) ? read_body((uplink_kind_t)kind, body, ret_frame)
	                                : CODEC_UNSUPPORTED;
	if (read != CODEC_MALFORMED)
		*ret_used = sizeof(uint32_t) + length;
	return read;
}

void uplink_frame_put(const uplink_frame_t *frame, writer_t *w)
{
	size_t at = w->len;
	assert(kind_known((uint8_t)frame->kind));
	wr_u32_le(w, 0);
	wr_u8(w, (uint8_t)frame->kind);
	put_fields(w, frame->kind, KINDS[frame->kind].count, (const uint8_t *)&frame->enrol);
	size_t length = w->len - at - sizeof(uint32_t);
	w->bad = w->bad || !frame_ok(frame) || length > CAPS[frame->kind];
	if (w->bad)
		return;
	writer_t head = writer_of(&w->buf[at], sizeof(uint32_t));
	wr_u32_le(&head, (uint32_t)length);
}

void uplink_down_put_covered(const uplink_down_t *down, writer_t *w)
{
	put_fields(w, UPLINK_KIND_DOWN, COUNT(DOWN) - 1, (const uint8_t *)down);
}
