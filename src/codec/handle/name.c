/* SPDX-License-Identifier: Apache-2.0 */
/* Names. Folding touches ASCII only: other scripts have case too, but every server
 * of the system compares them byte by byte, and a name must mean the same anywhere. */
#include "codec/handle/name.h"

#include "base/utf8.h"
#include "codec/handle/handle.h"
#include "codec/handle/site.h"

static slice_t record_prefix(void)
{
	return SLICE("0.NA/");
}

codec_t handle_name_split(slice_t name, handle_name_t *ret_name)
{
	if (name.len > HANDLE_NAME_MAX || !utf8_valid(name))
		return CODEC_MALFORMED;
	size_t slash = slice_find(name, '/');
	if (slash == 0 || slash == name.len)
		return CODEC_MALFORMED;
	*ret_name = (handle_name_t){
		.prefix = slice_sub(name, 0, slash),
		.suffix = slice_from(name, slash + 1),
	};
	return CODEC_OK;
}

codec_t handle_name_fold(slice_t name, uint8_t *out, slice_t *ret_folded)
{
	if (name.len > HANDLE_NAME_MAX)
		return CODEC_MALFORMED;
	slice_fold_upper(name, out);
	*ret_folded = slice_of(out, name.len);
	return CODEC_OK;
}

void handle_name_prefix_record(slice_t name, writer_t *w)
{
	wr_bytes(w, record_prefix());
	slice_t prefix = slice_sub(name, 0, slice_find(name, '/'));
	uint8_t *room = wr_reserve(w, prefix.len);
	if (room)
		slice_fold_upper(prefix, room);
}

void handle_prefix_record(slice_t prefix, writer_t *w)
{
	wr_bytes(w, record_prefix());
	wr_bytes(w, prefix);
}

slice_t handle_prefix_above(slice_t prefix)
{
	size_t len = prefix.len;
	while (len > 0 && prefix.ptr[len - 1] != '.')
		len--;
	return slice_sub(prefix, 0, len > 0 ? len - 1 : 0);
}

slice_t handle_name_described_prefix(slice_t name)
{
	slice_t head = record_prefix();
	if (!slice_eq_nocase(slice_sub(name, 0, head.len), head))
		return (slice_t){ 0 };
	return slice_from(name, head.len);
}

bool handle_name_is_global(slice_t name)
{
	return slice_starts(name, SLICE("0.")) || slice_starts(name, SLICE("0/")) ||
	       slice_find(name, '/') == name.len;
}

codec_t handle_name_hash_part(slice_t name, uint8_t hash_option, uint8_t *out, slice_t *ret_text)
{
	size_t slash = slice_find(name, '/');
	slice_t part = name;
	if (hash_option == HANDLE_HASH_PREFIX)
		part = slice_sub(name, 0, slash);
	else if (hash_option == HANDLE_HASH_SUFFIX)
		part = slice_from(name, slash + 1);
	else if (hash_option != HANDLE_HASH_WHOLE)
		return CODEC_UNSUPPORTED;
	return handle_name_fold(part, out, ret_text);
}

uint32_t handle_server_pick(const uint8_t md5[16], uint32_t count)
{
	reader_t r = reader_of(slice_of(&md5[12], 4));
	uint32_t bits = rd_u32(&r);
	if (bits == UINT32_C(0x80000000))
		return 0;
	return (bits > INT32_MAX ? 0 - bits : bits) % count;
}
