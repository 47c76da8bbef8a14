/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/text.h"
#include "batch/batch.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { SAID_MAX = 64 << 10 };

typedef struct {
	text_t said; /* one line an item */
	err_t err;   /* of the first line that was refused */
	err_detail_t detail;
	char identity[64];
} told_t;

MUST_CHECK static err_t load(void *ctx, slice_t path, writer_t *w)
{
	(void)ctx;
	if (!slice_eq(path, SLICE("key.bin")))
		return ERR_NOT_FOUND;
	wr_bytes(w, SLICE("\x00\xFF\x10"));
	return ERR_OK;
}

static void say(told_t *told, const batch_item_t *item)
{
	static const char *const verbs[] = {
		"create", "delete", "add", "modify", "remove", "home"
	};
	text_addf(&told->said, "%llu %s %.*s", (unsigned long long)item->line, verbs[item->verb],
	          (int)item->name.len, (const char *)item->name.ptr);
	for (size_t i = 0; i < item->index_count; i++)
		text_addf(&told->said, " %u", item->indexes[i]);
	text_addf(&told->said, " %.*s\n", (int)item->json.len, (const char *)item->json.ptr);
}

/* Reads all of it, past errors. */
static void read_all(const batch_spec_t *spec, slice_t text, told_t *told)
{
	batch_t *batch = NULL;
	batch_item_t item;
	*told = (told_t){ .said = text_of(SAID_MAX) };
	OK(batch_new(spec, &batch));
	for (bool is_last = text.len == 0; !is_last;) {
		bool ready = false;
		err_detail_t detail = { 0 };
		slice_t line = slice_cut(&text, '\n');
		err_t err = batch_line(batch, line, &ready, &item, &detail);
		if (err)
			batch_skip(batch);
		if (err && !told->err) {
			told->err = err;
			told->detail = detail;
		}
		if (ready)
			say(told, &item);
		is_last = text.len == 0;
	}
	bool ready = false;
	err_detail_t detail = { 0 };
	err_t err = batch_end(batch, &ready, &item, &detail);
	if (err && !told->err) {
		told->err = err;
		told->detail = detail;
	}
	if (ready)
		say(told, &item);
	slice_to_cstr(batch_identity(batch), told->identity, sizeof(told->identity));
	batch_free(batch);
}

static void expect(batch_format_t format, const char *text, const char *said)
{
	batch_spec_t spec = { .format = format, .file = "f", .load = load };
	told_t told;
	read_all(&spec, slice_str(text), &told);
	text_addf(&told.said, "%c", 0);
	OK(told.err);
	assert_string_equal((const char *)told.said.ptr, said);
	text_free(&told.said);
}

static void expect_error(batch_format_t format, const char *text, err_t err, const char *where)
{
	batch_spec_t spec = { .format = format, .file = "f", .load = load };
	char shown[512];
	told_t told;
	read_all(&spec, slice_str(text), &told);
	assert_int_equal(told.err, err);
	assert_string_equal(told.detail.where, where);
	assert_true(err_render(&told.detail, LANG_ZH, shown, sizeof(shown))[0]);
	text_free(&told.said);
}

static void json_lines_pass_as_they_are(void **state)
{
	(void)state;
	expect(BATCH_JSON_LINES, "{\"name\":1}\r\n\n  {}  \n",
	       "1 create  {\"name\":1}\n3 create  {}\n");
	expect_error(BATCH_JSON_LINES, "{}\n\xFF\n", ERR_MALFORMED, "f:2:1");
}

static void a_create_block_gives_a_record(void **state)
{
	(void)state;
	expect(BATCH_HANDLE_TOOLS,
	       "CREATE 99.100.1/A\n1 URL 86400 1110 UTF8 http://a/?x=1 2\n\nDELETE 99.100.1/B\n",
	       "1 create 99.100.1/A 1 {\"name\":\"99.100.1/A\",\"values\":[{\"index\":1,\"type\":"
	       "\"URL\",\"ttl\":86400,\"permissions\":\"1110\",\"data\":\"http://a/?x=1 2\"}]}\n"
	       "4 delete 99.100.1/B \n");
}

static void permissions_of_administrators_are_turned_from_the_third_order(void **state)
{
	(void)state;
	static const struct {
		const char *file, *json;
	} rows[] = {
		{ "100000000000", "000000000001" }, /* add handle */
		{ "010000000000", "000000000010" }, /* delete handle */
		{ "000000100000", "000001000000" }, /* add value */
		{ "000000010000", "010000000000" }, /* read value */
		{ "000000001000", "000010000000" }, /* modify admin */
		{ "000000000010", "001000000000" }, /* add admin */
		{ "000000000001", "100000000000" }, /* list */
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[256], said[512];
		snprintf(text, sizeof(text),
		         "ADD 99.100.1/A\n100 HS_ADMIN 86400 1110 ADMIN 300:%s:0.NA/99.100.1\n",
		         rows[i].file);
		snprintf(said, sizeof(said),
		         "1 add 99.100.1/A 100 {\"values\":[{\"index\":100,\"type\":\"HS_ADMIN\","
		         "\"ttl\":86400,\"permissions\":\"1110\",\"data\":{\"format\":\"admin\","
		         "\"value\":{\"handle\":\"0.NA/99.100.1\",\"index\":300,"
		         "\"permissions\":\"%s\"}}}]}\n",
		         rows[i].json);
		expect(BATCH_HANDLE_TOOLS, text, said);
	}
}

static void lists_and_files_become_their_json(void **state)
{
	(void)state;
	expect(BATCH_HANDLE_TOOLS,
	       "MODIFY 99.100.1/A\n"
	       "200 HS_VLIST 60 1110 LIST 300:0.NA/99.100.1;0:99.100.1/B\n"
	       "300 HS_PUBKEY 60 1110 FILE key.bin\n",
	       "1 modify 99.100.1/A 200 300 {\"values\":["
	       "{\"index\":200,\"type\":\"HS_VLIST\",\"ttl\":60,\"permissions\":\"1110\",\"data\":"
	       "{\"format\":\"vlist\",\"value\":[{\"handle\":\"0.NA/99.100.1\",\"index\":300},"
	       "{\"handle\":\"99.100.1/B\",\"index\":0}]}},"
	       "{\"index\":300,\"type\":\"HS_PUBKEY\",\"ttl\":60,\"permissions\":\"1110\",\"data\":"
	       "{\"format\":\"base64\",\"value\":\"AP8Q\"}}]}\n");
	expect_error(BATCH_HANDLE_TOOLS, "ADD 99.100.1/A\n1 URL 60 1110 FILE gone\n", ERR_INVALID,
	             "f:2:20");
}

static void values_are_removed_by_index(void **state)
{
	(void)state;
	expect(BATCH_HANDLE_TOOLS, "REMOVE 5,6:99.100.1/A:B\n", "1 remove 99.100.1/A:B 5 6 \n");
	expect_error(BATCH_HANDLE_TOOLS, "REMOVE 0:99.100.1/A\n", ERR_INVALID, "f:1:8");
	expect_error(BATCH_HANDLE_TOOLS, "REMOVE 99.100.1/A\n", ERR_INVALID, "f:1:19");
}

static void an_identity_is_understood_and_its_key_is_passed_over(void **state)
{
	(void)state;
	batch_spec_t spec = { .format = BATCH_HANDLE_TOOLS, .file = "f" };
	told_t told;
	read_all(&spec, SLICE("AUTHENTICATE PUBKEY:300:0.NA/99.100.1\n/k|word\n\nDELETE 9/A\n"),
	         &told);
	OK(told.err);
	assert_string_equal(told.identity, "300:0.NA/99.100.1");
	assert_true(slice_eq(text_slice(&told.said), SLICE("4 delete 9/A \n")));
	text_free(&told.said);
	expect_error(BATCH_HANDLE_TOOLS, "AUTHENTICATE NOKEY:1:9/A\n", ERR_INVALID, "f:1:14");
}

static void what_is_not_done_is_refused_by_name(void **state)
{
	(void)state;
	expect_error(BATCH_HANDLE_TOOLS, "HOME 127.0.0.1:2641:tcp\n0.NA/99\n", ERR_UNSUPPORTED,
	             "f:1:1");
	expect_error(BATCH_HANDLE_TOOLS, "SESSIONSETUP\nx\n", ERR_UNSUPPORTED, "f:1:1");
	expect_error(BATCH_HANDLE_TOOLS, "CREAT 9/A\n", ERR_INVALID, "f:1:1");
	expect_error(BATCH_HANDLE_TOOLS, "CREATE 9/A\n\n", ERR_INVALID, "f:2");
	expect_error(BATCH_HANDLE_TOOLS, "CREATE 9/A\n1 URL x 1110 UTF8 a\n", ERR_INVALID, "f:2:1");
	expect_error(BATCH_HANDLE_TOOLS, "CREATE A\n", ERR_INVALID, "f:1:8");
}

static void after_an_error_the_next_block_is_read(void **state)
{
	(void)state;
	batch_spec_t spec = { .format = BATCH_HANDLE_TOOLS, .file = "f" };
	told_t told;
	read_all(&spec, SLICE("CREATE 9/A\nbad\n1 URL 1 1110 UTF8 a\n\nDELETE 9/B\n"), &told);
	assert_int_equal(told.err, ERR_INVALID);
	assert_true(slice_eq(text_slice(&told.said), SLICE("5 delete 9/B \n")));
	text_free(&told.said);
}

static void a_table_gives_a_value_for_every_filled_cell(void **state)
{
	(void)state;
	expect(BATCH_TABLE,
	       "\xEF\xBB\xBFname,URL,7:DESC\r\n99.100.1/A,http://a,\"say \"\"hi\"\",\nyou\"\r\n"
	       "\n99.100.1/B,,x\n",
	       "3 create 99.100.1/A {\"name\":\"99.100.1/A\",\"values\":[{\"index\":1,\"type\":"
	       "\"URL\",\"data\":\"http://a\"},{\"index\":7,\"type\":\"DESC\",\"data\":"
	       "\"say \\\"hi\\\",\\nyou\"}]}\n"
	       "5 create 99.100.1/B {\"name\":\"99.100.1/B\",\"values\":[{\"index\":7,\"type\":"
	       "\"DESC\",\"data\":\"x\"}]}\n");
}

static void a_column_of_a_table_gives_other_names(void **state)
{
	(void)state;
	expect(BATCH_TABLE, "name,also,URL\n99.100.1/A, 99.100.1/B  99.100.1/C,u\n99.100.1/D,,v\n",
	       "2 create 99.100.1/A {\"name\":\"99.100.1/A\",\"also\":[\"99.100.1/B\","
	       "\"99.100.1/C\"],\"values\":[{\"index\":1,\"type\":\"URL\",\"data\":\"u\"}]}\n"
	       "3 create 99.100.1/D {\"name\":\"99.100.1/D\",\"values\":[{\"index\":1,\"type\":"
	       "\"URL\",\"data\":\"v\"}]}\n");
	expect_error(BATCH_TABLE, "name,also\n", ERR_INVALID, "f:1:1");
	expect_error(BATCH_TABLE, "name,also,also,URL\n", ERR_INVALID, "f:1:1");
}

static void a_table_that_is_none_is_refused(void **state)
{
	(void)state;
	expect_error(BATCH_TABLE, "URL,DESC\n", ERR_INVALID, "f:1:1");
	expect_error(BATCH_TABLE, "name\n", ERR_INVALID, "f:1:1");
	expect_error(BATCH_TABLE, "name,0:URL\n", ERR_INVALID, "f:1:6");
	expect_error(BATCH_TABLE, "name,URL\n9/A,u,v\n", ERR_MALFORMED, "f:2:7");
	expect_error(BATCH_TABLE, "name,URL\n9/A,\"u\n", ERR_MALFORMED, "f:2");
	expect_error(BATCH_TABLE, "name,URL\n9/A,\"u\"v\n", ERR_MALFORMED, "f:2:5");
	expect_error(BATCH_TABLE, "name,URL\nA,u\n", ERR_INVALID, "f:2:1");
	expect_error(BATCH_TABLE, "name,URL\n9/A\n", ERR_INVALID, "f:2:1");
}

static void names_without_a_prefix_take_the_given_one(void **state)
{
	(void)state;
	batch_spec_t spec = { .format = BATCH_HANDLE_TOOLS, .file = "f", .prefix = "99.100.1" };
	told_t told;
	read_all(&spec, SLICE("DELETE A\nDELETE 9/B\n"), &told);
	assert_true(
		slice_eq(text_slice(&told.said), SLICE("1 delete 99.100.1/A \n2 delete 9/B \n")));
	text_free(&told.said);
}

static void every_cut_of_a_file_is_read_or_refused_with_its_line(void **state)
{
	(void)state;
	static const struct {
		batch_format_t format;
		const char *text;
	} files[] = {
		{ BATCH_JSON_LINES, "{\"name\":\"9/A\"}\n{\"name\":\"9/\xE6\x9C\xBA\"}\n" },
		{ BATCH_TABLE, "name,URL,3:DESC\n9/A,\"a,\"\"b\",\"\xE6\x9C\xBA\n\"\n9/B,c,d\n" },
		{ BATCH_HANDLE_TOOLS,
		  "AUTHENTICATE SECKEY:1:9/A\nword\n\nCREATE 9/A\n100 HS_ADMIN 60 1110 ADMIN "
		  "300:111111111111:0.NA/99.9\n200 HS_VLIST 1 1110 LIST 1:9/B;2:9/C\n3 X 1 1110 "
		  "FILE "
		  "key.bin\n\nREMOVE 1,2:9/A\nHOME x\n" },
	};
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		slice_t whole = slice_str(files[i].text);
		for (size_t len = 0; len <= whole.len; len++) {
			batch_spec_t spec = { .format = files[i].format,
				              .file = "f",
				              .load = load };
			uint8_t *exact = malloc(len + 1);
			told_t told;
			assert_non_null(exact);
			memcpy(exact, whole.ptr, len);
			read_all(&spec, slice_of(exact, len), &told);
			assert_true(!told.err ||
			            slice_starts(slice_str(told.detail.where), SLICE("f:")));
			text_free(&told.said);
			free(exact);
		}
	}
}

/* Dumps. */

#define DUMP_HEAD "{\n  \"homedPrefixes\": [\n    \"0.NA/99.1\",\n    \"0.NA/99.2\"\n  ],\n"
#define DUMP_TAIL "  }\n}\n"

static void json_of_a_server_is_prefixes_and_a_record_an_item(void **state)
{
	(void)state;
	expect(BATCH_DUMP,
	       DUMP_HEAD "  \"handleRecords\": {\n    \"99.1/A\": {\n"
	                 "      \"handle\": \"99.1/A\",\n      \"values\": [\n        {\n"
	                 "          \"index\": 1,\n          \"type\": \"D\\\"}]{ \\\\\"\n"
	                 "        }\n      ]\n    },\n"
	                 "    \"99.2/\\u4e2d\": {\n      \"values\": []\n    }\n" DUMP_TAIL,
	       "3 home 0.NA/99.1 \n"
	       "4 home 0.NA/99.2 \n"
	       "7 create  {\"name\":\"99.1/A\",\"handle\":\"99.1/A\",\"values\":[{\"index\":1,"
	       "\"type\":\"D\\\"}]{ \\\\\"}]}\n"
	       "16 create  {\"name\":\"99.2/\\u4e2d\",\"values\":[]}\n");
	expect(BATCH_DUMP, "{\n\"other\": {\"a\": [{}]},\n\"handleRecords\": {}\n}\n", "");
	expect(BATCH_DUMP, "\n\n", "");
}

static void a_list_of_a_server_is_a_name_and_its_values(void **state)
{
	(void)state;
	expect(BATCH_DUMP, "99.1/A \"q\"\n[\n  {\n    \"index\": 1\n  }\n]\n\n99.1/B\n[]\n\n",
	       "1 create  {\"name\":\"99.1/A \\\"q\\\"\",\"values\":[{\"index\":1}]}\n"
	       "8 create  {\"name\":\"99.1/B\",\"values\":[]}\n");
}

#define STORE_HEAD "VERSION=3\nformat=bytevalue\ntype=btree\ndupsort=0\nHEADER=END\n"
/* 99.1/A: one value, index 1, of 2001-09-09, TTL 60 s, perms 1100, type D, data FF, one
 * reference 3:x. */
#define STORE_VALUE \
	"00000001" \
	"3b9aca00" \
	"00" \
	"0000003c" \
	"0c" \
	"00000001" \
	"44" \
	"00000001" \
	"ff" \
	"00000001" \
	"00000001" \
	"78" \
	"00000003"

static void a_checkpoint_is_names_and_their_values_as_on_the_wire(void **state)
{
	(void)state;
	expect(BATCH_DUMP,
	       STORE_HEAD " 39392e312f41\n"
	                  " 0000000100000025" STORE_VALUE "\n"
	                  " 302e4e412f39392e31\n \nDATA=END\n",
	       "6 create 99.1/A {\"name\":\"99.1/A\",\"values\":[{\"index\":1,\"type\":\"D\","
	       "\"data\":{\"format\":\"base64\",\"value\":\"/w==\"},\"permissions\":\"1100\","
	       "\"ttl\":60,\"timestamp\":\"2001-09-09T01:46:40.000Z\",\"references\":"
	       "[{\"handle\":\"x\",\"index\":3}]}]}\n"
	       "8 home 0.NA/99.1 \n");
}

static void a_dump_that_is_broken_says_where_and_gives_nothing_more(void **state)
{
	static const struct {
		const char *text;
		err_t err;
		const char *where;
	} rows[] = {
		{ DUMP_HEAD "  \"handleRecords\": {\n    \"99.1/A\": {\n", ERR_CORRUPT, "f:7" },
		{ DUMP_HEAD "}\n{\n", ERR_CORRUPT, "f:7" },
		{ DUMP_HEAD "\"a\n", ERR_CORRUPT, "f:6" },
		{ "{\n\"values\": []\n}\n", ERR_CORRUPT, "f:3" },
		{ "{\"handleRecords\":{\"a\":{},\"b\":{}}}\n", ERR_CORRUPT, "f:1" },
		{ "{\"homedPrefixes\":[\"a\",\"b\"]}\n", ERR_CORRUPT, "f:1" },
		{ "{\n]]\n", ERR_CORRUPT, "f:2" },
		{ "{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n", ERR_CORRUPT, "f:1" },
		{ "99.1/A\n99.1/B\n", ERR_INVALID, "f:2" },
		{ "99.1/A\n", ERR_INVALID, "f:1" },
		{ "99.1/A\n[\n", ERR_CORRUPT, "f:2" },
		{ "VERSION=2\n", ERR_CORRUPT, "f:1" },
		{ "VERSION=3\nformat=print\n", ERR_CORRUPT, "f:2" },
		{ STORE_HEAD " 39\n", ERR_CORRUPT, "f:6" },
		{ STORE_HEAD " 3\n", ERR_CORRUPT, "f:6" },
		{ STORE_HEAD "39\n", ERR_CORRUPT, "f:6" },
		{ STORE_HEAD " 39\nDATA=END\n", ERR_CORRUPT, "f:7" },
		{ STORE_HEAD "DATA=END\n 39\n", ERR_CORRUPT, "f:7" },
		{ STORE_HEAD " ff\n 00\nDATA=END\n", ERR_INVALID, "f:6" },
		{ STORE_HEAD " 39\n \nDATA=END\n", ERR_MALFORMED, "f:7" },
		{ STORE_HEAD " 39\n 00000001000000\nDATA=END\n", ERR_MALFORMED, "f:7" },
		{ STORE_HEAD " 39\n 000000010000002500" STORE_VALUE "\nDATA=END\n", ERR_MALFORMED,
		  "f:7" },
		{ STORE_HEAD " 39\n 0000000100000025" STORE_VALUE "00\nDATA=END\n", ERR_MALFORMED,
		  "f:7" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		told_t told;
		batch_spec_t spec = { .format = BATCH_DUMP, .file = "f" };
		read_all(&spec, slice_str(rows[i].text), &told);
		if (told.err != rows[i].err || strcmp(told.detail.where, rows[i].where) != 0)
			fail_msg("row %zu: error %d at %s", i, told.err, told.detail.where);
		text_free(&told.said);
	}
}

static void a_bad_record_of_a_dump_leaves_the_others(void **state)
{
	(void)state;
	batch_spec_t spec = { .format = BATCH_DUMP, .file = "f" };
	told_t told;
	read_all(&spec, SLICE("99.1/A\n99.1/B\n[]\n"), &told);
	assert_true(slice_eq(text_slice(&told.said),
	                     SLICE("2 create  {\"name\":\"99.1/B\",\"values\":[]}\n")));
	text_free(&told.said);
	read_all(&spec, SLICE(STORE_HEAD " 39\n 00\n ff\n 00\n 302e6e612f39\n \nDATA=END\n"),
	         &told);
	assert_int_equal(told.err, ERR_MALFORMED);
	assert_true(slice_eq(text_slice(&told.said), SLICE("10 home 0.na/9 \n")));
	text_free(&told.said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_lines_pass_as_they_are),
		cmocka_unit_test(a_create_block_gives_a_record),
		cmocka_unit_test(permissions_of_administrators_are_turned_from_the_third_order),
		cmocka_unit_test(lists_and_files_become_their_json),
		cmocka_unit_test(values_are_removed_by_index),
		cmocka_unit_test(an_identity_is_understood_and_its_key_is_passed_over),
		cmocka_unit_test(what_is_not_done_is_refused_by_name),
		cmocka_unit_test(after_an_error_the_next_block_is_read),
		cmocka_unit_test(a_table_gives_a_value_for_every_filled_cell),
		cmocka_unit_test(a_column_of_a_table_gives_other_names),
		cmocka_unit_test(a_table_that_is_none_is_refused),
		cmocka_unit_test(names_without_a_prefix_take_the_given_one),
		cmocka_unit_test(every_cut_of_a_file_is_read_or_refused_with_its_line),
		cmocka_unit_test(json_of_a_server_is_prefixes_and_a_record_an_item),
		cmocka_unit_test(a_list_of_a_server_is_a_name_and_its_values),
		cmocka_unit_test(a_checkpoint_is_names_and_their_values_as_on_the_wire),
		cmocka_unit_test(a_dump_that_is_broken_says_where_and_gives_nothing_more),
		cmocka_unit_test(a_bad_record_of_a_dump_leaves_the_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
