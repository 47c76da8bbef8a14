/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_LINEAGE_H
#define MODEL_LINEAGE_H
/* How a figure is followed down: the question that goes from a parent to its child, and the
 * sheet by which the node that the figure is of says what it was made of.
 *
 * A question names one revision of one figure, and how many levels are to be opened: at depth 1
 * its owner answers alone, at 2 the nodes below it too, each asked by its own parent. `mark` is
 * chance of the asker, so that the answer to another question never passes for the answer to
 * this one.
 *
 *     question   version u8 = 1, mark (16), asker string, figure's key (indicator.h), entity
 *                string, revision varint, depth u8
 *
 * A sheet bears the question as its node was asked it, and is signed by that node: whoever is
 * between can leave it out and cannot change it. Of a rolled figure it has a row for each child
 * that went in, with the figure as the child's item said it (codec/uplink; the batch that bears
 * it and the child's signature travels beside the sheet) and the child's keys; of a measured one
 * what it was measured by, and what comes out when it is evaluated again. What is not answered
 * has a reason in its place. A figure of more children than a sheet has room for has several,
 * `first` is the number of the first row of each.
 *
 *     sheet      version u8 = 1, question string, node string, time zig-zag, reason u8, latest
 *                revision varint, figure string (empty unless the reason is NONE), reason of
 *                again u8, again string (likewise), place string, first varint, is last u8,
 *                rows string, inputs string, signature (64)
 *     row        entity string, revision varint, latest varint, reason u8, item string (empty
 *                unless NONE), count of keys u8, strings
 *     input      name string, point string
 *
 *     part       kind u8, a sheet or a batch (codec/uplink) to the end
 *
 * Each has one form. Threads: pure; what is read borrows the bytes. */
#include "model/indicator.h"

enum {
	LINEAGE_VERSION = 1,
	LINEAGE_MARK_BYTES = 16,
	LINEAGE_DEPTH_MAX = 8,
	LINEAGE_NODE_MAX = 128,
	LINEAGE_QUESTION_MAX = 1024,
	LINEAGE_KEYS_MAX = 8,
	LINEAGE_KEY_MAX = 64, /* DER of an Ed25519 key has 44 */
	LINEAGE_PLACE_MAX = 255,
	LINEAGE_INPUTS_BYTES_MAX = 64 * 1024,
	LINEAGE_SIGNATURE_BYTES = 64,
	/* So that a part goes into a frame of the uplink. */
	LINEAGE_PART_MAX = (1 << 20) - 512,
	LINEAGE_SHEET_MAX = LINEAGE_PART_MAX - 1,
	/* What rows a sheet has room for beside all else, two figures among it. */
	LINEAGE_ROWS_BYTES_MAX = 256 * 1024,
	LINEAGE_ROW_MAX = FIGURE_BYTES_MAX + 1024,
};

/* Why something is not answered. Sent: append rows, never reorder.
 * name, word, English, Chinese */
#define LINEAGE_REASON_ROWS(X) \
	X(NONE, "none", "answered", "已答复") \
	X(CONTRACT, "contract", "the contract does not let it go", "合同不允许提供") \
	X(SILENT, "silent", "did not answer in time", "未按时答复") \
	X(UNKNOWN, "unknown", "knows of no such figure", "没有该数值") \
	X(GONE, "gone", "what it was made of is not kept any more", "其来源数据已不再保存") \
	X(DAMAGED, "damaged", "what is stored of it is damaged", "其存储数据已损坏") \
	X(BUSY, "busy", "has too many questions at once", "同时处理的问题过多") \
	X(UNBOUND, "unbound", "nothing here measures it any more", "此处已不再测量该指标")

#define X(name, word, en, zh) LINEAGE_##name,
typedef enum { LINEAGE_REASON_ROWS(X) LINEAGE_REASON_COUNT } lineage_reason_t;
#undef X

/* "other" of a newer version. */
const char *lineage_reason_name(uint8_t reason);
const char *lineage_reason_text(uint8_t reason, lang_t lang);

typedef struct {
	uint8_t mark[LINEAGE_MARK_BYTES];
	slice_t asker; /* identifier of the node whose question it first was */
	figure_key_t key;
	slice_t entity;
	uint32_t revision;
	uint8_t depth; /* 1 to LINEAGE_DEPTH_MAX */
} lineage_question_t;

/* ERR_INVALID: what lineage_question_read would refuse. ERR_TOO_BIG; LINEAGE_QUESTION_MAX is
 * enough for any. */
MUST_CHECK err_t lineage_question_put(const lineage_question_t *question, writer_t *w);
/* ERR_MALFORMED, ERR_NEWER_FORMAT. */
MUST_CHECK err_t lineage_question_read(slice_t bytes, lineage_question_t *ret_question);

typedef struct {
	slice_t entity;
	uint32_t revision; /* that went in */
	uint32_t latest;   /* the greatest of the child's that is known; above: it changed since */
	uint8_t reason;
	slice_t item;                   /* identifier of its node and figure (figure_item_decode) */
	slice_t keys[LINEAGE_KEYS_MAX]; /* of the child, DER, newest first */
	size_t key_count;
} lineage_row_t;

typedef struct {
	slice_t name, point;
} lineage_input_t;

typedef struct {
	slice_t question; /* as it was asked here */
	slice_t node;
	int64_t at_ns;
	uint8_t reason;
	uint32_t latest;
	slice_t figure;
	uint8_t again_reason; /* of one that is not measured UNBOUND */
	slice_t again;        /* a figure; its revision and time are those of the first */
	slice_t place;        /* what is damaged and where, as the node says it */
	uint32_t first;
	bool is_last;
	slice_t rows, inputs;
	/* Read: */
	slice_t signature;
	slice_t covered; /* all before it */
} lineage_sheet_t;

/* Without the signature, which stands behind. ERR_INVALID, ERR_TOO_BIG. */
MUST_CHECK err_t lineage_sheet_put(const lineage_sheet_t *sheet, writer_t *w);
/* Checks all of it, each row too, but for figures, items and the signature. ERR_MALFORMED,
 * ERR_NEWER_FORMAT. */
MUST_CHECK err_t lineage_sheet_read(slice_t bytes, lineage_sheet_t *ret_sheet);

void lineage_row_put(const lineage_row_t *row, writer_t *w);
/* Readers begin as reader_of(sheet->rows), reader_of(sheet->inputs). False at the end. */
bool lineage_row_next(reader_t *rows, lineage_row_t *ret_row);
void lineage_input_put(const lineage_input_t *input, writer_t *w);
bool lineage_input_next(reader_t *inputs, lineage_input_t *ret_input);

typedef enum { LINEAGE_PART_SHEET = 1, LINEAGE_PART_BATCH = 2 } lineage_part_kind_t;

/* ERR_MALFORMED: none; ERR_UNSUPPORTED: a kind of a newer version. */
MUST_CHECK err_t lineage_part_read(slice_t part, lineage_part_kind_t *ret_kind, slice_t *ret_body);
#endif
