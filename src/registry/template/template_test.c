/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "codec/handle/handle.h"
#include "registry/template/template.h"

typedef struct {
	name_template_t *template;
	name_template_fault_t fault;
	name_template_room_t room;
	uint8_t base_bytes[4096], made_bytes[TEMPLATE_RECORD_MAX + 64];
	record_t base, made;
} world_t;

static void add(world_t *w, writer_t *to, uint32_t index, const char *type, const char *data)
{
	handle_value_t value = { .index = index,
		                 .timestamp_s = 1700000000,
		                 .ttl_s = 300,
		                 .perms = HANDLE_PERMS_DEFAULT,
		                 .type = slice_str(type),
		                 .data = slice_str(data) };
	if (slice_eq(value.type, SLICE("SECRET")))
		value.perms = HANDLE_PERM_ADMIN_READ;
	handle_value_encode(&value, to);
	w->base.count++;
}

static void open_world(world_t *w, const char *xml)
{
	memset(w, 0, sizeof(*w));
	writer_t to = writer_of(w->base_bytes, sizeof(w->base_bytes));
	add(w, &to, 1, "URL", "http://127.0.0.1/abc");
	add(w, &to, 2, "EMAIL", "contact@example.invalid");
	add(w, &to, 3, "SECRET", "not for everybody");
	w->base.values = writer_done(&to);
	err_t err = name_template_new(slice_str(xml), &w->template, &w->fault);
	if (err)
		print_message("line %u: %s\n", w->fault.line, w->fault.reason);
	assert_int_equal(err, ERR_OK);
}

static err_t make(world_t *w, const char *name)
{
	writer_t to = writer_of(w->made_bytes, sizeof(w->made_bytes));
	name_template_question_t q = { .name = slice_str(name), .record = &w->base };
	if (!name_template_split(w->template, q.name, &q.base, &q.extension))
		return ERR_MALFORMED;
	return name_template_make(w->template, &q, &w->room, &to, &w->made);
}

static void close_world(world_t *w)
{
	name_template_free(w->template);
}

static void assert_value(const world_t *w, uint32_t index, const char *type, const char *data)
{
	handle_value_t value;
	assert_true(handle_value_find(handle_values_of(&w->made), index, &value));
	assert_true(slice_eq(value.type, slice_str(type)));
	if (!slice_eq(value.data, slice_str(data)))
		print_message("got %.*s\n", (int)value.data.len, (const char *)value.data.ptr);
	assert_true(slice_eq(value.data, slice_str(data)));
}

#define NS(body) "<namespace><template delimiter=\"@\">" body "</template></namespace>"
#define BOX \
	NS("<foreach><if value='type' test='equals' expression='URL'>" \
	   "<if value='extension' test='matches' expression='box\\(([^,]*),([^,]*)\\)'" \
	   " parameter='x'><value data='${data}?w=${x[2]}&amp;h=${x[1]}'/></if>" \
	   "<else><value data='${data}?${x}'/></else></if>" \
	   "<else><value/></else></foreach>")

static void a_base_value_becomes_another_with_the_groups_of_the_extension(void **state)
{
	(void)state;
	static world_t w;
	handle_value_t value;
	open_world(&w, BOX);
	assert_int_equal(make(&w, "99.100.1/abc@box(10,20)"), ERR_OK);
	assert_int_equal(w.made.count, 2);
	assert_true(w.made.is_public);
	assert_value(&w, 1, "URL", "http://127.0.0.1/abc?w=20&h=10");
	assert_value(&w, 2, "EMAIL", "contact@example.invalid");
	assert_true(handle_value_find(handle_values_of(&w.made), 1, &value));
	assert_int_equal(value.ttl_s, 300);
	assert_int_equal(value.timestamp_s, 1700000000);
	assert_int_equal(make(&w, "99.100.1/abc@BOX(1,2)"), ERR_OK);
	assert_value(&w, 1, "URL", "http://127.0.0.1/abc?w=2&h=1");
	close_world(&w);
}

static void else_is_walked_when_the_test_fails_with_the_same_parameter(void **state)
{
	(void)state;
	static world_t w;
	open_world(&w, BOX);
	assert_int_equal(make(&w, "99.100.1/abc@page2"), ERR_OK);
	assert_value(&w, 1, "URL", "http://127.0.0.1/abc?page2");
	assert_int_equal(make(&w, "99.100.1/abc@"), ERR_OK);
	assert_value(&w, 1, "URL", "http://127.0.0.1/abc?");
	assert_int_equal(make(&w, "99.100.1/abc"), ERR_MALFORMED);
	assert_int_equal(make(&w, "99.100.1/@x"), ERR_MALFORMED);
	close_world(&w);
}

static void values_that_are_not_for_everybody_are_not_for_templates(void **state)
{
	(void)state;
	static world_t w;
	handle_value_t value;
	open_world(&w, NS("<foreach><value/></foreach>"));
	assert_int_equal(make(&w, "99.100.1/abc@x"), ERR_OK);
	assert_int_equal(w.made.count, 2);
	assert_false(handle_value_find(handle_values_of(&w.made), 3, &value));
	close_world(&w);
}

static void all_names_and_ways_to_write_them_are_replaced(void **state)
{
	(void)state;
	static world_t w;
	open_world(&w, NS("<def parameter='host'><value data='node-${extension}'/></def>"
	                  "<if value='base' test='matches' expression='([^/]*)/(.*)' parameter='b'>"
	                  "<value index='7' type='URL' data='//${host}/${b[2]}'/></if>"
	                  "<value type='DESC' data='${handle}|${base}|${extension}|${0}|$0|\\$|$'/>"
	                  "<value type='NOTE'>${none}[${b[1]}] &amp; text</value>"));
	assert_int_equal(make(&w, "99.100.1/abc@7"), ERR_OK);
	assert_value(&w, 7, "URL", "//node-7/abc");
	assert_value(&w, 1, "DESC", "99.100.1/abc@7|99.100.1/abc|7|7|7|$|$");
	assert_value(&w, 2, "NOTE", "[] & text");
	close_world(&w);
}

static void negate_turns_a_test_and_notfound_ends_all(void **state)
{
	(void)state;
	static world_t w;
	open_world(&w, NS("<if test='matches' expression='[0-9]+' negate='true'><notfound/></if>"
	                  "<else><value type='N' data='${extension}'/></else>"));
	assert_int_equal(make(&w, "99.100.1/abc@x"), ERR_NOT_FOUND);
	assert_int_equal(make(&w, "99.100.1/abc@12"), ERR_OK);
	assert_value(&w, 1, "N", "12");
	close_world(&w);
}

static void a_slash_makes_the_whole_prefix_a_base(void **state)
{
	(void)state;
	static world_t w;
	open_world(&w, "<template delimiter='/'><value type='URL' data='//h/${extension}'/>"
	               "</template>");
	assert_int_equal(make(&w, "99.100.1/a/b"), ERR_OK);
	assert_value(&w, 1, "URL", "//h/a/b");
	close_world(&w);
}

static void a_template_may_be_a_reference(void **state)
{
	(void)state;
	static world_t w;
	handle_reference_t reference;
	open_world(&w, "<namespace><contact>x</contact><template delimiter='@' "
	               "ref='7:99.100.1/t'/></namespace>");
	assert_true(name_template_reference(w.template, &reference));
	assert_int_equal(reference.index, 7);
	assert_true(slice_eq(reference.handle, SLICE("99.100.1/t")));
	close_world(&w);
}

static void what_is_wrong_is_told_with_its_line(void **state)
{
	(void)state;
	static const struct {
		const char *xml, *reason;
		unsigned line;
	} cases[] = {
		{ "<namespace>\n<template delimiter='@'>\n<value/>\n</template></namespace>",
		  "a <value> outside <foreach> needs type and data", 3 },
		{ NS("\n<if test='matches' expression='('/>"),
		  "expression: missing closing parenthesis", 2 },
		{ NS("<if test='contains' expression='x'/>"), "test is neither equals nor matches",
		  1 },
		{ NS("<if test='equals'/>"), "a test needs an expression", 1 },
		{ NS("<else/>"), "an <else> without its <if>", 1 },
		{ NS("<foreach><foreach/></foreach>"), "a <foreach> in a <foreach>", 1 },
		{ NS("<values/>"), "an element that no template has", 1 },
		{ NS("<value colour='x'/>"), "<value> has no attribute colour", 1 },
		{ NS("<value index='0' type='A' data='b'/>"), "index is not a number above 0", 1 },
		{ NS("stray"), "text that belongs to no <value>", 1 },
		{ NS("<def/>"), "<def> needs a parameter", 1 },
		{ "<namespace><template delimiter=''/></namespace>", "the delimiter is empty", 1 },
		{ "<namespace><template ref='x'/></namespace>", "ref is not INDEX:HANDLE", 1 },
		{ "<other/>", "the outermost element is neither <namespace> nor <template>", 1 },
		{ "<namespace>\n<template>", "no element found", 2 },
		{ "<!DOCTYPE x [<!ENTITY a 'b'>]><namespace/>", "a document type is not read", 1 },
		{ "", "no element found", 1 },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		name_template_t *template = NULL;
		name_template_fault_t fault;
		assert_int_equal(name_template_new(slice_str(cases[i].xml), &template, &fault),
		                 ERR_INVALID);
		if (strcmp(fault.reason, cases[i].reason) != 0)
			print_message("%zu: %s\n", i, fault.reason);
		assert_string_equal(fault.reason, cases[i].reason);
		assert_int_equal(fault.line, cases[i].line);
	}
}

static void a_namespace_without_a_template_is_none(void **state)
{
	(void)state;
	name_template_t *template = NULL;
	name_template_fault_t fault;
	assert_int_equal(name_template_new(SLICE("<namespace><locs>1/x</locs></namespace>"),
	                                   &template, &fault),
	                 ERR_NOT_FOUND);
}

static void a_hostile_expression_is_given_up(void **state)
{
	(void)state;
	static world_t w;
	char name[64] = "99.100.1/abc@";
	open_world(&w, NS("<if test='matches' expression='(a|aa)*[bc]'>"
	                  "<value type='A' data='x'/></if>"));
	memset(name + 13, 'a', 40);
	assert_int_equal(make(&w, name), ERR_LIMIT);
	close_world(&w);
}

static void a_record_that_grows_too_much_is_not_made(void **state)
{
	(void)state;
	static world_t w;
	static char xml[40000];
	size_t at = (size_t)snprintf(xml, sizeof(xml),
	                             "<template delimiter='@'>"
	                             "<def parameter='a'><value data='");
	memset(xml + at, 'x', 1000);
	at += 1000;
	at += (size_t)snprintf(xml + at, sizeof(xml) - at, "'/></def><value type='A' data='");
	for (int i = 0; i < 20; i++)
		at += (size_t)snprintf(xml + at, sizeof(xml) - at, "${a}");
	(void)snprintf(xml + at, sizeof(xml) - at, "'/></template>");
	open_world(&w, xml);
	assert_int_equal(make(&w, "99.100.1/abc@x"), ERR_LIMIT);
	close_world(&w);
}

static void more_values_than_a_record_may_have_are_refused(void **state)
{
	(void)state;
	static world_t w;
	static char xml[60000];
	size_t at = (size_t)snprintf(xml, sizeof(xml), "<template delimiter='@'>");
	for (int i = 0; i <= TEMPLATE_VALUES; i++)
		at += (size_t)snprintf(xml + at, sizeof(xml) - at, "<value type='A' data='b'/>");
	(void)snprintf(xml + at, sizeof(xml) - at, "</template>");
	open_world(&w, xml);
	assert_int_equal(make(&w, "99.100.1/abc@x"), ERR_LIMIT);
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_base_value_becomes_another_with_the_groups_of_the_extension),
		cmocka_unit_test(else_is_walked_when_the_test_fails_with_the_same_parameter),
		cmocka_unit_test(values_that_are_not_for_everybody_are_not_for_templates),
		cmocka_unit_test(all_names_and_ways_to_write_them_are_replaced),
		cmocka_unit_test(negate_turns_a_test_and_notfound_ends_all),
		cmocka_unit_test(a_slash_makes_the_whole_prefix_a_base),
		cmocka_unit_test(a_template_may_be_a_reference),
		cmocka_unit_test(what_is_wrong_is_told_with_its_line),
		cmocka_unit_test(a_namespace_without_a_template_is_none),
		cmocka_unit_test(a_hostile_expression_is_given_up),
		cmocka_unit_test(a_record_that_grows_too_much_is_not_made),
		cmocka_unit_test(more_values_than_a_record_may_have_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
