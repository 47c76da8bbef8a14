/* SPDX-License-Identifier: Apache-2.0 */
#include "insight/bind_impl.h"

#include <stdio.h>
#include <stdlib.h>

static const err_text_t TEXTS[BIND_COUNT] = {
#define X(id, what_en, what_zh, fix_en, fix_zh) \
	[BIND_##id] = { { (what_en), (what_zh) }, { (fix_en), (fix_zh) } },
	BIND_ROWS(X)
#undef X
};

err_t bind_fault(const binder_t *b, const char *where, bind_fault_t fault,
                 const char *const args[ERR_ARGS])
{
	return err_raise(b->detail, ERR_CONFIG, &TEXTS[fault], where, args[0] ? args[0] : "",
	                 args[1] ? args[1] : "", args[2] ? args[2] : "", NULL);
}

said_t bind_say(slice_t s)
{
	said_t said;
	(void)slice_to_cstr(s, said.text, sizeof(said.text));
	return said;
}

void bind_list(said_t *list, slice_t word)
{
	size_t len = strlen(list->text);
	(void)snprintf(&list->text[len], sizeof(list->text) - len, "%s%.*s", len ? ", " : "",
	               (int)word.len, (const char *)word.ptr);
}

static err_t bind_definition(const one_t *one)
{
	const config_indicator_t *config = one->config;
	const definition_t *d = definitions_find(one->b->spec->definitions,
	                                         slice_str(config->definition), config->version);
	const char *where = config->where[INDICATOR_AT_DEFINITION];
	char version[16];
	(void)snprintf(version, sizeof(version), "%lu", (unsigned long)config->version);
	if (!d)
		return bind_fault(one->b, where, BIND_DEFINITION,
		                  BIND_ARGS(config->definition, config->version ? version : "*"));
	if (d->is_declared)
		return bind_fault(one->b, where, BIND_DECLARED, BIND_ARGS(config->definition));
	one->to->definition = d;
	one->to->entity = slice_str(config->entity[0] ? config->entity
	                                              : one->b->spec->config->node.prefix);
	one->to->scope = slice_str(config->scope);
	if (definition_has_scope(d, one->to->scope))
		return ERR_OK;
	said_t known = { "" };
	for (size_t i = 0; i < d->scope_count; i++)
		bind_list(&known, d->scopes[i].id);
	return bind_fault(one->b, config->where[INDICATOR_AT_SCOPE], BIND_SCOPE,
	                  BIND_ARGS(config->definition, config->scope, known.text));
}

static err_t fail_period(const one_t *one, const char *word)
{
	said_t known = { "" };
	for (period_t p = 0; p < PERIOD_COUNT; p++)
		if (definition_has_period(one->to->definition, p))
			bind_list(&known, slice_str(period_word(p)));
	return bind_fault(one->b, one->config->where[INDICATOR_AT_PERIODS], BIND_PERIOD,
	                  BIND_ARGS(one->config->definition, word, known.text));
}

static err_t bind_periods(const one_t *one)
{
	const config_t *config = one->b->spec->config;
	const config_calendar_t *calendar = config_calendar(config, one->config->calendar);
	size_t at = calendar ? (size_t)(calendar - config->calendars) : config->calendar_count;
	one->to->calendar = one->b->made->calendars[at];
	for (size_t i = 0; i < one->config->period_count; i++) {
		const char *word = one->config->periods[i];
		period_t period;
		if (period_parse(slice_str(word), &period) ||
		    !definition_has_period(one->to->definition, period))
			return fail_period(one, word);
		if (period == PERIOD_SHIFT && !periods_have_shifts(one->to->calendar))
			return bind_fault(one->b, one->config->where[INDICATOR_AT_CALENDAR],
			                  BIND_SHIFTS, BIND_ARGS(NULL));
		one->to->periods |= 1u << period;
	}
	return ERR_OK;
}

static bool is_alike(const binding_t *a, const binding_t *b)
{
	return slice_eq(a->entity, b->entity) && slice_eq(a->scope, b->scope);
}

static err_t check_twice(const one_t *one)
{
	const binding_t *to = one->to;
	for (const binding_t *o = one->b->made->rows; o < to; o++)
		if (o->definition == to->definition && is_alike(o, to) &&
		    (o->periods & to->periods))
			return bind_fault(one->b, one->config->where[INDICATOR_AT_SELF], BIND_TWICE,
			                  BIND_ARGS(one->config->definition));
	return ERR_OK;
}

static err_t (*const STEPS[])(const one_t *) = {
	bind_definition, bind_periods, bind_inputs, bind_parameters, check_twice,
};

MUST_CHECK static err_t bind_one(const one_t *one)
{
	err_t err = ERR_OK;
	for (size_t i = 0; i < sizeof(STEPS) / sizeof(*STEPS) && !err; i++)
		err = STEPS[i](one);
	return err;
}

MUST_CHECK static err_t bind_all(binder_t *b)
{
	const config_t *config = b->spec->config;
	err_t err = ERR_OK;
	b->made->rows = pool_alloc(&b->made->pool, config->indicator_count + 1, sizeof(binding_t));
	if (!b->made->rows)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < config->indicator_count && !err; i++) {
		one_t one = { b, &config->indicators[i], &b->made->rows[i] };
		err = bind_one(&one);
		b->made->count++;
	}
	return err;
}

static const binding_t *find_alike(const bindings_t *made, const binding_t *like,
                                   const definition_t *definition)
{
	for (size_t i = 0; i < made->count; i++) {
		const binding_t *row = &made->rows[i];
		if (row->definition == definition && row->calendar == like->calendar &&
		    is_alike(row, like) && (row->periods & like->periods) == like->periods)
			return row;
	}
	return NULL;
}

static err_t link_use(binder_t *b, binding_t *row, size_t i, const char *where)
{
	const definition_t *d = row->definition, *used = d->uses[i].definition;
	row->uses[i] = find_alike(b->made, row, used);
	if (row->uses[i])
		return ERR_OK;
	said_t id = bind_say(d->id), needed = bind_say(used->id);
	return bind_fault(b, where, BIND_USE, BIND_ARGS(id.text, needed.text));
}

static err_t link_uses(binder_t *b, binding_t *row, const char *where)
{
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < row->definition->use_count; i++)
		err = link_use(b, row, i, where);
	return err;
}

/* Rows are moved once, so that what one uses stands before it, and linked where they stay. */
MUST_CHECK static err_t order(binder_t *b)
{
	bindings_t *made = b->made;
	binding_t *rows = pool_alloc(&made->pool, made->count + 1, sizeof(*rows));
	const char **where = pool_alloc(&made->pool, made->count + 1, sizeof(*where));
	if (!rows || !where)
		return ERR_NO_MEMORY;
	size_t count = 0;
	for (unsigned rank = 0; count < made->count; rank++)
		for (size_t i = 0; i < made->count; i++)
			if (made->rows[i].definition->rank == rank) {
				where[count] = b->spec->config->indicators[i]
				                       .where[INDICATOR_AT_SELF];
				rows[count++] = made->rows[i];
			}
	made->rows = rows;
	err_t err = ERR_OK;
	for (size_t i = 0; i < count && !err; i++)
		err = link_uses(b, &rows[i], where[i]);
	return err;
}

MUST_CHECK static err_t open_calendars(binder_t *b)
{
	const config_t *config = b->spec->config;
	err_t err = ERR_OK;
	for (size_t i = 0; i < config->calendar_count && !err; i++)
		err = periods_open(&config->calendars[i], &b->made->calendars[i]);
	return err ? err : periods_open(NULL, &b->made->calendars[config->calendar_count]);
}

MUST_CHECK static err_t run(binder_t *b)
{
	err_t err = open_calendars(b);
	if (!err)
		err = bind_know_points(b);
	if (!err)
		err = bind_all(b);
	return err ? err : order(b);
}

err_t bindings_make(const bind_spec_t *spec, bindings_t **ret_bindings, err_detail_t *ret_detail)
{
	binder_t b = { .spec = spec, .detail = ret_detail };
	b.made = calloc(1, sizeof(*b.made));
	if (!b.made)
		return ERR_NO_MEMORY;
	b.made->pool = pool_of(SIZE_MAX);
	err_t err = run(&b);
	table_free(b.points);
	if (err) {
		bindings_free(b.made);
		return err;
	}
	*ret_bindings = b.made;
	return ERR_OK;
}

void bindings_free(bindings_t *bindings)
{
	if (!bindings)
		return;
	for (size_t i = 0; i <= CONFIG_CALENDARS_MAX; i++)
		periods_close(bindings->calendars[i]);
	pool_free(&bindings->pool);
	free(bindings);
}

size_t bindings_count(const bindings_t *bindings)
{
	return bindings->count;
}

const binding_t *bindings_get(const bindings_t *bindings, size_t i)
{
	return &bindings->rows[i];
}
