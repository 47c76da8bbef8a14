/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/gs1/gs1.h"
#include "env/posix/posix.h"

/* jizhu COMMAND [OPTION ...]: finds the row and runs it. */

static const command_t commands[] = {
	{ "run", "run a node", "[--config jizhu.yaml]", cmd_run },
	{ "check", "check a configuration and say what is wrong with it", "[FILE]", cmd_check },
	{ "demo", "run a node, a simulated plant and its operator together",
	  "[--for 60s] [--attack]", cmd_demo },
	{ "judge", "compare a demo's incidents with its ground truth", "FOLDER", cmd_judge },
	{ "sim", "run the simulated plant alone", "[--config-out FILE]", cmd_sim },
	{ "pcap", "analyse a capture file", "FILE [--json]", cmd_pcap },
	{ "capture", "write a live capture of one interface to standard output", "IFACE",
	  cmd_capture },
	{ "resolve", "resolve an identifier and show the way to it",
	  "NAME (--server IP:PORT | --roots FILE | --config FILE) [--type T] [--index N] "
	  "[--verify] [--json]",
	  cmd_resolve },
	{ "decode", "say what a barcode, code or Digital Link holds",
	  "TEXT [--scheme ID] [--json | --compress]", cmd_decode },
	{ "code", "make codes of batteries to be imported",
	  "issue --maker X12 --product P --battery B --spec A1 --trace 0000001 --date D [--count "
	  "N]",
	  cmd_code },
	{ "office", "applications for prefixes and the decisions on them",
	  "list|show|approve|refuse|... [--json]", cmd_office },
	{ "indicator", "show and check definitions of indicators, factors and published figures",
	  "list|show ID|factors|published [--config FILE] [--json] | check FILE ...",
	  cmd_indicator },
	{ "figure", "figures that a node and its children have issued",
	  "list [--definition ID] [--latest] [--json] | show ID [--json]", cmd_figure },
	{ "identity", "key pairs of the Handle system, and what is signed with them",
	  "new|show FILE [--kind rsa|sm2] | sign NAME ... | certify INDEX:HANDLE ...",
	  cmd_identity },
	{ "verify", "check every checksum of a data folder, or simulate power cuts",
	  "FOLDER | --crash N", cmd_verify },
	{ "salvage", "save what can be read of a damaged history", "FOLDER INTO [--json]",
	  cmd_salvage },
	{ "answer", "write an answer that proves itself",
	  "NAME [--node URL] [--out FILE] [--compact]", cmd_answer },
	{ "verify-answer", "check an answer that proves itself, without network",
	  "FILE [--key FILE]", cmd_verify_answer },
	{ "prove", "write or check evidence of a sample or an aggregate",
	  "POINT TIME [--aggregate] [--withhold] [--out FILE] | --check FILE [--key FILE]",
	  cmd_prove },
	{ "release", "show what may leave the node, and what has left",
	  "show [--config FILE] | log DATA [--parent ID] [--json]", cmd_release },
	{ "user", "list and change users and their API tokens",
	  "list | add NAME --role ROLE | set NAME ... | remove NAME | token ...", cmd_user },
	{ "member", "nodes that join this one as their parent",
	  "list | invite NODE [--for 7d] | revoke NODE [--reason TEXT]", cmd_member },
	{ "enrol", "join a parent with a one-time code",
	  "--parent ADDRESS (--code CODE | --renew) [--name NAME]", cmd_enrol },
	{ "register", "register an identifier", "NAME --url URL [TYPE=VALUE ...]", cmd_register },
	{ "handle", "show, retire, delete or restore an identifier",
	  "show|activate|retire|delete|restore NAME [--yes]", cmd_handle },
	{ "history", "every change of an identifier", "NAME [--json]", cmd_history },
	{ "find", "find identifiers by what their records say", "WORDS [--prefix P] [--json]",
	  cmd_find },
	{ "query", "ask the history of points",
	  "POINT ... [--aggregate A,B] [--from T] [--to T] [--step S] [--json | --csv | "
	  "--parquet FILE]",
	  cmd_query },
	{ "edit", "change the history of a point by hand, or undo that",
	  "POINT list | replace|insert TIME=VALUE ... | delete|annotate --from T --to T | undo ID "
	  "...",
	  cmd_edit },
	{ "sql", "ask the history in SQL", "STATEMENT|- [--limit 10000] [--offline DATA] [--json]",
	  cmd_sql },
	{ "import", "register the identifiers of a file",
	  "FILE|- [--format jsonl|csv|batch|dump] [--prefix P] [--dry-run] [--keep-going]",
	  cmd_import },
	{ "import-history", "write the samples of a table into the history",
	  "FILE|- [--format wide|narrow|pi|aveva] [--zone ZONE] [--dry-run] [--keep-going]",
	  cmd_import_history },
	{ "export", "write the identifiers of a prefix",
	  "[PREFIX] [--format jsonl|batch] [--at TIME] [--with-history] [--out FILE]", cmd_export },
	{ "backup", "copy a node's data folder while the node works", "DATA DEST [--json]",
	  cmd_backup },
	{ "restore", "check a backup and put it back as a data folder",
	  "BACKUP DATA [--force] [--json]", cmd_restore },
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(*commands) };

lang_t cmd_lang(void)
{
	const char *lang = getenv("LC_ALL");
	if (!lang || !*lang)
		lang = getenv("LANG");
	return slice_starts(slice_str(lang), SLICE("zh")) ? LANG_ZH : LANG_EN;
}

int cmd_fail(const err_detail_t *detail)
{
	char text[1024];
	fprintf(stderr, "jizhu: %s\n", err_render(detail, cmd_lang(), text, sizeof(text)));
	return err_info(detail->err)->exit_code;
}

int cmd_fail_plain(err_t err, const char *where)
{
	err_detail_t detail;
	(void)!err_raise(&detail, err, NULL, where, (char *)NULL);
	return cmd_fail(&detail);
}

err_t cmd_world(env_t **ret_env)
{
	posix_spec_t spec = { .program = "/proc/self/exe" };
	return posix_env_open(&spec, ret_env);
}

static int print_usage(FILE *out, int code)
{
	fprintf(out, "usage: jizhu COMMAND [OPTION ...]\n\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-14s %s\n", commands[i].name, commands[i].summary);
	fprintf(out, "\njizhu COMMAND --help says more. jizhu --version.\n");
	return code;
}

static bool is_help(const char *word)
{
	return slice_eq(slice_str(word), SLICE("--help")) || slice_eq(slice_str(word), SLICE("-h"));
}

static bool asks_help(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (is_help(argv[i]))
			return true;
	return false;
}

int cmd_options(const option_t *rows, int argc, char **argv, int *ret_count)
{
	err_detail_t detail;
	if (asks_help(argc, argv)) {
		options_help(rows);
		return 0;
	}
	return options_parse(rows, argc, argv, ret_count, &detail) ? cmd_fail(&detail) : -1;
}

static int run_command(const command_t *command, int argc, char **argv)
{
	if (asks_help(argc, argv))
		printf("usage: jizhu %s %s\n%s\n", command->name, command->usage, command->summary);
	return command->run(argc, argv);
}

/* What is compiled in and follows somebody else's list. */
static int print_version(const char *word)
{
	bool good = printf("jizhu %s\n", JIZHU_VERSION) >= 0;
	if (good && slice_eq(slice_str(word), SLICE("--verbose")))
		good = printf("GS1 Barcode Syntax Dictionary: %s\n", GS1_RELEASE) >= 0;
	return good ? 0 : err_info(ERR_IO)->exit_code;
}

int main(int argc, char **argv)
{
	slice_t name = slice_str(argc > 1 ? argv[1] : NULL);
	if (slice_eq(name, SLICE("--version")))
		return print_version(argc > 2 ? argv[2] : NULL);
	if (argc > 1 && is_help(argv[1]))
		return print_usage(stdout, 0);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (slice_eq(name, slice_str(commands[i].name)))
			return run_command(&commands[i], argc - 2, argv + 2);
	return print_usage(stderr, 64);
}
