/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_GS1_TABLE_H
#define CODEC_GS1_TABLE_H
/* The tables that tools/gen_gs1.py makes of packs/gs1 and packs/iso/codes.tsv, and the
 * checks of parts. For the files of this room. */
#include "base/ascii.h"
#include "codec/gs1/gs1.h"

extern const gs1_ai_t GS1_AIS[];
extern const size_t GS1_AI_COUNT;
extern const uint16_t GS1_COUNTRIES[], GS1_CURRENCIES[]; /* a 0 ends them */
extern const char GS1_COUNTRY_LETTERS[];                 /* two by two */

enum { GS1_RUN_MAX = 4 };

/* AIs that one code announces in a compressed URI. */
typedef struct {
	const char *code;             /* two digits of hexadecimal, a letter among them */
	const char *ais[GS1_RUN_MAX]; /* NULL ends */
} gs1_run_t;

extern const gs1_run_t GS1_RUNS[];
extern const size_t GS1_RUN_COUNT;
/* The run of a code, or NULL. */
const gs1_run_t *gs1_run_find(slice_t code);

/* The part held to one check. */
gs1_problem_t gs1_part_check(gs1_check_t check, slice_t part);
/* Whether the last of the digits is the check digit of those before. */
bool gs1_check_digit_good(slice_t digits);
/* The place in "!\"%&'()*+,-./0-9:;<=>?A-Z_a-z", or -1. */
int gs1_character(uint8_t c);
#endif
