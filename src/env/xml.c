/* SPDX-License-Identifier: Apache-2.0 */
#include "env/xml.h"

#include <expat.h>

typedef struct {
	XML_Parser parser;
	const xml_taker_t *taker;
	size_t depth;
	err_t err; /* why it was stopped */
	xml_fault_t fault;
} walk_t;

bool xml_attribute(const xml_element_t *element, size_t i, slice_t *ret_name, slice_t *ret_value)
{
	const char *const *pair = element->pairs;
	for (size_t at = 0; at < i && *pair; at++)
		pair += 2;
	if (!*pair)
		return false;
	*ret_name = slice_str(pair[0]);
	*ret_value = slice_str(pair[1]);
	return true;
}

static unsigned line_of(const walk_t *walk)
{
	return (unsigned)XML_GetCurrentLineNumber(walk->parser);
}

static void stop(walk_t *walk, err_t err, const char *reason)
{
	if (walk->err)
		return;
	walk->err = err;
	walk->fault = (xml_fault_t){ line_of(walk), reason };
	(void)XML_StopParser(walk->parser, XML_FALSE);
}

static void stop_if(walk_t *walk, const char *reason)
{
	if (reason)
		stop(walk, ERR_INVALID, reason);
}

static void XMLCALL on_open(void *ctx, const char *name, const char **pairs)
{
	walk_t *walk = ctx;
	if (walk->err)
		return;
	if (++walk->depth > XML_DEPTH_MAX) {
		stop(walk, ERR_LIMIT, "elements nest too deeply");
		return;
	}
	xml_element_t element = { slice_str(name), pairs, line_of(walk) };
	stop_if(walk, walk->taker->open(walk->taker->ctx, &element));
}

static void XMLCALL on_close(void *ctx, const char *name)
{
	walk_t *walk = ctx;
	(void)name;
	if (walk->err)
		return;
	walk->depth--;
	stop_if(walk, walk->taker->close(walk->taker->ctx));
}

static void XMLCALL on_text(void *ctx, const char *text, int len)
{
	walk_t *walk = ctx;
	if (!walk->err)
		stop_if(walk, walk->taker->text(walk->taker->ctx, slice_of(text, (size_t)len)));
}

static void XMLCALL on_doctype(void *ctx, const char *name, const char *system_id,
                               const char *public_id, int has_internal)
{
	(void)name;
	(void)system_id;
	(void)public_id;
	(void)has_internal;
	stop(ctx, ERR_UNSUPPORTED, "a document type is not read");
}

static err_t walk_all(walk_t *walk, slice_t text)
{
	XML_SetUserData(walk->parser, walk);
	XML_SetElementHandler(walk->parser, on_open, on_close);
	XML_SetCharacterDataHandler(walk->parser, on_text);
	XML_SetStartDoctypeDeclHandler(walk->parser, on_doctype);
	if (XML_Parse(walk->parser, (const char *)text.ptr, (int)text.len, XML_TRUE) ==
	    XML_STATUS_OK)
		return ERR_OK;
	if (walk->err)
		return walk->err;
	enum XML_Error code = XML_GetErrorCode(walk->parser);
	walk->fault = (xml_fault_t){ line_of(walk), XML_ErrorString(code) };
	return code == XML_ERROR_NO_MEMORY ? ERR_NO_MEMORY : ERR_MALFORMED;
}

err_t xml_read(slice_t text, const xml_taker_t *taker, xml_fault_t *ret_fault)
{
	walk_t walk = { .taker = taker };
	*ret_fault = (xml_fault_t){ 1, "the text is too long" };
	if (text.len > XML_BYTES_MAX)
		return ERR_LIMIT;
	walk.parser = XML_ParserCreate("UTF-8");
	if (!walk.parser)
		return ERR_NO_MEMORY;
	err_t err = walk_all(&walk, text);
	XML_ParserFree(walk.parser);
	*ret_fault = walk.fault;
	return err;
}
