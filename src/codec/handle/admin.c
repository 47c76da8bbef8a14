/* SPDX-License-Identifier: Apache-2.0 */
/* HS_ADMIN and HS_VLIST. Both decide who may write, so nothing after them is
 * tolerated but the two bytes that old software is known to have left. */
#include "codec/handle/admin.h"

#include "codec/handle/handle.h"

enum { LEGACY_BYTES = 2 };

codec_t handle_admin_decode(slice_t data, handle_admin_t *ret_admin)
{
	reader_t r = reader_of(data);
	handle_admin_t a = { .rights = rd_u16(&r) };
	a.admin = handle_reference_read(&r);
	a.legacy = !r.bad && r.in.len == LEGACY_BYTES;
	if (a.legacy)
		a.legacy_bytes = rd_u16(&r);
	if (r.bad || r.in.len > 0)
		return CODEC_MALFORMED;
	*ret_admin = a;
	return CODEC_OK;
}

void handle_admin_encode(const handle_admin_t *admin, writer_t *w)
{
	wr_u16(w, admin->rights);
	handle_reference_encode(&admin->admin, w);
	if (admin->legacy)
		wr_u16(w, admin->legacy_bytes);
}

codec_t handle_vlist_decode(slice_t data, handle_list_t *ret_members)
{
	reader_t r = reader_of(data);
	handle_list_t members = handle_list_read_references(&r);
	if (r.bad || r.in.len > 0)
		return CODEC_MALFORMED;
	*ret_members = members;
	return CODEC_OK;
}

const char *handle_admin_right_text(uint16_t right)
{
#define X(name, bit, text) { bit, text },
	static const struct {
		uint16_t bit;
		const char *text;
	} rights[] = { HANDLE_ADMIN_RIGHTS(X) };
#undef X
	for (size_t i = 0; i < sizeof rights / sizeof *rights; i++)
		if (rights[i].bit == right)
			return rights[i].text;
	return NULL;
}
