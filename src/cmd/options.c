/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/options.h"

#include <stdio.h>

#include "base/num.h"

static const err_text_t text_unknown = {
	{ "unknown option %1", "未知选项 %1" },
	{ "see --help", "请参阅 --help" },
};
static const err_text_t text_value = {
	{ "%1 is not a good value for --%2 (%3)", "%1 不是 --%2 的有效取值（%3）" },
	{ "see --help", "请参阅 --help" },
};
static const err_text_t text_missing = {
	{ "--%1 needs a value", "--%1 需要取值" },
	{ "see --help", "请参阅 --help" },
};

static err_t set_value(const option_t *row, const char *text)
{
	slice_t s = slice_str(text);
	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)row->target = true;
		return ERR_OK;
	case OPTION_TEXT:
		*(const char **)row->target = text;
		return ERR_OK;
	case OPTION_DURATION:
		return num_parse_duration(s, row->target);
	case OPTION_NUMBER:
		return num_parse_u64(s, UINT64_MAX, row->target);
	case OPTION_ADDRESS:
		return addr_parse(s, row->target);
	}
	return ERR_INTERNAL;
}

static const option_t *find_row(const option_t *rows, slice_t name)
{
	for (; rows->name; rows++)
		if (slice_eq(slice_str(rows->name), name))
			return rows;
	return NULL;
}

/* One option at argv[*at], moving *at over a value that stands apart. */
static err_t parse_one(const option_t *rows, int argc, char **argv, int *at,
                       err_detail_t *ret_detail)
{
	slice_t rest = slice_from(slice_str(argv[*at]), 2);
	slice_t name = slice_cut(&rest, '=');
	bool joined = slice_str(argv[*at]).len > name.len + 2;
	const option_t *row = find_row(rows, name);
	if (!row)
		return err_raise(ret_detail, ERR_USAGE, &text_unknown, "", argv[*at], (char *)NULL);
	const char *value = joined ? argv[*at] + name.len + 3 : NULL;
	if (row->kind != OPTION_FLAG && !joined) {
		if (*at + 1 >= argc)
			return err_raise(ret_detail, ERR_USAGE, &text_missing, "", row->name,
			                 (char *)NULL);
		value = argv[++*at];
	}
	if (set_value(row, value))
		return err_raise(ret_detail, ERR_USAGE, &text_value, "", value, row->name,
		                 row->value, (char *)NULL);
	return ERR_OK;
}

err_t options_parse(const option_t *rows, int argc, char **argv, int *ret_count,
                    err_detail_t *ret_detail)
{
	int kept = 0;
	for (int i = 0; i < argc; i++) {
		if (!slice_starts(slice_str(argv[i]), SLICE("--"))) {
			argv[kept++] = argv[i];
			continue;
		}
		err_t err = parse_one(rows, argc, argv, &i, ret_detail);
		if (err)
			return err;
	}
	*ret_count = kept;
	return ERR_OK;
}

void options_help(const option_t *rows)
{
	for (; rows->name; rows++)
		printf("  --%s%s%-*s %s\n", rows->name, rows->value ? " " : "",
		       (int)(24 - strlen(rows->name)), rows->value ? rows->value : "", rows->help);
}
