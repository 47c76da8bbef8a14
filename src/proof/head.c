/* SPDX-License-Identifier: Apache-2.0 */
/* Reading is by writing: what a text says is written again and must be that text. */
#include "proof/head.h"

#include "base/base64.h"
#include "base/num.h"
#include "base/text.h"

enum { KEY_BYTES = 32, KEY_ID_BYTES = 4, SIGNATURE_BYTES = 64 };

static const uint8_t ED25519[] = { 0x01 };
static const char DASH[] = "\xe2\x80\x94 ";

typedef struct {
	uint8_t bytes[KEY_BYTES];
} raw_key_t;

static bool origin_is_good(slice_t origin)
{
	for (size_t i = 0; i < origin.len; i++)
		if (origin.ptr[i] <= ' ' || origin.ptr[i] == '+' || origin.ptr[i] == 0x7f)
			return false;
	return origin.len > 0 && origin.len <= PROOF_ORIGIN_MAX;
}

static void raw_key(const env_pkey_t *key, raw_key_t *ret_raw)
{
	uint8_t room[ENV_PKEY_NUMBERS_MAX];
	writer_t scratch = writer_of(room, sizeof(room));
	env_pkey_numbers_t numbers;
	*ret_raw = (raw_key_t){ 0 };
	if (!env_pkey_numbers(key, false, &scratch, &numbers) && numbers.part[0].len == KEY_BYTES)
		memcpy(ret_raw->bytes, numbers.part[0].ptr, KEY_BYTES);
}

static void key_id(slice_t origin, const raw_key_t *raw, uint8_t ret_id[SHA256_BYTES])
{
	slice_t parts[] = { origin, SLICE("\n"), slice_of(ED25519, 1),
		            slice_of(raw->bytes, KEY_BYTES) };
	env_sha256(parts, 4, ret_id);
}

static void write_text(const proof_head_t *head, writer_t *w)
{
	char time[TIME_TEXT_MAX];
	wr_bytes(w, head->origin);
	wr_format(w, "\n%llu\n", (unsigned long long)head->tree.size);
	base64_encode(slice_of(head->tree.root.bytes, MERKLE_HASH_BYTES), BASE64_PLAIN, w);
	wr_format(w, "\ntime %s\n", time_format(head->utc_ns, time));
}

static void write_signature(slice_t origin, const uint8_t signed_id[KEY_ID_BYTES + SIGNATURE_BYTES],
                            writer_t *w)
{
	wr_bytes(w, SLICE("\n"));
	wr_bytes(w, slice_str(DASH));
	wr_bytes(w, origin);
	wr_bytes(w, SLICE(" "));
	base64_encode(slice_of(signed_id, KEY_ID_BYTES + SIGNATURE_BYTES), BASE64_PLAIN, w);
	wr_bytes(w, SLICE("\n"));
}

err_t proof_head_sign(const proof_head_t *head, const env_pkey_t *key, writer_t *w)
{
	uint8_t id[SHA256_BYTES], signed_id[KEY_ID_BYTES + SIGNATURE_BYTES];
	raw_key_t raw;
	size_t start = w->len;
	if (!origin_is_good(head->origin))
		return ERR_INVALID;
	write_text(head, w);
	if (w->bad)
		return ERR_TOO_BIG;
	slice_t text = slice_from(writer_done(w), start);
	writer_t signature = writer_of(&signed_id[KEY_ID_BYTES], SIGNATURE_BYTES);
	err_t err = env_pkey_sign(key, &(env_signed_t){ .parts = &text, .count = 1 }, &signature);
	if (err)
		return err;
	raw_key(key, &raw);
	key_id(head->origin, &raw, id);
	memcpy(signed_id, id, KEY_ID_BYTES);
	write_signature(head->origin, signed_id, w);
	return w->bad ? ERR_TOO_BIG : ERR_OK;
}

static err_t decode_exact(slice_t text, uint8_t *bytes, size_t len)
{
	writer_t w = writer_of(bytes, len);
	err_t err = base64_decode(text, &w);
	return err || w.len != len ? ERR_MALFORMED : ERR_OK;
}

static err_t read_text(slice_t note, proof_head_t *ret_head)
{
	proof_head_t head = { .origin = slice_cut(&note, '\n') };
	slice_t size = slice_cut(&note, '\n'), root = slice_cut(&note, '\n');
	slice_t time = slice_cut(&note, '\n');
	if (!origin_is_good(head.origin) || !slice_starts(time, SLICE("time ")) ||
	    num_parse_u64(size, UINT64_MAX, &head.tree.size) ||
	    decode_exact(root, head.tree.root.bytes, MERKLE_HASH_BYTES) ||
	    time_parse(slice_from(time, 5), &head.utc_ns))
		return ERR_MALFORMED;
	*ret_head = head;
	return ERR_OK;
}

/* The head, and the id and signature at its end. */
static err_t read_note(slice_t note, proof_head_t *ret_head,
                       uint8_t signed_id[KEY_ID_BYTES + SIGNATURE_BYTES])
{
	char again[PROOF_NOTE_MAX];
	writer_t w = writer_of(again, sizeof(again));
	proof_head_t head;
	slice_t last = slice_sub(note, 0, note.len ? note.len - 1 : 0);
	err_t err = read_text(note, &head);
	while (last.len && slice_find(last, ' ') < last.len)
		slice_cut(&last, ' ');
	if (!err)
		err = decode_exact(last, signed_id, KEY_ID_BYTES + SIGNATURE_BYTES);
	if (err)
		return err;
	write_text(&head, &w);
	write_signature(head.origin, signed_id, &w);
	if (w.bad || !slice_eq(writer_done(&w), note))
		return ERR_MALFORMED;
	*ret_head = head;
	return ERR_OK;
}

err_t proof_head_read(slice_t note, proof_head_t *ret_head)
{
	uint8_t signed_id[KEY_ID_BYTES + SIGNATURE_BYTES];
	return read_note(note, ret_head, signed_id);
}

err_t proof_head_check(slice_t note, const env_pkey_t *key, proof_head_t *ret_head)
{
	uint8_t signed_id[KEY_ID_BYTES + SIGNATURE_BYTES], id[SHA256_BYTES];
	char text[PROOF_NOTE_MAX];
	writer_t w = writer_of(text, sizeof(text));
	proof_head_t head;
	raw_key_t raw;
	err_t err = read_note(note, &head, signed_id);
	if (err)
		return err;
	write_text(&head, &w);
	raw_key(key, &raw);
	key_id(head.origin, &raw, id);
	slice_t what = writer_done(&w);
	if (memcmp(id, signed_id, KEY_ID_BYTES) != 0 ||
	    env_pkey_verify(key, &(env_signed_t){ .parts = &what, .count = 1 },
	                    slice_of(&signed_id[KEY_ID_BYTES], SIGNATURE_BYTES)))
		return ERR_DENIED;
	*ret_head = head;
	return ERR_OK;
}

static void write_key(slice_t origin, const raw_key_t *raw, writer_t *w)
{
	uint8_t id[SHA256_BYTES], typed[1 + KEY_BYTES] = { ED25519[0] };
	key_id(origin, raw, id);
	memcpy(&typed[1], raw->bytes, KEY_BYTES);
	wr_bytes(w, origin);
	wr_format(w, "+%02x%02x%02x%02x+", id[0], id[1], id[2], id[3]);
	base64_encode(slice_of(typed, sizeof(typed)), BASE64_PLAIN, w);
}

void proof_key_write(slice_t origin, const env_pkey_t *key, writer_t *w)
{
	raw_key_t raw;
	raw_key(key, &raw);
	write_key(origin, &raw, w);
}

err_t proof_key_read(slice_t text, slice_t *ret_origin, env_pkey_t **ret_key)
{
	char again[PROOF_KEY_TEXT_MAX];
	writer_t w = writer_of(again, sizeof(again));
	uint8_t typed[1 + KEY_BYTES];
	raw_key_t raw;
	slice_t rest = text, origin = slice_cut(&rest, '+');
	(void)slice_cut(&rest, '+');
	if (!origin_is_good(origin) || decode_exact(rest, typed, sizeof(typed)))
		return ERR_MALFORMED;
	memcpy(raw.bytes, &typed[1], KEY_BYTES);
	write_key(origin, &raw, &w);
	if (w.bad || !slice_eq(writer_done(&w), text))
		return ERR_MALFORMED;
	env_pkey_numbers_t numbers = { .kind = ENV_PKEY_ED25519,
		                       .part = { slice_of(raw.bytes, KEY_BYTES) } };
	err_t err = env_pkey_from_numbers(&numbers, ret_key);
	if (!err)
		*ret_origin = origin;
	return err ? ERR_MALFORMED : ERR_OK;
}
