/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BACKUP_MANIFEST_H
#define BACKUP_MANIFEST_H
/* What a backup says of itself: a text file written last, so that a backup without
 * one was never finished.
 *
 *   jizhu-backup 2                         format name and version
 *   node NAME
 *   made 2026-11-25T03:30:00.123Z
 *   main EPOCH FIRST LAST                  epoch in hexadecimal, sequences
 *   history EPOCH FIRST LAST
 *   tree EPOCH FIRST LAST                  not in version 1; epoch 0: there is none
 *   file SHA-256 BYTES FOLDER/NAME         one a file, in order of their paths
 *   end SHA-256                            of every byte above
 *
 * Pure functions but for the memory of the list of files. */
#include "base/text.h"
#include "env/crypto.h"
#include "journal/journal.h"

#define MANIFEST_NAME "jizhu-backup.txt"

enum {
	MANIFEST_VERSION = 2,
	MANIFEST_NODE_MAX = 128,
	MANIFEST_PATH_MAX = 128,
	MANIFEST_FILES_MAX = 100000,
	MANIFEST_BYTES_MAX = 32 << 20,
};

typedef struct {
	char path[MANIFEST_PATH_MAX]; /* FOLDER/NAME, of the folders a backup has */
	uint64_t bytes;
	uint8_t sha256[SHA256_BYTES];
} manifest_file_t;

typedef struct {
	char node[MANIFEST_NODE_MAX]; /* "" when the journal never said */
	int64_t made_ns;
	journal_extent_t main, history, tree;
	manifest_file_t *files; /* owned */
	size_t count, cap;
} manifest_t;

/* ERR_LIMIT past MANIFEST_FILES_MAX, ERR_NO_MEMORY. */
MUST_CHECK err_t manifest_add(manifest_t *manifest, const manifest_file_t *file);
/* Sets out->bad when memory is gone. */
void manifest_encode(const manifest_t *manifest, text_t *out);
/* ERR_CORRUPT for a byte that was altered, ERR_NEWER_FORMAT; on failure nothing is
 * to be freed. */
MUST_CHECK err_t manifest_decode(slice_t text, manifest_t *ret_manifest);
void manifest_done(manifest_t *manifest);
/* The folders of a data folder that a backup has, in the order they are put back. */
const char *const *manifest_folders(size_t *ret_count);
#endif
