/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SCAN_SCAN_H
#define SCAN_SCAN_H
/* What a scanned or typed text says, whatever scheme it is written in: the fields it
 * holds, in words, and what is wrong with each. One table of schemes serves
 * `jizhu decode`, GET /api/v1/decode and the scan page.
 *
 * Story: scan_decode() asks the schemes in order whether the text is theirs; the first
 * that says so fills the result. scan_json() writes it.
 *
 * To add a scheme: a row in codec/scheme; or its codec in src/codec, a file scan_NAME.c
 * with its row, the row's name in scan.c. A scheme claims only what is unmistakably its own. Pure;
 * any thread. */
#include "base/err.h"
#include "base/json.h"

enum { SCAN_TEXT_MAX = 4096, SCAN_FIELDS_MAX = 40, SCAN_ROOM = 4 * SCAN_TEXT_MAX + 4096 };

typedef struct {
	slice_t code; /* as the scheme calls the field: "01" */
	const char *name[LANG_COUNT];
	slice_t value;
	slice_t meaning[LANG_COUNT]; /* "pack", "2021-09-13"; empty: says itself */
	size_t at;                   /* in the text, in bytes */
	const err_text_t *problem;   /* with the code as %1; NULL: good */
} scan_field_t;

typedef struct {
	const char *scheme;            /* "gs1"; NULL: no scheme knows the text */
	const char *title[LANG_COUNT]; /* of the scheme, in words; NULL: none */
	const char *form;              /* "digital-link" */
	scan_field_t fields[SCAN_FIELDS_MAX];
	size_t count;
	const err_text_t *problem; /* the first, of a field or of the whole; NULL: good */
	slice_t problem_code;
	size_t problem_at;
	slice_t path;      /* of a GS1 key: "/01/09521234543213"; or empty */
	slice_t suffix;    /* of another scheme: of its record's name; or empty */
	slice_t canonical; /* the text in its one right spelling; or empty */
} scan_t;

/* A row of the table. `fill` keeps its texts in `room`, of SCAN_ROOM bytes. */
typedef struct {
	const char *name;
	bool (*claims)(slice_t text);
	void (*fill)(slice_t text, writer_t *room, scan_t *ret_scan);
} scan_scheme_t;

extern const scan_scheme_t SCAN_GS1;
/* All of codec/scheme; `fill` names the one. */
extern const scan_scheme_t SCAN_SCHEMES;

/* Blanks around the text do not count. ERR_UNSUPPORTED: no scheme knows it; ERR_INVALID:
 * one does, and something is wrong with it; ERR_TOO_BIG. `ret` is filled in the first two
 * cases too. The result borrows text and room. */
MUST_CHECK err_t scan_decode(slice_t text, writer_t *room, scan_t *ret_scan);
/* The same of a text that is said to be of the scheme, however little it looks like it.
 * ERR_NOT_FOUND: there is no such scheme. */
MUST_CHECK err_t scan_decode_as(slice_t scheme, slice_t text, writer_t *room, scan_t *ret_scan);
/* The members of the result into an open object; sentences in both languages. */
void scan_json(const scan_t *scan, json_t *j);
/* What scan_json may need. */
enum { SCAN_JSON_ROOM = 6 * SCAN_ROOM + SCAN_FIELDS_MAX * 1024 };
#endif
