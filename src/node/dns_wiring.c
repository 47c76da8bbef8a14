/* SPDX-License-Identifier: Apache-2.0 */
#include "node/dns_wiring.h"

#include <stdlib.h>

#include "config/check.h"
#include "node/gs1_wiring.h"
#include "node/scheme_wiring.h"

static const err_text_t text_door = {
	{ "cannot start DNS door: %1", "无法启动 DNS door：%1" },
	{ NULL, NULL },
};

_Static_assert((int)CONFIG_DNS_OID == (int)DNS_SCHEME_OID &&
                       (int)CONFIG_DNS_GS1 == (int)DNS_SCHEME_GS1 &&
                       (int)CONFIG_DNS_HANDLE == (int)DNS_SCHEME_HANDLE &&
                       (int)CONFIG_DNS_SCHEME_COUNT == (int)DNS_SCHEME_COUNT,
               "the words of the configuration are the schemes of the door");
_Static_assert((int)CONFIG_DNS_ZONES_MAX <= (int)DNS_ZONES_MAX, "the door takes every zone");
_Static_assert((int)CONFIG_LISTEN_MAX <= (int)DNS_SERVER_IPS_MAX, "the door takes every address");

static err_t open_door(const dns_wiring_t *spec, dns_wired_t *wired)
{
	const config_t *config = spec->config;
	const config_dns_t *dns = &config->dns;
	dns_zone_spec_t zones[DNS_ZONES_MAX];
	const char *prefixes[SCHEME_COUNT];
	scheme_wire(config, prefixes);
	for (size_t i = 0; i < dns->zone_count; i++) {
		const config_dns_zone_t *zone = &dns->zones[i];
		zones[i] = (dns_zone_spec_t){
			.name = zone->name,
			.scheme = (dns_scheme_t)zone->scheme,
			.prefix = zone->has_prefix ? zone->prefix : prefixes[SCHEME_OID],
		};
	}
	dns_door_spec_t door = {
		.registry = spec->registry,
		.loop = spec->loop,
		.addrs = dns->listen,
		.addr_count = dns->listen_count,
		.zones = zones,
		.zone_count = dns->zone_count,
		.gs1 = &wired->gs1,
		.server = dns->ns,
		.contact = dns->contact,
		.server_ips = dns->addresses,
		.server_ip_count = dns->address_count,
		.negative_s = (uint32_t)(dns->negative_ns / NS_PER_S),
		.budget_bytes = dns->budget_bytes,
	};
	return dns_door_open(&door, &wired->door);
}

err_t dns_wiring_open(const dns_wiring_t *spec, dns_wired_t *ret_wired, err_detail_t *ret_detail)
{
	char addr[ADDR_TEXT_MAX];
	*ret_wired = (dns_wired_t){ 0 };
	if (spec->config->dns.listen_count == 0)
		return ERR_OK;
	err_t err = gs1_wire(spec->config, &ret_wired->companies, &ret_wired->gs1);
	if (!err)
		err = open_door(spec, ret_wired);
	return err ? err_raise(ret_detail, err, &text_door,
	                       addr_format(spec->config->dns.listen[0], addr),
	                       err_info(err)->text[LANG_EN], (char *)NULL)
	           : ERR_OK;
}

void dns_wiring_close(dns_wired_t *wired)
{
	dns_door_close(wired->door);
	free(wired->companies);
	*wired = (dns_wired_t){ 0 };
}
