/* SPDX-License-Identifier: Apache-2.0 */
#include "node/registration.h"

#include <stdlib.h>

#include "base/text.h"
#include "codec/handle/admin.h"
#include "codec/handle/value.h"

/* Records are made in catalogue order: item 0 is the prefix, then the devices,
 * then the points. What is wanted is encoded afresh for each, so that comparing
 * and changing use the same bytes. */

enum { VALUES_MAX = 7, WANTED_BYTES = 4096, NAME_BYTES = 512, TTL_S = 86400 };
enum {
	INDEX_URL = 1,
	INDEX_DESC = 2,
	INDEX_DESC_ZH = 3,
	INDEX_UNIT = 4,
	INDEX_POINT = 5,
	INDEX_ADMIN = 100
};

struct registration {
	registration_spec_t spec;
	registry_reader_t *reader;
	env_mailbox_t *replies;
	env_timer_t *retry;
	size_t next, in_flight, failed;
	err_t last_error;
};

typedef struct {
	uint8_t bytes[WANTED_BYTES];
	char name[NAME_BYTES];
	writer_t w;
	uint32_t count;
} wanted_t;

static void want(wanted_t *wanted, uint32_t index, const char *type, slice_t data)
{
	handle_value_t value = {
		.index = index,
		.ttl_type = HANDLE_TTL_RELATIVE,
		.ttl_s = TTL_S,
		.perms = HANDLE_PERMS_DEFAULT,
		.type = slice_str(type),
		.data = data,
	};
	if (data.len == 0)
		return;
	handle_value_encode(&value, &wanted->w);
	wanted->count++;
}

static void want_url(wanted_t *wanted, const registration_t *reg, const char *kind,
                     const char *name)
{
	char text[NAME_BYTES];
	writer_t w = writer_of(text, sizeof(text));
	if (!reg->spec.http_base[0])
		return;
	wr_format(&w, "%s/api/v1/%s/%s", reg->spec.http_base, kind, name);
	want(wanted, INDEX_URL, "URL", writer_done(&w));
}

static void want_admin(wanted_t *wanted, const registration_t *reg)
{
	uint8_t buf[NAME_BYTES];
	char handle[NAME_BYTES];
	writer_t name = writer_of(handle, sizeof(handle)), w = writer_of(buf, sizeof(buf));
	wr_format(&name, "0.NA/%s", reg->spec.catalogue->node.prefix);
	handle_admin_t admin = {
		.rights = HANDLE_ADMIN_ALL,
		.admin = { .handle = writer_done(&name), .index = 300 },
	};
	handle_admin_encode(&admin, &w);
	want(wanted, INDEX_ADMIN, "HS_ADMIN", writer_done(&w));
}

static void want_labels(wanted_t *wanted, const char *const label[2])
{
	want(wanted, INDEX_DESC, "DESC", slice_str(label[LANG_EN]));
	if (!slice_eq(slice_str(label[LANG_EN]), slice_str(label[LANG_ZH])))
		want(wanted, INDEX_DESC_ZH, "DESC.zh", slice_str(label[LANG_ZH]));
}

static void want_name(wanted_t *wanted, const char *head, const char *name)
{
	writer_t w = writer_of(wanted->name, sizeof(wanted->name));
	wr_format(&w, "%s%s", head, name);
	wr_u8(&w, 0);
}

/* What the i-th record should be. */
static void want_item(const registration_t *reg, size_t i, wanted_t *wanted)
{
	const catalogue_t *c = reg->spec.catalogue;
	wanted->w = writer_of(wanted->bytes, sizeof(wanted->bytes));
	wanted->count = 0;
	if (i == 0) {
		want_name(wanted, "0.NA/", c->node.prefix);
		want_labels(wanted, c->node.label);
	} else if (i <= c->device_count) {
		const device_t *device = &c->devices[i - 1];
		want_name(wanted, "", device->ident);
		want_url(wanted, reg, "devices", device->name);
		want_labels(wanted, device->label);
	} else {
		const point_t *point = &c->points[i - 1 - c->device_count];
		want_name(wanted, "", point->ident);
		want_url(wanted, reg, "points", point->name);
		want_labels(wanted, point->label);
		want(wanted, INDEX_UNIT, "UNIT", slice_str(point->unit));
		want(wanted, INDEX_POINT, RECORD_TYPE_POINT, slice_str(point->name));
	}
	want_admin(wanted, reg);
}

static size_t item_count(const registration_t *reg)
{
	return 1 + reg->spec.catalogue->device_count + reg->spec.catalogue->point_count;
}

/* Equal but for the timestamps, which the registry sets. */
static bool values_equal(slice_t a, slice_t b, uint32_t count)
{
	reader_t ra = reader_of(a), rb = reader_of(b);
	for (uint32_t i = 0; i < count; i++) {
		handle_value_t va = handle_value_read(&ra), vb = handle_value_read(&rb);
		if (ra.bad || rb.bad || va.index != vb.index || va.ttl_s != vb.ttl_s ||
		    va.perms != vb.perms || !slice_eq(va.type, vb.type) ||
		    !slice_eq(va.data, vb.data))
			return false;
	}
	return ra.in.len == 0 && rb.in.len == 0;
}

/* Who deleted a name of the configuration wants it to stay deleted. */
static bool already_so(registration_t *reg, const wanted_t *wanted)
{
	slice_t name = slice_str(wanted->name);
	record_t record;
	err_t err;
	registry_find_batch(reg->reader, &name, 1, &record, &err);
	bool same = err == ERR_OK && record.count == wanted->count &&
	            values_equal(record.values, writer_done(&wanted->w), wanted->count);
	bool deleted = record.state == RECORD_DELETED;
	registry_find_done(reg->reader);
	return same || deleted;
}

/* ERR_BUSY: come again when a reply frees a place. */
static err_t send_item(registration_t *reg, size_t i)
{
	wanted_t wanted;
	want_item(reg, i, &wanted);
	if (wanted.w.bad)
		return ERR_TOO_BIG;
	if (already_so(reg, &wanted))
		return ERR_OK;
	registry_change_t change = {
		.verb = REGISTRY_REPLACE,
		.name = slice_str(wanted.name),
		.count = wanted.count,
		.values = writer_done(&wanted.w),
		.caller = caller_node(),
	};
	err_t err = registry_change(reg->spec.registry, &change, reg->replies, NULL);
	if (!err)
		reg->in_flight++;
	return err;
}

static void note_failure(registration_t *reg, err_t err)
{
	reg->failed++;
	reg->last_error = err;
}

static void advance(void *ctx)
{
	registration_t *reg = ctx;
	while (reg->next < item_count(reg) && reg->in_flight < REGISTRATION_AHEAD) {
		err_t err = send_item(reg, reg->next);
		if (err == ERR_BUSY || err == ERR_LIMIT) {
			env_timer_set(reg->retry, 10 * NS_PER_MS);
			return;
		}
		if (err)
			note_failure(reg, err);
		reg->next++;
	}
}

static void take_replies(void *ctx)
{
	registration_t *reg = ctx;
	registry_result_t result;
	while (env_mailbox_take(reg->replies, &result)) {
		reg->in_flight--;
		if (result.err)
			note_failure(reg, result.err);
	}
	advance(reg);
}

err_t registration_start(const registration_spec_t *spec, registration_t **ret_reg)
{
	registration_t *reg = calloc(1, sizeof(*reg));
	if (!reg)
		return ERR_NO_MEMORY;
	reg->spec = *spec;
	env_mailbox_spec_t mail = {
		.name = "registration",
		.reader = spec->loop,
		.item_size = sizeof(registry_result_t),
		.capacity = REGISTRATION_AHEAD,
		.policy = ENV_FULL_REFUSE,
		.ready = take_replies,
		.ctx = reg,
	};
	err_t err = registry_reader_new(spec->registry, &reg->reader);
	if (!err)
		err = env_mailbox_new(&mail, &reg->replies);
	if (!err)
		err = env_timer_new(spec->loop, advance, reg, &reg->retry);
	if (err) {
		registration_free(reg);
		return err;
	}
	env_timer_set(reg->retry, 0);
	*ret_reg = reg;
	return ERR_OK;
}

void registration_reload(registration_t *registration, const catalogue_t *catalogue)
{
	registration->spec.catalogue = catalogue;
	registration->next = 0;
	registration->failed = 0;
	env_timer_set(registration->retry, 0);
}

void registration_free(registration_t *registration)
{
	if (!registration)
		return;
	env_timer_free(registration->retry);
	env_mailbox_free(registration->replies);
	registry_reader_free(registration->reader);
	free(registration);
}

bool registration_done(const registration_t *registration)
{
	return registration->next == item_count(registration) && registration->in_flight == 0;
}

size_t registration_failed(const registration_t *registration, err_t *ret_last)
{
	*ret_last = registration->last_error;
	return registration->failed;
}
