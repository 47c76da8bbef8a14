/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_SEARCH_WORDS_H
#define REGISTRY_SEARCH_WORDS_H
/* Text made ready for a full-text index that cuts words at blanks: scripts without
 * blanks get one around every character. Pure. Private to this folder. */
#include "base/cursor.h"
#include "base/err.h"

/* Appends the text; what is not UTF-8 becomes a blank. */
void search_spread(slice_t text, writer_t *w);
/* The question as an expression of the index: every word a phrase, the last one the
 * beginning of one. ERR_INVALID: no word, too many words, or too long. */
MUST_CHECK err_t search_expression(slice_t words, writer_t *w);
#endif
