/* SPDX-License-Identifier: Apache-2.0 */
/* One table, so that translators and readers find every sentence in one place. */
#include "config/fault.h"

#include <stdio.h>

#define X(id, what_en, what_zh, fix_en, fix_zh) { { what_en, what_zh }, { fix_en, fix_zh } },
static const err_text_t TEXTS[FAULT_COUNT] = { FAULT_ROWS(X) };
#undef X

/* Room kept for ":line:column" and the mark of a cut. */
enum { MARK_NUMBERS_MAX = 32 };

const char *mark_format(mark_t mark, char buf[MARK_TEXT_MAX])
{
	slice_t file = slice_str(mark.file);
	size_t room = MARK_TEXT_MAX - MARK_NUMBERS_MAX;
	const char *cut = file.len > room ? "..." : "";
	slice_t tail = slice_from(file, file.len > room ? file.len - room : 0);
	snprintf(buf, MARK_TEXT_MAX, "%s%.*s:%u:%u", cut, (int)tail.len, (const char *)tail.ptr,
	         mark.line, mark.column);
	return buf;
}

static const char *arg_or_empty(const char *arg)
{
	return arg ? arg : "";
}

err_t fault_raise(err_detail_t *ret_detail, mark_t at, fault_t fault,
                  const char *const args[ERR_ARGS])
{
	char where[MARK_TEXT_MAX];
	return err_raise(ret_detail, ERR_CONFIG, &TEXTS[fault], mark_format(at, where),
	                 arg_or_empty(args[0]), arg_or_empty(args[1]), arg_or_empty(args[2]), NULL);
}

err_t fault_raise_file(err_detail_t *ret_detail, const char *file, err_t err, fault_t fault,
                       const char *arg)
{
	return err_raise(ret_detail, err, &TEXTS[fault], file, arg_or_empty(arg), NULL);
}
