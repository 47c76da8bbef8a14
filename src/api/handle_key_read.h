/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_HANDLE_KEY_READ_H
#define API_HANDLE_KEY_READ_H
/* Keys and sites out of the JSON that clients send: what handle_json.h writes, read. A
 * key is a JSON Web Key (RFC 7517): RSA with n and e, DSA with p, q, g and y, DH with p,
 * g and y; what belongs to a private key is refused, so that nobody publishes it.
 *
 * Both append the data of the value. ERR_INVALID: not of the form. ERR_UNSUPPORTED:
 * another kind of key. ERR_TOO_BIG: `w` is full, or a site of more than 64 KiB. */
#include "codec/handle/handle.h"
#include "env/json_read.h"

MUST_CHECK err_t handle_key_read(const json_tree_t *item, writer_t *w);
MUST_CHECK err_t handle_site_read(const json_tree_t *item, writer_t *w);
#endif
