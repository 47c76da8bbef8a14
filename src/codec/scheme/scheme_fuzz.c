/* SPDX-License-Identifier: Apache-2.0 */
/* Input: any text, read by each scheme and by the one it is recognised as. What is good has
 * a canonical spelling that is recognised as the same scheme and decodes to the same. */
#include "codec/scheme/scheme.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_fields(const scheme_message_t *m, slice_t text)
{
	assert(m->count <= SCHEME_FIELDS_MAX);
	for (size_t i = 0; i < m->count; i++) {
		const scheme_field_t *field = &m->fields[i];
		assert(field->at <= text.len && field->value.len <= text.len - field->at);
		assert(slice_eq_nocase(slice_sub(text, field->at, field->value.len), field->value));
		assert(!field->problem || m->problem);
	}
}

static void check(scheme_id_t id, slice_t text)
{
	uint8_t bytes[SCHEME_ROOM], again_bytes[SCHEME_ROOM];
	writer_t room = writer_of(bytes, sizeof bytes);
	writer_t again_room = writer_of(again_bytes, sizeof again_bytes);
	scheme_message_t m, again;
	codec_t code = scheme_decode(id, text, &room, &m);
	assert(!room.bad && (code == CODEC_OK) == (m.problem == SCHEME_GOOD));
	assert(scheme_problem_text(m.problem)->what[LANG_ZH]);
	check_fields(&m, text);
	if (code != CODEC_OK || m.canonical.len > SCHEME_TEXT_MAX)
		return;
	assert(m.suffix.len && scheme_recognise(m.canonical) == id);
	assert(scheme_decode(id, m.canonical, &again_room, &again) == CODEC_OK);
	assert(slice_eq(m.canonical, again.canonical) && slice_eq(m.suffix, again.suffix));
	assert(m.count == again.count || id == SCHEME_VAA);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice_t text = slice_of(data, size);
	for (scheme_id_t id = 0; id < SCHEME_COUNT; id++)
		check(id, text);
	scheme_id_t whose = scheme_recognise(text);
	if (whose < SCHEME_COUNT)
		check(whose, text);
	return 0;
}
