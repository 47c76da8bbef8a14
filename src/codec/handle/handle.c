/* SPDX-License-Identifier: Apache-2.0 */
/* The code tables as rows to search. A few dozen rows that are asked for in
 * error paths, listings and captures need no index. */
#include "codec/handle/handle.h"

#define X(name, code, text) { code, ERR_OK, 0, text },
static const handle_code_t operations[] = { HANDLE_OPERATIONS(X) };
static const handle_code_t flags[] = { HANDLE_FLAGS(X) };
#undef X

#define X(name, code, err, http, text) { code, err, http, text },
static const handle_code_t responses[] = { HANDLE_RESPONSES(X) };
#undef X

static const handle_code_t *code_find(const handle_code_t *rows, size_t count, uint32_t code)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].code == code)
			return &rows[i];
	return NULL;
}

const handle_code_t *handle_operation_info(uint32_t operation)
{
	return code_find(operations, sizeof operations / sizeof *operations, operation);
}

const handle_code_t *handle_response_info(uint32_t response)
{
	return code_find(responses, sizeof responses / sizeof *responses, response);
}

const handle_code_t *handle_flag_info(uint32_t bit)
{
	return code_find(flags, sizeof flags / sizeof *flags, bit);
}
