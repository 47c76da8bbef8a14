/* SPDX-License-Identifier: Apache-2.0 */
#include "env/regex.h"

#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { STEPS_MAX = 20000, DEPTH_MAX = 250, HEAP_KIB_MAX = 1024, NEST_MAX = 20 };

struct env_regex {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
};

static err_t fail(char *ret_why, err_t err, const char *why)
{
	if (ret_why)
		(void)slice_to_cstr(slice_str(why), ret_why, ENV_REGEX_WHY);
	return err;
}

static err_t compile(env_regex_t *regex, slice_t pattern, bool ignores_case, char *ret_why)
{
	uint32_t options = PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_UTF |
	                   PCRE2_NEVER_BACKSLASH_C | (ignores_case ? PCRE2_CASELESS : 0);
	int code = 0;
	PCRE2_SIZE offset = 0;
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	if (!context)
		return ERR_NO_MEMORY;
	(void)pcre2_set_parens_nest_limit(context, NEST_MAX);
	regex->code = pcre2_compile(pattern.ptr, pattern.len, options, &code, &offset, context);
	pcre2_compile_context_free(context);
	if (regex->code)
		return ERR_OK;
	if (code == PCRE2_ERROR_HEAP_FAILED)
		return ERR_NO_MEMORY;
	PCRE2_UCHAR why[ENV_REGEX_WHY];
	(void)pcre2_get_error_message(code, why, sizeof(why));
	return fail(ret_why, ERR_INVALID, (const char *)why);
}

static err_t prepare(env_regex_t *regex, char *ret_why)
{
	uint32_t groups = 0;
	(void)pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT, &groups);
	if (groups >= ENV_REGEX_GROUPS)
		return fail(ret_why, ERR_LIMIT, "too many groups");
	regex->data = pcre2_match_data_create(ENV_REGEX_GROUPS, NULL);
	regex->limits = pcre2_match_context_create(NULL);
	if (!regex->data || !regex->limits)
		return ERR_NO_MEMORY;
	(void)pcre2_set_match_limit(regex->limits, STEPS_MAX);
	(void)pcre2_set_depth_limit(regex->limits, DEPTH_MAX);
	(void)pcre2_set_heap_limit(regex->limits, HEAP_KIB_MAX);
	return ERR_OK;
}

err_t env_regex_new(slice_t pattern, bool ignores_case, env_regex_t **ret_regex,
                    char ret_why[ENV_REGEX_WHY])
{
	if (pattern.len > ENV_REGEX_PATTERN_MAX)
		return fail(ret_why, ERR_LIMIT, "the expression is too long");
	env_regex_t *regex = calloc(1, sizeof(*regex));
	if (!regex)
		return ERR_NO_MEMORY;
	err_t err = compile(regex, pattern, ignores_case, ret_why);
	if (!err)
		err = prepare(regex, ret_why);
	if (err)
		env_regex_free(regex);
	else
		*ret_regex = regex;
	return err;
}

void env_regex_free(env_regex_t *regex)
{
	if (!regex)
		return;
	pcre2_match_context_free(regex->limits);
	pcre2_match_data_free(regex->data);
	pcre2_code_free(regex->code);
	free(regex);
}

static err_t error_of(int got)
{
	switch (got) {
	case PCRE2_ERROR_MATCHLIMIT:
	case PCRE2_ERROR_DEPTHLIMIT:
	case PCRE2_ERROR_HEAPLIMIT:
		return ERR_LIMIT;
	case PCRE2_ERROR_NOMEMORY:
		return ERR_NO_MEMORY;
	default:
		return ERR_NOT_FOUND;
	}
}

err_t env_regex_match(env_regex_t *regex, slice_t subject, env_match_t *ret_match)
{
	int got = pcre2_match(regex->code, subject.ptr, subject.len, 0, 0, regex->data,
	                      regex->limits);
	if (got < 0)
		return error_of(got);
	const PCRE2_SIZE *bounds = pcre2_get_ovector_pointer(regex->data);
	uint32_t groups = 0;
	(void)pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT, &groups);
	*ret_match = (env_match_t){ .count = groups + 1 };
	for (int i = 0; i < got; i++)
		if (bounds[2 * i] != PCRE2_UNSET && bounds[2 * i] <= bounds[2 * i + 1])
			ret_match->group[i] = slice_sub(subject, bounds[2 * i],
			                                bounds[2 * i + 1] - bounds[2 * i]);
	return ERR_OK;
}
