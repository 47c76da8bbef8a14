/* SPDX-License-Identifier: Apache-2.0 */
/* Windows are found from the times of blocks; only a block that may lie in more than two
 * is looked into. */
#include "historian/merge_plan.h"

#include <stdlib.h>

#include "base/grow.h"
#include "historian/walk.h"

static int64_t window_start(const historian_t *h, int64_t ns)
{
	int64_t len = h->spec.window_ns, rest = ns % len, start;
	if (rest < 0)
		rest += len;
	return __builtin_sub_overflow(ns, rest, &start) ? INT64_MIN : start;
}

static int64_t window_end(const historian_t *h, int64_t start)
{
	int64_t end;
	/* The first window of time is cut: it ends where the grid says. */
	if (start == INT64_MIN)
		return window_start(h, INT64_MIN + h->spec.window_ns);
	return __builtin_add_overflow(start, h->spec.window_ns, &end) ? INT64_MAX : end;
}

static err_t add_target(historian_t *h, merge_plan_t *plan, int64_t ns, uint8_t class,
                        uint64_t rows)
{
	int64_t start = window_start(h, ns);
	for (size_t i = plan->target_count; i-- > 0;)
		if (plan->targets[i].from_ns == start && plan->targets[i].class == class) {
			plan->targets[i].rows += rows;
			return ERR_OK;
		}
	merge_plan_target_t *grown = grow_for(plan->targets, plan->target_count + 1,
	                                      &plan->target_cap, sizeof(*grown));
	if (!grown)
		return ERR_NO_MEMORY;
	plan->targets = grown;
	int64_t end = window_end(h, start);
	plan->targets[plan->target_count++] = (merge_plan_target_t){ .from_ns = start,
		                                                     .to_ns = end,
		                                                     .class = class,
		                                                     .level = SEGMENT_MERGED,
		                                                     .is_coded = end <= h->old_ns,
		                                                     .rows = rows };
	return ERR_OK;
}

/* Row by row. */
static err_t look_into(historian_t *h, merge_plan_t *plan, const segment_t *segment,
                       const page_child_t *child, uint8_t class)
{
	rowset_t rows = { 0 };
	err_t err = segment_read(segment, child, &rows);
	for (size_t i = 0; !err && i < rows.count; i++)
		err = add_target(h, plan, rows.source_ns[i], class, 1);
	rowset_free(&rows);
	return err;
}

/* The blocks of a point are looked at for it. */
typedef struct {
	historian_t *h;
	merge_plan_t *plan;
	const segment_t *segment;
	uint8_t class;
} looking_t;

static err_t add_block(void *ctx, const page_child_t *child)
{
	looking_t *l = ctx;
	historian_t *h = l->h;
	int64_t first = window_start(h, child->first_ns), last = window_start(h, child->last_ns);
	if (first != last && window_end(h, first) != last)
		return look_into(h, l->plan, l->segment, child, l->class);
	err_t err = add_target(h, l->plan, child->first_ns, l->class, child->rows);
	return err || first == last ? err : add_target(h, l->plan, child->last_ns, l->class, 0);
}

static err_t add_segment(historian_t *h, merge_plan_t *plan, const segment_t *segment)
{
	looking_t looking = { h, plan, segment, 0 };
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < segment_points(segment); i++) {
		segment_point_t point = segment_point(segment, i);
		looking.class = historian_traits(h, point.point).class;
		err = walk_point(segment, &point, &(walk_t){ &looking, add_block, NULL });
	}
	return err;
}

static bool is_readable(const shelf_item_t *item)
{
	return !item->is_damaged && !segment_is_absent(item->segment);
}

static int by_rows(const void *a, const void *b)
{
	uint64_t x = segment_info((*(shelf_item_t *const *)a)->segment)->rows;
	uint64_t y = segment_info((*(shelf_item_t *const *)b)->segment)->rows;
	return (x > y) - (x < y);
}

static bool is_of(const segment_info_t *info, const merge_plan_target_t *target)
{
	return info->level == target->level && info->window_ns == target->from_ns &&
	       info->class == target->class;
}

/* Those that hold the target's window already, from the smallest on, as far as they are
 * worth it. */
static void add_window(historian_t *h, merge_plan_t *plan, merge_plan_target_t *target)
{
	size_t from = plan->input_count;
	for (size_t i = 0; i < h->shelf.count; i++) {
		const segment_t *segment = h->shelf.items[i]->segment;
		if (is_readable(h->shelf.items[i]) && is_of(segment_info(segment), target))
			plan->inputs[plan->input_count++] = h->shelf.items[i];
	}
	qsort(plan->inputs + from, plan->input_count - from, sizeof(*plan->inputs), by_rows);
	uint64_t rows = target->rows;
	size_t taken = from;
	for (; taken < plan->input_count; taken++) {
		uint64_t more = segment_info(plan->inputs[taken]->segment)->rows;
		if (more / MERGE_PLAN_FACTOR > rows)
			break;
		rows += more;
	}
	plan->input_count = taken;
}

static int by_point(const void *a, const void *b)
{
	point_id_t x = ((const place_t *)a)->point, y = ((const place_t *)b)->point;
	return (x > y) - (x < y);
}

/* The points of all inputs, each once. */
static err_t list_places(historian_t *h, merge_plan_t *plan)
{
	size_t most = 0, n = 0;
	for (size_t i = 0; i < plan->input_count; i++)
		most += segment_points(plan->inputs[i]->segment);
	place_t *places = calloc(most + 1, sizeof(*places));
	if (!places)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < plan->input_count; i++) {
		const segment_t *segment = plan->inputs[i]->segment;
		for (size_t k = 0; k < segment_points(segment); k++)
			places[n++].point = segment_point(segment, k).point;
	}
	qsort(places, n, sizeof(*places), by_point);
	plan->places = places;
	for (size_t i = 0; i < n; i++) {
		if (i && places[i].point == places[i - 1].point)
			continue;
		place_t place = { places[i].point, historian_traits(h, places[i].point) };
		places[plan->place_count++] = place;
	}
	qsort(places, plan->place_count, sizeof(*places), historian_by_place);
	return ERR_OK;
}

static int by_time(const void *a, const void *b)
{
	const merge_plan_target_t *x = a, *y = b;
	if (x->from_ns != y->from_ns)
		return x->from_ns < y->from_ns ? -1 : 1;
	return (x->class > y->class) - (x->class < y->class);
}

static err_t finish(historian_t *h, merge_plan_t *plan, err_t err, merge_plan_t *ret_plan)
{
	if (!err && plan->target_count)
		qsort(plan->targets, plan->target_count, sizeof(*plan->targets), by_time);
	if (!err)
		err = list_places(h, plan);
	if (err)
		merge_plan_free(plan);
	else
		*ret_plan = *plan;
	return err;
}

/* Points of windows that were taken may have another class by now, and so another target. */
static err_t follow_classes(historian_t *h, merge_plan_t *plan, size_t from)
{
	err_t err = ERR_OK;
	for (size_t i = from; !err && i < plan->input_count; i++) {
		const segment_t *segment = plan->inputs[i]->segment;
		const segment_info_t *info = segment_info(segment);
		for (size_t k = 0; !err && k < segment_points(segment); k++) {
			segment_point_t point = segment_point(segment, k);
			uint8_t class = historian_traits(h, point.point).class;
			if (class != info->class)
				err = add_target(h, plan, info->first_ns, class, point.rows);
		}
	}
	return err;
}

err_t merge_plan_new_rows(historian_t *h, merge_plan_t *ret_plan)
{
	merge_plan_t plan = { .inputs = calloc(h->shelf.count + 1, sizeof(shelf_item_t *)) };
	err_t err = plan.inputs ? ERR_OK : ERR_NO_MEMORY;
	for (size_t i = 0; !err && i < h->shelf.count; i++) {
		const segment_t *segment = h->shelf.items[i]->segment;
		if (!is_readable(h->shelf.items[i]) || segment_info(segment)->level)
			continue;
		plan.inputs[plan.input_count++] = h->shelf.items[i];
		err = add_segment(h, &plan, segment);
	}
	for (size_t i = 0; !err && i < plan.target_count; i++) {
		size_t from = plan.input_count;
		add_window(h, &plan, &plan.targets[i]);
		err = follow_classes(h, &plan, from);
	}
	return finish(h, &plan, err, ret_plan);
}

/* How many segments of that level there are of its window and class. */
static size_t count_of(const historian_t *h, const segment_info_t *info, segment_level_t level)
{
	merge_plan_target_t same = { .from_ns = info->window_ns,
		                     .class = info->class,
		                     .level = (uint8_t)level };
	size_t n = 0;
	for (size_t i = 0; i < h->shelf.count; i++)
		n += is_readable(h->shelf.items[i]) &&
		     is_of(segment_info(h->shelf.items[i]->segment), &same);
	return n;
}

err_t merge_plan_window(historian_t *h, int64_t before_ns, merge_plan_t *ret_plan)
{
	merge_plan_t plan = { .inputs = calloc(h->shelf.count + 1, sizeof(shelf_item_t *)) };
	err_t err = plan.inputs ? ERR_OK : ERR_NO_MEMORY;
	for (size_t i = 0; !err && !plan.target_count && i < h->shelf.count; i++) {
		const segment_t *segment = h->shelf.items[i]->segment;
		const segment_info_t *info = segment_info(segment);
		if (!is_readable(h->shelf.items[i]) || info->level != SEGMENT_MERGED ||
		    window_end(h, info->window_ns) > before_ns ||
		    count_of(h, info, SEGMENT_MERGED) < 2)
			continue;
		err = add_target(h, &plan, info->first_ns, info->class,
		                 UINT64_MAX / MERGE_PLAN_FACTOR);
	}
	if (!err && plan.target_count)
		add_window(h, &plan, &plan.targets[0]);
	plan.is_window = true;
	return finish(h, &plan, err, ret_plan);
}

err_t merge_plan_coded(historian_t *h, merge_plan_t *ret_plan)
{
	merge_plan_t plan = { .inputs = calloc(1, sizeof(shelf_item_t *)), .is_window = true };
	err_t err = plan.inputs ? ERR_OK : ERR_NO_MEMORY;
	for (size_t i = 0; !err && !plan.input_count && i < h->shelf.count; i++) {
		shelf_item_t *item = h->shelf.items[i];
		const segment_info_t *info = segment_info(item->segment);
		if (!is_readable(item) || info->level != SEGMENT_MERGED || info->is_coded ||
		    window_end(h, info->window_ns) > h->old_ns)
			continue;
		plan.inputs[plan.input_count++] = item;
		err = add_target(h, &plan, info->first_ns, info->class, info->rows);
	}
	return finish(h, &plan, err, ret_plan);
}

static bool has_deviation(const historian_t *h, const segment_t *segment)
{
	for (size_t i = 0; i < segment_points(segment); i++)
		if (historian_traits(h, segment_point(segment, i).point).deviation > 0)
			return true;
	return false;
}

err_t merge_plan_thin(historian_t *h, int64_t before_ns, merge_plan_t *ret_plan)
{
	merge_plan_t plan = { .inputs = calloc(1, sizeof(shelf_item_t *)), .is_window = true };
	err_t err = plan.inputs ? ERR_OK : ERR_NO_MEMORY;
	for (size_t i = 0; !err && !plan.target_count && i < h->shelf.count; i++) {
		shelf_item_t *item = h->shelf.items[i];
		const segment_info_t *info = segment_info(item->segment);
		if (!is_readable(item) || info->level != SEGMENT_MERGED ||
		    window_end(h, info->window_ns) > before_ns ||
		    count_of(h, info, SEGMENT_MERGED) > 1 || count_of(h, info, SEGMENT_THINNED) ||
		    !has_deviation(h, item->segment))
			continue;
		plan.inputs[plan.input_count++] = item;
		err = add_target(h, &plan, info->first_ns, info->class, info->rows);
	}
	if (!err && plan.target_count) {
		plan.targets[0].level = SEGMENT_THINNED;
		/* It is not written again when it is old. */
		plan.targets[0].is_coded = h->spec.pack_after_ns != 0;
	}
	return finish(h, &plan, err, ret_plan);
}

void merge_plan_free(merge_plan_t *plan)
{
	free(plan->inputs);
	free(plan->targets);
	free(plan->places);
	*plan = (merge_plan_t){ 0 };
}

static err_t try_block(void *ctx, const page_child_t *child)
{
	rowset_t rows = { 0 };
	err_t err = segment_read(ctx, child, &rows);
	rowset_free(&rows);
	return err;
}

bool merge_plan_leave_damaged(shelf_item_t *item)
{
	walk_t walk = { item->segment, try_block, NULL };
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < segment_points(item->segment); i++) {
		segment_point_t point = segment_point(item->segment, i);
		err = walk_point(item->segment, &point, &walk);
	}
	item->is_damaged = err == ERR_CORRUPT;
	return item->is_damaged;
}
