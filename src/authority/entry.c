/* SPDX-License-Identifier: Apache-2.0 */
#include "authority/entry.h"

enum { ENTRY_VERSION = 1 };

void member_entry_write(const member_entry_t *entry, writer_t *w)
{
	wr_u8(w, ENTRY_VERSION);
	wr_u8(w, (uint8_t)entry->kind);
	wr_zigzag(w, entry->utc_ns);
	wr_string(w, entry->who);
	wr_string(w, entry->node);
	if (entry->kind == MEMBER_INVITED) {
		wr_zigzag(w, entry->until_ns);
		wr_bytes(w, slice_of(entry->code_key, SHA256_BYTES));
	} else if (entry->kind == MEMBER_REVOKED) {
		wr_string(w, entry->reason);
	} else {
		wr_string(w, entry->certificate);
	}
}

static void read_invitation(reader_t *r, member_entry_t *entry)
{
	entry->until_ns = rd_zigzag(r);
	slice_t key = rd_take(r, SHA256_BYTES);
	if (!r->bad)
		memcpy(entry->code_key, key.ptr, SHA256_BYTES);
}

static bool is_fit(const member_entry_t *entry)
{
	return entry->kind > MEMBER_NONE && entry->kind < MEMBER_KIND_COUNT &&
	       entry->who.len <= AUTHORITY_WHO_MAX && entry->node.len > 0 &&
	       entry->node.len <= ENV_CERTIFY_NAME_MAX &&
	       entry->certificate.len <= ENV_CERTIFY_DER_MAX &&
	       entry->reason.len <= AUTHORITY_REASON_MAX;
}

err_t member_entry_read(slice_t payload, member_entry_t *ret_entry)
{
	reader_t r = reader_of(payload);
	member_entry_t entry = { 0 };
	uint8_t version = rd_u8(&r);
	if (!r.bad && version > ENTRY_VERSION)
		return ERR_NEWER_FORMAT;
	entry.kind = (member_kind_t)rd_u8(&r);
	entry.utc_ns = rd_zigzag(&r);
	entry.who = rd_string(&r);
	entry.node = rd_string(&r);
	if (entry.kind == MEMBER_INVITED)
		read_invitation(&r, &entry);
	else if (entry.kind == MEMBER_REVOKED)
		entry.reason = rd_string(&r);
	else
		entry.certificate = rd_string(&r);
	if (r.bad || r.in.len > 0 || version != ENTRY_VERSION || !is_fit(&entry))
		return ERR_CORRUPT;
	*ret_entry = entry;
	return ERR_OK;
}
