/* SPDX-License-Identifier: Apache-2.0 */
/* What a node is built on from its start: a row for each option that a reload must
 * find unchanged. */
#include "node/reload.h"

static const err_text_t text_restart = {
	{ "%1 cannot change while the node runs", "节点运行时不能更改 %1" },
	{ "put it back, or restart the node: systemctl restart jizhu",
	  "请改回原值，或重启节点：systemctl restart jizhu" },
};

static bool same_text(const char *a, const char *b)
{
	return slice_eq(slice_str(a), slice_str(b));
}

static bool same_data(const config_t *a, const config_t *b)
{
	return same_text(a->data_dir, b->data_dir);
}

static bool same_user(const config_t *a, const config_t *b)
{
	return same_text(a->user, b->user);
}

static bool same_memory(const config_t *a, const config_t *b)
{
	return a->memory_bytes == b->memory_bytes;
}

static bool same_reserve(const config_t *a, const config_t *b)
{
	return a->disk_reserve_bytes == b->disk_reserve_bytes;
}

static bool same_prefix(const config_t *a, const config_t *b)
{
	return same_text(a->node.prefix, b->node.prefix);
}

static bool same_http(const config_t *a, const config_t *b)
{
	return addr_eq(a->http, b->http);
}

static bool same_handle(const config_t *a, const config_t *b)
{
	bool same = a->handle_count == b->handle_count;
	for (size_t i = 0; same && i < a->handle_count; i++)
		same = addr_eq(a->handle[i], b->handle[i]);
	return same;
}

static bool same_admins(const config_t *a, const config_t *b)
{
	bool same = a->handle_admin_count == b->handle_admin_count &&
	            a->handle_admin_rights == b->handle_admin_rights;
	for (size_t i = 0; same && i < a->handle_admin_count; i++)
		same = same_text(a->handle_admins[i], b->handle_admins[i]);
	return same;
}

static bool same_handle_limits(const config_t *a, const config_t *b)
{
	return a->handle_list == b->handle_list && a->handle_legacy == b->handle_legacy &&
	       a->handle_dh_bits == b->handle_dh_bits &&
	       a->handle_source_cpu == b->handle_source_cpu;
}

/* The files it names are read again at every reload; their names are not. */
static bool same_tls(const config_t *a, const config_t *b)
{
	return a->tls.mode == b->tls.mode && a->tls.clients == b->tls.clients &&
	       same_text(a->tls.certificate, b->tls.certificate) &&
	       same_text(a->tls.key, b->tls.key);
}

static bool same_capture(const config_t *a, const config_t *b)
{
	return same_text(a->capture, b->capture);
}

static bool same_ports(const config_t *a, const config_t *b)
{
	bool same = a->capture_port_count == b->capture_port_count;
	for (size_t i = 0; same && i < a->capture_port_count; i++)
		same = a->capture_ports[i] == b->capture_ports[i];
	return same;
}

static bool same_learn(const config_t *a, const config_t *b)
{
	return a->learn_ns == b->learn_ns;
}

static bool same_office(const config_t *a, const config_t *b)
{
	return a->office_utc_offset_h <= b->office_utc_offset_h &&
	       a->office_utc_offset_h >= b->office_utc_offset_h &&
	       a->office_review_ns == b->office_review_ns;
}

static bool same_pin(const config_pin_t *a, const config_pin_t *b)
{
	return a->has_prefix == b->has_prefix &&
	       (!a->has_prefix || same_text(a->prefix, b->prefix)) && addr_eq(a->addr, b->addr) &&
	       a->transport == b->transport;
}

static bool same_resolver(const config_t *a, const config_t *b)
{
	const config_resolver_t *old = &a->resolver, *fresh = &b->resolver;
	bool same = old->root_count == fresh->root_count && old->pin_count == fresh->pin_count &&
	            old->prefer == fresh->prefer && old->negative_ns == fresh->negative_ns &&
	            old->stale_ns == fresh->stale_ns && old->deadline_ns == fresh->deadline_ns &&
	            old->cache_bytes == fresh->cache_bytes && old->walks_max == fresh->walks_max;
	for (size_t i = 0; same && i < old->root_count; i++)
		same = same_text(old->roots[i], fresh->roots[i]);
	for (size_t i = 0; same && i < old->pin_count; i++)
		same = same_pin(&old->pins[i], &fresh->pins[i]);
	return same;
}

static bool same_company(const config_company_t *a, const config_company_t *b)
{
	return same_text(a->company, b->company) && a->has_prefix == b->has_prefix &&
	       (!a->has_prefix || same_text(a->prefix, b->prefix)) &&
	       same_text(a->resolver, b->resolver);
}

static bool same_gs1(const config_t *a, const config_t *b)
{
	const config_gs1_t *old = &a->gs1, *fresh = &b->gs1;
	bool same = old->has_prefix == fresh->has_prefix &&
	            (!old->has_prefix || same_text(old->prefix, fresh->prefix)) &&
	            same_text(old->root, fresh->root) && old->company_count == fresh->company_count;
	for (size_t i = 0; same && i < old->company_count; i++)
		same = same_company(&old->companies[i], &fresh->companies[i]);
	return same;
}

static const struct {
	const char *option; /* as doc/configuration.md names it */
	bool (*same)(const config_t *a, const config_t *b);
} rows[] = {
	{ "data", same_data },
	{ "user", same_user },
	{ "memory", same_memory },
	{ "disk_reserve", same_reserve },
	{ "node.prefix", same_prefix },
	{ "listen.http", same_http },
	{ "listen.handle", same_handle },
	{ "listen.tls", same_tls },
	{ "handle.admins", same_admins },
	{ "handle", same_handle_limits },
	{ "sentry.capture", same_capture },
	{ "sentry.ports", same_ports },
	{ "sentry.learn", same_learn },
	{ "office", same_office },
	{ "resolver", same_resolver },
	{ "gs1", same_gs1 },
};

err_t reload_check(const config_t *old, const config_t *fresh, err_detail_t *ret_detail)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!rows[i].same(old, fresh))
			return err_raise(ret_detail, ERR_CONFIG, &text_restart, "", rows[i].option,
			                 (char *)NULL);
	return ERR_OK;
}
