/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a record of the office: refused, or read, and then what was read is
 * written and reads back. What a template and a usage row hold is read in turn, and a
 * template that makes sense is held against a registration of its own types. */
#include <assert.h>
#include <stdlib.h>

#include "office/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 1 << 20 };

static void check_registration(const template_t *t)
{
	static const char value[] = "2026-11-27";
	registration_item_t items[TEMPLATE_ITEMS_MAX];
	template_faults_t faults = { .count = 0 };
	char text[512];
	for (size_t i = 0; i < t->item_count; i++)
		items[i] = (registration_item_t){ t->items[i].index, t->items[i].type,
			                          slice_str(value) };
	registration_form_t form = { SLICE("99.100.1/x"), t->version, items, t->item_count };
	template_check(t, &form, &faults);
	for (size_t i = 0; i < faults.count && i < TEMPLATE_FAULTS_MAX; i++)
		assert(*err_render(&faults.fault[i].detail, LANG_ZH, text, sizeof(text)));
}

static void check_template(slice_t bytes)
{
	template_t *t = NULL;
	err_detail_t detail;
	reader_t r = reader_of(bytes);
	if (template_read(&r, &t))
		return;
	if (template_good(t, &detail) == ERR_OK)
		check_registration(t);
	template_free(t);
}

static void check_usage(slice_t bytes)
{
	meter_t *meter = meter_new(0, 0);
	reader_t r = reader_of(bytes);
	usage_t *row = NULL;
	assert(meter);
	if (meter_unmark(meter, &r) == ERR_OK) {
		row = meter_at(meter, 0);
		assert(row);
		(void)usage_distinct(row);
		(void)meter_roll(meter, NS_PER_DAY);
	}
	meter_free(meter);
}

static void check_again(const entry_t *entry)
{
	writer_t w = writer_of(malloc(OUT_MAX), OUT_MAX);
	entry_t again;
	assert(w.buf);
	office_entry_write(entry, &w);
	if (!w.bad) {
		err_t err = office_entry_read(writer_done(&w), &again);
		assert(!err && again.kind == entry->kind && again.number == entry->number &&
		       slice_eq(again.prefix, entry->prefix) && slice_eq(again.rest, entry->rest));
	}
	free(w.buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	entry_t entry;
	if (office_entry_read(slice_of(data, size), &entry))
		return 0;
	if (entry.kind == ENTRY_TEMPLATE)
		check_template(entry.rest);
	else
		check_again(&entry);
	if (entry.kind == ENTRY_USAGE)
		check_usage(entry.rest);
	return 0;
}
