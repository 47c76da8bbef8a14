/* SPDX-License-Identifier: Apache-2.0 */
/* What elements are to one another. */
#include "codec/gs1/message.h"

void gs1_note(gs1_message_t *m, gs1_problem_t problem, slice_t ai, size_t at)
{
	if (m->problem || !problem)
		return;
	m->problem = problem;
	m->problem_ai = ai;
	m->problem_at = at;
}

void gs1_blame(gs1_message_t *m, gs1_element_t *element, gs1_problem_t problem)
{
	if (!element->problem)
		element->problem = problem;
	gs1_note(m, problem, element->code, element->at);
}

void gs1_add(gs1_message_t *m, const gs1_element_t *element)
{
	if (m->count == GS1_ELEMENTS_MAX) {
		gs1_note(m, GS1_TOO_MANY, element->code, element->at);
		return;
	}
	gs1_element_t *kept = &m->elements[m->count++];
	*kept = *element;
	gs1_note(m, kept->problem, kept->code, kept->at);
	if (!kept->ai)
		gs1_blame(m, kept, GS1_UNKNOWN_AI);
	else if (!kept->problem)
		gs1_blame(m, kept, gs1_value_check(kept->ai, kept->value));
}

static size_t place_in(const char *const *sequence, slice_t ai)
{
	size_t at = 0;
	while (at < GS1_QUALIFIERS_MAX && sequence[at] && !slice_eq(slice_str(sequence[at]), ai))
		at++;
	return at < GS1_QUALIFIERS_MAX && sequence[at] ? at : GS1_QUALIFIERS_MAX;
}

bool gs1_is_qualifier(const gs1_ai_t *key, slice_t ai)
{
	for (size_t s = 0; s < GS1_SEQUENCES_MAX; s++)
		if (place_in(key->qualifiers[s], ai) < GS1_QUALIFIERS_MAX)
			return true;
	return false;
}

static bool follows(const char *const *sequence, const gs1_element_t *qualifiers, size_t count)
{
	size_t next = 0;
	for (size_t i = 0; i < count; i++) {
		size_t place = place_in(sequence, qualifiers[i].code);
		if (place == GS1_QUALIFIERS_MAX || place < next)
			return false;
		next = place + 1;
	}
	return true;
}

bool gs1_is_sequence(const gs1_ai_t *key, const gs1_element_t *qualifiers, size_t count)
{
	for (size_t s = 0; s < GS1_SEQUENCES_MAX; s++)
		if (follows(key->qualifiers[s], qualifiers, count))
			return true;
	return false;
}

static size_t find(const gs1_message_t *m, slice_t ai)
{
	size_t i = 0;
	while (i < m->count && !slice_eq(m->elements[i].code, ai))
		i++;
	return i;
}

static size_t count_of(const gs1_message_t *m, const char *const *sequence)
{
	size_t count = 0;
	for (size_t i = 0; i < GS1_QUALIFIERS_MAX && sequence[i]; i++)
		count += find(m, slice_str(sequence[i])) < m->count;
	return count;
}

/* Moves an element to the place behind the levels there are, the ones between back. */
static void raise(gs1_message_t *m, size_t from)
{
	gs1_element_t element = m->elements[from];
	for (size_t i = from; i > m->levels; i--)
		m->elements[i] = m->elements[i - 1];
	m->elements[m->levels++] = element;
}

void gs1_arrange(gs1_message_t *m)
{
	size_t key = 0;
	while (key < m->count && !(m->elements[key].ai && m->elements[key].ai->flags & GS1_KEY))
		key++;
	if (key == m->count)
		return;
	raise(m, key);
	const gs1_ai_t *row = m->elements[0].ai;
	bool second = count_of(m, row->qualifiers[1]) > count_of(m, row->qualifiers[0]);
	for (size_t i = 0; i < GS1_QUALIFIERS_MAX && row->qualifiers[second][i]; i++) {
		size_t at = find(m, slice_str(row->qualifiers[second][i]));
		if (at < m->count)
			raise(m, at);
	}
}

/* "310n" is any of ten. */
static bool matches(slice_t pattern, slice_t ai)
{
	if (pattern.len != ai.len)
		return false;
	for (size_t i = 0; i < ai.len; i++)
		if (pattern.ptr[i] != 'n' && pattern.ptr[i] != ai.ptr[i])
			return false;
	return true;
}

/* An AI does not exclude itself. */
static bool excludes(const gs1_element_t *one, const gs1_element_t *other)
{
	slice_t patterns = slice_str(one->ai ? one->ai->excludes : NULL);
	while (patterns.len)
		if (matches(slice_cut(&patterns, ','), other->code) &&
		    !slice_eq(one->code, other->code))
			return true;
	return false;
}

void gs1_judge(gs1_message_t *m)
{
	for (size_t i = 0; i < m->count; i++)
		for (size_t k = 0; k < m->count; k++) {
			if (k < i && slice_eq(m->elements[i].code, m->elements[k].code))
				gs1_blame(m, &m->elements[i], GS1_TWICE);
			if (excludes(&m->elements[k], &m->elements[i]))
				gs1_blame(m, &m->elements[i > k ? i : k], GS1_EXCLUDED);
		}
	if (m->levels == 1 && m->elements[0].ai->flags & GS1_NEEDS_QUALIFIER)
		gs1_blame(m, &m->elements[0], GS1_INCOMPLETE);
}

bool gs1_fits_compressed(const gs1_message_t *m, bool keeps_key)
{
	for (size_t i = m->levels; i < m->count; i++) {
		unsigned flags = m->elements[i].ai->flags;
		if (!(flags & GS1_QUERY) || (flags & GS1_KEY && !keeps_key))
			return false;
	}
	return m->levels > 0;
}
