/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of failures. Nothing here may itself fail, so everything that does not
 * fit is cut at a whole character, and what is cut shows "..." where a person
 * would otherwise take a fragment for the whole name. */
#include "base/err.h"

#include <assert.h>
#include <stdarg.h>

#include "base/utf8.h"

#define X(name, exit, http, en, zh) { exit, http, #name, { en, zh } },
static const err_info_t INFOS[ERR_COUNT] = { ERR_ROWS(X) };
#undef X

/* What stands between "what is wrong" and "what to do". */
static const char *const SENTENCE_ENDS[LANG_COUNT] = { [LANG_EN] = ". ", [LANG_ZH] = "。" };

const err_info_t *err_info(err_t err)
{
	return &INFOS[(unsigned)err < ERR_COUNT ? err : ERR_INTERNAL];
}

static void copy_cut(char *buf, size_t cap, const char *text)
{
	slice_t s = slice_str(text);
	if (slice_to_cstr(s, buf, cap))
		return;
	slice_t dots = SLICE("...");
	size_t kept = utf8_cut(s, cap - 1 - dots.len);
	memcpy(&buf[kept], dots.ptr, dots.len);
	buf[kept + dots.len] = '\0';
}

err_t err_raise(err_detail_t *ret, err_t err, const err_text_t *text, const char *where, ...)
{
	if (!ret)
		return err;
	*ret = (err_detail_t){ .err = err, .text = text };
	copy_cut(ret->where, sizeof(ret->where), where);
	va_list args;
	va_start(args, where);
	for (size_t i = 0; i < ERR_ARGS; i++) {
		const char *arg = va_arg(args, const char *);
		if (!arg)
			break;
		copy_cut(ret->arg[i], sizeof(ret->arg[i]), arg);
	}
	va_end(args);
	return err;
}

/* Text that is cut where the buffer ends; `full` stops later, shorter pieces
 * from slipping in behind the cut. */
typedef struct {
	char *buf;
	size_t cap, len;
	bool full;
} sentence_t;

static void say(sentence_t *to, slice_t s)
{
	if (to->full)
		return;
	size_t room = to->cap - 1 - to->len;
	size_t n = s.len;
	if (n > room) {
		n = utf8_cut(s, room);
		to->full = true;
	}
	if (n)
		memcpy(&to->buf[to->len], s.ptr, n);
	to->len += n;
	to->buf[to->len] = '\0';
}

/* Says `pattern` with %1 %2 %3 replaced; any other % stands for itself. */
static void say_filled(sentence_t *to, const char *pattern, const err_detail_t *detail)
{
	slice_t rest = slice_str(pattern);
	while (rest.len) {
		slice_t plain = slice_sub(rest, 0, slice_find(rest, '%'));
		say(to, plain);
		rest = slice_from(rest, plain.len);
		bool is_arg = rest.len > 1 && rest.ptr[1] >= '1' && rest.ptr[1] < '1' + ERR_ARGS;
		if (is_arg)
			say(to, slice_str(detail->arg[rest.ptr[1] - '1']));
		else
			say(to, slice_sub(rest, 0, 1));
		rest = slice_from(rest, is_arg ? 2 : 1);
	}
}

/* The text in `lang`, or in English where a row has no translation. */
static const char *pick(const char *const texts[LANG_COUNT], lang_t lang)
{
	return texts[lang] ? texts[lang] : texts[LANG_EN];
}

const char *err_render(const err_detail_t *detail, lang_t lang, char *buf, size_t cap)
{
	assert(cap > 0 && lang < LANG_COUNT);
	sentence_t to = { .buf = buf, .cap = cap };
	buf[0] = '\0';
	if (detail->where[0]) {
		say(&to, slice_str(detail->where));
		say(&to, SLICE(": "));
	}
	if (!detail->text) {
		say(&to, slice_str(pick(err_info(detail->err)->text, lang)));
		return buf;
	}
	say_filled(&to, pick(detail->text->what, lang), detail);
	const char *fix = pick(detail->text->fix, lang);
	if (fix) {
		say(&to, slice_str(SENTENCE_ENDS[lang]));
		say_filled(&to, fix, detail);
	}
	return buf;
}
