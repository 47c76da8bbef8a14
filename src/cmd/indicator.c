/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/num.h"
#include "cmd/cmd.h"
#include "cmd/json_print.h"
#include "env/posix/posix.h"
#include "insight/packs.h"

/* jizhu indicator: the definitions that figures are made by, with the factors and published
 * figures beside them, without a node. */

enum { JSON_MAX = 8 << 20 };

typedef struct {
	env_t *env;
	const char *config;
	bool json;
	const packs_t *packs;
} asked_t;

static void print(slice_t text)
{
	printf("%.*s", (int)text.len, (const char *)text.ptr);
}

static slice_t in_words(const slice_t texts[LANG_COUNT])
{
	return texts[cmd_lang()];
}

static void put_both(json_t *j, const char *key, const slice_t texts[LANG_COUNT])
{
	json_key(j, key);
	json_object(j);
	json_put_str(j, "en", texts[LANG_EN]);
	json_put_str(j, "zh", texts[LANG_ZH]);
	json_close(j);
}

/* One line of a definition, and what stands in each object. */

static void print_line(const definition_t *d)
{
	printf("%-40s %3u  %-12s ", (const char *)d->id.ptr, d->version,
	       (const char *)d->unit_text.ptr);
	print(in_words(d->name));
	printf("\n");
}

static void put_head(json_t *j, const definition_t *d)
{
	json_put_str(j, "id", d->id);
	json_put_u64(j, "version", d->version);
	put_both(j, "name", d->name);
	json_put_str(j, "unit", d->unit_text);
	json_key(j, "scopes");
	json_array(j);
	for (size_t i = 0; i < d->scope_count; i++)
		json_str(j, d->scopes[i].id);
	json_close(j);
	json_key(j, "periods");
	json_array(j);
	for (size_t i = 0; i < PERIOD_COUNT; i++)
		if (definition_has_period(d, (period_t)i))
			json_str(j, slice_str(period_word((period_t)i)));
	json_close(j);
	json_put_bool(j, "declared", d->is_declared);
}

/* All of a definition in words. */

static void print_names(const char *head, const definition_name_t *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const definition_name_t *n = &names[i];
		char number[32];
		printf("%-10s %s [%s]", head, (const char *)n->name.ptr,
		       (const char *)n->unit_text.ptr);
		if (n->source != SOURCE_NONE)
			printf(" from %s", definition_source_word(n->source));
		if (n->is_optional)
			printf(" optional");
		if (n->has_number)
			printf(" = %s", num_format_f64(n->number, number));
		if (n->factor.is_there) {
			printf(" = factor ");
			print(n->factor.substance);
			printf(" %d ", n->factor.year);
			print(n->factor.scope);
			printf(" ");
			print(n->factor.region);
		}
		printf("\n");
	}
}

static void print_parts(const definition_t *d)
{
	for (size_t i = 0; i < d->part_count; i++) {
		const definition_part_t *p = &d->parts[i];
		printf("%-10s %s [%s] ", "part", (const char *)p->name.ptr,
		       (const char *)p->unit_text.ptr);
		if (p->formula)
			printf("= %s\n", (const char *)p->formula_text.ptr);
		else if (d->is_declared)
			printf("declared\n");
		else
			printf("%s of %s\n", part_kind_name(p->kind),
			       (const char *)d->inputs[p->input].name.ptr);
	}
}

static void print_mark(const char *head, const definition_mark_t *mark)
{
	char number[32];
	if (!mark->is_there)
		return;
	printf("%-10s %s ", head, num_format_f64(mark->value, number));
	print(mark->date);
	printf(" (");
	print(mark->source);
	printf(")\n");
}

static void print_all(const definition_t *d)
{
	printf("%s version %u\n", (const char *)d->id.ptr, d->version);
	printf("%-10s ", "name");
	print(in_words(d->name));
	printf("\n%-10s %s\n%-10s", "unit", (const char *)d->unit_text.ptr, "periods");
	for (size_t i = 0; i < PERIOD_COUNT; i++)
		if (definition_has_period(d, (period_t)i))
			printf(" %s", period_word((period_t)i));
	printf("\n");
	for (size_t i = 0; i < d->scope_count; i++) {
		printf("%-10s %s  ", "scope", (const char *)d->scopes[i].id.ptr);
		print(in_words(d->scopes[i].name));
		printf("\n");
	}
	print_names("input", d->inputs, d->input_count);
	print_names("parameter", d->parameters, d->parameter_count);
	print_parts(d);
	printf("%-10s = %s\n", "value", (const char *)d->value_text.ptr);
	print_mark("base", &d->base);
	print_mark("target", &d->target);
	printf("%-10s ", "source");
	print(d->source);
	printf("\n");
	if (in_words(d->note).len)
		printf("\n%s\n", (const char *)in_words(d->note).ptr);
}

/* All of a definition in JSON. */

static void put_wanted(json_t *j, const definition_name_t *n)
{
	json_object(j);
	json_put_str(j, "substance", n->factor.substance);
	json_put_i64(j, "year", n->factor.year);
	json_put_str(j, "scope", n->factor.scope);
	json_put_str(j, "region", n->factor.region);
	json_close(j);
}

static void put_name(json_t *j, const definition_name_t *n)
{
	json_object(j);
	json_put_str(j, "name", n->name);
	json_put_str(j, "unit", n->unit_text);
	if (n->source != SOURCE_NONE)
		json_put_cstr(j, "from", definition_source_word(n->source));
	if (n->is_optional)
		json_put_bool(j, "optional", true);
	if (n->has_number)
		json_put_f64(j, "number", n->number);
	if (n->factor.is_there) {
		json_key(j, "factor");
		put_wanted(j, n);
	}
	json_close(j);
}

static void put_names(json_t *j, const char *key, const definition_name_t *names, size_t count)
{
	json_key(j, key);
	json_array(j);
	for (size_t i = 0; i < count; i++)
		put_name(j, &names[i]);
	json_close(j);
}

static void put_parts(json_t *j, const definition_t *d)
{
	json_key(j, "parts");
	json_array(j);
	for (size_t i = 0; i < d->part_count; i++) {
		const definition_part_t *p = &d->parts[i];
		json_object(j);
		json_put_str(j, "name", p->name);
		json_put_cstr(j, "kind", part_kind_name(p->kind));
		json_put_str(j, "unit", p->unit_text);
		if (p->formula)
			json_put_str(j, "sum", p->formula_text);
		else if (!d->is_declared)
			json_put_str(j, "of", d->inputs[p->input].name);
		json_close(j);
	}
	json_close(j);
}

static void put_mark(json_t *j, const char *key, const definition_mark_t *mark)
{
	if (!mark->is_there)
		return;
	json_key(j, key);
	json_object(j);
	json_put_f64(j, "value", mark->value);
	json_put_str(j, "date", mark->date);
	json_put_str(j, "source", mark->source);
	json_close(j);
}

static void put_all(json_t *j, const definition_t *d)
{
	json_object(j);
	put_head(j, d);
	put_both(j, "note", d->note);
	put_names(j, "inputs", d->inputs, d->input_count);
	put_names(j, "parameters", d->parameters, d->parameter_count);
	put_parts(j, d);
	json_put_str(j, "value", d->value_text);
	put_mark(j, "base", &d->base);
	put_mark(j, "target", &d->target);
	json_put_str(j, "source", d->source);
	json_close(j);
}

/* The rest of the tables. */

static void print_factor(const factor_t *f)
{
	char number[32];
	printf("%s  ", num_format_f64(f->value, number));
	print(f->unit_text);
	printf("  ");
	print(f->key.substance);
	printf("  ");
	print(f->key.region);
	printf(" %d ", f->key.year);
	print(f->key.scope);
	printf("  ");
	print(f->source);
	printf("\n");
}

static void put_factor(json_t *j, const factor_t *f)
{
	json_object(j);
	json_put_str(j, "substance", f->key.substance);
	json_put_str(j, "region", f->key.region);
	json_put_i64(j, "year", f->key.year);
	json_put_str(j, "scope", f->key.scope);
	json_put_f64(j, "value", f->value);
	json_put_str(j, "unit", f->unit_text);
	json_put_str(j, "source", f->source);
	json_close(j);
}

static void print_figure(const published_t *p)
{
	char number[32];
	print(in_words(p->name));
	printf(": %s%s", published_sign(p->bound), num_format_f64(p->value, number));
	if (!slice_eq(p->unit_text, SLICE("1")))
		printf(" %s", (const char *)p->unit_text.ptr);
	printf("%s (", p->kind == PUBLISHED_TARGET ? " target" : "");
	print(in_words(p->scope));
	printf(", %s; ", (const char *)p->date.ptr);
	print(p->source);
	printf(")\n");
}

static void put_figure(json_t *j, const published_t *p)
{
	json_object(j);
	json_put_str(j, "id", p->id);
	put_both(j, "name", p->name);
	json_put_cstr(j, "kind", published_kind_word(p->kind));
	json_put_cstr(j, "bound", published_bound_word(p->bound));
	json_put_f64(j, "value", p->value);
	json_put_str(j, "unit", p->unit_text);
	put_both(j, "scope", p->scope);
	json_put_str(j, "date", p->date);
	json_put_str(j, "source", p->source);
	json_close(j);
}

/* What is asked. Each gives lines, or items of the array `items`. */

static void tell_definition(const asked_t *asked, const definition_t *d, json_t *j)
{
	if (!asked->json) {
		print_line(d);
		return;
	}
	json_object(j);
	put_head(j, d);
	json_close(j);
}

static void tell_definitions(const asked_t *asked, json_t *j)
{
	for (size_t i = 0; i < definitions_count(asked->packs->definitions); i++)
		tell_definition(asked, definitions_get(asked->packs->definitions, i), j);
}

static void tell_factors(const asked_t *asked, json_t *j)
{
	for (size_t i = 0; i < factors_count(asked->packs->factors); i++) {
		if (asked->json)
			put_factor(j, factors_get(asked->packs->factors, i));
		else
			print_factor(factors_get(asked->packs->factors, i));
	}
}

static void tell_published(const asked_t *asked, json_t *j)
{
	for (size_t i = 0; i < published_count(asked->packs->published); i++) {
		if (asked->json)
			put_figure(j, published_get(asked->packs->published, i));
		else
			print_figure(published_get(asked->packs->published, i));
	}
}

static int json_end(json_t *j)
{
	int code = json_ok(j) ? json_print(json_done(j)) : cmd_fail_plain(ERR_TOO_BIG, "");
	free(j->w.buf);
	return code;
}

static int tell_items(const asked_t *asked, void (*tell)(const asked_t *asked, json_t *j))
{
	if (!asked->json) {
		tell(asked, NULL);
		return 0;
	}
	void *buf = malloc(JSON_MAX);
	if (!buf)
		return cmd_fail_plain(ERR_NO_MEMORY, "");
	json_t j = json_of(buf, JSON_MAX);
	json_object(&j);
	json_key(&j, "items");
	json_array(&j);
	tell(asked, &j);
	json_close(&j);
	json_close(&j);
	return json_end(&j);
}

/* "ID" or "ID@VERSION". */
static int show(const asked_t *asked, const char *name)
{
	slice_t version = slice_str(name), id = slice_cut(&version, '@');
	uint64_t number = 0;
	if (version.len && (num_parse_u64(version, UINT32_MAX, &number) || number == 0))
		return cmd_fail_plain(ERR_USAGE, name);
	const definition_t *d = definitions_find(asked->packs->definitions, id, (uint32_t)number);
	if (!d)
		return cmd_fail_plain(ERR_NOT_FOUND, name);
	if (!asked->json) {
		print_all(d);
		return 0;
	}
	void *buf = malloc(JSON_MAX);
	if (!buf)
		return cmd_fail_plain(ERR_NO_MEMORY, "");
	json_t j = json_of(buf, JSON_MAX);
	put_all(&j, d);
	return json_end(&j);
}

static int check(const asked_t *asked, const packs_t *shipped)
{
	size_t definitions = definitions_count(asked->packs->definitions);
	size_t factors = factors_count(asked->packs->factors);
	size_t published = published_count(asked->packs->published);
	definitions -= definitions_count(shipped->definitions);
	factors -= factors_count(shipped->factors);
	published -= published_count(shipped->published);
	printf(asked->json ? "{\"indicators\":%zu,\"factors\":%zu,\"published\":%zu}\n"
	                   : "good. %zu indicators, %zu factors, %zu published figures\n",
	       definitions, factors, published);
	return 0;
}

static int check_files(asked_t *asked, int count, char **files)
{
	const packs_spec_t none = { 0 };
	packs_t *shipped = NULL, *packs = NULL;
	err_detail_t detail;
	const packs_spec_t spec = { .files = (const char *const *)files,
		                    .file_count = (size_t)count };
	err_t err = packs_open(asked->env, &none, &shipped, &detail);
	if (!err)
		err = packs_open(asked->env, &spec, &packs, &detail);
	asked->packs = packs;
	int code = err ? cmd_fail(&detail) : check(asked, shipped);
	packs_close(packs);
	packs_close(shipped);
	return code;
}

static int ask(asked_t *asked, int count, char **words)
{
	static const struct {
		const char *word;
		void (*tell)(const asked_t *asked, json_t *j);
	} TABLES[] = {
		{ "list", tell_definitions },
		{ "factors", tell_factors },
		{ "published", tell_published },
	};
	for (size_t i = 0; i < sizeof(TABLES) / sizeof(TABLES[0]); i++)
		if (count == 1 && slice_eq(slice_str(words[0]), slice_str(TABLES[i].word)))
			return tell_items(asked, TABLES[i].tell);
	if (count == 2 && slice_eq(slice_str(words[0]), SLICE("show")))
		return show(asked, words[1]);
	return cmd_fail_plain(ERR_USAGE, count ? words[0] : "");
}

static int ask_packs(asked_t *asked, int count, char **words)
{
	const packs_spec_t spec = { .config = asked->config };
	packs_t *packs = NULL;
	err_detail_t detail;
	if (packs_open(asked->env, &spec, &packs, &detail))
		return cmd_fail(&detail);
	asked->packs = packs;
	int code = ask(asked, count, words);
	packs_close(packs);
	return code;
}

int cmd_indicator(int argc, char **argv)
{
	asked_t asked = { .config = "jizhu.yaml" };
	int count;
	const option_t options[] = {
		{ "config", "FILE", "configuration beside which the folder packs stands",
		  OPTION_TEXT, &asked.config },
		{ "json", NULL, "print JSON", OPTION_FLAG, &asked.json },
		{ 0 },
	};
	int stop = cmd_options(options, argc, argv, &count);
	if (stop >= 0)
		return stop;
	if (cmd_world(&asked.env))
		return cmd_fail_plain(ERR_INTERNAL, "");
	bool is_check = count > 1 && slice_eq(slice_str(argv[0]), SLICE("check"));
	int code = is_check ? check_files(&asked, count - 1, argv + 1)
	                    : ask_packs(&asked, count, argv);
	posix_env_close(asked.env);
	return code;
}
