/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSIGHT_BOOK_H
#define INSIGHT_BOOK_H
/* The book of issued figures: those of this node, which are records FIGURE of the journal
 * `tree`, and those its children sent, which are items of its records RECEIVED. The journal
 * keeps the figures; the book keeps one small row of each, by definition, version, scope,
 * entity, period and source (the child that handed it over, empty for this node's own), so
 * that a child cannot write into what another has said.
 *
 * Story: node opens it on a FILES loop at set-up and calls book_follow whenever more of the
 * journal is durable. Whoever made a figure (evaluated, rolled up, attested by a person) calls
 * book_issue, which gives it its revision and time and appends it; it is found when it is
 * durable and followed. A figure that says what the last one said is not issued again, and
 * nothing that was issued is ever taken back: book_undo issues the one before once more.
 * Readers list cells page by page, or ask for one, or for all revisions of one; each may be
 * asked "as published on" a time: the last revision issued by then.
 *
 * Of a child's figures the greatest revision is the latest, whenever it arrives. One that
 * comes twice is one. Two of one revision that differ are both kept and counted; the one
 * issued later is the latest.
 *
 * Limits: `figures_max` rows. When there are as many, the source that has the most forgets
 * the eighth of its cells whose periods ended first: they are no longer found here, are
 * still in the journal, and figures of periods so old are refused from then on (own ones with
 * ERR_EXPIRED, others are counted), since their revisions could not be told any more. A
 * figure takes some 330 bytes of memory (measured), 200 more where its entity has no other, and
 * a further revision of it 50.
 *
 * Disk: DATA/views/book ("JIZHUBOK", view_file.h) holds the rows as far as the journal was
 * followed; made again when it is missing, damaged or another journal's.
 *     names: count varint, strings; cells: count varint, each by definition, version, scope,
 *     entity, source and period: the numbers of the four names and the version, varints, from
 *     zig-zag, length varint, count of rows varint, each the newest first: sequence, place and
 *     item varints, issued zig-zag, hash u64 le, revision varint; sources that have forgotten:
 *     count varint, each number of the name varint, end of the last period forgotten zig-zag.
 *
 * Threads: FILES loops, any of them. A mutex guards the rows and the cursor that reads the
 * journal: pages are small and changes are rare, and both need the disk anyway. Callbacks are
 * called under it and must not call the book.
 *
 * Caveats: what was recycled from the journal (book_keep_from) is ERR_NOT_FOUND when it is read.
 * Up to where was forgotten of a journal that was recycled, the view alone knows: when it is
 * lost too, a figure of a period so old is numbered from 1 again. */
#include "base/metrics.h"
#include "journal/journal.h"
#include "model/indicator.h"

enum {
	BOOK_FIGURES_DEFAULT = 1000000,
	BOOK_PAGE_MAX = 1000,
	BOOK_BEFORE_MAX = 64,
	BOOK_PLACE_MAX = 4 * (FIGURE_NAME_MAX + 2) + 3 * 10,
};

#define BOOK_METRIC_ROWS(X) \
	X(FIGURES, "book_figures", "Figures that can be found, each revision one", GAUGE) \
	X(BYTES, "book_bytes", "Memory of their rows and names", GAUGE) \
	X(ISSUED, "book_issued_total", "Figures issued by this node", COUNTER) \
	X(UNCHANGED, "book_unchanged_total", "Figures not issued since they said the same", \
	  COUNTER) \
	X(TAKEN, "book_taken_total", "Figures of children taken in", COUNTER) \
	X(REPEATED, "book_repeated_total", "Figures of children that were known", COUNTER) \
	X(LATE, "book_late_total", "Figures of children older than one that is known", COUNTER) \
	X(CONTRADICTED, "book_contradicted_total", "Figures of a known revision that differ", \
	  COUNTER) \
	X(UNREADABLE, "book_unreadable_total", "Figures of children that cannot be read", COUNTER) \
	X(FORGOTTEN, "book_forgotten_total", "Figures no longer found since the book is full", \
	  COUNTER) \
	X(BEYOND, "book_beyond_total", "Figures of periods so old that they are forgotten", \
	  COUNTER) \
	X(SAVES, "book_saves_total", "Times the view was written", COUNTER)

#define X(name, text, help, kind) BOOK_METRIC_##name,
enum { BOOK_METRIC_ROWS(X) BOOK_METRIC_COUNT };
#undef X

typedef struct book book_t;

typedef struct {
	const char *views_dir;
	journal_t *journal; /* tree */
	size_t figures_max; /* 0: BOOK_FIGURES_DEFAULT */
} book_spec_t;

/* Catches up with the journal before it returns. Set-up time. */
MUST_CHECK err_t book_open(env_t *env, const book_spec_t *spec, book_t **ret_book);
/* Nothing is saved by it. */
void book_close(book_t *book);
/* Takes in what became durable. */
MUST_CHECK err_t book_follow(book_t *book);
/* Follows and writes the view. */
MUST_CHECK err_t book_save(book_t *book);
/* The oldest record that a figure is read from: who recycles the journal keeps all from here
 * on. It rises with what is forgotten. */
uint64_t book_keep_from(book_t *book);
/* Whether the view had to be made again; for an event. */
bool book_rebuilt(const book_t *book);
const metrics_t *book_metrics(const book_t *book);

typedef struct {
	figure_key_t key;
	slice_t entity;
	slice_t source; /* identifier of the child; empty: this node's own */
} book_key_t;

/* Issues a figure of this node: sets revision and time of issue. *ret_seq is its sequence in
 * the journal; 0 when it says what the last one said and was not issued. ERR_INVALID,
 * ERR_EXPIRED (see Limits), and what journal_append gives. */
MUST_CHECK err_t book_issue(book_t *book, figure_t *figure, uint64_t *ret_seq);
/* Takes the last revision of an own figure back: what was said before it is issued again;
 * nothing, with the lack "withdrawn", when it was the first. A declared one is attested by
 * `by`. ERR_NOT_FOUND. */
MUST_CHECK err_t book_undo(book_t *book, const book_key_t *key, slice_t by, uint64_t *ret_seq);
/* Whether a figure says that there is none any more. */
bool book_is_withdrawn(const figure_t *figure);

/* Lives during the callback. */
typedef struct {
	book_key_t key;
	slice_t node;       /* who issued it; empty: this node */
	uint64_t seq, at;   /* of its record, and its place (journal_cursor_jump) */
	uint32_t revisions; /* that are known of it */
	figure_t figure;
} book_row_t;

typedef bool book_row_fn(void *ctx, const book_row_t *row);

typedef struct {
	slice_t definition; /* empty: any; so below */
	uint32_t version;   /* 0: any */
	slice_t scope, entity;
	bool has_source; /* of one source alone */
	slice_t source;
	int64_t from_ns, to_ns;  /* periods that reach into it; both 0: any */
	int64_t published_by_ns; /* 0: the latest */
	slice_t after;           /* place behind which the page begins; empty: the start */
	size_t limit;            /* 1 to BOOK_PAGE_MAX */
} book_query_t;

/* Cells by definition, version, scope, entity, source and period, ascending, one figure each,
 * until the callback returns false. ERR_INVALID: limit or place. */
MUST_CHECK err_t book_list(book_t *book, const book_query_t *query, book_row_fn *row, void *ctx);
/* The place of a row, at most BOOK_PLACE_MAX bytes, to go on behind it. */
void book_place_put(const book_key_t *key, writer_t *w);
/* The last one issued by a time (0: the latest). ERR_NOT_FOUND. */
typedef struct {
	book_key_t key;
	int64_t published_by_ns;
} book_question_t;
MUST_CHECK err_t book_get(book_t *book, const book_question_t *question, book_row_fn *row,
                          void *ctx);
/* Whether there is one: looks at memory alone. */
bool book_has(book_t *book, const book_key_t *key);
/* The last one issued of the period that was over when this one began and began last, of the same
 * definition, version, scope, entity and source. ERR_NOT_FOUND: none, or behind more than
 * BOOK_BEFORE_MAX that reach into it. */
MUST_CHECK err_t book_before(book_t *book, const book_key_t *key, book_row_fn *row, void *ctx);
/* All revisions, the newest first. ERR_NOT_FOUND. */
MUST_CHECK err_t book_history(book_t *book, const book_key_t *key, book_row_fn *row, void *ctx);
#endif
