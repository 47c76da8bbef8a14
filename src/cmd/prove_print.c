/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/prove.h"

#include <stdio.h>

#include "base/num.h"
#include "base/text.h"
#include "cmd/cmd.h"

enum { JSON_ROOM = 64 << 10 };

static const char *const kinds[CHAIN_KINDS] = { [CHAIN_SEAL] = "seal",
	                                        [CHAIN_MERGE] = "merge",
	                                        [CHAIN_RETIRE] = "retire",
	                                        [CHAIN_SALVAGE] = "salvage" };

static void put_sample(json_t *j, const sample_t *sample)
{
	json_put_i64(j, "source_ns", sample->source.ns);
	json_put_i64(j, "node_ns", sample->node.ns);
	json_key(j, "value");
	value_json(&sample->value, j);
	json_key(j, "quality");
	quality_json(sample->quality, j);
}

static void put_summary(json_t *j, const evidence_seen_t *seen)
{
	const summary_t *s = &seen->summary;
	json_put_i64(j, "first_ns", seen->first_ns);
	json_put_i64(j, "last_ns", seen->last_ns);
	json_put_u64(j, "count", s->count);
	json_put_u64(j, "usable", s->usable);
	if (!s->usable)
		return;
	json_put_f64(j, "min", s->min);
	json_put_f64(j, "max", s->max);
	json_put_f64(j, "sum", s->sum);
	json_put_f64(j, "area_stepped", s->area_stepped);
	json_put_f64(j, "area_sloped", s->area_sloped);
	if (s->bound > 0) {
		json_put_u64(j, "kept", seen->rows);
		json_put_f64(j, "bound", s->bound);
	}
}

static void print_json(const evidence_seen_t *seen, bool is_trusted)
{
	char room[JSON_ROOM];
	json_t j = json_of(room, sizeof(room));
	json_object(&j);
	json_put_cstr(&j, "kind", seen->is_aggregate ? "aggregate" : "sample");
	json_put_str(&j, "point", seen->name);
	json_put_u64(&j, "id", seen->point);
	if (seen->is_aggregate)
		put_summary(&j, seen);
	else
		put_sample(&j, &seen->sample);
	json_put_u64(&j, "edits", seen->edits);
	json_put_u64(&j, "others", seen->others);
	json_put_u64(&j, "segment", seen->segment.id);
	json_put_u64(&j, "generation", seen->generation);
	json_put_cstr(&j, "change", kinds[seen->kind]);
	json_put_u64(&j, "seq", seen->seq);
	json_put_str(&j, "origin", seen->origin);
	json_put_time(&j, "signed", seen->head_ns);
	json_put_bool(&j, "withheld", !seen->has_parts);
	json_put_bool(&j, "trusted", is_trusted);
	json_close(&j);
	printf("%.*s\n", (int)json_done(&j).len, (const char *)json_done(&j).ptr);
}

static void print_figure(const evidence_seen_t *seen)
{
	char room[JSON_ROOM / 8], time[TIME_TEXT_MAX], end[TIME_TEXT_MAX], sum[32];
	json_t j = json_of(room, sizeof(room));
	const summary_t *s = &seen->summary;
	if (!seen->is_aggregate) {
		value_json(&seen->sample.value, &j);
		printf("was %.*s", (int)json_done(&j).len, room);
		printf(" at %s\n", time_format(seen->sample.source.ns, time));
		return;
	}
	printf("from %s to %s: %llu samples, %llu usable", time_format(seen->first_ns, time),
	       time_format(seen->last_ns, end), (unsigned long long)s->count,
	       (unsigned long long)s->usable);
	if (s->usable) {
		printf(", min %s", num_format_f64(s->min, sum));
		printf(", max %s", num_format_f64(s->max, sum));
		printf(", sum %s", num_format_f64(s->sum, sum));
	}
	if (s->bound > 0)
		printf("; %llu are kept, the others lie within %s of the line between them",
		       (unsigned long long)seen->rows, num_format_f64(s->bound, sum));
	printf("%s\n", seen->has_parts ? "" : " (the samples are withheld)");
}

static void print_text(slice_t text)
{
	for (size_t i = 0; i < text.len; i++)
		putchar(text.ptr[i] < ' ' || text.ptr[i] == 0x7F ? '.' : text.ptr[i]);
}

void prove_print(const evidence_seen_t *seen, bool is_trusted, bool json)
{
	char time[TIME_TEXT_MAX];
	if (json) {
		print_json(seen, is_trusted);
		return;
	}
	print_text(seen->name);
	printf(" (point %u) ", seen->point);
	print_figure(seen);
	printf("in segment %llu by %s %llu of %s", (unsigned long long)seen->segment.id,
	       kinds[seen->kind], (unsigned long long)seen->generation,
	       time_format(seen->entry_ns, time));
	printf(", signed by %.*s %s\n", (int)seen->origin.len, (const char *)seen->origin.ptr,
	       time_format(seen->head_ns, time));
	if (seen->edits)
		printf("%llu edits touch it: an answer of the node may differ\n",
		       (unsigned long long)seen->edits);
	if (seen->others)
		printf("%llu other segments have samples in the block's time\n",
		       (unsigned long long)seen->others);
	if (!is_trusted)
		printf("key (the file's own; compare it): %.*s\n", (int)seen->key.len,
		       (const char *)seen->key.ptr);
}
