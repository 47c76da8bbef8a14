/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFICE_ENTRY_H
#define OFFICE_ENTRY_H
/* One operation of the office in the journal. Private to this folder.
 *
 * Disk form (payload of a JOURNAL_OFFICE record): version u8 = 1, kind u8, time zig-zag
 * (ns UTC), who string, then
 *   1 application   number varint, strings organisation, credit code, contact, purpose,
 *                   industry, parent, wanted, public key, service; family u8 (0: no
 *                   address), address 16 bytes, port u16 little-endian
 *   2 step          number varint, step u8, strings reason and prefix (of an approval),
 *                   limits as three varints: names, names a day, requests a day
 *   3 made          number varint: the record of its prefix is there
 *   4 limits        prefix string, three varints
 *   5 template      template.h
 *   6 template use  strings prefix, version: it never changes from here on
 *   7 template end  strings prefix, version
 *   8 usage         meter.h, usage_mark */
#include "office/office.h"

typedef enum {
	ENTRY_NONE,
	ENTRY_APPLICATION,
	ENTRY_STEP,
	ENTRY_MADE,
	ENTRY_LIMITS,
	ENTRY_TEMPLATE,
	ENTRY_TEMPLATE_USE,
	ENTRY_TEMPLATE_END,
	ENTRY_USAGE,
	ENTRY_KIND_COUNT
} entry_kind_t;

/* What is used depends on the kind. Slices borrow the payload. */
typedef struct {
	entry_kind_t kind;
	int64_t utc_ns;
	slice_t who;
	uint64_t number;
	application_form_t form;
	office_step_t step;
	slice_t reason, prefix, version;
	meter_limits_t limits;
	const template_t *template; /* to write */
	slice_t rest;               /* of ENTRY_TEMPLATE and ENTRY_USAGE: their own form */
} entry_t;

void office_entry_write(const entry_t *entry, writer_t *w);
/* ERR_CORRUPT, ERR_NEWER_FORMAT. */
MUST_CHECK err_t office_entry_read(slice_t payload, entry_t *ret_entry);
#endif
