/* SPDX-License-Identifier: Apache-2.0 */
/* A parcel that is read is a map of its file, checked as a whole first; one that is written
 * is a file of another name until it is whole and synced. */
#include "uplink/parcel.h"

#include <stdlib.h>

#include "env/file.h"
#include "uplink/seal.h"
#include "uplink/speech.h"

enum { PATH_ROOM = 4096, END_ROOM = 256 };

/* ---- reading */

typedef struct {
	env_map_t *map;
	uplink_parcel_head_t head;
	uint8_t hash[UPLINK_HASH_BYTES];
} opened_t;

static err_t err_of(codec_t read)
{
	return read == CODEC_UNSUPPORTED ? ERR_NEWER_FORMAT : ERR_MALFORMED;
}

/* To the END; its frame and how many bytes stand before it. */
static err_t walk(slice_t file, uplink_parcel_head_t *ret_head, uplink_end_t *ret_end,
                  size_t *ret_covered)
{
	uplink_parcel_t parcel = { 0 };
	uplink_frame_t frame;
	size_t at = 0, used = 0;
	while (!parcel.has_ended) {
		codec_t read = uplink_parcel_next(&parcel, slice_from(file, at), &frame, &used);
		if (read != CODEC_OK)
			return err_of(read);
		if (frame.kind == UPLINK_KIND_PARCEL)
			*ret_head = frame.parcel;
		*ret_covered = at;
		at += used;
	}
	*ret_end = frame.end;
	return at == file.len ? ERR_OK : ERR_MALFORMED;
}

typedef struct {
	uint8_t kind;
	slice_t node, peer;
	seal_signer_t *signer; /* of `node` */
} expected_t;

static err_t check(slice_t file, const expected_t *want, opened_t *opened)
{
	uplink_end_t end;
	size_t covered = 0;
	err_t err = walk(file, &opened->head, &end, &covered);
	if (err)
		return err;
	seal_hash(UPLINK_TAG_PARCEL, slice_sub(file, 0, covered), opened->hash);
	if (opened->head.kind != want->kind || !slice_eq(opened->head.node, want->node) ||
	    !slice_eq(opened->head.peer, want->peer))
		return ERR_CONFLICT;
	if (memcmp(opened->hash, end.hash, sizeof(end.hash)) != 0)
		return ERR_DENIED;
	return seal_check_node(want->signer, want->node, opened->hash,
	                       slice_of(end.signature, sizeof(end.signature)));
}

static void close_parcel(opened_t *opened)
{
	if (opened->map)
		env_map_close(opened->map);
	opened->map = NULL;
}

static err_t open_parcel(env_t *env, const char *path, const expected_t *want, opened_t *ret_opened)
{
	opened_t opened = { 0 };
	err_t err = env_map_open(env, path, &opened.map);
	if (!err && env_map_bytes(opened.map).len > PARCEL_MAX)
		err = ERR_TOO_BIG;
	if (!err)
		err = check(env_map_bytes(opened.map), want, &opened);
	if (err)
		close_parcel(&opened);
	else
		*ret_opened = opened;
	return err;
}

/* ---- writing */

typedef struct {
	env_t *env;
	const env_pkey_t *key;
	const char *path;
	char unfinished[PATH_ROOM];
	env_file_t *file;
	uint64_t at, count;
	uint8_t *frame, *scratch; /* SPEECH_FRAME_ROOM bytes each */
} draft_t;

static void draft_done(draft_t *d)
{
	if (d->file) {
		env_file_close(d->file);
		(void)!env_path_remove(d->env, d->unfinished); /* gone when it was finished */
	}
	free(d->frame);
	free(d->scratch);
}

static err_t draft_add(draft_t *d, slice_t bytes)
{
	err_t err = env_file_write(d->file, d->at, bytes);
	if (!err)
		d->at += bytes.len;
	return err;
}

static err_t draft_say(draft_t *d, const uplink_frame_t *frame)
{
	writer_t w = writer_of(d->frame, SPEECH_FRAME_ROOM);
	uplink_frame_put(frame, &w);
	d->count++;
	return w.bad ? ERR_TOO_BIG : draft_add(d, writer_done(&w));
}

static err_t draft_begin(draft_t *d, const uplink_parcel_head_t *head)
{
	uint8_t magic[UPLINK_PARCEL_HEAD_BYTES];
	writer_t w = writer_of(magic, sizeof(magic));
	writer_t name = writer_of(d->unfinished, sizeof(d->unfinished));
	uplink_frame_t frame = { .kind = UPLINK_KIND_PARCEL, .parcel = *head };
	d->frame = malloc(SPEECH_FRAME_ROOM);
	d->scratch = malloc(SPEECH_FRAME_ROOM);
	wr_format(&name, "%s.unfinished", d->path);
	if (!d->frame || !d->scratch)
		return ERR_NO_MEMORY;
	if (name.bad)
		return ERR_TOO_BIG;
	uplink_parcel_begin(&w);
	frame.parcel.made_ns = env_utc(d->env).ns;
	err_t err = env_file_open(d->env, d->unfinished, ENV_OPEN_CREATE, &d->file);
	if (!err)
		err = draft_add(d, writer_done(&w));
	if (!err)
		err = draft_say(d, &frame);
	d->count = 0; /* of the frames behind the head */
	return err;
}

static err_t hash_file(draft_t *d, uint8_t ret_hash[UPLINK_HASH_BYTES])
{
	env_map_t *map = NULL;
	err_t err = env_map_open(d->env, d->unfinished, &map);
	if (!err)
		seal_hash(UPLINK_TAG_PARCEL, env_map_bytes(map), ret_hash);
	env_map_close(map);
	return err;
}

static err_t sync_folder(env_t *env, const char *path)
{
	char folder[PATH_ROOM];
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;
	if (len >= sizeof(folder))
		return ERR_TOO_BIG;
	memcpy(folder, path, len);
	folder[len] = 0;
	return env_dir_sync(env, !slash ? "." : len ? folder : "/");
}

static err_t draft_finish(draft_t *d)
{
	uplink_frame_t frame = { .kind = UPLINK_KIND_END };
	writer_t signature = writer_of(frame.end.signature, sizeof(frame.end.signature));
	frame.end.count = d->count;
	err_t err = hash_file(d, frame.end.hash);
	if (!err)
		err = seal_sign(d->key, frame.end.hash, &signature);
	if (!err)
		err = draft_say(d, &frame);
	if (!err)
		err = env_file_sync(d->file);
	if (!err)
		err = env_path_rename(d->env, d->unfinished, d->path);
	return err ? err : sync_folder(d->env, d->path);
}

/* ---- the child's side */

typedef struct {
	uplink_held_t held[UPLINK_STREAM_COUNT];
} known_t;

/* What an answer says of a stream, the last word of it. */
static void note_held(known_t *known, const uplink_frame_t *frame)
{
	const uplink_held_t *held = frame->kind == UPLINK_KIND_RECEIPT   ? &frame->receipt.held
	                            : frame->kind == UPLINK_KIND_REFUSAL ? &frame->refusal.held
	                                                                 : NULL;
	if (held && held->stream < UPLINK_STREAM_COUNT)
		known->held[held->stream] = *held;
}

static err_t read_answer(const parcel_export_t *what, known_t *known)
{
	opened_t opened;
	expected_t want = { UPLINK_PARCEL_RETURN, what->parent, outbox_node(what->outbox),
		            what->parent_signer };
	err_t err = open_parcel(what->env, what->answer, &want, &opened);
	if (err)
		return err;
	uplink_parcel_t parcel = { 0 };
	uplink_frame_t frame;
	size_t at = 0, used = 0;
	slice_t file = env_map_bytes(opened.map);
	while (!parcel.has_ended &&
	       uplink_parcel_next(&parcel, slice_from(file, at), &frame, &used) == CODEC_OK) {
		note_held(known, &frame);
		at += used;
	}
	close_parcel(&opened);
	return ERR_OK;
}

static err_t export_stream(const parcel_export_t *what, draft_t *d, const uplink_held_t *from,
                           parcel_tally_t *tally)
{
	uplink_held_t held = *from;
	outbox_batch_t batch;
	uplink_stream_t stream = (uplink_stream_t)from->stream;
	err_t err = outbox_check(what->outbox, what->parent, stream, from);
	if (!err)
		outbox_set_receipted(what->outbox, what->parent, from);
	while (!err && d->at < PARCEL_MAX - 2 * SPEECH_FRAME_ROOM) {
		err = outbox_next(what->outbox, what->parent, stream, &held, &batch);
		if (err)
			break;
		writer_t w = writer_of(d->frame, SPEECH_FRAME_ROOM);
		speech_pack(batch.bytes, UPLINK_FLAG_ZSTD, d->scratch, &w);
		err = draft_add(d, writer_done(&w));
		held = batch.upto;
		d->count++;
		tally->batches++;
		tally->items += batch.count;
	}
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* Urgent streams stand first, as they do on a line. */
static err_t export_streams(const parcel_export_t *what, draft_t *d, const known_t *known,
                            parcel_tally_t *tally)
{
	err_t err = ERR_OK;
	for (unsigned pass = 0; pass < 2; pass++)
		for (unsigned i = 0; !err && i < UPLINK_STREAM_COUNT; i++)
			if (uplink_stream_is_urgent((uplink_stream_t)i) == (pass == 0))
				err = export_stream(what, d, &known->held[i], tally);
	return err;
}

err_t parcel_export(const parcel_export_t *what, parcel_tally_t *ret_tally)
{
	known_t known = { 0 };
	parcel_tally_t tally = { 0 };
	draft_t d = { .env = what->env, .key = what->key, .path = what->path };
	uplink_parcel_head_t head = { .kind = UPLINK_PARCEL_OUT,
		                      .node = outbox_node(what->outbox),
		                      .peer = what->parent };
	for (unsigned i = 0; i < UPLINK_STREAM_COUNT; i++)
		known.held[i].stream = (uint8_t)i;
	err_t err = what->answer ? read_answer(what, &known) : ERR_OK;
	if (!err)
		err = draft_begin(&d, &head);
	if (!err)
		err = export_streams(what, &d, &known, &tally);
	if (!err)
		err = tally.batches ? draft_finish(&d) : ERR_NOT_FOUND;
	draft_done(&d);
	if (!err)
		*ret_tally = tally;
	return err;
}

/* ---- the parent's side */

static void tally_refusal(parcel_tally_t *tally, const inbox_child_t *child,
                          const inbox_answer_t *answer)
{
	uplink_refusal_t refusal = { .reason = (uint8_t)answer->reason,
		                     .held.stream = answer->upto.stream };
	const inbox_stream_t *s = answer->upto.stream < UPLINK_STREAM_COUNT
	                                  ? inbox_stream(child,
	                                                 (uplink_stream_t)answer->upto.stream)
	                                  : NULL;
	if (answer->upto.stream != UPLINK_SESSION)
		refusal.sequence = answer->first;
	if (s)
		refusal.held = s->durable;
	if (tally->refused < PARCEL_REFUSALS_MAX)
		tally->refusals[tally->refused] = refusal;
	tally->refused++;
}

static err_t import_batch(const parcel_import_t *what, inbox_child_t *child,
                          const uplink_batch_frame_t *frame, uint8_t *scratch,
                          parcel_tally_t *tally)
{
	slice_t bytes;
	inbox_answer_t answer;
	err_t err = speech_unpack(frame, scratch, &bytes);
	if (!err)
		err = inbox_offer(what->inbox, child, what->signer, bytes, &answer);
	if (err)
		return err;
	tally->batches++;
	tally->items += answer.count;
	tally->taken += answer.verdict == INBOX_TAKEN;
	tally->duplicates += answer.verdict == INBOX_DUPLICATE;
	if (answer.verdict == INBOX_REFUSED)
		tally_refusal(tally, child, &answer);
	return ERR_OK;
}

static err_t import_frames(const parcel_import_t *what, slice_t file, parcel_tally_t *tally)
{
	inbox_child_t *child = NULL;
	uplink_parcel_t parcel = { 0 };
	uplink_frame_t frame;
	size_t at = 0, used = 0;
	uint8_t *scratch = malloc(UPLINK_BATCH_MAX);
	err_t err = scratch ? inbox_child(what->inbox, what->child, &child) : ERR_NO_MEMORY;
	while (!err && !parcel.has_ended) {
		codec_t read = uplink_parcel_next(&parcel, slice_from(file, at), &frame, &used);
		if (read != CODEC_OK)
			err = err_of(read);
		else if (frame.kind == UPLINK_KIND_BATCH)
			err = import_batch(what, child, &frame.batch, scratch, tally);
		at += used;
	}
	free(scratch);
	return err;
}

static expected_t expected_of(const parcel_import_t *what)
{
	return (expected_t){ UPLINK_PARCEL_OUT, what->child, what->node, what->signer };
}

err_t parcel_import(const parcel_import_t *what, parcel_tally_t *ret_tally)
{
	opened_t opened;
	parcel_tally_t tally = { 0 };
	expected_t want = expected_of(what);
	err_t err = open_parcel(what->env, what->path, &want, &opened);
	if (err)
		return err;
	err = import_frames(what, env_map_bytes(opened.map), &tally);
	close_parcel(&opened);
	*ret_tally = tally;
	return err;
}

static err_t answer_stream(draft_t *d, const inbox_stream_t *stream)
{
	uplink_frame_t frame = { .kind = UPLINK_KIND_RECEIPT };
	if (!stream || !stream->durable.sequence)
		return ERR_OK;
	frame.receipt.held = stream->durable;
	return draft_say(d, &frame);
}

static err_t answer_streams(draft_t *d, const inbox_child_t *child)
{
	err_t err = ERR_OK;
	for (unsigned i = 0; !err && i < UPLINK_STREAM_COUNT; i++)
		err = answer_stream(d, inbox_stream(child, (uplink_stream_t)i));
	return err;
}

static err_t answer_refusals(draft_t *d, const parcel_tally_t *tally)
{
	err_t err = ERR_OK;
	for (uint64_t i = 0; !err && i < tally->refused && i < PARCEL_REFUSALS_MAX; i++) {
		uplink_frame_t frame = { .kind = UPLINK_KIND_REFUSAL };
		frame.refusal = tally->refusals[i];
		err = draft_say(d, &frame);
	}
	return err;
}

err_t parcel_answer(const parcel_import_t *what, const parcel_tally_t *tally, const char *path)
{
	opened_t opened;
	inbox_child_t *child = NULL;
	expected_t want = expected_of(what);
	draft_t d = { .env = what->env, .key = what->key, .path = path };
	err_t err = open_parcel(what->env, what->path, &want, &opened);
	if (err)
		return err;
	uplink_parcel_head_t head = { .kind = UPLINK_PARCEL_RETURN,
		                      .node = what->node,
		                      .peer = what->child };
	memcpy(head.answers, opened.hash, sizeof(head.answers));
	close_parcel(&opened);
	err = inbox_child(what->inbox, what->child, &child);
	if (!err)
		err = draft_begin(&d, &head);
	if (!err)
		err = answer_refusals(&d, tally);
	if (!err)
		err = answer_streams(&d, child);
	if (!err)
		err = draft_finish(&d);
	draft_done(&d);
	return err;
}
