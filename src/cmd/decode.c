/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>

#include "cmd/json_print.h"
#include "scan/scan.h"

/* What a barcode says, without a node. Exit codes: 0 good, 65 something is wrong with it,
 * 69 no scheme known here. */

static void print_text(slice_t text)
{
	printf("%.*s", (int)text.len, (const char *)text.ptr);
}

static void print_problem(const err_text_t *problem, slice_t code)
{
	char arg[ERR_ARG_MAX], said[512];
	err_detail_t detail;
	(void)slice_to_cstr(code, arg, sizeof(arg));
	(void)!err_raise(&detail, ERR_INVALID, problem, "", arg, (char *)NULL);
	printf("%s", err_render(&detail, cmd_lang(), said, sizeof(said)));
}

static void print_field(const scan_field_t *field)
{
	printf("  %-8.*s", (int)field->code.len, (const char *)field->code.ptr);
	print_text(field->value);
	printf("  %s", field->name[cmd_lang()]);
	if (field->meaning[cmd_lang()].len) {
		printf(": ");
		print_text(field->meaning[cmd_lang()]);
	}
	if (field->problem) {
		printf("  ! ");
		print_problem(field->problem, field->code);
	}
	printf("\n");
}

static void print_scan(const scan_t *scan)
{
	if (scan->scheme)
		printf("%s %s\n", scan->scheme, scan->form);
	for (size_t i = 0; i < scan->count; i++)
		print_field(&scan->fields[i]);
	if (scan->canonical.len) {
		printf("= ");
		print_text(scan->canonical);
		printf("\n");
	}
	if (scan->problem) {
		printf("! %zu: ", scan->problem_at);
		print_problem(scan->problem, scan->problem_code);
		printf("\n");
	}
}

static int print_as_json(const scan_t *scan)
{
	char *bytes = malloc(SCAN_JSON_ROOM);
	if (!bytes)
		return cmd_fail_plain(ERR_NO_MEMORY, "");
	json_t j = json_of(bytes, SCAN_JSON_ROOM);
	json_object(&j);
	scan_json(scan, &j);
	json_close(&j);
	int code = json_print(json_done(&j));
	free(bytes);
	return code;
}

int cmd_decode(int argc, char **argv)
{
	uint8_t bytes[SCAN_ROOM];
	bool is_json = false;
	const char *scheme = "";
	int rest;
	const option_t options[] = {
		{ "scheme", "ID", "what it is: gs1, gbt34014, vaa, oid, ecode or did", OPTION_TEXT,
		  &scheme },
		{ "json", NULL, "the fields as JSON", OPTION_FLAG, &is_json },
		{ 0 },
	};
	int stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	if (rest != 1)
		return cmd_fail_plain(ERR_USAGE, "jizhu decode TEXT [--scheme ID] [--json]");
	scan_t scan;
	writer_t room = writer_of(bytes, sizeof(bytes));
	err_t err = *scheme ? scan_decode_as(slice_str(scheme), slice_str(argv[0]), &room, &scan)
	                    : scan_decode(slice_str(argv[0]), &room, &scan);
	if (err == ERR_TOO_BIG)
		return cmd_fail_plain(err, "TEXT");
	if (err == ERR_NOT_FOUND)
		return cmd_fail_plain(ERR_USAGE, "--scheme");
	int code = 0;
	if (is_json)
		code = print_as_json(&scan);
	else
		print_scan(&scan);
	return code ? code : err_info(err)->exit_code;
}
