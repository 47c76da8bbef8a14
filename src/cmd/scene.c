/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/scene.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "cmd/remove.h"
#include "codec/frame/frame.h"
#include "codec/frame/pcap.h"
#include "env/file.h"

/* The attacker reports each act on the plant's loop; a FILES loop of its own writes
 * it to truth.jsonl. The verdict reads the file back, so that what counts is what
 * stands on the disk. */

enum { YAML_BYTES = 256 * 1024, PATH_BYTES = 512 };

struct scene {
	env_t *env;
	scene_spec_t spec;
	demo_plan_t plan;
	char truth_path[PATH_BYTES], incidents_path[PATH_BYTES];
	char *yaml;
	config_t *config;
	sim_spec_t sim_spec;
	env_loop_t *sim_loop, *file_loop;
	env_mailbox_t *truth_mail;
	env_file_t *truth_file;
	uint64_t truth_at;
	env_timer_t *end, *learned;
	sim_t *sim;
	node_t *node;
	bool live;
	atomic_bool tapping;
	size_t writes_at_learned;
	err_t truth_err;
};

static const err_text_t text_loopback = {
	{ "the demo listens only on loopback addresses, not on %1",
	  "演示只能监听环回地址，不能监听 %1" },
	{ "leave --http out, or run a node of your own with jizhu run",
	  "请省略 --http，或用 jizhu run 运行自己的节点" },
};

static const err_text_t text_folder = {
	{ "%1 is not empty and was not made by a demo", "%1 非空且不是演示生成的目录" },
	{ "name another folder with --data", "请用 --data 指定其他目录" },
};

static void on_end(void *ctx)
{
	scene_t *scene = ctx;
	env_stop(scene->env);
}

static void on_learned(void *ctx)
{
	scene_t *scene = ctx;
	scene->writes_at_learned = sim_operator_writes(scene->sim);
}

static void on_tap(void *ctx, slice_t pcap_bytes)
{
	scene_t *scene = ctx;
	if (atomic_load(&scene->tapping))
		node_tap(scene->node, pcap_bytes);
}

static void on_truth(void *ctx, const sim_truth_t *truth)
{
	scene_t *scene = ctx;
	/* Policy BLOCK: it does not refuse. */
	(void)env_mailbox_put(scene->truth_mail, truth);
}

static void save_truth(void *ctx)
{
	scene_t *scene = ctx;
	sim_truth_t truth;
	while (env_mailbox_take(scene->truth_mail, &truth)) {
		uint8_t line[512];
		writer_t w = writer_of(line, sizeof(line));
		sim_truth_json(&truth, &w);
		err_t err = w.bad ? ERR_TOO_BIG
		                  : env_file_write(scene->truth_file, scene->truth_at,
		                                   writer_done(&w));
		scene->truth_at += w.len;
		if (err)
			scene->truth_err = err;
	}
}

static err_t start_attack(void *ctx)
{
	scene_t *scene = ctx;
	return sim_attack_start(scene->sim, 0, scene->plan.attack_span_ns);
}

static err_t open_truth(scene_t *scene)
{
	env_mailbox_spec_t mail = {
		.name = "truth",
		.reader = scene->file_loop,
		.item_size = sizeof(sim_truth_t),
		.capacity = 64,
		.policy = ENV_FULL_BLOCK,
		.ready = save_truth,
		.ctx = scene,
	};
	err_t err = env_mailbox_new(&mail, &scene->truth_mail);
	return err ? err
	           : env_file_open(scene->env, scene->truth_path, ENV_OPEN_CREATE,
	                           &scene->truth_file);
}

static err_t open_plant(scene_t *scene)
{
	err_t err = env_loop_new(scene->env, "plant", ENV_LOOP_EVENTS, &scene->sim_loop);
	if (!err)
		err = env_loop_new(scene->env, "truth", ENV_LOOP_FILES, &scene->file_loop);
	if (!err)
		err = open_truth(scene);
	if (err)
		return err;
	scene->sim_spec.loop = scene->sim_loop;
	scene->sim_spec.tap = scene->live ? NULL : on_tap;
	scene->sim_spec.tap_ctx = scene;
	scene->sim_spec.truth = on_truth;
	scene->sim_spec.truth_ctx = scene;
	return sim_open(scene->env, &scene->sim_spec, &scene->sim);
}

static err_t open_timers(scene_t *scene)
{
	env_loop_t *loop = env_control_loop(scene->env);
	err_t err = env_timer_new(loop, on_end, scene, &scene->end);
	if (!err)
		err = env_timer_new(loop, on_learned, scene, &scene->learned);
	if (err)
		return err;
	if (scene->spec.run_ns)
		env_timer_set(scene->end, scene->spec.run_ns);
	env_timer_set(scene->learned, scene->plan.learn_ns);
	return ERR_OK;
}

/* The demo's pages go without TLS, so they stay on this machine. */
static err_t open_config(scene_t *scene, err_detail_t *ret_detail)
{
	char text[ADDR_TEXT_MAX];
	if (scene->spec.http && !ip_is_loopback(scene->spec.http_addr.ip))
		return err_raise(ret_detail, ERR_USAGE, &text_loopback, "",
		                 addr_format(scene->spec.http_addr, text), (char *)NULL);
	demo_config_t spec = {
		.data_dir = scene->spec.data_dir,
		.capture = scene->spec.capture,
		.http = scene->spec.http_addr,
		.handle = scene->spec.handle_addr,
		.sim = &scene->sim_spec,
		.learn_ns = scene->plan.learn_ns,
	};
	scene->yaml = malloc(YAML_BYTES);
	if (!scene->yaml)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, "", (char *)NULL);
	writer_t w = writer_of(scene->yaml, YAML_BYTES);
	demo_config_yaml(&spec, &w);
	if (w.bad)
		return err_raise(ret_detail, ERR_TOO_BIG, NULL, "demo.yaml", (char *)NULL);
	return config_parse(slice_str(scene->yaml), "demo.yaml", &scene->config, ret_detail);
}

static err_t open_folder(scene_t *scene, err_detail_t *ret_detail)
{
	const char *dir = scene->spec.data_dir;
	writer_t t = writer_of(scene->truth_path, PATH_BYTES);
	writer_t i = writer_of(scene->incidents_path, PATH_BYTES);
	wr_format(&t, "%s/" VERDICT_TRUTH, dir);
	wr_u8(&t, 0);
	wr_format(&i, "%s/" VERDICT_INCIDENTS, dir);
	wr_u8(&i, 0);
	if (t.bad || i.bad)
		return err_raise(ret_detail, ERR_TOO_BIG, NULL, dir, (char *)NULL);
	err_t err = demo_folder_fresh(scene->env, dir);
	if (err)
		return err_raise(ret_detail, err, err == ERR_EXISTS ? &text_folder : NULL, dir, dir,
		                 (char *)NULL);
	return ERR_OK;
}

/* The simulator said the head of its stream before there was a node to hear it. */
static void begin_tapping(scene_t *scene)
{
	uint8_t head[PCAP_HEADER_BYTES];
	writer_t w = writer_of(head, sizeof(head));
	pcap_write_header(&w, FRAME_LINK_ETHERNET);
	node_tap(scene->node, writer_done(&w));
	atomic_store(&scene->tapping, true);
}

static err_t open_node(scene_t *scene, err_detail_t *ret_detail)
{
	node_spec_t spec = { .config = scene->config,
		             .http = scene->spec.http,
		             .handle = true,
		             .attack = start_attack,
		             .attack_ctx = scene };
	err_t err = node_open(scene->env, &spec, &scene->node, ret_detail);
	if (!err && !scene->live)
		begin_tapping(scene);
	return err;
}

err_t scene_prepare(env_t *env, const scene_spec_t *spec, scene_t **ret_scene,
                    err_detail_t *ret_detail)
{
	scene_t *scene = calloc(1, sizeof(*scene));
	if (!scene)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, "", (char *)NULL);
	scene->env = env;
	scene->spec = *spec;
	scene->plan = demo_plan_of(spec->run_ns);
	scene->sim_spec = (sim_spec_t){ .seed = spec->seed,
		                        .furnace = spec->furnace,
		                        .operator_on = true };
	err_t err = open_folder(scene, ret_detail);
	if (!err)
		err = open_config(scene, ret_detail);
	if (err) {
		scene_close(scene);
		return err;
	}
	*ret_scene = scene;
	return ERR_OK;
}

err_t scene_open(scene_t *scene, bool live, err_detail_t *ret_detail)
{
	*ret_detail = (err_detail_t){ 0 };
	scene->live = live;
	err_t err = open_plant(scene);
	if (!err)
		err = open_node(scene, ret_detail);
	if (!err)
		err = open_timers(scene);
	if (!err)
		err = env_loop_start(scene->file_loop);
	if (!err)
		err = env_loop_start(scene->sim_loop);
	if (!err && scene->spec.attack)
		err = sim_attack_start(scene->sim, scene->plan.attack_ns,
		                       scene->plan.attack_span_ns);
	if (err && !ret_detail->err)
		return err_raise(ret_detail, err, NULL, "demo", (char *)NULL);
	return err;
}

void scene_stop(scene_t *scene)
{
	env_loop_stop(scene->sim_loop);
	env_loop_stop(scene->file_loop);
}

void scene_close(scene_t *scene)
{
	if (!scene)
		return;
	scene_stop(scene);
	node_close(scene->node);
	sim_close(scene->sim);
	env_timer_free(scene->end);
	env_timer_free(scene->learned);
	env_mailbox_free(scene->truth_mail);
	env_file_close(scene->truth_file);
	env_loop_free(scene->sim_loop);
	env_loop_free(scene->file_loop);
	config_free(scene->config);
	free(scene->yaml);
	free(scene);
}

static series_verdict_t add_run(void *ctx, const summary_t *summary)
{
	*(uint64_t *)ctx += summary->count;
	return SERIES_TAKEN;
}

static bool add_one(void *ctx, const sample_t *sample)
{
	(void)sample;
	*(uint64_t *)ctx += 1;
	return true;
}

static uint64_t count_samples(scene_t *scene)
{
	const catalogue_t *c = node_catalogue(scene->node);
	series_reader_t reader = historian_reader(node_historian(scene->node));
	uint64_t total = 0;
	series_taker_t taker = { .ctx = &total, .summary = add_run, .row = add_one };
	for (size_t i = 0; i < c->point_count; i++) {
		series_query_t query = { .point = c->points[i].id, .to_ns = INT64_MAX };
		if (reader.take(reader.ctx, &query, &taker))
			break;
	}
	return total;
}

err_t scene_verdict(scene_t *scene, verdict_t *ret_verdict, err_detail_t *ret_detail)
{
	verdict_t verdict = { 0 };
	err_t err = scene->truth_err;
	if (!err)
		err = verdict_save(scene->env, scene->incidents_path, node_sentry(scene->node),
		                   node_catalogue(scene->node));
	if (err)
		return err_raise(ret_detail, err, NULL, scene->incidents_path, (char *)NULL);
	err = verdict_read(scene->env, scene->spec.data_dir, &verdict, ret_detail);
	if (err)
		return err;
	verdict.samples = count_samples(scene);
	verdict.identifiers = registry_count(node_registry(scene->node));
	verdict.operator_writes = sim_operator_writes(scene->sim) - scene->writes_at_learned;
	*ret_verdict = verdict;
	return ERR_OK;
}

const config_t *scene_config(const scene_t *scene)
{
	return scene->config;
}

const demo_plan_t *scene_plan(const scene_t *scene)
{
	return &scene->plan;
}

node_t *scene_node(scene_t *scene)
{
	return scene->node;
}
