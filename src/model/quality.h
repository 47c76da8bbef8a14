/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_QUALITY_H
#define MODEL_QUALITY_H
/* How far a value can be trusted, and why not. One byte; the order is by trust,
 * so the worst of several is the greatest. Stale is a quality, not a value. */
#include "base/json.h"

typedef enum { QUALITY_GOOD, QUALITY_UNCERTAIN, QUALITY_BAD } quality_class_t;

/* name, class, OPC UA status code (OPC 10000-4, 7.39), English, Chinese */
#define QUALITY_ROWS(X) \
	X(OK, GOOD, 0x00000000, "good", "良好") \
	X(OVERRIDDEN, GOOD, 0x00960000, "set by hand", "人工置数") \
	X(OUT_OF_RANGE, UNCERTAIN, 0x40940000, "outside engineering limits", "超出工程限值") \
	X(STALE, UNCERTAIN, 0x40900000, "older than allowed", "数据陈旧") \
	X(NO_CONNECTION, BAD, 0x808A0000, "device not connected", "设备未连接") \
	X(TIMEOUT, BAD, 0x800A0000, "device did not answer", "设备无应答") \
	X(DEVICE_ERROR, BAD, 0x808B0000, "device refused the read", "设备拒绝读取") \
	X(BAD_DATA, BAD, 0x80070000, "answer could not be decoded", "应答无法解析") \
	X(CONFIG_ERROR, BAD, 0x80890000, "point is configured wrongly", "测点配置错误") \
	X(NO_DATA, BAD, 0x80320000, "no value yet", "尚无数据")

#define X(name, class, opcua, en, zh) QUALITY_##name,
typedef enum { QUALITY_ROWS(X) QUALITY_COUNT } quality_t;
#undef X

typedef struct {
	const char *name;
	quality_class_t class;
	uint32_t opcua;
	const char *text[2]; /* by lang_t */
} quality_info_t;

/* The row of a quality; out-of-range numbers give CONFIG_ERROR's row. */
const quality_info_t *quality_info(quality_t quality);
/* The word that programs are told: "good", else the row's name in lower case. */
void quality_json(quality_t quality, json_t *j);
#endif
