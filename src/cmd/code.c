/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include <stdio.h>

#include "base/json.h"
#include "base/num.h"
#include "codec/scheme/scheme.h"

/* jizhu code issue: a run of battery codes as JSON lines that `jizhu import` takes. All is
 * checked before the first is written; what is wrong names its field (exit code 65). */

enum { CODE_ROOM = 32, LINE_ROOM = 8 << 10, DESCRIPTION_MAX = 256, DATE_PARTS = 3 };

typedef struct {
	const char *scheme, *maker, *product, *chemistry, *spec, *trace, *ladder, *date;
	const char *prefix, *url;
	uint64_t first, count;
	battery_t battery;
} asked_t;

static const err_text_t text_usage = {
	{ "say code issue, and what the codes are of", "请写 code issue，并说明编码内容" },
	{ "see jizhu code --help", "请参阅 jizhu code --help" },
};
static const err_text_t text_scheme = {
	{ "no codes of the scheme %1 are made here", "此处不能编制 %1 方案的编码" },
	{ "gbt34014", "gbt34014" },
};
static const err_text_t text_date = {
	{ "%1 is no day", "%1 不是日期" },
	{ "write YYYY-MM-DD, the day of production", "请按 YYYY-MM-DD 写生产日期" },
};
static const err_text_t text_count = {
	{ "--count must be 1 or more", "--count 须不小于 1" },
	{ NULL, NULL },
};
static const err_text_t text_long = {
	{ "the name or URL is too long", "名称或网址过长" },
	{ NULL, NULL },
};

static int refuse(err_t err, const err_text_t *text, const char *arg)
{
	err_detail_t detail;
	(void)!err_raise(&detail, err, text, "", arg, (char *)NULL);
	return cmd_fail(&detail);
}

static int refuse_field(scheme_problem_t problem, const char *code)
{
	return refuse(ERR_INVALID, scheme_problem_text(problem), code);
}

/* "2026-11-27"; whether there is such a day the code's own rules say. */
static bool read_date(const char *text, battery_t *battery)
{
	slice_t rest = slice_str(text);
	static const struct {
		size_t len;
		uint64_t max;
	} parts[DATE_PARTS] = { { 4, 9999 }, { 2, 99 }, { 2, 99 } };
	uint32_t *const to[DATE_PARTS] = { &battery->year, &battery->month, &battery->day };
	for (size_t i = 0; i < DATE_PARTS; i++) {
		slice_t part = slice_cut(&rest, '-');
		uint64_t number = 0;
		if (part.len != parts[i].len || num_parse_u64(part, parts[i].max, &number))
			return false;
		*to[i] = (uint32_t)number;
	}
	return rest.len == 0;
}

/* "pack, lithium iron phosphate, 2026-11-27": the fields that have a meaning. */
static void put_description(slice_t code, writer_t *w)
{
	uint8_t bytes[SCHEME_ROOM];
	writer_t room = writer_of(bytes, sizeof(bytes));
	scheme_message_t m;
	(void)!scheme_decode(SCHEME_GBT34014, code, &room, &m);
	for (size_t i = 0; i < m.count; i++) {
		slice_t meaning = m.fields[i].meaning[cmd_lang()];
		if (meaning.len && w->len)
			wr_bytes(w, cmd_lang() == LANG_ZH ? SLICE("，") : SLICE(", "));
		wr_bytes(w, meaning);
	}
}

static void put_value(json_t *j, unsigned index, const char *type, slice_t data)
{
	json_object(j);
	json_put_u64(j, "index", index);
	json_put_cstr(j, "type", type);
	json_put_str(j, "data", data);
	json_close(j);
}

static void put_name(const asked_t *asked, slice_t code, writer_t *w)
{
	if (asked->prefix) {
		wr_bytes(w, slice_str(asked->prefix));
		wr_u8(w, '/');
	}
	wr_bytes(w, code);
}

static void put_line(const asked_t *asked, slice_t code, json_t *j)
{
	char name_bytes[LINE_ROOM / 4], url_bytes[LINE_ROOM / 4], text_bytes[DESCRIPTION_MAX];
	writer_t name = writer_of(name_bytes, sizeof(name_bytes));
	writer_t url = writer_of(url_bytes, sizeof(url_bytes));
	writer_t text = writer_of(text_bytes, sizeof(text_bytes));
	put_name(asked, code, &name);
	put_description(code, &text);
	if (asked->url) {
		wr_bytes(&url, slice_str(asked->url));
		wr_bytes(&url, code);
	}
	json_object(j);
	json_put_str(j, "name", writer_done(&name));
	json_key(j, "values");
	json_array(j);
	if (asked->url)
		put_value(j, 1, "URL", writer_done(&url));
	put_value(j, 2, "DESC", writer_done(&text));
	json_close(j);
	json_close(j);
	j->w.bad = j->w.bad || name.bad || url.bad || text.bad;
}

static int write_code(const asked_t *asked, const battery_t *battery)
{
	char bytes[CODE_ROOM], line[LINE_ROOM];
	const char *field = "";
	writer_t code = writer_of(bytes, sizeof(bytes));
	scheme_problem_t problem = battery_put(battery, &code, &field);
	if (problem)
		return refuse_field(problem, field);
	json_t j = json_of(line, sizeof(line));
	put_line(asked, writer_done(&code), &j);
	wr_u8(&j.w, '\n');
	if (j.w.bad)
		return refuse(ERR_TOO_BIG, &text_long, "");
	return fwrite(line, 1, j.w.len, stdout) == j.w.len ? 0 : cmd_fail_plain(ERR_IO, "");
}

/* The last is held to the rules before the first is written: they differ in the serial
 * number alone. */
static int issue(const asked_t *asked)
{
	battery_t battery = asked->battery;
	char bytes[CODE_ROOM];
	const char *field = "";
	writer_t w = writer_of(bytes, sizeof(bytes));
	uint64_t last = asked->first + asked->count - 1;
	if (asked->first > UINT32_MAX || asked->count > UINT32_MAX || last > UINT32_MAX)
		return refuse_field(SCHEME_LONG, "X18-24");
	battery.serial = (uint32_t)last;
	scheme_problem_t problem = battery_put(&battery, &w, &field);
	if (problem)
		return refuse_field(problem, field);
	int code = 0;
	for (uint64_t i = 0; !code && i < asked->count; i++) {
		battery.serial = (uint32_t)(asked->first + i);
		code = write_code(asked, &battery);
	}
	return code || fflush(stdout) == 0 ? code : cmd_fail_plain(ERR_IO, "");
}

static int read_asked(asked_t *asked, int argc, char **argv, int *ret_rest)
{
	const option_t options[] = {
		{ "scheme", "gbt34014", "what is made", OPTION_TEXT, &asked->scheme },
		{ "maker", "X12", "three letters or digits, as filed", OPTION_TEXT, &asked->maker },
		{ "product", "P|M|C", "pack, module or cell", OPTION_TEXT, &asked->product },
		{ "battery", "B", "type of battery: A to G or Z", OPTION_TEXT, &asked->chemistry },
		{ "spec", "A1", "specification, as filed", OPTION_TEXT, &asked->spec },
		{ "trace", "0000001", "trace information, as filed", OPTION_TEXT, &asked->trace },
		{ "ladder", "P|M|C", "of ladder use: a code of 19, without --trace", OPTION_TEXT,
		  &asked->ladder },
		{ "date", "YYYY-MM-DD", "day of production", OPTION_TEXT, &asked->date },
		{ "first", "N", "first serial number (1)", OPTION_NUMBER, &asked->first },
		{ "count", "N", "how many (1)", OPTION_NUMBER, &asked->count },
		{ "prefix", "P", "of the identifiers; else that of the import", OPTION_TEXT,
		  &asked->prefix },
		{ "url", "U", "a value URL: U and the code", OPTION_TEXT, &asked->url },
		{ 0 },
	};
	return cmd_options(options, argc, argv, ret_rest);
}

int cmd_code(int argc, char **argv)
{
	asked_t asked = { .scheme = "gbt34014",
		          .maker = "",
		          .product = "",
		          .chemistry = "",
		          .spec = "",
		          .trace = "",
		          .ladder = "",
		          .date = "",
		          .first = 1,
		          .count = 1 };
	int rest, stop = read_asked(&asked, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	if (rest != 1 || strcmp(argv[0], "issue") != 0)
		return refuse(ERR_USAGE, &text_usage, "");
	if (scheme_find(slice_str(asked.scheme)) != SCHEME_GBT34014)
		return refuse(ERR_USAGE, &text_scheme, asked.scheme);
	if (asked.count == 0)
		return refuse(ERR_USAGE, &text_count, "");
	asked.battery = (battery_t){ .vendor = slice_str(asked.maker),
		                     .product = slice_str(asked.product),
		                     .chemistry = slice_str(asked.chemistry),
		                     .spec = slice_str(asked.spec),
		                     .trace = slice_str(asked.trace),
		                     .ladder = slice_str(asked.ladder) };
	if (!read_date(asked.date, &asked.battery))
		return refuse(ERR_INVALID, &text_date, asked.date);
	return issue(&asked);
}
