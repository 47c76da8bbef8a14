/* SPDX-License-Identifier: Apache-2.0 */
/* Desk first: the door tells others the desk's key. */
#include "node/handle_wiring.h"

#include "config/check.h"
#include "env/file.h"

enum { PATH_BYTES = 512, PEOPLE_CACHE_BYTES = 1 << 20 };

static const err_text_t text_door = {
	{ "cannot start Handle door: %1", "无法启动 Handle door：%1" },
	{ NULL, NULL },
};

static const err_text_t text_key = {
	{ "cannot use the key of the Handle site in %1: %2", "无法使用 %1 中的标识站点密钥：%2" },
	{ "give it back to the node's user, or remove it and tell others of the new key",
	  "请恢复节点用户的访问权限，或删除后将新密钥告知对方" },
};

static err_t open_elsewhere(const handle_wiring_t *spec, elsewhere_t **ret_elsewhere,
                            err_detail_t *ret_detail)
{
	elsewhere_spec_t elsewhere = { .env = spec->env,
		                       .config = spec->config,
		                       .walk_loop = spec->walk_loop,
		                       .loops = { spec->desk_loop, spec->query_loop,
		                                  spec->registry_loop } };
	return elsewhere_open(&elsewhere, ret_elsewhere, ret_detail);
}

static err_t open_past(const handle_wiring_t *spec, handle_past_t **ret_past)
{
	handle_past_spec_t past = { .registry = spec->registry,
		                    .loop = spec->query_loop,
		                    .live = spec->live };
	return handle_past_open(&past, ret_past);
}

static err_t open_desk(const handle_wiring_t *spec, handle_wired_t *wired, err_detail_t *ret_detail)
{
	elsewhere_t *elsewhere = wired->elsewhere;
	handle_recursion_t recursion = elsewhere_recursion(elsewhere);
	registry_elsewhere_t identities = elsewhere_identities(elsewhere, ELSEWHERE_DESK);
	const config_t *config = spec->config;
	char path[PATH_BYTES];
	bool fits = !env_path_join(spec->keys_dir, "handle.key", path, sizeof(path));
	handle_desk_spec_t desk = {
		.registry = spec->registry,
		.loop = spec->desk_loop,
		.key_path = path,
		.recursion = elsewhere ? &recursion : NULL,
		.elsewhere = elsewhere ? &identities : NULL,
		.rules = { .legacy = config->handle_legacy },
		.dh_bits_min = config->handle_dh_bits,
		.source_cpu_percent = config->handle_source_cpu,
		.no_list = !config->handle_list,
		.live = spec->live,
		.past = wired->past,
	};
	err_t err = fits ? handle_desk_open(&desk, &wired->desk) : ERR_CONFIG;
	return err ? err_raise(ret_detail, err, &text_key, "", fits ? path : spec->keys_dir,
	                       err_info(err)->text[LANG_EN], (char *)NULL)
	           : ERR_OK;
}

/* Where the door is reached from here. */
static addr_t own_addr(const handle_door_t *door)
{
	addr_t addr = handle_door_addr(door, 0);
	if (ip_is_any(addr.ip))
		addr.ip = addr.ip.family == 4 ? ip_v4(127, 0, 0, 1)
		                              : (ip_t){ .bytes = { [15] = 1 }, .family = 6 };
	return addr;
}

/* The configured pins, and the door for the node's own prefix. */
static err_t open_resolver(const handle_wiring_t *spec, const handle_door_t *door,
                           resolver_t **ret_resolver, err_detail_t *ret_detail)
{
	resolver_pin_t pins[CONFIG_PINS_MAX + 1];
	resolver_spec_t resolver;
	resolver_spec_from(&spec->config->resolver, spec->walk_loop, pins, &resolver);
	resolver.legacy = spec->config->handle_legacy;
	pins[resolver.pin_count++] = (resolver_pin_t){
		.prefix = slice_str(spec->config->node.prefix),
		.addr = own_addr(door),
	};
	resolver.cache_bytes = PEOPLE_CACHE_BYTES;
	return resolver_open(spec->env, &resolver, ret_resolver, ret_detail);
}

err_t handle_wiring_open(const handle_wiring_t *spec, handle_wired_t *ret_wired,
                         err_detail_t *ret_detail)
{
	char addr[ADDR_TEXT_MAX];
	err_t err = open_elsewhere(spec, &ret_wired->elsewhere, ret_detail);
	if (!err && ret_wired->elsewhere) {
		registry_elsewhere_t groups = elsewhere_identities(ret_wired->elsewhere,
		                                                   ELSEWHERE_REGISTRY);
		registry_elsewhere_set(spec->registry, &groups);
	}
	if (!err)
		err = open_past(spec, &ret_wired->past);
	if (!err)
		err = open_desk(spec, ret_wired, ret_detail);
	if (err)
		return err;
	handle_door_spec_t door = {
		.registry = spec->registry,
		.desk = ret_wired->desk,
		.public_key = handle_desk_public_key(ret_wired->desk),
		.loop = spec->door_loop,
		.addrs = spec->config->handle,
		.addr_count = spec->config->handle_count,
		.live = spec->live,
	};
	ret_wired->spec = door;
	err = handle_door_open(&door, &ret_wired->door);
	if (err && door.addr_count > 0)
		return err_raise(ret_detail, err, &text_door, addr_format(door.addrs[0], addr),
		                 err_info(err)->text[LANG_EN], (char *)NULL);
	if (err || door.addr_count == 0)
		return err;
	return open_resolver(spec, ret_wired->door, &ret_wired->resolver, ret_detail);
}

void handle_wiring_metrics(const handle_wired_t *wired, api_metrics_t rows[HANDLE_WIRING_METRICS])
{
	size_t count = 0;
	if (wired->door)
		rows[count++] = (api_metrics_t){ "jizhu_handle_",
			                         handle_door_metrics(wired->door) };
	if (wired->desk)
		rows[count++] = (api_metrics_t){ "jizhu_handle_desk_",
			                         handle_desk_metrics(wired->desk) };
	if (wired->elsewhere)
		rows[count++] = (api_metrics_t){ "jizhu_resolver_",
			                         elsewhere_metrics(wired->elsewhere) };
	if (wired->resolver)
		rows[count++] = (api_metrics_t){ "jizhu_resolution_",
			                         resolver_metrics(wired->resolver) };
}

void handle_wiring_close(handle_wired_t *wired)
{
	resolver_close(wired->resolver);
	elsewhere_close(wired->elsewhere);
	handle_door_close(wired->door);
	handle_desk_close(wired->desk);
	handle_past_close(wired->past);
	*wired = (handle_wired_t){ 0 };
}
