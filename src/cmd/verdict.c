/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/verdict.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/text.h"
#include "cmd/saved.h"
#include "env/file.h"

enum { FILE_MAX = 1 << 20, PATH_BYTES = 512, LINE_BYTES = 2048 };

static void put_number(json_t *j, const char *key, const value_t *value)
{
	json_key(j, key);
	value_json(value, j);
}

static void put_incident(json_t *j, const incident_t *incident, const catalogue_t *catalogue)
{
	const point_t *point = catalogue_point(catalogue, incident->point);
	char ip[IP_TEXT_MAX];
	json_object(j);
	json_put_u64(j, "id", incident->id);
	json_put_cstr(j, "kind", incident_kind_name(incident->kind));
	json_put_cstr(j, "client", ip_format(incident->client, ip));
	json_put_cstr(j, "server", ip_format(incident->server, ip));
	json_put_cstr(j, "point", point ? point->name : "");
	put_number(j, "old", &incident->old_value);
	put_number(j, "new", &incident->new_value);
	json_put_i64(j, "first_ns", incident->first_ns);
	json_put_i64(j, "last_ns", incident->last_ns);
	json_put_u64(j, "count", incident->count);
	json_close(j);
}

err_t verdict_save(env_t *env, const char *path, sentry_t *sentry, const catalogue_t *catalogue)
{
	incident_t *incidents = calloc(JUDGE_MAX, sizeof(*incidents));
	text_t text = text_of(FILE_MAX);
	if (!incidents)
		return ERR_NO_MEMORY;
	size_t count = sentry_incidents(sentry, 0, incidents, JUDGE_MAX);
	for (size_t i = count; i-- > 0;) {
		uint8_t line[LINE_BYTES];
		json_t j = json_of(line, sizeof(line));
		put_incident(&j, &incidents[i], catalogue);
		text_add(&text, json_done(&j));
		text_add(&text, SLICE("\n"));
	}
	err_t err = text.bad ? ERR_NO_MEMORY : env_file_save(env, path, text_slice(&text));
	text_free(&text);
	free(incidents);
	return err;
}

/* One file of a demo's folder, with the room to read it into. */
typedef struct {
	env_t *env;
	const char *dir;
	uint8_t bytes[FILE_MAX];
} reading_t;

static err_t load(reading_t *reading, const char *name, slice_t *ret_text, err_detail_t *ret_detail)
{
	char path[PATH_BYTES];
	size_t len = 0;
	err_t err = env_path_join(reading->dir, name, path, sizeof(path));
	if (!err)
		err = env_file_load(reading->env, path, reading->bytes, FILE_MAX, &len);
	if (err)
		return err_raise(ret_detail, err, NULL, path, (char *)NULL);
	*ret_text = slice_of(reading->bytes, len);
	return ERR_OK;
}

static err_t judge_files(reading_t *reading, saved_t *saved, verdict_t *ret_verdict,
                         err_detail_t *ret_detail)
{
	sim_truth_t truth[JUDGE_MAX];
	slice_t text;
	size_t acts;
	err_t err = load(reading, VERDICT_INCIDENTS, &text, ret_detail);
	if (!err)
		err = saved_parse(text, saved, ret_detail);
	if (!err)
		err = load(reading, VERDICT_TRUTH, &text, ret_detail);
	if (err)
		return err;
	err = sim_truth_parse(text, truth, JUDGE_MAX, &acts);
	if (err)
		return err_raise(ret_detail, err, NULL, VERDICT_TRUTH, (char *)NULL);
	judge_list_t list = { saved->incidents, saved->points, saved->count };
	ret_verdict->judgement = judge(truth, acts, &list);
	return ERR_OK;
}

err_t verdict_read(env_t *env, const char *dir, verdict_t *ret_verdict, err_detail_t *ret_detail)
{
	reading_t *reading = calloc(1, sizeof(*reading));
	saved_t *saved = calloc(1, sizeof(*saved));
	err_t err = ERR_NO_MEMORY;
	if (reading && saved) {
		reading->env = env;
		reading->dir = dir;
		err = judge_files(reading, saved, ret_verdict, ret_detail);
	} else {
		err = err_raise(ret_detail, err, NULL, dir, (char *)NULL);
	}
	free(saved);
	free(reading);
	return err;
}

static void print_json(const verdict_t *verdict)
{
	uint8_t buf[1024];
	json_t j = json_of(buf, sizeof(buf));
	json_object(&j);
	json_put_bool(&j, "agrees", verdict->judgement.agrees);
	json_put_u64(&j, "acts", verdict->judgement.acts);
	json_put_u64(&j, "incidents", verdict->judgement.incidents);
	json_put_u64(&j, "matched", verdict->judgement.matched);
	json_put_cstr(&j, "why", verdict->judgement.why);
	json_put_u64(&j, "operator_writes", verdict->operator_writes);
	json_put_u64(&j, "samples", verdict->samples);
	json_put_u64(&j, "identifiers", verdict->identifiers);
	json_close(&j);
	printf("%.*s\n", (int)j.w.len, (const char *)buf);
}

void verdict_print(const verdict_t *verdict, bool json)
{
	const judgement_t *j = &verdict->judgement;
	if (json) {
		print_json(verdict);
		return;
	}
	printf("%llu samples kept, %llu identifiers, %zu operator writes after learning.\n"
	       "%zu incidents for %zu acts of the attacker, %zu told rightly.\n",
	       (unsigned long long)verdict->samples, (unsigned long long)verdict->identifiers,
	       verdict->operator_writes, j->incidents, j->acts, j->matched);
	if (j->agrees)
		printf("The sentry's account and the ground truth agree.\n");
	else
		printf("They do not agree: %s.\n", j->why);
}
