/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LINEAGE_CHECK_H
#define LINEAGE_CHECK_H
/* Whether a figure is what it says: its parts added again out of what its children signed, each
 * of those likewise, down to what was measured.
 *
 * Story: who asked has the parts of the answer (model/lineage.h), his own sheet among them, in
 * any order. lineage_check reads them once, and goes down from the figure that was asked about.
 * For each figure it tells a finding: first the figure, then those it was made of.
 *
 * What is believed: the asker's own sheet, since it is his. A child's figure, when the child has
 * signed it: in the batch by which it came, or in a sheet of its own, by a key that the sheet
 * above it names, which its parent has signed. So a chain of signatures leads from the asker
 * down, and who passes an answer on can leave things out (which is told) and alter nothing.
 *
 * What is compared: the sums of the parts in the order of the children, and the value by the
 * definition, to the bit; how many report, are declared, and their coverage. How many are
 * expected is not less than those of the children and the silent ones. Of a measured figure,
 * with what its node says comes out now. What a person attested cannot be checked.
 *
 * Parts that cannot be read, are of another question or signed by nobody who is known are
 * passed over and counted.
 *
 * Pure but for signatures. Any thread. Memory: the arena's and the rollup's; LINEAGE_CHECK_BYTES
 * for each part and as much for each child of a figure is enough. Caveats: a leaf computes for
 * itself, so that one that lies about its samples is found only by their evidence
 * (evidence/evidence.h) or by who has a copy. */
#include "insight/rollup.h"
#include "model/lineage.h"

enum { LINEAGE_CHECK_BYTES = 2048 };

/* name, word, is red, English, Chinese */
#define LINEAGE_VERDICT_ROWS(X) \
	X(EQUAL, "equal", false, "is what it was made of", "与来源一致") \
	X(ATTESTED, "attested", false, "rests on a person's word", "由人员填报") \
	X(SIGNED, "signed", false, "is as its node signed it, and was not opened", \
	  "与其节点的签名一致，未展开") \
	X(UNANSWERED, "unanswered", false, "was not answered", "未得到答复") \
	X(DIFFERS, "differs", true, "is not what it was made of", "与来源不一致") \
	X(UNPROVED, "unproved", true, "is not proved by a signature", "签名无法证明") \
	X(DAMAGED, "damaged", true, "rests on what is damaged", "其存储数据已损坏")

#define X(name, word, red, en, zh) LINEAGE_IS_##name,
typedef enum { LINEAGE_VERDICT_ROWS(X) LINEAGE_VERDICT_COUNT } lineage_verdict_t;
#undef X

const char *lineage_verdict_name(lineage_verdict_t verdict);
const char *lineage_verdict_text(lineage_verdict_t verdict, lang_t lang);
bool lineage_verdict_is_red(lineage_verdict_t verdict);

/* Where it differs. name, word, English, Chinese */
#define LINEAGE_DIFFERENCE_ROWS(X) \
	X(NOWHERE, "nowhere", "nowhere", "无") \
	X(FIGURE, "figure", "its node says another figure than its parent was sent", \
	  "该节点所述数值与上级所收不同") \
	X(PART, "part", "the sums of a part", "组成量之和") \
	X(VALUE, "value", "the value", "数值") \
	X(COUNTS, "counts", "how many report, are declared or covered", "报送数、填报数或覆盖率") \
	X(ROWS, "rows", "what it was made of is not what it names", "来源与其所列不符") \
	X(ADDING, "adding", "what it was made of cannot be added", "来源不能相加") \
	X(DEFINITION, "definition", "its definition is not known here", "此处没有该指标定义")

#define X(name, word, en, zh) LINEAGE_BY_##name,
typedef enum { LINEAGE_DIFFERENCE_ROWS(X) LINEAGE_DIFFERENCE_COUNT } lineage_difference_t;
#undef X

const char *lineage_difference_name(lineage_difference_t difference);
const char *lineage_difference_text(lineage_difference_t difference, lang_t lang);

typedef struct {
	unsigned level;        /* 0: the figure that was asked about */
	slice_t entity, above; /* above: entity it went into; empty at the top */
	uint32_t revision,
		latest; /* that went in; the greatest known, above when it changed since */
	lineage_verdict_t verdict;
	uint8_t reason; /* lineage_reason_t: of one that was not answered or not opened */
	lineage_difference_t by;
	bool is_signed; /* what its parent was sent bears its node's signature; so by FIGURE its
	                 * node says two things, and else the parent may have altered one */
	size_t part;    /* by PART: its index */
	double wanted, found; /* by PART (of a sum) and VALUE: what comes out, what it says */
	slice_t place;        /* of one that is damaged: where, as its node says */
	bool has_figure;
	figure_t figure;
	slice_t inputs; /* lineage_input_next reads them */
} lineage_finding_t;

typedef struct {
	slice_t node; /* who checks: his sheets need no signature */
	const lineage_question_t *question;
	const definitions_t *definitions;
	const slice_t *parts;
	size_t part_count;
	arena_t *arena;
	rollup_t *rollup;
	void (*found)(void *ctx, const lineage_finding_t *finding); /* lives during the call */
	void *ctx;
} lineage_check_t;

typedef struct {
	uint64_t count[LINEAGE_VERDICT_COUNT];
	uint64_t unread; /* parts that were passed over */
	bool is_red;
	bool is_whole; /* all were opened: none is UNANSWERED or SIGNED */
} lineage_tally_t;

/* ERR_LIMIT: the arena is full. */
MUST_CHECK err_t lineage_check(const lineage_check_t *check, lineage_tally_t *ret_tally);
#endif
