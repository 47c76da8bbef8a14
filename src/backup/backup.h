/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BACKUP_BACKUP_H
#define BACKUP_BACKUP_H
/* A whole node's data on another disk, and back.
 *
 * Story: backup_make copies DATA while a node works in it or while none does; the
 * node need not know. It copies
 *   1. the history journal, to an end that was durable or written by then;
 *   2. the sealed segments up to that end. What was recycled from the journal
 *      before step 1 looked is in one of them, since sealing comes before recycling;
 *      if retention took just that one meanwhile, both steps are done again;
 *   3. the tree journal;
 *   4. the main journal: it holds every id that the samples of 1 and 2 use, because
 *      an id is durable before its first sample, and every event that 3 released;
 *   5. the keys (mode 0600: the copy is as secret as the node);
 * reads every copy back as `jizhu verify` does, and only then writes and syncs the
 * manifest (manifest.h). A backup is thus a data folder without views that an
 * offline check accepts; without a manifest it was not finished.
 *
 * backup_check holds every file against the manifest. backup_restore does that
 * first, copies into DATA/restoring, and then moves the folders into place. What was
 * there is moved to DATA/before-<time>, never deleted, and moved back when a later
 * step fails. A power cut in between leaves DATA/restoring, with which a node
 * refuses to start; restoring again is safe.
 *
 * Not copied: views (rebuilt at the next start) and the configuration, which is not
 * in DATA.
 *
 * Threads: set-up time, or a FILES loop of a world without that node's loops.
 *
 * Caveats: the restored journals keep their epochs and go on from the backup's last
 * sequences, so those that the node had given behind them are given again, to other
 * records. No view comes back with them, so none stands behind the end; a restored
 * node says so in its journal at its first start (MSG_NODE_RESTORED, with the last
 * sequence of the backup). Whoever else remembers a later sequence (a client that
 * resumes an event stream, an archive) must take the list from that one on anew.
 * Orders and samples from behind it are gone. Two nodes must not go on from one
 * backup: they would give the same identity to different records. The hashes find
 * damage, not forgery: keep backups where only you write. */
#include "backup/manifest.h"
#include "env/file.h"

typedef struct {
	const char *data, *copy; /* DATA and the backup's folder */
	/* What is being done ("main journal") and how many bytes of it just were; may be
	 * NULL. */
	void (*step)(void *ctx, const char *what, uint64_t bytes);
	void *ctx;
	bool force; /* restore: move what is in DATA aside */
} backup_spec_t;

/* `copy` is made; ERR_EXISTS when there is something in it. ERR_CORRUPT with the
 * place when the data is damaged, ERR_BUSY when it changes faster than it can be
 * copied. End *ret_manifest with manifest_done. */
MUST_CHECK err_t backup_make(env_t *env, const backup_spec_t *spec, manifest_t *ret_manifest,
                             err_detail_t *ret_detail);
/* ERR_CORRUPT with the file's name, ERR_NOT_FOUND when a file or the manifest is
 * missing, ERR_NEWER_FORMAT. `data` is not used. */
MUST_CHECK err_t backup_check(env_t *env, const backup_spec_t *spec, manifest_t *ret_manifest,
                              err_detail_t *ret_detail);

enum { BACKUP_PATH_MAX = 512 };
typedef struct {
	manifest_t manifest;
	char aside[BACKUP_PATH_MAX]; /* where the old folders went; "" when there were none */
} backup_restored_t;
/* As backup_check; ERR_BUSY while a node works in `data`, ERR_EXISTS when it holds
 * data and not `force`. */
MUST_CHECK err_t backup_restore(env_t *env, const backup_spec_t *spec,
                                backup_restored_t *ret_restored, err_detail_t *ret_detail);
/* A restored data folder holds this file until a node has put MSG_NODE_RESTORED into its
 * journal. */
#define BACKUP_RESTORED_NAME "restored"
/* ERR_CONFLICT when a restore of this data folder was not finished; a node asks
 * before it starts. */
MUST_CHECK err_t backup_check_data(env_t *env, const char *data, err_detail_t *ret_detail);
#endif
