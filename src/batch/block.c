/* SPDX-License-Identifier: Apache-2.0 */
/* Batch files of the Handle tools: blocks, each begun by a command, with an empty line
 * behind those that have more than one line. */
#include "base/num.h"
#include "batch/impl.h"

static const err_text_t text_command = {
	{ "%1 is no command", "%1 不是命令" },
	{ "blocks begin with CREATE, DELETE, ADD, MODIFY, REMOVE or AUTHENTICATE and end with an "
	  "empty line",
	  "各段以 CREATE、DELETE、ADD、MODIFY、REMOVE 或 AUTHENTICATE 开头，以空行结束" },
};
static const err_text_t text_undone = {
	{ "%1 is not done from a batch file", "批处理文件中不支持 %1" },
	{ "prefixes are homed by their administrators over the Handle protocol; leave the block "
	  "out",
	  "前缀的归属由其管理员通过 Handle 协议设置；请删去该段" },
};
static const err_text_t text_no_values = {
	{ "there is no value for %1", "%1 没有任何值" },
	{ "write a line for each value below: INDEX TYPE TTL PERMISSIONS FORM DATA",
	  "请在下面逐行写出每个值：序号 类型 TTL 权限 形式 数据" },
};
static const err_text_t text_login = {
	{ "%1 is not an identity with a key", "%1 不是带密钥的身份" },
	{ "write PUBKEY:INDEX:HANDLE or SECKEY:INDEX:HANDLE",
	  "请写为 PUBKEY:序号:标识 或 SECKEY:序号:标识" },
};
static const err_text_t text_removal = {
	{ "%1 does not name values", "%1 没有指明值" },
	{ "write REMOVE INDEX,INDEX:HANDLE", "请写为 REMOVE 序号,序号:标识" },
};

typedef err_t (*begin_t)(batch_t *b, slice_t rest, size_t column, err_detail_t *ret_detail);

static err_t complain(const batch_t *b, const complaint_t *complaint, err_detail_t *ret_detail)
{
	return batch_complain(b, ERR_INVALID, complaint, ret_detail);
}

static err_t begin_values(batch_t *b, batch_verb_t verb, slice_t name, size_t column,
                          err_detail_t *ret_detail)
{
	b->block = BLOCK_OPEN;
	err_t err = batch_name(b, name, column, ret_detail);
	if (err)
		b->block = BLOCK_SKIP;
	else
		batch_begin(b, verb);
	return err;
}

static err_t begin_create(batch_t *b, slice_t rest, size_t column, err_detail_t *ret_detail)
{
	return begin_values(b, BATCH_CREATE, rest, column, ret_detail);
}

static err_t begin_add(batch_t *b, slice_t rest, size_t column, err_detail_t *ret_detail)
{
	return begin_values(b, BATCH_ADD, rest, column, ret_detail);
}

static err_t begin_modify(batch_t *b, slice_t rest, size_t column, err_detail_t *ret_detail)
{
	return begin_values(b, BATCH_MODIFY, rest, column, ret_detail);
}

static err_t begin_delete(batch_t *b, slice_t rest, size_t column, err_detail_t *ret_detail)
{
	err_t err = batch_name(b, rest, column, ret_detail);
	slice_t name = b->item.name;
	b->item = (batch_item_t){ .verb = BATCH_DELETE, .line = b->line, .name = name };
	return err;
}

static err_t begin_remove(batch_t *b, slice_t rest, size_t column, err_detail_t *ret_detail)
{
	slice_t whole = rest, list = slice_cut(&rest, ':');
	size_t at = column + list.len + 1;
	err_t err = batch_name(b, rest, at, ret_detail);
	if (err)
		return err;
	slice_t name = b->item.name;
	b->item = (batch_item_t){ .verb = BATCH_REMOVE, .line = b->line, .name = name };
	b->item.indexes = b->indexes;
	do {
		uint64_t index = 0;
		slice_t word = slice_trim(slice_cut(&list, ','));
		if (num_parse_u64(word, INT32_MAX, &index) || index == 0 ||
		    !batch_index(b, (uint32_t)index))
			return complain(b, &(complaint_t){ &text_removal, column, whole },
			                ret_detail);
	} while (list.len);
	return ERR_OK;
}

static err_t begin_login(batch_t *b, slice_t rest, size_t column, err_detail_t *ret_detail)
{
	slice_t whole = rest, kind = slice_cut(&rest, ':'), identity = rest;
	slice_t index = slice_cut(&rest, ':');
	writer_t w = writer_of(b->identity, sizeof(b->identity));
	uint64_t number = 0;
	bool is_key = slice_eq(kind, SLICE("PUBKEY")) || slice_eq(kind, SLICE("SECKEY"));
	b->block = BLOCK_LOGIN;
	wr_bytes(&w, identity);
	if (!is_key || num_parse_u64(index, INT32_MAX, &number) || rest.len == 0 || w.bad)
		return complain(b, &(complaint_t){ &text_login, column, whole }, ret_detail);
	b->identity_len = w.len;
	return ERR_OK;
}

static const struct {
	const char *word;
	begin_t begin; /* NULL: known, and not done */
	bool is_whole; /* the line is all of it */
} commands[] = {
	{ "CREATE", begin_create, false },
	{ "DELETE", begin_delete, true },
	{ "ADD", begin_add, false },
	{ "MODIFY", begin_modify, false },
	{ "REMOVE", begin_remove, true },
	{ "HOME", NULL, false },
	{ "AUTHENTICATE", begin_login, false },
	{ "UNHOME", NULL, false },
	{ "SESSIONSETUP", NULL, false },
};

static err_t begin(batch_t *b, slice_t line, bool *ret_ready, err_detail_t *ret_detail)
{
	slice_t rest = slice_trim(line), word = slice_cut(&rest, ' ');
	size_t column = word.len + 2;
	rest = slice_trim(rest);
	b->block = BLOCK_NONE;
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (!slice_eq(word, slice_str(commands[i].word)))
			continue;
		if (!commands[i].begin) {
			b->block = BLOCK_SKIP;
			return batch_complain(b, ERR_UNSUPPORTED,
			                      &(complaint_t){ &text_undone, 1, word }, ret_detail);
		}
		err_t err = commands[i].begin(b, rest, column, ret_detail);
		*ret_ready = !err && commands[i].is_whole;
		return err;
	}
	b->block = BLOCK_SKIP;
	return complain(b, &(complaint_t){ &text_command, 1, word }, ret_detail);
}

/* An empty line, or the end of the file. */
static err_t close(batch_t *b, bool *ret_ready, err_detail_t *ret_detail)
{
	block_t block = b->block;
	b->block = BLOCK_NONE;
	if (block != BLOCK_OPEN)
		return ERR_OK;
	if (b->item.index_count == 0)
		return complain(b, &(complaint_t){ &text_no_values, 0, b->item.name }, ret_detail);
	err_t err = batch_finish(b, ret_detail);
	*ret_ready = !err;
	return err;
}

err_t block_line(batch_t *b, slice_t line, bool *ret_ready, err_detail_t *ret_detail)
{
	if (slice_trim(line).len == 0)
		return close(b, ret_ready, ret_detail);
	switch (b->block) {
	case BLOCK_NONE:
		return begin(b, line, ret_ready, ret_detail);
	case BLOCK_OPEN:
		return block_value(b, line, ret_detail);
	case BLOCK_LOGIN:
	case BLOCK_SKIP:
		break;
	}
	return ERR_OK;
}

err_t block_end(batch_t *b, bool *ret_ready, err_detail_t *ret_detail)
{
	return close(b, ret_ready, ret_detail);
}
