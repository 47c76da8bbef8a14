/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/when.h"

#include "base/num.h"
#include "base/text.h"

static const err_text_t text_time = {
	{ "%1 is no time", "%1 不是时间" },
	{ "write 2026-03-01T00:00:00Z, milliseconds since 1970, or -24h",
	  "请写 2026-03-01T00:00:00Z、1970 年以来的毫秒数，或 -24h" },
};

err_t when_read(env_t *env, const char *text, int64_t *ret_ns, err_detail_t *ret_detail)
{
	int64_t ns = 0;
	bool is_ago = text[0] == '-';
	err_t err = is_ago ? num_parse_duration(slice_str(&text[1]), &ns)
	                   : time_parse_ms(slice_str(text), &ns);
	if (err)
		return err_raise(ret_detail, ERR_USAGE, &text_time, "", text, (char *)NULL);
	*ret_ns = is_ago ? env_utc(env).ns - ns : ns;
	return ERR_OK;
}

err_t when_put(env_t *env, json_t *j, const char *key, const char *text, err_detail_t *ret_detail)
{
	int64_t ns = 0;
	err_t err = text ? when_read(env, text, &ns, ret_detail) : ERR_OK;
	if (text && !err)
		json_put_i64(j, key, ns / NS_PER_MS);
	return err;
}
