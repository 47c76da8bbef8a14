/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/saved.h"

#include <stdio.h>

#include "env/json_read.h"

static const err_text_t text_line = {
	{ "line %1 is not an incident", "第 %1 行不是事件记录" },
	{ "the file was changed after the demo wrote it", "文件在演示写入后被改动" },
};

static value_t number_of(const json_tree_t *value)
{
	double number;
	return json_number(value, &number) ? value_f64(number) : (value_t){ 0 };
}

static bool read_kind(slice_t name, incident_kind_t *ret_kind)
{
	for (size_t k = 0; k < INCIDENT_KIND_COUNT; k++)
		if (slice_eq(name, slice_str(incident_kind_name((incident_kind_t)k)))) {
			*ret_kind = (incident_kind_t)k;
			return true;
		}
	return false;
}

static bool read_incident(const json_tree_t *line, incident_t *ret, char name[SAVED_POINT_BYTES])
{
	slice_t client, point, kind;
	*ret = (incident_t){ .old_value = number_of(json_member(line, "old")),
		             .new_value = number_of(json_member(line, "new")) };
	return json_whole(json_member(line, "first_ns"), 0, INT64_MAX, &ret->first_ns) &&
	       json_text(json_member(line, "client"), &client) &&
	       json_text(json_member(line, "point"), &point) &&
	       json_text(json_member(line, "kind"), &kind) && read_kind(kind, &ret->kind) &&
	       ip_parse(client, &ret->client) == ERR_OK &&
	       slice_to_cstr(point, name, SAVED_POINT_BYTES);
}

err_t saved_parse(slice_t jsonl, saved_t *ret_saved, err_detail_t *ret_detail)
{
	*ret_saved = (saved_t){ 0 };
	for (size_t number = 1; jsonl.len; number++) {
		char text[24];
		slice_t line = slice_cut(&jsonl, '\n');
		size_t i = ret_saved->count;
		if (i == JUDGE_MAX)
			return err_raise(ret_detail, ERR_LIMIT, NULL, "", (char *)NULL);
		json_tree_t *root = NULL;
		bool good = json_read(line, &root, NULL) == ERR_OK &&
		            read_incident(root, &ret_saved->incidents[i], ret_saved->names[i]);
		json_free(root);
		snprintf(text, sizeof(text), "%zu", number);
		if (!good)
			return err_raise(ret_detail, ERR_MALFORMED, &text_line, "", text,
			                 (char *)NULL);
		ret_saved->points[i] = ret_saved->names[i];
		ret_saved->count++;
	}
	return ERR_OK;
}
