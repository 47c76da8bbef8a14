/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_PAGE_H
#define HISTORIAN_PAGE_H
/* A page of a point's index: up to PAGE_FAN blocks, or pages of blocks, in time order,
 * each with where it is and, where the store made one, the summary of its rows. The pages
 * of a point in a segment are a tree, so that any range is a few whole children and two
 * paths down. A block whose rows lie in a few hours of the clock has a summary of each of
 * these hours instead, so that an answer by the hour needs no block.
 *
 * Disk form: level u8 (0: children are blocks), count u8, e u8, a power of ten that
 * divides the first and last times, which are in 10^e ns; then child by child: flags u8 (1:
 * has a summary; 2, with 1: of more rows than are kept; 4: has the summaries of hours), rows
 * that are kept varint; first time zig-zag from the last time of the child before (the first
 * from 0, wrapping); last time varint from its first; greatest node time in ns zig-zag from
 * that of the child before (of the first from its last); the parts of a block, or the page,
 * each offset zig-zag from the same part's of the child before (the first from 0) and length
 * varint; with 2 how many rows are not kept varint; summary (digest.h), or those of hours:
 * how many u8; e u8, a power of ten that divides their times; of each but the last, its rows,
 * the time from its first to its last and from there to the first of the next, varints of
 * 10^e ns; then their summaries. Then CRC32C of all before, u32 little-endian. */
#include "historian/block.h"
#include "historian/digest.h"

enum {
	PAGE_FAN = 16,
	PAGE_LEVELS = 8,
	PAGE_HOURS_MAX = 4,
	PAGE_SUMMARY_BYTES_MAX = PAGE_HOURS_MAX * (DIGEST_BYTES_MAX + 3 * 10) + 10,
	PAGE_BYTES_MAX = PAGE_FAN * (PAGE_SUMMARY_BYTES_MAX + 13 * 10) + 8,
};

typedef struct {
	uint64_t at;
	uint32_t len;
} extent_t;

typedef struct {
	uint64_t rows; /* that are kept; the summary may be of more */
	int64_t first_ns, last_ns, node_max_ns;
	extent_t part[BLOCK_PARTS]; /* of a page only the first */
	bool has_summary;
	uint8_t hour_count; /* with a summary of a block: 0, or 2 to PAGE_HOURS_MAX */
	summary_t summary;  /* unset where there are hours */
	summary_t hours[PAGE_HOURS_MAX];
} page_child_t;

typedef struct {
	uint8_t level;
	size_t count;
	page_child_t child[PAGE_FAN];
} page_t;

void page_encode(const page_t *page, writer_t *w);
/* ERR_CORRUPT, also when children overlap or are none. */
MUST_CHECK err_t page_decode(slice_t in, page_t *ret_page);
/* What a child is but for where its parts are, in a form of its own: what stands before them as
 * if it were the first of a page of e = 0, and what stands behind. Those that read set r->bad on
 * nonsense; what page_child_get returns is for page_summary_get. */
void page_child_put(const page_child_t *child, writer_t *w);
void page_summary_put(const page_child_t *child, writer_t *w);
uint8_t page_child_get(reader_t *r, page_child_t *child);
void page_summary_get(reader_t *r, uint8_t flags, page_child_t *child);
/* Makes its summary what comes back from the disk: sums of decimals lose their rounding there. */
void page_summary_settle(page_child_t *child);
/* What a page above says of it, but for where it is. */
page_child_t page_outline(const page_t *page);
#endif
