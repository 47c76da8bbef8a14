/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/handle_print.h"

#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/json_print.h"

/* Data that has no text is named by its form. */
static void print_data(const json_tree_t *data)
{
	const json_tree_t *value = json_member(data, "value");
	slice_t text = { 0 }, handle = json_member_text(value, "handle");
	int64_t index = 0;
	if (json_text(value, &text))
		printf("%.*s\n", (int)text.len, (const char *)text.ptr);
	else if (handle.len && json_whole(json_member(value, "index"), 0, UINT32_MAX, &index))
		printf("%lld:%.*s\n", (long long)index, (int)handle.len, (const char *)handle.ptr);
	else {
		text = json_member_text(data, "format");
		printf("(%.*s)\n", (int)text.len, (const char *)text.ptr);
	}
}

static void print_value(const json_tree_t *value, const char *margin)
{
	int64_t index = 0;
	(void)json_whole(json_member(value, "index"), 0, UINT32_MAX, &index);
	printf("%s%6lld ", margin, (long long)index);
	json_print_cell(value, "type", 12);
	print_data(json_member(value, "data"));
}

static void print_values(const json_tree_t *list, const char *margin)
{
	for (size_t i = 0; i < json_count(list); i++)
		print_value(json_item(list, i), margin);
}

void handle_print_record(const json_tree_t *answer)
{
	slice_t state = json_member_text(answer, "state");
	if (state.len)
		printf("%.*s\n", (int)state.len, (const char *)state.ptr);
	print_values(json_member(answer, "values"), "");
}

void handle_print_others(const json_tree_t *answer)
{
	static const char *const said[] = {
		"leads there still: %.*s\n",
		"仍指向该标识：%.*s\n",
	};
	const json_tree_t *also = json_member(answer, "also");
	slice_t name = { 0 };
	for (size_t i = 0; i < json_count(also); i++)
		if (json_text(json_item(also, i), &name))
			printf(said[cmd_lang()], (int)name.len, (const char *)name.ptr);
}

static void print_change(const json_tree_t *change)
{
	json_print_cell(change, "time", 24);
	json_print_cell(change, "verb", 8);
	json_print_cell(change, "state", 8);
	json_print_cell(change, "subject", 0);
	printf("\n");
	print_values(json_member(change, "values"), "  ");
}

void handle_print_history(const json_tree_t *answer)
{
	const json_tree_t *changes = json_member(answer, "changes");
	for (size_t i = 0; i < json_count(changes); i++)
		print_change(json_item(changes, i));
}

static void print_found(const json_tree_t *item)
{
	json_print_cell(item, "name", 32);
	json_print_cell(item, "state", 8);
	json_print_cell(item, "found", 0);
	printf("\n");
}

void handle_print_found(const json_tree_t *answer)
{
	const json_tree_t *items = json_member(answer, "items");
	for (size_t i = 0; i < json_count(items); i++)
		print_found(json_item(items, i));
}
