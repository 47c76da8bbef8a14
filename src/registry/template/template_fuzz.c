/* SPDX-License-Identifier: Apache-2.0 */
/* A name, a line end, and the XML of its namespace: whatever they are, a record that is
 * made holds as many values as it says, by index, each once. */
#include <stdlib.h>

#include "codec/handle/handle.h"
#include "registry/template/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool is_so)
{
	if (!is_so)
		abort();
}

static record_t base_of(writer_t *w)
{
	handle_value_t values[] = {
		{ .index = 1,
		  .perms = HANDLE_PERMS_DEFAULT,
		  .type = SLICE("URL"),
		  .data = SLICE("//h") },
		{ .index = 4,
		  .perms = HANDLE_PERMS_DEFAULT,
		  .type = SLICE("DESC"),
		  .data = SLICE("a") },
		{ .index = 9,
		  .perms = HANDLE_PERM_ADMIN_READ,
		  .type = SLICE("KEY"),
		  .data = SLICE("s") },
	};
	for (size_t i = 0; i < 3; i++)
		handle_value_encode(&values[i], w);
	return (record_t){ .count = 3, .values = writer_done(w) };
}

static void check(const record_t *made)
{
	handle_iter_t iter = handle_list_iter(handle_values_of(made));
	handle_value_t value;
	uint32_t count = 0, last = 0;
	while (handle_value_next(&iter, &value)) {
		demand(value.index > last && value.perms & HANDLE_PERM_PUBLIC_READ);
		last = value.index;
		count++;
	}
	demand(count == made->count && count > 0 && iter.in.in.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static name_template_room_t room;
	static uint8_t bytes[512], made_bytes[TEMPLATE_RECORD_MAX + 64];
	writer_t w = writer_of(bytes, sizeof(bytes)),
		 to = writer_of(made_bytes, sizeof(made_bytes));
	slice_t xml = slice_of(data, size);
	name_template_question_t q = { .name = slice_cut(&xml, '\n') };
	record_t base = base_of(&w), made;
	name_template_t *template = NULL;
	name_template_fault_t fault;
	q.record = &base;
	if (name_template_new(xml, &template, &fault))
		return 0;
	if (name_template_split(template, q.name, &q.base, &q.extension) &&
	    name_template_make(template, &q, &room, &to, &made) == ERR_OK)
		check(&made);
	name_template_free(template);
	return 0;
}
