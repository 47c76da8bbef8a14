/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_OPENAPI_H
#define API_OPENAPI_H
/* openapi.yaml as it was when the program was built. */
#include <stddef.h>
#include <stdint.h>

extern const uint8_t openapi_yaml[];
extern const size_t openapi_yaml_len;
#endif
