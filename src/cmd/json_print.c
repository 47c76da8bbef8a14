/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/json_print.h"

#include <stdio.h>

enum { EXIT_IO = 74 };

slice_t json_member_text(const json_tree_t *object, const char *key)
{
	slice_t text = { 0 };
	(void)json_text(json_member(object, key), &text);
	return text;
}

void json_print_cell(const json_tree_t *object, const char *key, int width)
{
	slice_t text = json_member_text(object, key);
	printf("%-*.*s ", width, (int)text.len, (const char *)text.ptr);
}

int json_print(slice_t json)
{
	return printf("%.*s\n", (int)json.len, (const char *)json.ptr) < 0 ? EXIT_IO : 0;
}
