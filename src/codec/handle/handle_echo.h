/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_HANDLE_HANDLE_ECHO_H
#define CODEC_HANDLE_HANDLE_ECHO_H
/* For tests and the fuzzer only: takes a message apart down to its last field and
 * writes it again from the structs, element by element. For any message that a
 * well-behaved peer wrote the result is byte-equal; for any message at all a
 * second echo equals the first. */
#include "codec/handle/handle.h"

MUST_CHECK codec_t handle_echo(slice_t message, writer_t *w);
#endif
