/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HANDLING_FORM_H
#define HANDLING_FORM_H
/* A case as a sheet of paper: the notice 通报 that goes to an enterprise, its order to
 * rectify 整改, its feedback 反馈. One HTML document that stands alone and asks for nothing:
 * no scripts, no pictures, no addresses; what somebody wrote is escaped (base/html.h). */
#include "base/cursor.h"
#include "handling/handling.h"

#define HANDLING_FORM_ROWS(X) \
	X(NOTICE, "Notice of a network security event", "网络安全事件通报单") \
	X(RECTIFICATION, "Order to rectify", "网络安全事件整改通知单") \
	X(FEEDBACK, "Feedback on rectification", "网络安全事件整改反馈单")

#define X(name, en, zh) HANDLING_FORM_##name,
typedef enum { HANDLING_FORM_ROWS(X) HANDLING_FORM_COUNT } handling_form_t;
#undef X

enum { HANDLING_FORM_MAX = 2 << 20 };

typedef struct {
	handling_form_t form;
	lang_t lang;
	const handling_shown_t *shown;
	int64_t offset_ns; /* of the times on it */
} handling_sheet_t;

/* w->bad when it does not fit; HANDLING_FORM_MAX is enough. */
void handling_form_put(const handling_sheet_t *sheet, writer_t *w);
#endif
