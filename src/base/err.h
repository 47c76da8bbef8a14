/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ERR_H
#define BASE_ERR_H
/* The classes of failure the whole program shares. A room maps its own codes
 * (Handle response codes, Modbus exceptions) to one of these and, where a
 * person will read it, fills an err_detail_t: where it happened, what is wrong,
 * what to do about it. err_render() is the one place that turns a detail into
 * text, in English or Chinese.
 *
 * Exit codes follow sysexits; HTTP status is what the API answers with. */
#include "base/slice.h"

/* name, exit code, HTTP status, English, Chinese */
#define ERR_ROWS(X) \
	X(OK, 0, 200, "ok", "成功") \
	X(NOT_FOUND, 1, 404, "not found", "未找到") \
	X(EXISTS, 73, 409, "already exists", "已存在") \
	X(USAGE, 64, 400, "wrong usage", "用法错误") \
	X(INVALID, 65, 422, "invalid value", "取值无效") \
	X(MALFORMED, 65, 400, "malformed input", "输入格式错误") \
	X(TOO_BIG, 65, 413, "too big", "超出大小限制") \
	X(LIMIT, 75, 503, "limit reached", "达到上限") \
	X(BUSY, 75, 503, "busy, try again", "繁忙，请重试") \
	X(TIMEOUT, 75, 504, "timed out", "超时") \
	X(EXPIRED, 65, 409, "expired", "已过期") \
	X(CANCELLED, 75, 503, "cancelled", "已取消") \
	X(CONFLICT, 65, 409, "conflict", "冲突") \
	X(DENIED, 77, 403, "not permitted", "无权限") \
	X(UNAUTHENTICATED, 77, 401, "authentication needed", "需要身份验证") \
	X(UNSUPPORTED, 69, 501, "not supported", "不支持") \
	X(UNAVAILABLE, 69, 503, "unavailable", "不可用") \
	X(NETWORK, 69, 502, "network error", "网络错误") \
	X(PROTOCOL, 76, 502, "protocol error of the peer", "对端协议错误") \
	X(IO, 74, 500, "input/output error", "读写错误") \
	X(DISK_FULL, 74, 507, "disk full", "磁盘已满") \
	X(CORRUPT, 65, 500, "damaged data", "数据损坏") \
	X(NEWER_FORMAT, 65, 500, "written by a newer version", "由更新版本写入") \
	X(CONFIG, 78, 500, "bad configuration", "配置错误") \
	X(NO_MEMORY, 71, 503, "out of memory", "内存不足") \
	X(INTERNAL, 70, 500, "internal error", "内部错误")

#define X(name, exit, http, en, zh) ERR_##name,
typedef enum { ERR_ROWS(X) ERR_COUNT } err_t;
#undef X

typedef struct {
	int exit_code, http_status;
	const char *name, *text[2]; /* text by lang_t */
} err_info_t;

typedef enum { LANG_EN, LANG_ZH, LANG_COUNT } lang_t;

/* The row of an error; never NULL. */
const err_info_t *err_info(err_t err);

/* One sentence a room can say; %1 %2 %3 are filled from the detail's args.
 * Rooms keep rows as static const tables beside the code that raises them. */
typedef struct {
	const char *what[LANG_COUNT]; /* what is wrong */
	const char *fix[LANG_COUNT];  /* what to do; may be NULL */
} err_text_t;

enum { ERR_ARGS = 3, ERR_ARG_MAX = 96, ERR_WHERE_MAX = 160 };

typedef struct {
	err_t err;
	const err_text_t *text;    /* NULL: the class text alone */
	char where[ERR_WHERE_MAX]; /* file:line:column, endpoint, device; "" if none */
	char arg[ERR_ARGS][ERR_ARG_MAX];
} err_detail_t;

/* Fills `ret` and returns `err`, so that callers write: return err_raise(...).
 * `ret` may be NULL (nobody asks). Long args are cut and end in "...". Args
 * beyond the last are left empty; pass up to three NUL-terminated strings and
 * close with NULL. */
__attribute__((sentinel)) err_t err_raise(err_detail_t *ret, err_t err, const err_text_t *text,
                                          const char *where, ...);

/* "where: what. fix" into buf, cut at cap (at least 1) between characters;
 * returns buf. A text without a translation is said in English. */
const char *err_render(const err_detail_t *detail, lang_t lang, char *buf, size_t cap);

/* Every function that can fail carries this. */
#define MUST_CHECK __attribute__((warn_unused_result))
#endif
