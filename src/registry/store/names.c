/* SPDX-License-Identifier: Apache-2.0 */
/* The names in order: the tail is written as a run when it is full and with every
 * checkpoint; runs of like size are merged, some names with each put, so that a
 * listing has few to look into. Names are only ever added: what became of a name is
 * asked of the index. */
#include "registry/store/state.h"

/* The tail's names as the newest run. */
static err_t tail_write(registry_store_t *s, run_t *ret_run)
{
	run_writer_t *out = &s->flush;
	const tail_node_t *node = tail_seek(s->tail, (slice_t){ 0 });
	err_t err = run_writer_begin(s, out);
	if (err)
		return err;
	for (; !err && node; node = atomic_load_explicit(&node->next[0], memory_order_relaxed))
		err = run_writer_add(out, slice_of(node->name, node->len));
	if (!err)
		return run_writer_end(s, out, ret_run);
	area_remove(s, AREA_NAMES, out->area);
	out->area = NULL;
	return err;
}

/* Runs [from, ...] that are worth merging, the newest first: a run joins while it
 * is not much greater than what is newer together. */
static size_t merge_worth(const registry_store_t *s, size_t *ret_from)
{
	size_t from = s->run_count;
	uint64_t total = 0;
	while (from > 0 && s->run_count - from < MERGE_MAX) {
		if (s->run_count - from >= 2 && s->runs[from - 1].count > 3 * total)
			break;
		total += s->runs[--from].count;
	}
	*ret_from = from;
	size_t count = s->run_count - from;
	return count >= 4 || s->run_count > RUNS_MAX / 2 ? count : 0;
}

void merge_drop(registry_store_t *s)
{
	if (s->merge.count > 0)
		area_remove(s, AREA_NAMES, s->merge.out.area);
	s->merge.out.area = NULL;
	s->merge.count = 0;
}

static err_t merge_begin(registry_store_t *s)
{
	merge_t *m = &s->merge;
	size_t count = merge_worth(s, &m->from);
	if (count < 2)
		return ERR_OK;
	err_t err = run_writer_begin(s, &m->out);
	if (err)
		return err;
	m->count = count;
	for (size_t i = 0; !err && i < count; i++)
		err = run_seek(run_view(&s->runs[m->from + i]), (slice_t){ 0 }, &m->cursors[i],
		               &m->has[i]);
	if (err)
		merge_drop(s);
	return err;
}

static void runs_replace(registry_store_t *s, const run_t *with)
{
	merge_t *m = &s->merge;
	for (size_t i = 0; i < m->count; i++)
		area_condemn(s, AREA_NAMES, s->runs[m->from + i].area);
	s->runs[m->from] = *with;
	size_t rest = s->run_count - m->from - m->count;
	memmove(&s->runs[m->from + 1], &s->runs[m->from + m->count], rest * sizeof(s->runs[0]));
	s->run_count -= m->count - 1;
	m->count = 0;
}

static err_t merge_end(registry_store_t *s)
{
	run_t merged;
	err_t err = run_writer_end(s, &s->merge.out, &merged);
	if (err) {
		s->merge.count = 0;
		return err;
	}
	runs_replace(s, &merged);
	return store_publish(s);
}

/* The least name of all cursors into the merged run. */
static err_t merge_one(merge_t *m, bool *ret_more)
{
	run_cursor_t *least = NULL;
	size_t which = 0;
	for (size_t i = 0; i < m->count; i++) {
		run_cursor_t *c = &m->cursors[i];
		if (m->has[i] && (!least || slice_cmp(slice_of(c->name, c->len),
		                                      slice_of(least->name, least->len)) < 0)) {
			least = c;
			which = i;
		}
	}
	*ret_more = least != NULL;
	if (!least)
		return ERR_OK;
	err_t err = run_writer_add(&m->out, slice_of(least->name, least->len));
	return err ? err : run_next(least, &m->has[which]);
}

err_t names_step(registry_store_t *s, uint64_t budget)
{
	bool more = true;
	err_t err = s->merge.count == 0 ? merge_begin(s) : ERR_OK;
	if (err || s->merge.count == 0)
		return err;
	for (uint64_t i = 0; !err && more && i < budget; i++)
		err = merge_one(&s->merge, &more);
	if (err)
		merge_drop(s);
	return err || more ? err : merge_end(s);
}

err_t names_flush(registry_store_t *s)
{
	run_t run;
	tail_t *fresh;
	if (s->tail->count == 0)
		return ERR_OK;
	err_t err = ERR_OK;
	while (!err && s->run_count == RUNS_MAX)
		err = names_step(s, UINT64_MAX);
	if (!err)
		err = tail_new(&fresh);
	if (err)
		return err;
	err = tail_write(s, &run);
	if (err) {
		tail_drop(&fresh->scrap);
		return err;
	}
	s->runs[s->run_count++] = run;
	store_retire(s, &s->tail->scrap);
	s->tail = fresh;
	return store_publish(s);
}
