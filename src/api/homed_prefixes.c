/* SPDX-License-Identifier: Apache-2.0 */
/* The prefixes that live here: told, taken in and let go. */
#include "api/handlers.h"
#include "api/state.h"
#include "registry/permit.h"

enum { HEAD_ROOM = 256, NAME_ROOM = 6 * HANDLE_NAME_MAX + 32 };

/* Those who may home may also see what is homed. */
static bool may_list(exchange_t *x)
{
	registry_identity_t who;
	registry_permit_t permit;
	if (!registry_identity_of(&x->request.caller, &who))
		return x->request.caller.role >= ROLE_ADMIN;
	if (registry_permit_begin(x->api->query_reader, &permit))
		return false;
	bool may = registry_is_admin(&permit, &who);
	registry_find_done(x->api->query_reader);
	return may;
}

static void put_prefix(exchange_t *x, slice_t prefix)
{
	uint8_t name[HANDLE_NAME_MAX + 8];
	writer_t w = writer_of(name, sizeof(name));
	handle_prefix_record(prefix, &w);
	json_str(reply_json(&x->reply, NAME_ROOM), writer_done(&w));
}

static void put_prefixes(exchange_t *x)
{
	slice_t prefix;
	json_put_array(&x->reply.json, "prefixes");
	for (size_t i = 0; registry_served_prefix(x->api->spec.registry, i, &prefix); i++)
		put_prefix(x, prefix);
	json_close(reply_json(&x->reply, HEAD_ROOM));
}

verdict_t homed_prefixes_get(exchange_t *x)
{
	if (!may_list(x))
		return handles_refuse_code(x, HANDLE_RC_INVALID_ADMIN, NULL);
	json_t *j = reply_json(&x->reply, HEAD_ROOM);
	json_object(j);
	json_put_u64(j, "responseCode", HANDLE_RC_OK);
	put_prefixes(x);
	json_close(j);
	return EXCHANGE_ANSWERED;
}

/* "99.100.7" and "0.NA/99.100.7" are the same prefix. */
static verdict_t change(exchange_t *x, registry_verb_t verb)
{
	uint8_t name[HANDLE_NAME_MAX + 8];
	writer_t w = writer_of(name, sizeof(name));
	slice_t given = x->request.param[0];
	slice_t described = handle_name_described_prefix(given);
	handle_prefix_record(described.len ? described : given, &w);
	if (w.bad)
		return handles_refuse_code(x, HANDLE_RC_INVALID_HANDLE, NULL);
	registry_change_t homing = { .verb = verb,
		                     .name = writer_done(&w),
		                     .caller = x->request.caller };
	return handles_change(x, &homing);
}

verdict_t homed_prefix_post(exchange_t *x)
{
	return change(x, REGISTRY_HOME);
}

verdict_t homed_prefix_delete(exchange_t *x)
{
	return change(x, REGISTRY_UNHOME);
}
