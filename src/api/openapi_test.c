/* SPDX-License-Identifier: Apache-2.0 */
/* The document against the table of routes: each names what the other has. */
#include "api/openapi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "api/routes.h"

enum { OPERATIONS_MAX = 192 };

typedef struct {
	char path[128], method[12], role[16];
} operation_t;

static const char *const methods[] = { "get", "post", "put", "patch", "delete" };

/* "  /path:" and "    method:" and "      x-role: word", as the head of the document
 * promises. */
static size_t read_operations(operation_t *ret)
{
	slice_t rest = slice_of(openapi_yaml, openapi_yaml_len);
	char path[128] = "";
	size_t count = 0;
	while (rest.len) {
		slice_t line = slice_cut(&rest, '\n');
		if (slice_starts(line, SLICE("  /")))
			slice_to_cstr(slice_sub(line, 2, line.len - 3), path, sizeof(path));
		for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
			char want[20];
			snprintf(want, sizeof(want), "    %s:", methods[i]);
			if (!slice_eq(line, slice_str(want)))
				continue;
			assert_true(count < OPERATIONS_MAX);
			snprintf(ret[count].path, sizeof(ret[count].path), "%s", path);
			snprintf(ret[count].method, sizeof(ret[count].method), "%s", methods[i]);
			ret[count++].role[0] = 0;
		}
		if (count && slice_starts(line, SLICE("      x-role: ")))
			slice_to_cstr(slice_from(line, 14), ret[count - 1].role,
			              sizeof(ret[0].role));
	}
	return count;
}

/* {+handle} is {handle} in the document, which knows no other form. */
static bool is_same_path(const char *route, const char *documented)
{
	while (*route && *documented) {
		if (*route == '+')
			route++;
		if (*route++ != *documented++)
			return false;
	}
	return *route == *documented;
}

static const operation_t *find(const operation_t *operations, size_t count, const route_t *route)
{
	for (size_t i = 0; i < count; i++)
		if (is_same_path(route->path, operations[i].path) &&
		    slice_eq_nocase(slice_str(operations[i].method),
		                    slice_str(http_method_name(route->method))))
			return &operations[i];
	return NULL;
}

static void every_route_is_documented_with_its_role(void **state)
{
	(void)state;
	operation_t operations[OPERATIONS_MAX];
	size_t count = read_operations(operations);
	for (size_t i = 0; i < routes_count(); i++) {
		const route_t *route = routes_get(i);
		const operation_t *operation = find(operations, count, route);
		if (!operation)
			print_message("missing: %s\n", route->path);
		assert_non_null(operation);
		assert_string_equal(operation->role, role_name(route->role));
	}
}

static void the_document_names_nothing_else(void **state)
{
	(void)state;
	operation_t operations[OPERATIONS_MAX];
	assert_int_equal(read_operations(operations), routes_count());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_route_is_documented_with_its_role),
		cmocka_unit_test(the_document_names_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
