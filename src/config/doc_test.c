/* SPDX-License-Identifier: Apache-2.0 */
/* doc/configuration.md is what the schema says; with JIZHU_UPDATE set the test
 * writes it anew. */
#include "config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { DOC_MAX = 64 << 10, RENDER_MAX = 1024 };

static slice_t doc_render(void **state)
{
	writer_t w = writer_of(*state, DOC_MAX);
	config_doc(&w);
	assert_false(w.bad);
	return writer_done(&w);
}

static FILE *doc_open(const char *mode)
{
	const char *source = getenv("JIZHU_SOURCE");
	char path[4096];
	snprintf(path, sizeof(path), "%s/doc/configuration.md", source ? source : ".");
	FILE *file = fopen(path, mode);
	if (!file)
		fail_msg("cannot open %s", path);
	return file;
}

static void the_page_in_doc_is_what_the_schema_says(void **state)
{
	slice_t doc = doc_render(state);
	if (getenv("JIZHU_UPDATE")) {
		FILE *out = doc_open("wb");
		assert_int_equal(fwrite(doc.ptr, 1, doc.len, out), doc.len);
		assert_int_equal(fclose(out), 0);
	}
	char *bytes = malloc(DOC_MAX);
	FILE *in = doc_open("rb");
	size_t len = fread(bytes, 1, DOC_MAX, in);
	fclose(in);
	if (!slice_eq(slice_of(bytes, len), doc))
		fail_msg("doc/configuration.md differs; run this test with JIZHU_UPDATE=1");
	free(bytes);
}

static void the_example_of_the_page_is_a_good_configuration(void **state)
{
	slice_t doc = doc_render(state);
	slice_t head = SLICE("```yaml\n");
	size_t at = 0;
	while (at < doc.len && !slice_starts(slice_from(doc, at), head))
		at++;
	slice_t yaml = slice_from(doc, at + head.len);
	yaml.len = slice_find(yaml, '`');
	err_detail_t detail;
	config_t *config = NULL;
	char text[RENDER_MAX];
	if (config_parse(yaml, "example", &config, &detail))
		fail_msg("%s", err_render(&detail, LANG_EN, text, sizeof(text)));
	assert_int_equal(config->device_count, 3);
	assert_int_equal(config->devices[1].point_count, 2);
	assert_non_null(config_line(config, config->devices[2].line));
	config_free(config);
}

static int buffer_new(void **state)
{
	*state = malloc(DOC_MAX);
	return *state ? 0 : -1;
}

static int buffer_free(void **state)
{
	free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_in_doc_is_what_the_schema_says),
		cmocka_unit_test(the_example_of_the_page_is_a_good_configuration),
	};
	return cmocka_run_group_tests(tests, buffer_new, buffer_free);
}
