/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_HOURS_H
#define HISTORIAN_HOURS_H
/* Summaries of the hours of the clock that a block reaches over. Questions are asked by the
 * hour, or by what hours make up; a block ends with an hour where that costs few blocks, and
 * knows its hours apart where it holds several. Hours with few rows are not told apart:
 * their summaries would outweigh the rows. */
#include "historian/page.h"

/* How many of the rows of a block that is full it shall have: up to the end of an hour, or
 * all. */
size_t hours_cut(const rows_t *rows);
/* Sets the summary of a block of these rows, or those of its hours. */
void hours_digest(const rows_t *rows, page_child_t *child);
/* Of a child whether it has hours or not. */
summary_t hours_joined(const page_child_t *child);
/* The rows of a block that lie in one of its hours. */
rows_t hours_part(const rows_t *rows, const page_child_t *child, size_t hour);
/* Disk form of the hours, as page.h has it. Rows and ends of the child are known. */
void hours_encode(const page_child_t *child, writer_t *w);
void hours_decode(reader_t *r, page_child_t *child);
#endif
