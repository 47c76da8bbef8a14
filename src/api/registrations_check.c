/* SPDX-License-Identifier: Apache-2.0 */
/* Every name against the registry: which may be made, which are there already as they
 * should be, and what is wrong with the others. */
#include "api/registrations.h"
#include "codec/handle/handle.h"
#include "model/record.h"
#include "registry/identity/identity.h"

static const err_text_t text_exists = {
	{ "%1 exists with other values", "%1 已存在，且值不同" },
	{ "change it by PUT /api/handles/NAME, or leave it out",
	  "请用 PUT /api/handles/名称 修改，或将其删去" },
};
static const err_text_t text_draft = {
	{ "%1 exists as a draft", "%1 已存在，处于草稿状态" },
	{ "make it active, or leave it out", "请将其激活，或将其删去" },
};
static const err_text_t text_deleted = {
	{ "%1 was deleted, and its name is not given again", "%1 已删除，其名称不再分配" },
	{ "an administrator can restore it", "管理员可将其恢复" },
};
static const err_text_t text_elsewhere = {
	{ "the prefix of %1 is not kept by this node", "本节点不负责 %1 的前缀" },
	{ "register under a prefix of this node; GET /api/v1/node names it",
	  "请在本节点的前缀下注册；GET /api/v1/node 可查" },
};
static const err_text_t text_denied = {
	{ "%1 is outside of what you may change", "%1 不在您可修改的范围内" },
	{ "ask an administrator for a wider scope", "请向管理员申请更大的范围" },
};

/* Time stamps are the registry's and do not count. */
static bool is_same_value(const handle_value_t *a, const handle_value_t *b)
{
	return a->index == b->index && a->ttl_type == b->ttl_type && a->ttl_s == b->ttl_s &&
	       a->perms == b->perms && slice_eq(a->type, b->type) && slice_eq(a->data, b->data) &&
	       a->references.count == b->references.count &&
	       slice_eq(a->references.bytes, b->references.bytes);
}

/* Whether the kept record is as the given one would leave it: all of it, or with
 * `merges` the given values. Both are in the order of their indexes. */
static bool is_same(const record_t *kept, slice_t record, bool merges)
{
	reader_t r = reader_of(record);
	(void)rd_bytes32(&r, HANDLE_NAME_MAX);
	uint32_t given = rd_u32(&r), left = kept->count;
	reader_t in = reader_of(kept->values);
	if (!merges && given != left)
		return false;
	while (given-- > 0) {
		handle_value_t b = handle_value_read(&r), a = { .index = 0 };
		for (; left > 0 && a.index < b.index; left--)
			a = handle_value_read(&in);
		if (!is_same_value(&a, &b))
			return false;
	}
	return true;
}

typedef struct {
	registrations_t *all;
	const caller_t *caller;
} check_t;

/* A description of a prefix is in the scope that holds the prefix. */
static bool may_register(const caller_t *caller, slice_t name)
{
	registry_identity_t identity;
	if (registry_identity_of(caller, &identity))
		return true; /* the registry looks at its rights */
	slice_t described = handle_name_described_prefix(name);
	return caller_holds(caller, described.len ? described : name);
}

static const err_text_t *text_of_existing(err_t err, const record_t *found)
{
	if (!err)
		return &text_exists;
	return found->state == RECORD_DELETED ? &text_deleted : &text_draft;
}

/* Of a name the caller may register and whose record is not as it should be; no error
 * when there is none. */
static fault_t judge(err_t err, const record_t *found, registry_verb_t verb)
{
	bool is_there = !err || (err == ERR_NOT_FOUND && found->name.len > 0);
	if (is_there && verb != REGISTRY_CREATE && found->state != RECORD_DELETED)
		return (fault_t){ .err = ERR_OK };
	if (is_there)
		return (fault_t){ .err = ERR_EXISTS, .text = text_of_existing(err, found) };
	if (err == ERR_NOT_FOUND)
		return (fault_t){ .err = ERR_OK };
	return (fault_t){ .err = err, .text = err == ERR_UNAVAILABLE ? &text_elsewhere : NULL };
}

static void leave_out(registrations_t *all, uint32_t i, fault_t fault)
{
	fault.line = all->rows[i].line;
	all->rows[i].is_out = true;
	all->rows[i].is_faulty = true;
	registrations_fault(all, &fault, registrations_name(all, i));
}

static void leave_unchanged(registrations_t *all, uint32_t i)
{
	all->rows[i].is_out = true;
	all->unchanged++;
}

static void look_at(const check_t *c, uint32_t i, err_t err, const record_t *found)
{
	registrations_t *all = c->all;
	slice_t record = slice_from(text_slice(&all->records), all->rows[i].at);
	bool may = may_register(c->caller, registrations_name(all, i));
	if (may && !err && is_same(found, record, all->verb == REGISTRY_MERGE)) {
		leave_unchanged(all, i);
		return;
	}
	fault_t fault = may ? judge(err, found, all->verb)
	                    : (fault_t){ .err = ERR_DENIED, .text = &text_denied };
	if (fault.err)
		leave_out(all, i, fault);
}

static err_t check_batch(const check_t *c, registry_reader_t *reader, uint32_t at, uint32_t count)
{
	slice_t names[REGISTRY_BATCH];
	record_t records[REGISTRY_BATCH];
	err_t errs[REGISTRY_BATCH], err = ERR_OK;
	for (uint32_t i = 0; i < count; i++)
		names[i] = registrations_name(c->all, at + i);
	registry_find_batch(reader, names, count, records, errs);
	for (uint32_t i = 0; i < count; i++)
		if (errs[i] == ERR_CORRUPT || errs[i] == ERR_IO)
			err = errs[i];
		else
			look_at(c, at + i, errs[i], &records[i]);
	registry_find_done(reader);
	return err;
}

/* A record and its other names stand behind one another. */
static void keep_together(registrations_t *all)
{
	uint32_t next = 0;
	for (uint32_t first = 0; first < all->count; first = next) {
		bool is_faulty = false;
		for (next = first; next < all->count && all->rows[next].of == first; next++)
			is_faulty = is_faulty || all->rows[next].is_faulty;
		for (uint32_t i = first; is_faulty && i < next; i++)
			all->rows[i].is_out = true;
	}
}

err_t registrations_check(registrations_t *all, const caller_t *caller, registry_reader_t *reader)
{
	check_t check = { all, caller };
	err_t err = ERR_OK;
	for (uint32_t at = 0; !err && at < all->count; at += REGISTRY_BATCH) {
		uint32_t left = all->count - at;
		err = check_batch(&check, reader, at,
		                  left < REGISTRY_BATCH ? left : REGISTRY_BATCH);
	}
	if (!err)
		keep_together(all);
	return err;
}
