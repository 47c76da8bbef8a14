/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_HANDLE_KEY_H
#define CODEC_HANDLE_KEY_H
/* Keys as deployed peers encode them: a type name, for public keys two bytes of
 * flags, and the numbers as length-prefixed big-endian two's complement (hence a
 * zero byte in front when the top bit is set). Only slices here; the registry's
 * crypto adapter makes keys of them.
 *
 * Story: the data of HS_PUBKEY, the key of a server in HS_SITE and the body of a
 * session setup are public keys; key files hold private ones behind an int4. */
#include "base/codec.h"
#include "base/cursor.h"
#include "base/err.h"

enum { HANDLE_KEY_PARTS_MAX = 8 };

/* name, type on the wire, private, number of parts, zero bytes that end it.
 * Order of the parts: DSA q p g y / x p q g; RSA e n / n d / n e d p q dp dq qinv;
 * DH y p g; SM2 and SM9 one PEM or X.509 blob. */
#define HANDLE_KEYS(X) \
	X(DSA_PUBLIC, "DSA_PUB_KEY", false, 4, 0) \
	X(RSA_PUBLIC, "RSA_PUB_KEY", false, 2, 4) \
	X(DH_PUBLIC, "DH_PUB_KEY", false, 3, 0) \
	X(SM2_PUBLIC, "SM2_PUB_KEY", false, 1, 0) \
	X(SM9_PUBLIC, "SM9_PUB_KEY", false, 1, 0) \
	X(DSA_PRIVATE, "DSA_PRIV_KEY", true, 4, 0) \
	X(RSA_PRIVATE, "RSA_PRIV_KEY", true, 2, 0) \
	X(RSA_CRT_PRIVATE, "RSA_PRIVCRT_KEY", true, 8, 0)

#define X(name, type, secret, parts, zeros) HANDLE_KEY_##name,
typedef enum { HANDLE_KEYS(X) HANDLE_KEY_COUNT } handle_key_kind_t;
#undef X

typedef struct {
	handle_key_kind_t kind;
	uint16_t flags; /* public keys only */
	slice_t part[HANDLE_KEY_PARTS_MAX];
} handle_key_t;

/* Public or private by its type name; an unknown one is UNSUPPORTED. The zero
 * bytes at the end may be missing; other trailing bytes are MALFORMED. */
MUST_CHECK
codec_t handle_key_decode(slice_t in, handle_key_t *ret_key);
void handle_key_encode(const handle_key_t *key, writer_t *w);
/* Number of parts of a kind, and its type name. */
size_t handle_key_parts(handle_key_kind_t kind);
const char *handle_key_type(handle_key_kind_t kind);
/* The number without its leading zero bytes. */
slice_t handle_key_unsigned(slice_t part);

enum { HANDLE_KEY_FILE_PLAIN = 1, HANDLE_KEY_FILE_PBKDF2_AES = 4 };

typedef struct {
	uint32_t encryption;           /* HANDLE_KEY_FILE_*; others are UNSUPPORTED */
	slice_t salt;                  /* these four with PBKDF2 only */
	uint32_t iterations, key_bits; /* bound them before use */
	slice_t iv;
	slice_t payload; /* a key (plain) or its ciphertext */
} handle_key_file_t;

MUST_CHECK
codec_t handle_key_file_decode(slice_t in, handle_key_file_t *ret_file);
#endif
