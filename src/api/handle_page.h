/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_HANDLE_PAGE_H
#define API_HANDLE_PAGE_H
/* The record of an identifier as a page for people: what the name stands for, each
 * value in words, where to go from there. It needs no script, reads on a phone, in
 * English and Chinese (Accept-Language, ?lang=), by day and night.
 *
 * The page is made of foreign text, so it may load and run nothing: its policy lets in
 * its own style, known by its hash, and nothing else. Any thread that may ask. */
#include "api/exchange.h"
#include "model/record.h"

/* With the record as anybody may read it; borrowed during the call. */
void handle_page_record(exchange_t *x, slice_t name, const record_t *record);
/* The same with what its points are just now. HTTP loop. */
void handle_page_live(exchange_t *x, slice_t name, const record_t *record);

typedef enum {
	HANDLE_PAGE_MISSING,   /* no such name here */
	HANDLE_PAGE_ELSEWHERE, /* another server's prefix */
	HANDLE_PAGE_NO_NAME,   /* not a name at all */
	HANDLE_PAGE_LOOP,      /* its alias leads back to it */
	HANDLE_PAGE_QUOTA,     /* its prefix may not be asked more often */
	HANDLE_PAGE_BROKEN,    /* the registry cannot say */
	HANDLE_PAGE_COUNT
} handle_page_t;

/* A page that says why there is no record to show and what can be done. */
void handle_page_without(exchange_t *x, slice_t name, handle_page_t why);
#endif
