/* SPDX-License-Identifier: Apache-2.0 */
#include "node/notes.h"

#include "backup/backup.h"
#include "env/file.h"
#include "journal/event_log.h"

enum { PATH_BYTES = 512 };

/* A journal that takes no more already shows on /readyz. */
static void enter(journal_t *journal, event_t *event)
{
	(void)!event_append(journal, event);
}

void notes_life(const notes_t *notes, message_t message)
{
	event_t event = event_make(message, (node_time_t){ env_utc(notes->env).ns });
	event_arg(&event, ARG_NAME, value_text(slice_str(notes->config->node.name)));
	event_arg(&event, ARG_VERSION, value_text(slice_str(JIZHU_VERSION)));
	enter(notes->journal, &event);
}

void notes_recovery(const notes_t *notes, const char *name, const journal_recovery_t *found)
{
	if (found->cut_bytes == 0)
		return;
	event_t event = event_make(MSG_JOURNAL_TAIL_CUT, (node_time_t){ env_utc(notes->env).ns });
	event_arg(&event, ARG_NAME, value_text(slice_str(name)));
	event_arg(&event, ARG_BYTES, value_u64(found->cut_bytes));
	event_arg(&event, ARG_SEQUENCE, value_u64(found->last_seq));
	enter(notes->journal, &event);
}

err_t notes_restored(const notes_t *notes)
{
	char path[PATH_BYTES];
	env_file_t *mark = NULL;
	err_t err = env_path_join(notes->config->data_dir, BACKUP_RESTORED_NAME, path,
	                          sizeof(path));
	if (!err)
		err = env_file_open(notes->env, path, ENV_OPEN_READ, &mark);
	env_file_close(mark);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	event_t event = event_make(MSG_NODE_RESTORED, (node_time_t){ env_utc(notes->env).ns });
	event_arg(&event, ARG_NAME, value_text(slice_str(notes->config->node.name)));
	event_arg(&event, ARG_SEQUENCE, value_u64(notes->last_seq));
	err = event_append(notes->journal, &event);
	if (!err)
		err = journal_flush(notes->journal);
	return err ? err : env_path_remove(notes->env, path);
}

void notes_rebuilt(const notes_t *notes, const char *name, bool rebuilt)
{
	if (!rebuilt || notes->last_seq == 0)
		return;
	event_t event = event_make(MSG_VIEW_REBUILT, (node_time_t){ env_utc(notes->env).ns });
	event_arg(&event, ARG_NAME, value_text(slice_str(name)));
	enter(notes->journal, &event);
}

void notes_capture(env_t *env, journal_t *journal, message_t message, const char *text)
{
	event_t event = event_make(message, (node_time_t){ env_utc(env).ns });
	event_arg(&event, message == MSG_CAPTURE_ENDED ? ARG_REASON : ARG_NAME,
	          value_text(slice_str(text)));
	enter(journal, &event);
}
