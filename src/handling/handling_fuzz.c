/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an item of handling: refused, or read and then written as the same bytes. A
 * step behind an opening is judged and printed. */
#include <assert.h>
#include <stdlib.h>

#include "handling/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const handling_item_t *item, slice_t body)
{
	uint8_t room[HANDLING_ITEM_MAX];
	writer_t w = writer_of(room, sizeof(room));
	if (item->is_funnel)
		funnel_put(&item->funnel, &w);
	else
		handling_step_put(&item->step, &w);
	assert(!w.bad && slice_eq(writer_done(&w), body));
}

static bool has_markup(slice_t page)
{
	for (size_t i = 0; i + 1 < page.len; i++)
		if (page.ptr[i] == '<' && (page.ptr[i + 1] | 0x20) == 's' &&
		    !slice_starts(slice_from(page, i), SLICE("<span>")) &&
		    !slice_starts(slice_from(page, i), SLICE("<style>")) &&
		    !slice_starts(slice_from(page, i), SLICE("<strong>")))
			return true;
	return false;
}

static void check_sheet(const handling_shown_t *shown, uint8_t form)
{
	uint8_t *room = malloc(HANDLING_FORM_MAX);
	assert(room);
	writer_t w = writer_of(room, HANDLING_FORM_MAX);
	handling_sheet_t sheet = { .form = (handling_form_t)(form % HANDLING_FORM_COUNT),
		                   .lang = form % 2 ? LANG_ZH : LANG_EN,
		                   .shown = shown };
	handling_form_put(&sheet, &w);
	assert(!w.bad && !has_markup(writer_done(&w)));
	free(room);
}

static void check_case(const handling_step_t *step, slice_t body)
{
	static const uint8_t first[] = { 1 };
	handling_taken_t opening = { .bytes = { first, 1 } },
			 taken = { .step = *step, .bytes = body };
	handling_taken_t *sorted[] = { &opening, &taken };
	opening.step = (handling_step_t){
		.node = step->id.origin, .id = step->id, .step = HANDLING_STEP_OPEN, .number = 1
	};
	opening.step.what.is_overseen = step->when_ns % 2;
	if (handling_order_of(&opening, &taken) > 0) {
		sorted[0] = &taken;
		sorted[1] = &opening;
	}
	handling_shown_t *shown = calloc(1, sizeof(*shown));
	assert(shown);
	shown->id = step->id;
	shown->now = handling_fold(sorted, 2);
	shown->count = 2;
	for (size_t i = 0; i < 2; i++)
		shown->steps[i] = *sorted[i];
	assert(shown->now.state != HANDLING_NONE);
	check_sheet(shown, (uint8_t)body.len);
	free(shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice_t body = slice_of(data, size);
	handling_item_t item;
	if (handling_item_read(body, &item))
		return 0;
	check_again(&item, body);
	if (!item.is_funnel)
		check_case(&item.step, body);
	return 0;
}
