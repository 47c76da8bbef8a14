/* SPDX-License-Identifier: Apache-2.0 */
/* Reads lines "WHAT HEX" (frame, batch or parcel), decodes the bytes and answers with what it
 * encodes of what it read, and with what the hash is over: "HEX HEX". Or with an error. */
#include "base/num.h"
#include "codec/uplink/frame.h"

#include <stdio.h>
#include <stdlib.h>

enum { BYTES_MAX = 4 << 20 };

static void show(slice_t bytes, char end)
{
	for (size_t i = 0; i < bytes.len; i++)
		printf("%02x", bytes.ptr[i]);
	putchar(end);
}

static bool echo_frame(slice_t bytes, writer_t *w, slice_t *ret_covered)
{
	uplink_frame_t frame;
	size_t used;
	bool ok = uplink_frame_read(bytes, &frame, &used) == CODEC_OK && used == bytes.len;
	if (ok)
		uplink_frame_put(&frame, w);
	*ret_covered = (slice_t){ 0 };
	return ok;
}

static bool echo_batch(slice_t bytes, writer_t *w, slice_t *ret_covered)
{
	uplink_batch_t batch;
	size_t count = 0;
	if (uplink_batch_read(bytes, &batch) != ERR_OK)
		return false;
	uplink_item_t *items = calloc(batch.envelope.count + 1, sizeof(*items));
	uplink_items_t at = uplink_items_of(&batch);
	while (uplink_item_next(&at, &items[count]))
		count++;
	uplink_batch_put(&batch.envelope, items, w);
	wr_bytes(w, batch.signature);
	free(items);
	*ret_covered = batch.hashed;
	return true;
}

static bool echo_parcel(slice_t bytes, writer_t *w, slice_t *ret_covered)
{
	uplink_parcel_t parcel = { 0 };
	uplink_frame_t frame;
	size_t used = 0, before_end = 0;
	slice_t rest = bytes;
	uplink_parcel_begin(w);
	while (uplink_parcel_next(&parcel, rest, &frame, &used) == CODEC_OK) {
		before_end = bytes.len - rest.len;
		rest = slice_from(rest, used);
		uplink_frame_put(&frame, w);
	}
	*ret_covered = slice_sub(bytes, 0, before_end);
	return parcel.has_ended && rest.len == 0;
}

static bool echo(char *line, uint8_t *in, uint8_t *out)
{
	static const struct {
		const char *what;
		bool (*echo)(slice_t, writer_t *, slice_t *);
	} KINDS[] = { { "frame", echo_frame }, { "batch", echo_batch }, { "parcel", echo_parcel } };
	slice_t hex = slice_trim(slice_str(line)), covered, what = slice_cut(&hex, ' ');
	size_t len;
	writer_t w = writer_of(out, BYTES_MAX);
	if (num_from_hex(hex, in, BYTES_MAX, &len) != ERR_OK)
		return false;
	for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++)
		if (slice_eq(what, slice_str(KINDS[i].what))) {
			if (!KINDS[i].echo(slice_of(in, len), &w, &covered) || w.bad)
				return false;
			show(writer_done(&w), ' ');
			show(covered, '\n');
			return true;
		}
	return false;
}

int main(void)
{
	char *line = malloc(2 * BYTES_MAX);
	uint8_t *in = malloc(BYTES_MAX), *out = malloc(BYTES_MAX);
	while (line && in && out && fgets(line, 2 * BYTES_MAX, stdin))
		if (!echo(line, in, out))
			puts("refused");
	free(line);
	free(in);
	free(out);
	return 0;
}
