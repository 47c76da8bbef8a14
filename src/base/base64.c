/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

static const char plain_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void base64_encode(slice_t bytes, base64_t form, writer_t *w)
{
	const char *digits = form == BASE64_URL ? url_digits : plain_digits;
	reader_t r = reader_of(bytes);
	while (r.in.len) {
		size_t n = r.in.len < 3 ? r.in.len : 3;
		uint32_t bits = (uint32_t)rd_u8(&r) << 16;
		bits |= n > 1 ? (uint32_t)rd_u8(&r) << 8 : 0;
		bits |= n > 2 ? rd_u8(&r) : 0;
		for (size_t i = 0; i < 4; i++) {
			if (i <= n)
				wr_u8(w, (uint8_t)digits[bits >> (18 - 6 * i) & 63]);
			else if (form == BASE64_PLAIN)
				wr_u8(w, '=');
		}
	}
}

static int digit_of(const char *digits, uint8_t byte)
{
	for (int i = 0; i < 64; i++)
		if ((uint8_t)digits[i] == byte)
			return i;
	return -1;
}

static err_t decode(slice_t text, const char *digits, writer_t *w)
{
	uint32_t bits = 0;
	unsigned count = 0;
	if (text.len % 4 == 1)
		return ERR_MALFORMED;
	reader_t r = reader_of(text);
	while (r.in.len) {
		int digit = digit_of(digits, rd_u8(&r));
		if (digit < 0)
			return ERR_MALFORMED;
		bits = bits << 6 | (uint32_t)digit;
		count += 6;
		if (count >= 8) {
			count -= 8;
			wr_u8(w, (uint8_t)(bits >> count));
			bits &= (1u << count) - 1;
		}
	}
	if (bits)
		return ERR_MALFORMED;
	return w->bad ? ERR_TOO_BIG : ERR_OK;
}

err_t base64_decode(slice_t text, writer_t *w)
{
	for (unsigned i = 0; i < 2 && text.len && text.ptr[text.len - 1] == '='; i++)
		text = slice_sub(text, 0, text.len - 1);
	return decode(text, plain_digits, w);
}

err_t base64_decode_url(slice_t text, writer_t *w)
{
	return decode(text, url_digits, w);
}
