/* SPDX-License-Identifier: Apache-2.0 */
/* Files in folders: the main file and those of conf.d, on the twin's disk. */
#include "config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "env/file.h"
#include "env/twin/twin.h"

enum { RENDER_MAX = 1024 };

#define MAIN "etc/jizhu.yaml"
#define CONF "etc/conf.d/"

typedef struct {
	twin_t *twin;
	env_t *env;
} disk_t;

static int disk_open(void **state)
{
	disk_t *disk = calloc(1, sizeof(*disk));
	twin_spec_t spec = { .seed = 3 };
	*state = disk;
	return !disk || twin_new(&spec, &disk->twin) ||
	                       twin_host_open(disk->twin, "node", &disk->env) ||
	                       env_dir_make(disk->env, "etc/conf.d")
	               ? -1
	               : 0;
}

static int disk_close(void **state)
{
	disk_t *disk = *state;
	twin_host_close(disk->env);
	twin_free(disk->twin);
	free(disk);
	return 0;
}

static void put(disk_t *disk, const char *path, const char *text)
{
	assert_int_equal(env_file_save(disk->env, path, slice_str(text)), ERR_OK);
}

static config_t *load(disk_t *disk)
{
	err_detail_t detail;
	config_t *config = NULL;
	char said[RENDER_MAX];
	if (config_load(disk->env, MAIN, &config, &detail))
		fail_msg("%s", err_render(&detail, LANG_EN, said, sizeof(said)));
	return config;
}

static void assert_refused(disk_t *disk, err_t expected, const char *said)
{
	err_detail_t detail;
	config_t *config = NULL;
	char text[RENDER_MAX];
	assert_int_equal(config_load(disk->env, MAIN, &config, &detail), expected);
	assert_null(config);
	assert_string_equal(err_render(&detail, LANG_EN, text, sizeof(text)), said);
}

static void files_of_conf_d_join_the_main_file_in_the_order_of_their_names(void **state)
{
	disk_t *disk = *state;
	put(disk, MAIN,
	    "node: {name: n1, prefix: 99.1}\ndevices: [{name: a, address: 127.0.0.1:1}]\n");
	put(disk, CONF "20.yaml", "devices: [{name: c, address: 127.0.0.1:3}]\n");
	put(disk, CONF "10.yaml",
	    "devices: [{name: b, address: 127.0.0.1:2}]\nnode: {region: R-02}\ndata: ./d\n");
	put(disk, CONF "30.yaml", "# nothing yet\n");
	put(disk, CONF "notes.txt", "[not read]");
	config_t *c = load(disk);
	assert_int_equal(c->device_count, 3);
	assert_string_equal(c->devices[1].name, "b");
	assert_string_equal(c->devices[2].name, "c");
	assert_string_equal(c->node.name, "n1");
	assert_string_equal(c->node.region, "R-02");
	assert_string_equal(c->data_dir, "./d");
	config_free(c);
}

static void the_main_file_alone_is_enough(void **state)
{
	disk_t *disk = *state;
	assert_int_equal(env_path_remove(disk->env, "etc/conf.d"), ERR_OK);
	put(disk, MAIN, "node: {name: n1, prefix: 99.1}\n");
	config_t *c = load(disk);
	assert_int_equal(c->device_count, 0);
	config_free(c);
}

static void an_empty_main_file_is_filled_by_conf_d(void **state)
{
	disk_t *disk = *state;
	put(disk, MAIN, "");
	put(disk, CONF "a.yaml", "node: {name: n1, prefix: 99.1}\n");
	config_t *c = load(disk);
	assert_string_equal(c->node.name, "n1");
	config_free(c);
}

static void a_value_given_in_two_files_names_both_places(void **state)
{
	disk_t *disk = *state;
	put(disk, MAIN, "node: {name: n1, prefix: 99.1}\n");
	put(disk, CONF "a.yaml", "node:\n  name: n2\n");
	assert_refused(disk, ERR_CONFIG,
	               CONF "a.yaml:2:3: 'name' is given twice. Keep one; the other is at " MAIN
	                    ":1:8");
}

static void a_name_used_in_two_files_names_both_places(void **state)
{
	disk_t *disk = *state;
	put(disk, MAIN,
	    "node: {name: n1, prefix: 99.1}\ndevices: [{name: a, address: 127.0.0.1:1}]\n");
	put(disk, CONF "a.yaml", "devices:\n- {name: a, address: 127.0.0.1:2}\n");
	assert_refused(disk, ERR_CONFIG,
	               CONF "a.yaml:2:10: the name 'a' is used twice. Choose another; the first is "
	                    "at " MAIN ":2:18");
}

static void a_shared_list_is_not_added_to(void **state)
{
	disk_t *disk = *state;
	put(disk, MAIN,
	    "node: {name: n1, prefix: 99.1}\nlisten: {handle: &h ['127.0.0.1:1']}\ndevices: *h\n");
	put(disk, CONF "a.yaml", "listen: {handle: ['127.0.0.1:2']}\n");
	assert_refused(disk, ERR_CONFIG,
	               CONF "a.yaml:1:10: 'handle' is shared by an anchor, another file cannot add "
	                    "to it. Write the list out without the anchor");
}

static void a_fault_in_a_file_of_conf_d_is_placed_there(void **state)
{
	disk_t *disk = *state;
	put(disk, MAIN, "node: {name: n1, prefix: 99.1}\n");
	put(disk, CONF "a.yaml", "- a\n");
	put(disk, CONF "b.yaml", "devices: [\n");
	assert_refused(disk, ERR_CONFIG,
	               CONF "a.yaml:1:1: '" CONF "a.yaml' must be a mapping. Write 'key: value' "
	                    "lines below it");
}

static void a_missing_file_is_said_with_its_path(void **state)
{
	assert_refused(*state, ERR_NOT_FOUND,
	               MAIN ": no such configuration file. Give the path of a jizhu.yaml");
}

static void a_file_over_4_mib_is_refused(void **state)
{
	disk_t *disk = *state;
	size_t len = (4 << 20) + 1;
	char *bytes = malloc(len);
	assert_non_null(bytes);
	memset(bytes, '#', len);
	assert_int_equal(env_file_save(disk->env, MAIN, slice_of(bytes, len)), ERR_OK);
	free(bytes);
	assert_refused(disk, ERR_CONFIG,
	               MAIN ": the file is larger than 4 MiB. Split it into files of conf.d");
}

static void more_than_256_files_are_refused(void **state)
{
	disk_t *disk = *state;
	put(disk, MAIN, "node: {name: n1, prefix: 99.1}\n");
	for (unsigned i = 0; i < 257; i++) {
		char path[64];
		snprintf(path, sizeof(path), CONF "%u.yaml", i);
		put(disk, path, "");
	}
	assert_refused(disk, ERR_CONFIG,
	               "etc/conf.d: more than 256 files in conf.d. Join some of them");
}

#define DISK_TEST(name) cmocka_unit_test_setup_teardown(name, disk_open, disk_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DISK_TEST(files_of_conf_d_join_the_main_file_in_the_order_of_their_names),
		DISK_TEST(the_main_file_alone_is_enough),
		DISK_TEST(an_empty_main_file_is_filled_by_conf_d),
		DISK_TEST(a_value_given_in_two_files_names_both_places),
		DISK_TEST(a_name_used_in_two_files_names_both_places),
		DISK_TEST(a_shared_list_is_not_added_to),
		DISK_TEST(a_fault_in_a_file_of_conf_d_is_placed_there),
		DISK_TEST(a_missing_file_is_said_with_its_path),
		DISK_TEST(a_file_over_4_mib_is_refused),
		DISK_TEST(more_than_256_files_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
