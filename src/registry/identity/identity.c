/* SPDX-License-Identifier: Apache-2.0 */
/* Identities as text, and their keys in records. */
#include "registry/identity/identity.h"

#include "base/num.h"

static const slice_t SUBJECT = { (const uint8_t *)"handle:", 7 };

static const char *const type_names[REGISTRY_KEY_TYPES] = {
	[REGISTRY_KEY_PUBLIC] = "HS_PUBKEY",
	[REGISTRY_KEY_SECRET] = "HS_SECKEY",
};

err_t registry_identity_parse(slice_t text, registry_identity_t *ret_identity)
{
	uint64_t index;
	handle_name_t parts;
	slice_t handle = text;
	slice_t number = slice_cut(&handle, ':');
	if (num_parse_u64(number, INT32_MAX, &index) || index == 0 ||
	    handle_name_split(handle, &parts) != CODEC_OK)
		return ERR_INVALID;
	*ret_identity = (registry_identity_t){ .handle = handle, .index = (uint32_t)index };
	return ERR_OK;
}

void registry_identity_subject(const registry_identity_t *identity, writer_t *w)
{
	wr_bytes(w, SUBJECT);
	wr_format(w, "%u:", identity->index);
	wr_bytes(w, identity->handle);
}

bool registry_identity_of(const caller_t *caller, registry_identity_t *ret_identity)
{
	if (slice_eq(caller->subject, REGISTRY_ANONYMOUS)) {
		*ret_identity = (registry_identity_t){ .index = 0 };
		return true;
	}
	return slice_starts(caller->subject, SUBJECT) &&
	       !registry_identity_parse(slice_from(caller->subject, SUBJECT.len), ret_identity);
}

bool registry_key_type_parse(slice_t name, registry_key_type_t *ret_type)
{
	for (size_t i = 0; i < REGISTRY_KEY_TYPES; i++) {
		if (!slice_eq_nocase(name, slice_str(type_names[i])))
			continue;
		*ret_type = (registry_key_type_t)i;
		return true;
	}
	return false;
}

err_t registry_identity_key_of(const record_t *record, const registry_identity_t *identity,
                               registry_key_type_t type, writer_t *w)
{
	handle_value_t value;
	if (!handle_value_find(handle_values_of(record), identity->index, &value) ||
	    !slice_eq_nocase(value.type, slice_str(type_names[type])))
		return ERR_NOT_FOUND;
	wr_bytes(w, value.data);
	return w->bad ? ERR_TOO_BIG : ERR_OK;
}
