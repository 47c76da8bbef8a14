/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_REGISTRATIONS_H
#define API_REGISTRATIONS_H
/* Many identifiers in one request, registered, replaced or merged as one change
 * (registry/bulk.h).
 *
 * Story: registrations_post reads the body on the query loop (registrations_read) and
 * hands its records to the registry. If that takes them, it is done. If it refuses one,
 * all names are looked at (registrations_check), so that the answer names every fault
 * up to a limit; names that are there with just these values are no fault, they are
 * left out and counted as unchanged, and what remains is sent again. A dry run goes the
 * same way, and the registry does nothing in the end. With `partial` faulty records are
 * left out too. A record and its other names (`also`) are registered together or not at
 * all; they are for new records, so replacing and merging take none.
 *
 * Threads: of whoever holds the exchange; the query loop but for the sending of the
 * answer. The registry borrows the records while they are on their way.
 *
 * Limits: 100,000 records, a body of 8 MiB, 64 MiB of records; 20 faults are told
 * unless `faults` asks for others, at most 10,000. */
#include "api/exchange.h"
#include "api/handle_values.h"
#include "base/table.h"
#include "base/text.h"
#include "registry/bulk.h"

enum {
	FAULTS_DEFAULT = 20,
	FAULTS_MAX = 10000,
	REGISTRATIONS_KEY_MAX = 128,
	REGISTRATIONS_ALSO_MAX = 16
};

typedef struct {
	uint32_t line; /* of the body, from 1; of a binary body the number of the record */
	uint32_t at;   /* where its record begins */
	uint32_t of;   /* row of the record it is another name of; its own: of none */
	bool is_out;   /* faulty or unchanged: not to be sent */
	bool is_faulty;
} registration_t;

typedef struct {
	uint32_t line;
	err_t err;
	const err_text_t *text;
	char name[ERR_ARG_MAX];
} fault_t;

struct registrations {
	text_t records; /* as registry_bulk takes them */
	registration_t *rows;
	uint32_t count, room;
	handle_values_t values; /* of the line at hand */
	table_t *names;         /* folded, to the line they stand in */
	fault_t *faults;        /* the first of those refused */
	uint32_t faults_max, refused, unchanged;
	slice_t prefix; /* of names without "/" */
	slice_t bytes;  /* what is on its way: all, or what remained of it */
	uint32_t sent;
	text_t rest; /* what remained */
	char key[REGISTRATIONS_KEY_MAX + 72];
	registry_verb_t verb; /* CREATE, REPLACE or MERGE */
	bool is_partial, is_dry, is_checked;
	bool keeps_times; /* of values (registry/bulk.h) */
};
typedef struct registrations registrations_t;

/* Tells at most this many faults. NULL when memory is gone. */
registrations_t *registrations_new(uint32_t faults_max);
void registrations_free(registrations_t *all);
/* Reads a body of JSON lines, or a binary one: u32 count, then records. What is wrong
 * with a record is a fault; ERR_TOO_BIG, ERR_MALFORMED, ERR_NO_MEMORY of the whole. */
MUST_CHECK err_t registrations_read(registrations_t *all, slice_t body, bool is_binary);
/* The name with its prefix, in `w`; false: it is none. */
bool registrations_whole_name(const registrations_t *all, slice_t given, writer_t *w);
/* ERR_EXISTS: it is in an earlier line. ERR_LIMIT, ERR_NO_MEMORY. */
MUST_CHECK err_t registrations_note(registrations_t *all, slice_t name, uint32_t line);
/* Keeps the record as row `of`, or as another name of that row. */
MUST_CHECK err_t registrations_add(registrations_t *all, const handle_record_t *record,
                                   uint32_t line, uint32_t of);
/* A record of a JSON line with its other names, each a record with an HS_ALIAS to it. */
MUST_CHECK err_t registrations_add_all(registrations_t *all, const handle_record_t *record,
                                       const json_tree_t *also, uint32_t line);
/* Looks every name up, and adds what is wrong to the faults. */
MUST_CHECK err_t registrations_check(registrations_t *all, const caller_t *caller,
                                     registry_reader_t *reader);
/* A fault of a record that is then left out. */
void registrations_fault(registrations_t *all, const fault_t *fault, slice_t name);
/* The name in a record. */
slice_t registrations_name(const registrations_t *all, uint32_t row);
/* Frees what an exchange has of it, which may be nothing. */
void registrations_drop(exchange_t *x);
/* Mailbox readers: results of the registry on the query loop, exchanges that are
 * answered on the HTTP loop. */
void registrations_results(void *ctx);
void registrations_answered(void *ctx);
#endif
