/* SPDX-License-Identifier: Apache-2.0 */
/* A record and the other names it is to be found by. */
#include "api/registrations.h"
#include "codec/handle/handle.h"
#include "model/record.h"

static const err_text_t text_twice = {
	{ "%1 stands in an earlier line too", "%1 在前面的行中已出现" },
	{ "give a name once, with all of its values", "每个名称只写一次，并包含全部值" },
};
static const err_text_t text_also = {
	{ "another name of %1 is none", "%1 的另一名称无效" },
	{ "write \"also\":[\"PREFIX/SUFFIX\"] with at most 16 names",
	  "请写 \"also\":[\"前缀/后缀\"]，至多 16 个" },
};

static const err_text_t text_new = {
	{ "other names are for new records, and %1 is to be changed",
	  "另一名称只能随新记录注册，而 %1 将被修改" },
	{ "register them as records with an HS_ALIAS, or send with mode=create",
	  "请将其注册为含 HS_ALIAS 的记录，或用 mode=create 发送" },
};

/* The record of another name; its value stands in `w`. */
static handle_record_t alias_to(slice_t record, slice_t name, writer_t *w)
{
	handle_value_encode(&(handle_value_t){ .index = 1,
	                                       .ttl_s = HANDLE_TTL_DEFAULT_S,
	                                       .perms = HANDLE_PERMS_DEFAULT,
	                                       .type = SLICE("HS_ALIAS"),
	                                       .data = record },
	                    w);
	return (handle_record_t){ name, { 1, writer_done(w) } };
}

/* False, with the fault told: one of them is no name. */
static bool are_names(registrations_t *all, slice_t record, const json_tree_t *also, uint32_t line)
{
	bool good = !also || (json_kind(also) == JSON_LIST_VALUE &&
	                      json_count(also) <= REGISTRATIONS_ALSO_MAX);
	for (size_t i = 0; good && i < json_count(also); i++) {
		uint8_t bytes[HANDLE_NAME_MAX];
		writer_t w = writer_of(bytes, sizeof(bytes));
		slice_t given = { 0 };
		good = json_text(json_item(also, i), &given) &&
		       registrations_whole_name(all, given, &w);
	}
	if (!good)
		registrations_fault(all, &(fault_t){ line, ERR_INVALID, &text_also, "" }, record);
	return good;
}

static err_t note(registrations_t *all, slice_t name, uint32_t line)
{
	err_t err = registrations_note(all, name, line);
	if (err == ERR_EXISTS)
		registrations_fault(all, &(fault_t){ line, err, &text_twice, "" }, name);
	return err;
}

static err_t note_all(registrations_t *all, slice_t record, const json_tree_t *also, uint32_t line)
{
	err_t err = note(all, record, line);
	for (size_t i = 0; !err && i < json_count(also); i++) {
		uint8_t bytes[HANDLE_NAME_MAX];
		writer_t w = writer_of(bytes, sizeof(bytes));
		slice_t given = { 0 };
		(void)json_text(json_item(also, i), &given);
		(void)registrations_whole_name(all, given, &w);
		err = note(all, writer_done(&w), line);
	}
	return err;
}

/* Nothing is kept before all names are known to be new. */
err_t registrations_add_all(registrations_t *all, const handle_record_t *record,
                            const json_tree_t *also, uint32_t line)
{
	uint32_t of = all->count;
	if (json_count(also) && all->verb != REGISTRY_CREATE) {
		registrations_fault(all, &(fault_t){ line, ERR_UNSUPPORTED, &text_new, "" },
		                    record->handle);
		return ERR_OK;
	}
	if (!are_names(all, record->handle, also, line))
		return ERR_OK;
	err_t err = note_all(all, record->handle, also, line);
	if (err)
		return err == ERR_EXISTS ? ERR_OK : err;
	err = registrations_add(all, record, line, of);
	for (size_t i = 0; !err && i < json_count(also); i++) {
		uint8_t name[HANDLE_NAME_MAX], value[HANDLE_NAME_MAX + 64];
		writer_t w = writer_of(name, sizeof(name));
		writer_t v = writer_of(value, sizeof(value));
		slice_t given = { 0 };
		(void)json_text(json_item(also, i), &given);
		(void)registrations_whole_name(all, given, &w);
		handle_record_t alias = alias_to(record->handle, writer_done(&w), &v);
		err = registrations_add(all, &alias, line, of);
	}
	return err;
}
