/* SPDX-License-Identifier: Apache-2.0 */
/* Applications and prefixes in memory, and what each entry of the journal does to them. */
#include <stdlib.h>

#include "office/state.h"

static const char *const STATE_NAMES[] = {
#define X(name, text) text,
	APPLICATION_STATE_ROWS(X)
#undef X
};

static const struct {
	const char *word;
	application_state_t to;
} STEPS[] = {
#define X(name, word, from, to, reason) { word, APPLICATION_##to },
	OFFICE_STEP_ROWS(X)
#undef X
};

const char *application_state_name(application_state_t state)
{
	return STATE_NAMES[state];
}

const char *office_step_name(office_step_t step)
{
	return STEPS[step].word;
}

office_step_t office_step_parse(slice_t word)
{
	office_step_t step = OFFICE_APPLY;
	while (step < OFFICE_STEP_COUNT && !slice_eq(word, slice_str(STEPS[step].word)))
		step++;
	return step;
}

application_t *application_of(const office_t *office, uint64_t number)
{
	return number > 0 && number <= office->application_count ? office->applications[number - 1]
	                                                         : NULL;
}

const application_t *office_application(const office_t *office, uint64_t number)
{
	return application_of(office, number);
}

const application_t *office_application_at(const office_t *office, size_t i)
{
	return application_of(office, i + 1);
}

const application_t *office_holder(const office_t *office, slice_t prefix)
{
	uint8_t folded[METER_PREFIX_BYTES];
	if (prefix.len == 0 || prefix.len > sizeof(folded))
		return NULL;
	slice_fold_upper(prefix, folded);
	application_t *const *holder = table_get(office->holders, slice_of(folded, prefix.len));
	return holder ? *holder : NULL;
}

size_t office_count(const office_t *office, application_state_t state)
{
	return office->by_state[state];
}

bool office_waits(const application_t *application)
{
	return application->state == APPLICATION_APPLIED ||
	       application->state == APPLICATION_REVIEW;
}

bool office_overdue(const office_t *office, const application_t *application)
{
	return office_waits(application) &&
	       env_utc(office->env).ns - application->first->utc_ns > office->spec.review_ns;
}

void application_free(application_t *application)
{
	if (!application)
		return;
	for (application_step_t *step = application->first, *next; step; step = next) {
		next = step->next;
		free(step);
	}
	free(application->memory);
	free(application);
}

/* Entries. */

static void set_state(office_t *office, application_t *a, application_state_t state)
{
	if (a->first)
		office->by_state[a->state]--;
	a->state = state;
	office->by_state[state]++;
}

static slice_t keep(slice_t s, writer_t *w)
{
	size_t at = w->len;
	wr_bytes(w, s);
	return slice_from(writer_done(w), at);
}

static err_t add_step(application_t *a, const entry_t *entry, office_step_t step)
{
	size_t bytes = entry->who.len + entry->reason.len;
	application_step_t *row = calloc(1, sizeof(*row) + bytes);
	if (!row)
		return ERR_NO_MEMORY;
	writer_t w = writer_of(row->memory, bytes);
	row->step = step;
	row->utc_ns = entry->utc_ns;
	row->who = keep(entry->who, &w);
	row->reason = keep(entry->reason, &w);
	if (a->last)
		a->last->next = row;
	else
		a->first = row;
	a->last = row;
	a->step_count++;
	return ERR_OK;
}

/* A copy of the form whose slices live in the application. */
static err_t keep_form(application_t *a, const application_form_t *form)
{
	a->form = *form;
	slice_t *const texts[] = { &a->form.organisation, &a->form.credit_code, &a->form.contact,
		                   &a->form.purpose,      &a->form.industry,    &a->form.parent,
		                   &a->form.wanted,       &a->form.public_key,  &a->form.service };
	size_t bytes = 1;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		bytes += texts[i]->len;
	a->memory = malloc(bytes);
	if (!a->memory)
		return ERR_NO_MEMORY;
	writer_t w = writer_of(a->memory, bytes);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		*texts[i] = keep(*texts[i], &w);
	return ERR_OK;
}

err_t application_apply(office_t *office, const entry_t *entry)
{
	if (entry->number != office->application_count + 1)
		return ERR_CORRUPT;
	if (office->application_count == OFFICE_APPLICATIONS_MAX)
		return ERR_LIMIT;
	application_t *a = calloc(1, sizeof(*a));
	if (!a)
		return ERR_NO_MEMORY;
	a->number = entry->number;
	err_t err = keep_form(a, &entry->form);
	if (!err)
		err = add_step(a, entry, OFFICE_APPLY);
	if (err) {
		application_free(a);
		return err;
	}
	office->by_state[APPLICATION_APPLIED]++;
	office->applications[office->application_count++] = a;
	return ERR_OK;
}

/* The prefix is the applicant's and counted from now on. */
static err_t allot(office_t *office, application_t *a, const entry_t *entry)
{
	usage_t *usage = NULL;
	application_t **holder = NULL;
	uint8_t folded[METER_PREFIX_BYTES];
	err_t err = meter_put(office->meter, entry->prefix, &usage);
	if (err)
		return err;
	slice_fold_upper(entry->prefix, folded);
	err = table_put(office->holders, slice_of(folded, entry->prefix.len), (void **)&holder,
	                NULL);
	if (err)
		return err;
	*holder = a;
	slice_to_cstr(entry->prefix, a->prefix, sizeof(a->prefix));
	usage_limit(usage, &entry->limits);
	atomic_store(&usage->is_hosted, a->form.site.port == 0 && a->form.service.len == 0);
	return ERR_OK;
}

err_t application_step_apply(office_t *office, const entry_t *entry)
{
	application_t *a = application_of(office, entry->number);
	if (!a)
		return ERR_CORRUPT;
	err_t err = entry->step == OFFICE_APPROVE ? allot(office, a, entry) : ERR_OK;
	if (!err)
		err = add_step(a, entry, entry->step);
	if (err)
		return err;
	set_state(office, a, STEPS[entry->step].to);
	usage_t *usage = meter_find(office->meter, slice_str(a->prefix));
	if (usage)
		atomic_store(&usage->is_barred,
		             a->state == APPLICATION_SUSPENDED || a->state == APPLICATION_CLOSED);
	return ERR_OK;
}

err_t application_made_apply(office_t *office, const entry_t *entry)
{
	application_t *a = application_of(office, entry->number);
	if (!a || !a->prefix[0])
		return ERR_CORRUPT;
	a->is_made = true;
	return ERR_OK;
}

err_t application_limits_apply(office_t *office, const entry_t *entry)
{
	usage_t *usage = meter_find(office->meter, entry->prefix);
	if (!usage)
		return ERR_CORRUPT;
	usage_limit(usage, &entry->limits);
	return ERR_OK;
}
