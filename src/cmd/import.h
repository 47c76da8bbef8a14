/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_IMPORT_H
#define CMD_IMPORT_H
/* An import under way: items of a file (batch/batch.h) go to the running node in
 * transactions of many names.
 *
 * Story: import.c reads lines and makes items; import_take gathers what registers a name
 * and does everything else at once; import_flush sends what is gathered.
 *
 * A transaction's key is the hash of its number and bytes, so an interrupted import that
 * is run again repeats keys, and the node changes nothing twice. */
#include "batch/batch.h"
#include "cmd/door.h"
#include "env/file.h"
#include "env/json_read.h"

enum { CHUNK_ROWS_MAX = 10000, CHUNK_BYTES = 4 << 20, CHUNK_BYTES_MAX = 6 << 20 };

typedef struct {
	uint64_t created, unchanged, changed, removed, refused;
	uint64_t homed; /* prefixes that live at the node from now on */
} import_counts_t;

/* A record that is not to be active. */
typedef struct {
	uint64_t line;
	char name[2049], state[8];
} import_state_t;

enum { STATES_MAX = 1000 };

typedef struct {
	const door_t *door;
	const char *file, *prefix;
	const char *mode; /* of the transactions; NULL: create */
	bool is_dry, keeps_going;
	bool keeps_times;   /* of values: they are of the time that the file says */
	bool is_lost;       /* the node failed, not a record: nothing goes on */
	env_file_t *report; /* NULL: standard error */
	uint64_t report_len;
	text_t chunk;
	uint64_t lines[CHUNK_ROWS_MAX]; /* of the file */
	size_t rows;
	uint64_t number; /* of transactions */
	import_counts_t counts;
	import_state_t states[STATES_MAX];
	size_t state_count;
} import_t;

MUST_CHECK err_t import_take(import_t *import, const batch_item_t *item, err_detail_t *ret_detail);
MUST_CHECK err_t import_flush(import_t *import, err_detail_t *ret_detail);
/* Notes what is refused and goes on, when the import keeps going; else `err`. */
MUST_CHECK err_t import_refused(import_t *import, err_t err, const err_detail_t *detail);
#endif
