/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LINEAGE_ANSWER_STATE_H
#define LINEAGE_ANSWER_STATE_H
/* An answer under way. Private to this folder. */
#include "lineage/answer.h"

/* The record that a child's figure came in. */
typedef struct {
	uint64_t seq, at;
} place_of_record_t;

struct lineage_answer {
	const lineage_source_t *source;
	lineage_audience_t audience;
	lineage_question_t question; /* borrows asked_room */
	bool has_figure, is_done;
	lineage_sheet_t sheet; /* the next; its slices are in the rooms below */
	figure_t figure;       /* borrows figure_room */
	reader_t sources;      /* of the figure, as far as rows were made */
	uint32_t next_row;
	place_of_record_t *batches; /* of the sheet that was given last */
	size_t batch_count, batch_next;
	journal_cursor_t *cursor;
	char place[LINEAGE_PLACE_MAX + 1];
	uint8_t asked_room[LINEAGE_QUESTION_MAX];
	uint8_t figure_room[FIGURE_BYTES_MAX];
	uint8_t item_room[LINEAGE_ROW_MAX];
	uint8_t rows_room[LINEAGE_ROWS_BYTES_MAX + LINEAGE_ROW_MAX];
	uint8_t inputs_room[LINEAGE_INPUTS_BYTES_MAX];
	uint8_t again_room[FIGURE_BYTES_MAX - FIGURE_SOURCES_BYTES_MAX];
	uint8_t part_room[LINEAGE_PART_MAX];
	uint8_t evaluation[EVALUATE_ARENA_BYTES];
};

/* The reason for what was met; another error than ERR_OK when it is none to be told. */
MUST_CHECK err_t answer_reason_of(lineage_answer_t *answer, err_t err, uint8_t *ret_reason);
/* Whether a figure may go to who asks. */
bool answer_lets_go(lineage_answer_t *answer, const figure_t *figure,
                    const release_lineage_t *lineage);
/* Evaluates a measured figure again and names its inputs, into the sheet. */
MUST_CHECK err_t answer_measured(lineage_answer_t *answer);
#endif
