/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_HANDLE_JSON_H
#define API_HANDLE_JSON_H
/* Handle values as JSON, in the form that Handle servers give over HTTP. The form of
 * the data follows from the type of the value: administrators, groups, sites and
 * keys have their own, all else is a string when it is text, base64 otherwise. */
#include "api/reply.h"
#include "codec/handle/handle.h"

/* Bytes of JSON a value takes at most. */
size_t handle_json_room(const handle_value_t *value);
void handle_json_put(const handle_value_t *value, json_t *j);
/* Bytes as a string when they are text, base64 otherwise, and which of the two. */
void handle_json_put_bytes(slice_t data, json_t *j);
/* HS_SITE data as the object of its fields; false, with nothing written, when it is
 * none. */
bool handle_json_put_site(slice_t data, json_t *j);
#endif
