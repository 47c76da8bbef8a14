/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_SCHEME_SCHEME_H
#define CODEC_SCHEME_SCHEME_H
/* What a code of one of the schemes beside GS1 says: battery codes of GB/T 34014, VAA,
 * object identifiers, Ecode, decentralized identifiers. One table serves the command line,
 * the HTTP door, the scan page and the fuzzer.
 *
 * Story: scheme_recognise() says whose a text unmistakably is; scheme_decode() reads it
 * into fields, each with what it means and what is wrong with it, as far as the text goes.
 * Of a good text it gives the canonical spelling, and the suffix by which its record is
 * named under the prefix that the node has for the scheme. battery_put() makes codes.
 *
 * Sources: GB/T 34014-2017; ISO/IEC 15459 (VAA); ITU-T X.660 and RFC 3061 (OID); GB/T 31866
 * (Ecode); W3C DID Core 1.0, section 3, and the BID specification. Letters and widths are
 * packs/cn/{gbt34014,oid,ecode,bid}.tsv, made into C when the program is built; their heads
 * name what has one source alone.
 *
 * To add a scheme: a file with its functions, a row in scheme.c, texts of new problems in
 * problem.c, its place in the configuration.
 *
 * Pure; any thread. Slices borrow the text or the room.
 *
 * Caveats: a DID and the MD of an Ecode keep their case, while identifiers fold that of
 * ASCII letters. How VAA divides what follows "VAA" is not public and not read. */
#include "base/codec.h"
#include "base/cursor.h"

enum {
	SCHEME_TEXT_MAX = 512,
	SCHEME_FIELDS_MAX = 16,
	/* The canonical spelling, the suffix and what fields mean. */
	SCHEME_ROOM = 2 * (SCHEME_TEXT_MAX + 16) + 64,
};

#define SCHEME_PROBLEM_ROWS(X) \
	X(GOOD) \
	X(NOT_IT) \
	X(SHORT) \
	X(LONG) \
	X(LETTER) \
	X(CHARACTER) \
	X(DIGITS) \
	X(DATE_LETTER) \
	X(DATE) \
	X(SERIAL) \
	X(ARC) \
	X(ARC_ROOT) \
	X(ARCS_MANY) \
	X(METHOD) \
	X(ESCAPE) \
	X(VERSION)

#define X(name) SCHEME_##name,
typedef enum { SCHEME_PROBLEM_ROWS(X) SCHEME_PROBLEM_COUNT } scheme_problem_t;
#undef X

/* What is wrong, with the code of the field as %1; never NULL. */
const err_text_t *scheme_problem_text(scheme_problem_t problem);

typedef struct {
	const char *code;             /* as the standard calls it: "X4"; or a short word */
	const char *name[LANG_COUNT]; /* "product type" */
	slice_t value;                /* as it stands */
	size_t at;                    /* in the text, in bytes */
	slice_t meaning[LANG_COUNT];  /* "pack", "2021-09-13"; empty: says itself */
	scheme_problem_t problem;
} scheme_field_t;

typedef struct scheme scheme_t;

typedef struct {
	const scheme_t *scheme;
	const char *form; /* "24", "urn" */
	scheme_field_t fields[SCHEME_FIELDS_MAX];
	size_t count;
	scheme_problem_t problem; /* the first, or SCHEME_GOOD */
	const char *problem_code; /* of the field; the id of the scheme when it is of the whole */
	size_t problem_at;
	slice_t canonical; /* of a good text; reads back as the same */
	slice_t suffix;    /* of a good text: the name of the record behind its prefix */
} scheme_message_t;

typedef struct {
	slice_t text;
	writer_t *room;
	scheme_message_t *m;
} scheme_read_t;

struct scheme {
	const char *id; /* "gbt34014" */
	const char *name[LANG_COUNT];
	bool (*claims)(slice_t text);
	void (*read)(scheme_read_t *r);
};

typedef enum {
	SCHEME_GBT34014,
	SCHEME_VAA,
	SCHEME_OID,
	SCHEME_ECODE,
	SCHEME_DID,
	SCHEME_COUNT,
} scheme_id_t;

const scheme_t *scheme_at(scheme_id_t id);
/* SCHEME_COUNT: no such id. */
scheme_id_t scheme_find(slice_t id);
/* Whose the text unmistakably is; SCHEME_COUNT: nobody's. Blanks around it do not count
 * and must be gone (slice_trim). */
scheme_id_t scheme_recognise(slice_t text);

/* CODEC_MALFORMED: `ret` says what is wrong and where, and holds the fields as far as the
 * text goes. `room` needs SCHEME_ROOM bytes. */
MUST_CHECK
codec_t scheme_decode(scheme_id_t id, slice_t text, writer_t *room, scheme_message_t *ret_message);

/* A code of GB/T 34014 to be made. A battery of ladder use has no `trace`. */
typedef struct {
	slice_t vendor;    /* 3 letters or digits */
	slice_t product;   /* P, M or C */
	slice_t chemistry; /* a letter of packs/cn/gbt34014.tsv */
	slice_t spec;      /* 2 letters or digits */
	slice_t trace;     /* 7 letters or digits */
	slice_t ladder;    /* empty, or P, M or C behind the R */
	uint32_t year;     /* 2011 to 2041 */
	uint32_t month, day;
	uint32_t serial; /* 1 to 9,999,999 */
} battery_t;

/* 24 or 19 characters; every field is right when it is SCHEME_GOOD, else *ret_code names the
 * field and nothing is written. */
scheme_problem_t battery_put(const battery_t *battery, writer_t *w, const char **ret_code);
#endif
