/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a CSV file of declared figures. What is taken can be issued, and is read again from
 * the row that is written of it. */
#include "insight/declared.h"
#include "model/time.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 1 << 13 };

static const char PACK[] = "pack: {id: t, version: 1, source: made up}\n"
			   "indicators:\n"
			   "  - id: nc\n"
			   "    version: 1\n"
			   "    name: {en: Share, zh: 占比}\n"
			   "    unit: \"%\"\n"
			   "    scopes: [{id: all, name: {en: All, zh: 全部}}]\n"
			   "    periods: [year]\n"
			   "    declared: yes\n"
			   "    parts: [{name: nc, unit: piece}, {name: total, unit: piece}]\n"
			   "    value: \"nc / total\"\n";

static bool same(void *ctx, const declared_t *again)
{
	const declared_t **declared = ctx;
	for (size_t i = 0; i < again->definition->part_count; i++)
		assert(again->sums[i].number == (*declared)->sums[i].number);
	assert(slice_eq(again->entity, (*declared)->entity) &&
	       again->from_ns / NS_PER_MS == (*declared)->from_ns / NS_PER_MS);
	*declared = NULL;
	return true;
}

static bool take(void *ctx, const declared_t *declared)
{
	(void)ctx;
	uint8_t csv[ROOM], bytes[ROOM];
	figure_t figure;
	writer_t w = writer_of(csv, sizeof(csv)), f = writer_of(bytes, sizeof(bytes));
	assert(declared_make(declared, &figure, NULL) == ERR_OK);
	figure.revision = 1;
	assert(figure_encode(&figure, &f) == ERR_OK);
	declared_template(declared->definition, &w);
	declared_template_row(declared, &w);
	declared_reader_t reader = { declared->definition, SLICE("an"), same, &declared };
	/* A period shorter than the milliseconds that are written is none any more. */
	if (declared->to_ns / NS_PER_MS > declared->from_ns / NS_PER_MS)
		assert(!w.bad && declared_read(writer_done(&w), &reader, NULL) == ERR_OK &&
		       !declared);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const definition_pack_t pack = { slice_str(PACK), "t.yaml" };
	definitions_t *set = NULL;
	if (definitions_read(&pack, 1, NULL, &set, NULL))
		return 0;
	declared_reader_t reader = { definitions_get(set, 0), SLICE("an"), take, NULL };
	(void)!declared_read(slice_of(data, size), &reader, NULL);
	definitions_free(set);
	return 0;
}
