/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_NOTES_H
#define NODE_NOTES_H
/* What a node enters into its own journal about its life: that it started or stopped,
 * what a crash had left, which views it built again, that it goes on from a backup. */
#include "config/config.h"
#include "journal/journal.h"
#include "model/event.h"

typedef struct {
	env_t *env;
	journal_t *journal; /* main */
	const config_t *config;
	uint64_t last_seq; /* the journal's end when it was opened */
} notes_t;

/* Any thread. A journal that takes no more is told by /readyz. */
void notes_life(const notes_t *notes, message_t message);
void notes_recovery(const notes_t *notes, const char *name, const journal_recovery_t *found);
void notes_rebuilt(const notes_t *notes, const char *name, bool rebuilt);
/* MSG_CAPTURE_STARTED with its source, MSG_CAPTURE_ENDED with the reason. */
void notes_capture(env_t *env, journal_t *journal, message_t message, const char *text);
/* Set-up time: once, after a restore (backup/backup.h). */
MUST_CHECK err_t notes_restored(const notes_t *notes);
#endif
