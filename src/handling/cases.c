/* SPDX-License-Identifier: Apache-2.0 */
/* A case is a sorted set of steps and what they come to, worked out anew when one comes. */
#include <stdlib.h>

#include "handling/state.h"

#include "base/grow.h"

enum { KEY_MAX = HANDLING_NODE_MAX + 8 };

typedef struct {
	uint8_t bytes[KEY_MAX];
	size_t len;
} case_key_t;

static slice_t key_of(const handling_id_t *id, case_key_t *room)
{
	writer_t w = writer_of(room->bytes, sizeof(room->bytes));
	wr_u64_le(&w, id->event);
	wr_bytes(&w, id->origin);
	return writer_done(&w);
}

case_t *cases_find(const handling_t *handling, const handling_id_t *id)
{
	case_key_t room;
	uint32_t number;
	if (id->origin.len > HANDLING_NODE_MAX)
		return NULL;
	const void *value = table_get(handling->numbers, key_of(id, &room));
	if (!value)
		return NULL;
	memcpy(&number, value, sizeof(number));
	return handling->cases[number];
}

/* Where the step stands in its case, or would. */
static size_t place_of(const case_t *c, const handling_taken_t *taken, bool *ret_is_there)
{
	size_t at = 0;
	int order = 1;
	while (at < c->count && (order = handling_order_of(c->steps[at], taken)) < 0)
		at++;
	*ret_is_there = at < c->count && order == 0;
	return at;
}

bool cases_has(const handling_t *handling, const handling_taken_t *taken)
{
	bool is_there = false;
	const case_t *c = cases_find(handling, &taken->step.id);
	if (c)
		(void)place_of(c, taken, &is_there);
	return is_there;
}

static slice_t copy_of(slice_t text)
{
	uint8_t *copy = malloc(text.len + 1);
	if (copy && text.len)
		memcpy(copy, text.ptr, text.len);
	return slice_of(copy, copy ? text.len : 0);
}

/* What the slices of a case and a step borrow is their own; it was given as const. */
static void free_copy(slice_t copy)
{
	free((void *)(uintptr_t)copy.ptr);
}

static void free_case(case_t *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++)
		free(c->steps[i]);
	free(c->steps);
	free_copy(c->id.origin);
	free_copy(c->child);
	free(c);
}

void cases_free(handling_t *handling)
{
	for (uint32_t i = 0; i < handling->case_count; i++)
		free_case(handling->cases[i]);
	free(handling->cases);
	table_free(handling->numbers);
}

static err_t make_room(handling_t *handling)
{
	case_t **grown = grow_for(handling->cases, handling->case_count + 1U, &handling->case_room,
	                          sizeof(case_t *));
	handling->cases = grown ? grown : handling->cases;
	return grown ? ERR_OK : ERR_NO_MEMORY;
}

static err_t make_case(handling_t *handling, const handling_id_t *id, slice_t child,
                       case_t **ret_case)
{
	case_key_t room;
	void *value = NULL;
	err_t err = make_room(handling);
	case_t *c = err ? NULL : calloc(1, sizeof(*c));
	if (!c)
		return err ? err : ERR_NO_MEMORY;
	c->id = (handling_id_t){ copy_of(id->origin), id->event };
	c->child = copy_of(child);
	c->steps = calloc(HANDLING_STEPS_MAX, sizeof(*c->steps));
	err = c->id.origin.ptr && c->child.ptr && c->steps ? ERR_OK : ERR_NO_MEMORY;
	if (!err)
		err = table_put(handling->numbers, key_of(id, &room), &value, NULL);
	if (err) {
		free_case(c);
		return err;
	}
	memcpy(value, &handling->case_count, sizeof(handling->case_count));
	handling->cases[handling->case_count++] = c;
	*ret_case = c;
	return ERR_OK;
}

/* With its bytes behind it, which its slices borrow. */
static err_t copy_step(const handling_taken_t *taken, handling_taken_t **ret_copy)
{
	handling_item_t item;
	handling_taken_t *copy = malloc(sizeof(*copy) + taken->bytes.len);
	if (!copy)
		return ERR_NO_MEMORY;
	memcpy(&copy[1], taken->bytes.ptr, taken->bytes.len);
	copy->bytes = slice_of(&copy[1], taken->bytes.len);
	err_t err = handling_item_read(copy->bytes, &item);
	if (err) {
		free(copy);
		return err;
	}
	copy->step = item.step;
	*ret_copy = copy;
	return ERR_OK;
}

static size_t size_of(const handling_taken_t *taken)
{
	return sizeof(*taken) + taken->bytes.len;
}

bool cases_fits(const handling_t *handling, const handling_taken_t *taken)
{
	const case_t *c = cases_find(handling, &taken->step.id);
	bool has_place = c ? c->count < HANDLING_STEPS_MAX
	                   : handling->case_count < handling->spec.cases_max;
	return has_place && size_of(taken) <= handling->spec.bytes_max - handling->bytes;
}

static err_t insert(handling_t *handling, case_t *c, size_t at, const handling_taken_t *taken)
{
	handling_taken_t *copy = NULL;
	err_t err = copy_step(taken, &copy);
	if (err)
		return err;
	memmove(&c->steps[at + 1], &c->steps[at], (c->count - at) * sizeof(*c->steps));
	c->steps[at] = copy;
	c->count++;
	c->now = handling_fold(c->steps, c->count);
	handling->bytes += size_of(taken);
	metric_add(&handling->metrics, METRIC_STEPS, 1);
	metric_set(&handling->metrics, METRIC_BYTES, (int64_t)handling->bytes);
	metric_set(&handling->metrics, METRIC_CASES, handling->case_count);
	return ERR_OK;
}

err_t cases_take(handling_t *handling, const handling_taken_t *taken, slice_t child)
{
	err_t err = ERR_OK;
	bool is_there = false;
	if (cases_has(handling, taken))
		return ERR_OK;
	if (!cases_fits(handling, taken)) {
		metric_add(&handling->metrics, METRIC_REFUSED, 1);
		return ERR_LIMIT;
	}
	case_t *c = cases_find(handling, &taken->step.id);
	if (!c)
		err = make_case(handling, &taken->step.id, child, &c);
	return err ? err : insert(handling, c, place_of(c, taken, &is_there), taken);
}

bool cases_is_open(const case_t *c)
{
	return c->now.state != HANDLING_NONE && c->now.state != HANDLING_DISMISSED &&
	       c->now.state != HANDLING_CLOSED;
}

bool cases_is_overdue(const handling_t *handling, const case_t *c)
{
	return cases_is_open(c) && c->now.due_ns != 0 && env_utc(handling->env).ns >= c->now.due_ns;
}
