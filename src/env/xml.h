/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_XML_H
#define ENV_XML_H
/* Reading XML 1.0, behind the one adapter of the library that does it (expat). Pure: no
 * world, any thread, nothing kept.
 *
 * Story: xml_read walks the text once and calls the taker for each element that opens,
 * each that closes, and the text between. The taker copies what it wants to keep.
 *
 * Limits: XML_BYTES_MAX of text, XML_DEPTH_MAX open elements. A document type is refused,
 * so that there are no entities but the five of XML and numeric ones, and nothing outside
 * the text is ever asked for.
 *
 * Caveats: the text is taken for UTF-8, whatever its declaration says. Text may come in
 * several pieces. */
#include "base/err.h"

enum { XML_BYTES_MAX = 64 * 1024, XML_DEPTH_MAX = 32 };

typedef struct {
	slice_t name;
	const char *const *pairs; /* names and values in turn, a NULL behind them */
	unsigned line;            /* 1 at the start */
} xml_element_t;

/* The i-th attribute; false behind the last. Borrows until the taker returns. */
bool xml_attribute(const xml_element_t *element, size_t i, slice_t *ret_name, slice_t *ret_value);

/* Each returns NULL to go on, or why not: the reading ends with ERR_INVALID. */
typedef struct {
	const char *(*open)(void *ctx, const xml_element_t *element);
	const char *(*close)(void *ctx);
	const char *(*text)(void *ctx, slice_t text);
	void *ctx;
} xml_taker_t;

typedef struct {
	unsigned line;
	const char *reason; /* a sentence's end in English; lives for ever */
} xml_fault_t;

/* ERR_MALFORMED, ERR_LIMIT, ERR_UNSUPPORTED (a document type), ERR_INVALID (the taker's),
 * each with the fault; ERR_NO_MEMORY. */
MUST_CHECK err_t xml_read(slice_t text, const xml_taker_t *taker, xml_fault_t *ret_fault);
#endif
