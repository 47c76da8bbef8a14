/* SPDX-License-Identifier: Apache-2.0 */
/* What a reload must find unchanged, by the rows of the schema. Two values are the same
 * when they are shown the same, so this knows no kind by name. */
#include <stdio.h>

#include "config/schema.h"

enum { SHOWN_MAX = 1024 };

static bool section_same(const section_t *s, const void *a, const void *b);

static bool value_same(const field_t *f, const void *a, const void *b)
{
	char shown_a[SHOWN_MAX], shown_b[SHOWN_MAX];
	writer_t to_a = writer_of(shown_a, sizeof(shown_a));
	writer_t to_b = writer_of(shown_b, sizeof(shown_b));
	if (f->section)
		return section_same(f->section, a, b);
	kind_of(f)->show(f, a, &to_a);
	kind_of(f)->show(f, b, &to_b);
	return !to_a.bad && !to_b.bad && slice_eq(writer_done(&to_a), writer_done(&to_b));
}

static size_t size_of_item(const field_t *f)
{
	return f->section ? f->section->size : kind_of(f)->size;
}

static const void *items_of(const field_t *f, const void *item)
{
	const void *at = field_in(item, f->at);
	return f->form == FORM_LIST ? *(const void *const *)at : at;
}

static bool field_same(const field_t *f, const void *a, const void *b)
{
	if (f->present_at) {
		bool has_a = *(const bool *)field_in(a, f->present_at);
		bool has_b = *(const bool *)field_in(b, f->present_at);
		if (!has_a || !has_b)
			return has_a == has_b;
	}
	size_t count = field_count(f, a);
	bool same = count == field_count(f, b);
	for (size_t i = 0; same && i < count; i++)
		same = value_same(f, field_in(items_of(f, a), i * size_of_item(f)),
		                  field_in(items_of(f, b), i * size_of_item(f)));
	return same;
}

static bool section_same(const section_t *s, const void *a, const void *b)
{
	bool same = true;
	for (size_t i = 0; same && i < s->field_count; i++)
		same = field_same(&s->fields[i], a, b);
	return same;
}

typedef struct {
	char *name; /* CONFIG_OPTION_MAX */
	bool is_found;
} search_t;

/* Notes the first fixed field that differs. A section that is no list is walked into,
 * so that the option itself is named. */
static void search(search_t *to, const section_t *s, bool is_fixed, const void *a, const void *b)
{
	for (size_t i = 0; !to->is_found && i < s->field_count; i++) {
		const field_t *f = &s->fields[i];
		if (f->section && f->form == FORM_ONE) {
			search(to, f->section, is_fixed || f->is_fixed, field_in(a, f->at),
			       field_in(b, f->at));
		} else if ((is_fixed || f->is_fixed) && !field_same(f, a, b)) {
			(void)snprintf(to->name, CONFIG_OPTION_MAX, "%s%s%s", s->path,
			               s->path[0] ? "." : "", f->key);
			to->is_found = true;
		}
	}
}

bool config_fits(const config_t *old, const config_t *fresh, char ret_option[CONFIG_OPTION_MAX])
{
	search_t to = { .name = ret_option };
	search(&to, &SECTION_ROOT, false, old, fresh);
	return !to.is_found;
}
