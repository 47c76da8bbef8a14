/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_HTML_H
#define BASE_HTML_H
/* Foreign text in pages. What could leave its place in the markup is escaped; what
 * could mislead a reader (control characters, marks that turn the direction of writing,
 * bytes that are no UTF-8) is shown as U+FFFD. Fit for content and for attributes in
 * double quotes.
 *
 * Limits: at most HTML_GROWTH times as long. */
#include "base/cursor.h"

enum { HTML_GROWTH = 6, URL_GROWTH = 3 };

void html_text(writer_t *w, slice_t text);
/* A part of a URL's path or query, percent-encoded but for letters, digits and "-._~/". */
void html_url(writer_t *w, slice_t text);
#endif
