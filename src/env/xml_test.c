/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cursor.h"
#include "env/xml.h"

typedef struct {
	char bytes[512];
	writer_t w;
} tale_t;

static const char *on_open(void *ctx, const xml_element_t *element)
{
	tale_t *tale = ctx;
	slice_t name, value;
	wr_format(&tale->w, "<%.*s:%u", (int)element->name.len, (const char *)element->name.ptr,
	          element->line);
	for (size_t i = 0; xml_attribute(element, i, &name, &value); i++)
		wr_format(&tale->w, " %.*s=%.*s", (int)name.len, (const char *)name.ptr,
		          (int)value.len, (const char *)value.ptr);
	wr_format(&tale->w, ">");
	return slice_eq(element->name, SLICE("bad")) ? "it is bad" : NULL;
}

static const char *on_close(void *ctx)
{
	tale_t *tale = ctx;
	wr_format(&tale->w, "/");
	return NULL;
}

static const char *on_text(void *ctx, slice_t text)
{
	tale_t *tale = ctx;
	wr_bytes(&tale->w, text);
	return NULL;
}

static err_t read_tale(const char *text, tale_t *tale, xml_fault_t *ret_fault)
{
	xml_taker_t taker = { on_open, on_close, on_text, tale };
	tale->w = writer_of(tale->bytes, sizeof(tale->bytes));
	return xml_read(slice_str(text), &taker, ret_fault);
}

static void elements_attributes_and_text_come_in_order(void **state)
{
	(void)state;
	tale_t tale;
	xml_fault_t fault;
	assert_int_equal(read_tale("<a x='1'\n y='&lt;'>t<b/>&amp;&#65;</a>", &tale, &fault),
	                 ERR_OK);
	assert_true(slice_eq(writer_done(&tale.w), SLICE("<a:1 x=1 y=<>t<b:2>/&A/")));
}

static void what_is_no_xml_is_refused_with_its_line(void **state)
{
	(void)state;
	tale_t tale;
	xml_fault_t fault;
	assert_int_equal(read_tale("<a>\n</b>", &tale, &fault), ERR_MALFORMED);
	assert_int_equal(fault.line, 2);
	assert_int_equal(read_tale("<a>\n<bad/></a>", &tale, &fault), ERR_INVALID);
	assert_string_equal(fault.reason, "it is bad");
	assert_int_equal(fault.line, 2);
	assert_int_equal(read_tale("<a>\xff</a>", &tale, &fault), ERR_MALFORMED);
	assert_int_equal(read_tale("<a>&other;</a>", &tale, &fault), ERR_MALFORMED);
}

static void a_document_type_is_refused_before_its_entities_grow(void **state)
{
	(void)state;
	tale_t tale;
	xml_fault_t fault;
	assert_int_equal(read_tale("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", &tale, &fault),
	                 ERR_UNSUPPORTED);
	assert_int_equal(tale.w.len, 0);
}

static void too_deep_and_too_long_are_refused(void **state)
{
	(void)state;
	tale_t tale;
	xml_fault_t fault;
	char deep[4 * XML_DEPTH_MAX] = "";
	for (int i = 0; i <= XML_DEPTH_MAX; i++)
		memcpy(deep + 3 * i, "<a>", 4);
	assert_int_equal(read_tale(deep, &tale, &fault), ERR_LIMIT);
	char *text = malloc(XML_BYTES_MAX + 2);
	memset(text, ' ', XML_BYTES_MAX + 1);
	text[XML_BYTES_MAX + 1] = 0;
	assert_int_equal(read_tale(text, &tale, &fault), ERR_LIMIT);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_attributes_and_text_come_in_order),
		cmocka_unit_test(what_is_no_xml_is_refused_with_its_line),
		cmocka_unit_test(a_document_type_is_refused_before_its_entities_grow),
		cmocka_unit_test(too_deep_and_too_long_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
