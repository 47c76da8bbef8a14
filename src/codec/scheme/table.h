/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_SCHEME_TABLE_H
#define CODEC_SCHEME_TABLE_H
/* The tables that tools/gen_schemes.py makes of packs/cn, and what the schemes share. For
 * the files of this room. */
#include "base/ascii.h"
#include "codec/scheme/scheme.h"

typedef enum {
	SCHEME_PRODUCT,
	SCHEME_CHEMISTRY,
	SCHEME_LADDER,
	SCHEME_DATE_ORDER, /* in order: day, month, year - 2010 */
	SCHEME_OID_TREE,
	SCHEME_KEY,
	SCHEME_ENCODING,
} scheme_kind_t;

typedef struct {
	scheme_kind_t kind;
	const char *code;
	const char *meaning[LANG_COUNT];
} scheme_word_t;
extern const scheme_word_t SCHEME_WORDS[]; /* a NULL code ends them */

typedef struct {
	char version;
	uint8_t nsi_digits;
	uint16_t md_max;
	char md_takes; /* N digits, X letters and digits, U any text */
} ecode_version_t;
extern const ecode_version_t ECODE_VERSIONS[]; /* a version of 0 ends them */

/* NULL: there is none. */
const scheme_word_t *scheme_word(scheme_kind_t kind, slice_t code);
/* The place of the letter among those of its kind, from 1; 0: there is none. */
uint32_t scheme_order(scheme_kind_t kind, uint8_t letter);
/* Sets what the word means; false when there is none. */
bool scheme_mean(scheme_kind_t kind, scheme_field_t *field);

/* The next field, for its reader to fill; behind the last the last once more. */
scheme_field_t *scheme_add(scheme_read_t *r, const scheme_field_t *like);
/* Of the whole; the first counts. */
void scheme_note(scheme_read_t *r, scheme_problem_t problem, size_t at);
/* Where what is written next will stand in the room; scheme_since takes it. */
slice_t scheme_since(const scheme_read_t *r, size_t from);

/* Whether all are upper-case letters and digits. */
bool scheme_is_upper(slice_t text);

bool gbt34014_claims(slice_t text);
void gbt34014_read(scheme_read_t *r);
bool vaa_claims(slice_t text);
void vaa_read(scheme_read_t *r);
bool oid_claims(slice_t text);
void oid_read(scheme_read_t *r);
bool ecode_claims(slice_t text);
void ecode_read(scheme_read_t *r);
bool did_claims(slice_t text);
void did_read(scheme_read_t *r);
#endif
