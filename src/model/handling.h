/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_HANDLING_H
#define MODEL_HANDLING_H
/* How a security event is handled: a case, named by the node where the event happened and
 * the event's sequence there, and the steps that nodes and people take on it.
 *
 *     new -> verified -> notified 通报 -> rectifying 整改 -> feedback 反馈 -> closed
 *     new, verified -> dismissed;  feedback -> rectifying (returned);
 *     dismissed, closed -> verified (reopened)
 *
 * HANDLING_STEP_ROWS is the table: from which states a step may be taken, where it leads,
 * on which side and by which role. Steps travel: those of the authority down to the origin,
 * those of the origin up. A node takes each as it is and works out the state from the set
 * (handling/fold.h), so that all who hold the same steps see the same case.
 *
 * An item is the body of an item of the stream HANDLING, the body of a DOWN handling, and
 * the payload of a JOURNAL_HANDLING record. It is a step of a case, or a funnel: how many
 * raw alarms became how many handled cases in a period at one node.
 *
 *     item     node string (who made it), version u8 = 1, kind u8 (0 step, 1 funnel), then
 *     step     origin string, event varint, step u8, number varint, when and due zig-zag
 *              (ns UTC, due 0: none), who string, text string, attachments: count u8 and
 *              32 bytes (SHA-256) each; and of OPEN: subject, technique, entity strings,
 *              severity u8, overseen u8 (0 or 1)
 *     funnel   from, to, told zig-zag (ns UTC), six counts varint
 *
 * Limits: the lengths below. Texts are UTF-8. */
#include "base/cursor.h"
#include "base/err.h"
#include "model/caller.h"
#include "model/event.h"

enum {
	HANDLING_NODE_MAX = 128,
	HANDLING_WORD_MAX = 256, /* who, subject, technique, entity */
	HANDLING_TEXT_MAX = 4096,
	HANDLING_FILES_MAX = 8,
	HANDLING_HASH_BYTES = 32,
	HANDLING_STEPS_MAX = 64, /* of a case, and the highest number of one */
	HANDLING_ITEM_MAX = 6 * 1024,
};

/* Times of steps are from 1970 to here, two days before the last that 64 bits hold. */
#define HANDLING_TIME_MAX (INT64_MAX - 2 * NS_PER_DAY)

/* id, word, Chinese. NONE: steps came before the case was opened. */
#define HANDLING_STATE_ROWS(X) \
	X(NONE, "none", "未立案") \
	X(NEW, "new", "待核实") \
	X(VERIFIED, "verified", "已核实") \
	X(DISMISSED, "dismissed", "已排除") \
	X(NOTIFIED, "notified", "已通报") \
	X(RECTIFYING, "rectifying", "整改中") \
	X(REPORTED, "feedback", "已反馈") \
	X(CLOSED, "closed", "已办结")

#define X(name, word, zh) HANDLING_##name,
typedef enum { HANDLING_STATE_ROWS(X) HANDLING_STATE_COUNT } handling_state_t;
#undef X

/* Who may take a step: the node of the event, those above it, or either. A case that is not
 * overseen is its origin's alone, and either side is there. */
typedef enum { HANDLING_EITHER, HANDLING_ORIGIN, HANDLING_ABOVE } handling_side_t;

#define HANDLING_IN(state) (1U << HANDLING_##state)
#define HANDLING_OPENED \
	(HANDLING_IN(NEW) | HANDLING_IN(VERIFIED) | HANDLING_IN(DISMISSED) | \
	 HANDLING_IN(NOTIFIED) | HANDLING_IN(RECTIFYING) | HANDLING_IN(REPORTED) | \
	 HANDLING_IN(CLOSED))

/* Stored and sent: append rows, never reorder. id, word, Chinese, from, to (NONE: the state
 * stays), side, least role, rank. Of two steps that were taken at once, the one of the lower
 * rank holds: what keeps a case open goes before what ends it. */
#define HANDLING_STEP_ROWS(X) \
	X(OPEN, "open", "立案", HANDLING_IN(NONE), NEW, ORIGIN, OPERATOR, 0) \
	X(VERIFY, "verify", "核实", HANDLING_IN(NEW), VERIFIED, EITHER, OPERATOR, 2) \
	X(DISMISS, "dismiss", "排除", HANDLING_IN(NEW) | HANDLING_IN(VERIFIED), DISMISSED, EITHER, \
	  ENGINEER, 8) \
	X(NOTIFY, "notify", "通报", HANDLING_IN(VERIFIED), NOTIFIED, ABOVE, ENGINEER, 3) \
	X(RECTIFY, "rectify", "整改", HANDLING_IN(NOTIFIED), RECTIFYING, ORIGIN, OPERATOR, 4) \
	X(REPORT, "report", "反馈", HANDLING_IN(NOTIFIED) | HANDLING_IN(RECTIFYING), REPORTED, \
	  ORIGIN, OPERATOR, 6) \
	X(RETURN, "return", "退回", HANDLING_IN(REPORTED), RECTIFYING, ABOVE, ENGINEER, 5) \
	X(CLOSE, "close", "办结", HANDLING_IN(REPORTED), CLOSED, ABOVE, ENGINEER, 7) \
	X(REOPEN, "reopen", "重启", HANDLING_IN(DISMISSED) | HANDLING_IN(CLOSED), VERIFIED, \
	  EITHER, ENGINEER, 1) \
	X(NOTE, "note", "备注", HANDLING_OPENED, NONE, EITHER, OPERATOR, 9)

#define X(name, word, zh, from, to, side, role, rank) HANDLING_STEP_##name,
typedef enum { HANDLING_STEP_ROWS(X) HANDLING_STEP_COUNT } handling_step_kind_t;
#undef X

typedef struct {
	const char *text[LANG_COUNT];
	uint32_t from; /* bits of states */
	handling_state_t to;
	handling_side_t side;
	role_t role;
	uint8_t rank;
} handling_step_info_t;

const handling_step_info_t *handling_step_info(handling_step_kind_t step);
/* HANDLING_STEP_COUNT when unknown. */
handling_step_kind_t handling_step_parse(slice_t word);
const char *handling_state_text(handling_state_t state, lang_t lang);

typedef struct {
	slice_t origin; /* identifier of the node of the event */
	uint64_t event; /* its sequence there */
} handling_id_t;

/* What a case is about; said when it is opened. */
typedef struct {
	slice_t subject;   /* who or what did it */
	slice_t technique; /* "T0836" */
	slice_t entity;    /* identifier of what is affected */
	severity_t severity;
	bool is_overseen; /* a node above has its say */
} handling_case_t;

typedef struct {
	slice_t node; /* that took it */
	handling_id_t id;
	handling_step_kind_t step;
	uint32_t number; /* one more than the highest its maker knew of in the case */
	int64_t when_ns;
	int64_t due_ns; /* of what comes next; 0: none */
	slice_t who;    /* subject of the caller */
	slice_t text;
	size_t file_count;
	slice_t files[HANDLING_FILES_MAX]; /* hashes of attachments */
	handling_case_t what;              /* of OPEN */
} handling_step_t;

/* Stored and sent: append rows, never reorder. */
#define FUNNEL_ROWS(X) \
	X(RAW, "raw alarms", "原始告警") \
	X(SCREENED, "screened clues", "筛选线索") \
	X(SUSPICIOUS, "suspicious events", "疑似事件") \
	X(VERIFIED, "verified events", "核实事件") \
	X(NOTIFIED, "enterprises notified", "通报企业") \
	X(HANDLED, "handled", "完成处置")

#define X(name, en, zh) FUNNEL_##name,
typedef enum { FUNNEL_ROWS(X) FUNNEL_COUNT } funnel_stage_t;
#undef X

const char *funnel_text(funnel_stage_t stage, lang_t lang);

/* Counts of one node alone; those of a tree are their sum, node by node. */
typedef struct {
	slice_t node;
	int64_t from_ns, to_ns;
	int64_t told_ns; /* of two of the same node and period the later holds */
	uint64_t counts[FUNNEL_COUNT];
} funnel_t;

typedef struct {
	bool is_funnel;
	handling_step_t step;
	funnel_t funnel;
} handling_item_t;

/* w->bad when it does not fit; against the limits is the caller's bug. */
void handling_step_put(const handling_step_t *step, writer_t *w);
void funnel_put(const funnel_t *funnel, writer_t *w);
/* Borrows `body`. Equal items are equal bytes: others are refused. ERR_MALFORMED,
 * ERR_NEWER_FORMAT. */
MUST_CHECK err_t handling_item_read(slice_t body, handling_item_t *ret_item);
#endif
