/* SPDX-License-Identifier: Apache-2.0 */
/* Faults are placed at the value to change: the member's place in the file, or
 * its mapping's when the member was left to its default. */
#include "config/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/num.h"
#include "base/table.h"
#include "config/suggest.h"

enum { ADDRESSES = 65536 };

static mark_t mark_at(const tree_node_t *mapping, const char *key)
{
	const tree_node_t *member = tree_find(mapping, slice_str(key));
	return member ? member->at : mapping->at;
}

/* The words of the file stand in the faults: what was written, or the default. */
static const char *written(const tree_node_t *node, const char *key, const char *fallback)
{
	const tree_node_t *member = tree_find(node, slice_str(key));
	return member && member->text.ptr ? (const char *)member->text.ptr : fallback;
}

/* Every item of the list has such a member; none may be another's. */
static err_t members_unique(const build_t *b, const tree_node_t *list, const char *key)
{
	if (!list || list->kind != TREE_LIST)
		return ERR_OK;
	table_t *seen = table_new(sizeof(const tree_node_t *), CONFIG_POINTS_MAX, 0);
	if (!seen)
		return ERR_NO_MEMORY;
	err_t err = ERR_OK;
	for (const tree_node_t *item = list->first; item && !err; item = item->next) {
		const tree_node_t *name = tree_find(item, slice_str(key));
		void *slot = NULL;
		bool is_new = false;
		err = table_put(seen, name->text, &slot, &is_new);
		if (err)
			break;
		if (is_new) {
			memcpy(slot, &name, sizeof(const tree_node_t *));
			continue;
		}
		char other[MARK_TEXT_MAX];
		mark_format((*(tree_node_t *const *)slot)->at, other);
		err = fault_raise(b->detail, name->at, FAULT_NAME_TAKEN,
		                  FAULT_ARGS((const char *)name->text.ptr, other));
	}
	table_free(seen);
	return err;
}

static err_t names_unique(const build_t *b, const tree_node_t *list)
{
	return members_unique(b, list, "name");
}

/* What people see when no label was given. */
static void label_default(const char *label[LANG_COUNT], const char *name)
{
	for (size_t i = 0; i < LANG_COUNT; i++)
		if (!label[i])
			label[i] = name;
}

static err_t fail_line(const build_t *b, const tree_node_t *node, const config_t *config,
                       const char *name)
{
	suggest_t near = suggest_of(slice_str(name));
	char known[ERR_ARG_MAX];
	writer_t w = writer_of(known, sizeof(known));
	for (size_t i = 0; i < config->line_count; i++) {
		suggest_offer(&near, config->lines[i].name);
		wr_format(&w, "%s%s", i ? ", " : "", config->lines[i].name);
	}
	known[w.len < sizeof(known) ? w.len : sizeof(known) - 1] = '\0';
	fault_t fault = near.best            ? FAULT_UNKNOWN_WORD_NEAR
	                : config->line_count ? FAULT_UNKNOWN_WORD
	                                     : FAULT_NO_LINES;
	return fault_raise(b->detail, mark_at(node, "line"), fault,
	                   FAULT_ARGS("line", name, near.best ? near.best : known));
}

/* Where each unit of each line was given first. */
typedef struct {
	mark_t at[CONFIG_LINES_MAX][UINT8_MAX + 1];
} units_t;

static err_t check_seat(const build_t *b, const tree_node_t *node, const config_t *config,
                        const config_device_t *device, units_t *units)
{
	const port_t *line = config_line(config, device->line);
	if (!line)
		return fail_line(b, node, config, device->line);
	mark_t *first = &units->at[line - config->lines][device->unit];
	if (!first->file) {
		*first = mark_at(node, "unit");
		return ERR_OK;
	}
	char unit[8], other[MARK_TEXT_MAX];
	snprintf(unit, sizeof(unit), "%u", device->unit);
	return fault_raise(b->detail, mark_at(node, "unit"), FAULT_UNIT_TAKEN,
	                   FAULT_ARGS(unit, line->name, mark_format(*first, other)));
}

/* Each device that is to be on a line is, and answers to a unit of its own there. */
static err_t check_seats(const build_t *b, const tree_node_t *devices, const config_t *config)
{
	units_t *units = calloc(1, sizeof(*units));
	if (!units)
		return ERR_NO_MEMORY;
	err_t err = ERR_OK;
	const tree_node_t *node = config->device_count ? devices->first : NULL;
	for (const config_device_t *d = config->devices; node && !err; d++, node = node->next)
		if (d->protocol == PROTOCOL_MODBUS_RTU)
			err = check_seat(b, node, config, d, units);
	free(units);
	return err;
}

/* Each indicator counts its days by a calendar that is there. */
static err_t check_calendars(const build_t *b, const tree_node_t *indicators,
                             const config_t *config)
{
	const tree_node_t *node = config->indicator_count ? indicators->first : NULL;
	for (const config_indicator_t *i = config->indicators; node; i++, node = node->next)
		if (i->calendar[0] && !config_calendar(config, i->calendar))
			return fault_raise(b->detail, mark_at(node, "calendar"), FAULT_NO_CALENDAR,
			                   FAULT_ARGS(i->calendar));
	return ERR_OK;
}

err_t check_root(build_t *b, const tree_node_t *node, void *item)
{
	const tree_node_t *devices = tree_find(node, SLICE("devices"));
	const tree_node_t *lines = tree_find(node, SLICE("lines"));
	err_t err = names_unique(b, devices);
	if (!err)
		err = names_unique(b, lines);
	if (!err)
		err = members_unique(b, lines, "device");
	if (!err)
		err = names_unique(b, tree_find(node, SLICE("calendars")));
	if (!err)
		err = check_calendars(b, tree_find(node, SLICE("indicators")), item);
	return err ? err : check_seats(b, devices, item);
}

err_t check_node(build_t *b, const tree_node_t *node, void *item)
{
	(void)b;
	(void)node;
	node_info_t *info = item;
	label_default(info->label, info->name);
	return ERR_OK;
}

static err_t check_pair(build_t *b, const tree_node_t *node, const char *certificate,
                        const char *key)
{
	bool has_certificate = certificate[0] != '\0', has_key = key[0] != '\0';
	if (has_certificate == has_key)
		return ERR_OK;
	const char *given = has_key ? "key" : "certificate";
	const char *wanted = has_key ? "certificate" : "key";
	return fault_raise(b->detail, mark_at(node, given), FAULT_HALF_PAIR,
	                   FAULT_ARGS(given, wanted));
}

err_t check_tls(build_t *b, const tree_node_t *node, void *item)
{
	const config_tls_t *tls = item;
	return check_pair(b, node, tls->certificate, tls->key);
}

err_t check_authority(build_t *b, const tree_node_t *node, void *item)
{
	const config_authority_t *authority = item;
	return check_pair(b, node, authority->certificate, authority->key);
}

/* The pages carry the token of an administrator, so beyond this machine they are
 * encrypted. */
err_t check_listen(build_t *b, const tree_node_t *node, void *item)
{
	const config_t *config = item;
	char text[ADDR_TEXT_MAX];
	if (config->tls.mode != TLS_NEVER || ip_is_loopback(config->http.ip))
		return ERR_OK;
	return fault_raise(b->detail, mark_at(tree_find(node, SLICE("tls")), "mode"),
	                   FAULT_TLS_NEVER, FAULT_ARGS(addr_format(config->http, text)));
}

err_t check_handle(build_t *b, const tree_node_t *node, void *item)
{
	const char *country = ((const config_t *)item)->handle_country;
	if (!country[0] || (strlen(country) == 2 && ascii_all(slice_str(country), ascii_is_letter)))
		return ERR_OK;
	return fault_raise(b->detail, mark_at(node, "country"), FAULT_COUNTRY, FAULT_ARGS(country));
}

err_t check_pin(build_t *b, const tree_node_t *node, void *item)
{
	const config_pin_t *pin = item;
	if (pin->addr.port)
		return ERR_OK;
	return fault_raise(b->detail, mark_at(node, "address"), FAULT_NO_PORT,
	                   FAULT_ARGS("address"));
}

enum { COMPANY_MIN = 4, COMPANY_MAX = 12, ROOT_MAX = 255 };

static bool is_company(slice_t text)
{
	return text.len >= COMPANY_MIN && text.len <= COMPANY_MAX &&
	       ascii_all(text, ascii_is_digit);
}

/* What stands before "/01/..." in the URIs of a resolver. */
static bool is_root(slice_t text)
{
	bool is_web = slice_starts(text, SLICE("http://")) || slice_starts(text, SLICE("https://"));
	slice_t rest = text;
	(void)slice_cut(&rest, '/');
	(void)slice_cut(&rest, '/');
	bool good = is_web && rest.len && text.len <= ROOT_MAX && rest.ptr[0] != '/' &&
	            text.ptr[text.len - 1] != '/';
	for (size_t i = 0; i < text.len; i++)
		good = good && text.ptr[i] > ' ' && text.ptr[i] < 0x7F && text.ptr[i] != '?' &&
		       text.ptr[i] != '#' && text.ptr[i] != '"' && text.ptr[i] != '<' &&
		       text.ptr[i] != '>';
	return good;
}

static err_t check_root_uri(const build_t *b, const tree_node_t *node, const char *key,
                            const char *uri)
{
	if (!uri[0] || is_root(slice_str(uri)))
		return ERR_OK;
	return fault_raise(b->detail, mark_at(node, key), FAULT_ROOT_URI, FAULT_ARGS(key, uri));
}

err_t check_company(build_t *b, const tree_node_t *node, void *item)
{
	const config_company_t *company = item;
	if (!is_company(slice_str(company->company)))
		return fault_raise(b->detail, mark_at(node, "company"), FAULT_COMPANY,
		                   FAULT_ARGS(company->company));
	if (company->has_prefix == (company->resolver[0] != 0))
		return fault_raise(b->detail, mark_at(node, "company"), FAULT_ONE_HOME,
		                   FAULT_ARGS(company->company));
	return check_root_uri(b, node, "resolver", company->resolver);
}

err_t check_retention(build_t *b, const tree_node_t *node, void *item)
{
	(void)item;
	return members_unique(b, tree_find(node, SLICE("classes")), "number");
}

err_t check_gs1(build_t *b, const tree_node_t *node, void *item)
{
	const config_gs1_t *gs1 = item;
	return check_root_uri(b, node, "root", gs1->root);
}

enum { DOMAIN_MAX = 253, DOMAIN_LABEL_MAX = 63 };

static bool is_label(slice_t text)
{
	return text.len > 0 && text.len <= DOMAIN_LABEL_MAX && ascii_is_word(text, SLICE("-_"));
}

static err_t check_domain(const build_t *b, const tree_node_t *node, const char *key,
                          const char *domain)
{
	slice_t rest = slice_str(domain);
	bool good = rest.len > 0 && rest.len <= DOMAIN_MAX && rest.ptr[rest.len - 1] != '.';
	while (good && rest.len)
		good = is_label(slice_cut(&rest, '.'));
	return good ? ERR_OK
	            : fault_raise(b->detail, mark_at(node, key), FAULT_NOT_DOMAIN,
	                          FAULT_ARGS(key, domain));
}

err_t check_dns_zone(build_t *b, const tree_node_t *node, void *item)
{
	const config_dns_zone_t *zone = item;
	return check_domain(b, node, "zone", zone->name);
}

/* Who answers says what for, and who it is. */
err_t check_dns(build_t *b, const tree_node_t *node, void *item)
{
	const config_dns_t *dns = item;
	err_t err = members_unique(b, tree_find(node, SLICE("zones")), "zone");
	if (err || dns->listen_count == 0)
		return err;
	if (dns->zone_count == 0)
		return fault_raise(b->detail, node->at, FAULT_MISSING, FAULT_ARGS("zones"));
	err = check_domain(b, node, "ns", dns->ns);
	return err ? err : check_domain(b, node, "contact", dns->contact);
}

static err_t fail_contract(const build_t *b, const tree_node_t *node, const config_uplink_t *uplink,
                           const char *name)
{
	suggest_t near = suggest_of(slice_str(name));
	char known[ERR_ARG_MAX];
	writer_t w = writer_of(known, sizeof(known));
	for (size_t i = 0; i < uplink->contract_count; i++) {
		suggest_offer(&near, uplink->contracts[i].name);
		wr_format(&w, "%s%s", i ? ", " : "", uplink->contracts[i].name);
	}
	known[w.len < sizeof(known) ? w.len : sizeof(known) - 1] = '\0';
	return fault_raise(b->detail, mark_at(node, "contract"),
	                   near.best ? FAULT_UNKNOWN_WORD_NEAR : FAULT_UNKNOWN_WORD,
	                   FAULT_ARGS("contract", name, near.best ? near.best : known));
}

/* A parent that has a contract names one of those there are. */
static err_t check_parents(const build_t *b, const tree_node_t *node, const config_uplink_t *uplink)
{
	const tree_node_t *list = tree_find(node, SLICE("parents"));
	const tree_node_t *each = list ? list->first : NULL;
	for (size_t i = 0; i < uplink->parent_count; i++, each = each->next) {
		const char *name = uplink->parents[i].contract;
		if (*name && uplink->contract_count == 0)
			return fault_raise(b->detail, node->at, FAULT_MISSING,
			                   FAULT_ARGS("contracts"));
		if (*name && !config_contract(uplink, name))
			return fail_contract(b, each, uplink, name);
	}
	return ERR_OK;
}

err_t check_uplink(build_t *b, const tree_node_t *node, void *item)
{
	err_t err = names_unique(b, tree_find(node, SLICE("contracts")));
	if (!err)
		err = names_unique(b, tree_find(node, SLICE("parents")));
	if (!err)
		err = members_unique(b, tree_find(node, SLICE("parents")), "node");
	return err ? err : check_parents(b, node, item);
}

err_t check_policy(build_t *b, const tree_node_t *node, void *item)
{
	const config_policy_t *policy = item;
	if (policy->from <= policy->to)
		return ERR_OK;
	char from[8], to[8];
	snprintf(from, sizeof(from), "%u", policy->from);
	snprintf(to, sizeof(to), "%u", policy->to);
	return fault_raise(b->detail, mark_at(node, "from"), FAULT_FROM_AFTER_TO,
	                   FAULT_ARGS(from, to));
}

/* On a line unit 0 is everybody, who does not answer, and above 247 is nobody. */
static err_t check_unit(const build_t *b, const tree_node_t *node, const config_device_t *device)
{
	bool is_rtu = device->protocol != PROTOCOL_MODBUS_TCP;
	if (!is_rtu || (device->unit >= 1 && device->unit <= 247))
		return ERR_OK;
	char unit[8];
	snprintf(unit, sizeof(unit), "%u", device->unit);
	return fault_raise(b->detail, mark_at(node, "unit"), FAULT_RANGE,
	                   FAULT_ARGS("unit", unit, "1 - 247"));
}

/* A device is on a line or has an address, as its protocol has it. */
static err_t check_place(const build_t *b, const tree_node_t *node, const config_device_t *device)
{
	bool is_on_line = device->protocol == PROTOCOL_MODBUS_RTU, has_line = device->line[0];
	const char *wanted = is_on_line ? "line" : "address";
	const char *other = is_on_line ? "address" : "line";
	if (is_on_line ? device->has_addr : has_line)
		return fault_raise(b->detail, mark_at(node, other), FAULT_OUT_OF_PLACE,
		                   FAULT_ARGS(other, written(node, "protocol", "modbus-tcp")));
	if (!(is_on_line ? has_line : device->has_addr))
		return fault_raise(b->detail, node->at, FAULT_MISSING, FAULT_ARGS(wanted));
	if (!is_on_line && device->addr.port == 0)
		return fault_raise(b->detail, mark_at(node, "address"), FAULT_NO_PORT,
		                   FAULT_ARGS("address"));
	return ERR_OK;
}

err_t check_device(build_t *b, const tree_node_t *node, void *item)
{
	config_device_t *device = item;
	label_default(device->label, device->name);
	err_t err = check_place(b, node, device);
	if (!err)
		err = check_unit(b, node, device);
	if (err)
		return err;
	b->points += device->point_count;
	if (b->points > CONFIG_POINTS_MAX) {
		char max[16];
		snprintf(max, sizeof(max), "%d", CONFIG_POINTS_MAX);
		return fault_raise(b->detail, mark_at(node, "points"), FAULT_TOO_MANY_POINTS,
		                   FAULT_ARGS(max));
	}
	return names_unique(b, tree_find(node, SLICE("points")));
}

static err_t check_address(const build_t *b, const tree_node_t *node, point_address_t *address)
{
	static const uint8_t WORDS[WIRE_COUNT] = {
		[WIRE_BOOL] = 1, [WIRE_I16] = 1, [WIRE_U16] = 1, [WIRE_I32] = 2, [WIRE_U32] = 2,
		[WIRE_I64] = 4,  [WIRE_U64] = 4, [WIRE_F32] = 2, [WIRE_F64] = 4,
	};
	if (point_table_is_bits(address->table) && address->wire != WIRE_BOOL)
		return fault_raise(
			b->detail, mark_at(node, "type"), FAULT_BOOL_ONLY,
			FAULT_ARGS(written(node, "table", ""), written(node, "type", "")));
	address->words = WORDS[address->wire];
	if (address->address + address->words <= ADDRESSES)
		return ERR_OK;
	char words[8], from[8];
	snprintf(words, sizeof(words), "%u", address->words);
	snprintf(from, sizeof(from), "%u", address->address);
	return fault_raise(b->detail, mark_at(node, "address"), FAULT_PAST_END,
	                   FAULT_ARGS(words, from));
}

static err_t check_write(const build_t *b, const tree_node_t *node, const config_point_t *point)
{
	point_table_t table = point->address.table;
	if (table != POINT_HOLDING_REGISTER && table != POINT_COIL)
		return fault_raise(b->detail, mark_at(node, "write"), FAULT_READ_ONLY_TABLE,
		                   FAULT_ARGS(written(node, "table", "")));
	const point_limits_t *outer = &point->limits, *inner = &point->write.limits;
	if (!outer->set || (inner->low >= outer->low && inner->high <= outer->high))
		return ERR_OK;
	char low[32], high[32];
	num_format_f64(outer->low, low);
	num_format_f64(outer->high, high);
	const tree_node_t *write = tree_find(node, SLICE("write"));
	return fault_raise(b->detail, mark_at(write, "limits"), FAULT_WRITE_OUTSIDE,
	                   FAULT_ARGS(low, high));
}

/* An ordinal is what the device says, so nothing may be made of it. */
static err_t check_states(const build_t *b, const tree_node_t *node, const config_point_t *point)
{
	const char *key = NULL;
	if (point->address.wire == WIRE_F32 || point->address.wire == WIRE_F64)
		key = "type";
	else if (point->scale != 1)
		key = "scale";
	else if (point->offset != 0)
		key = "offset";
	return !key ? ERR_OK
	            : fault_raise(b->detail, mark_at(node, key), FAULT_STATES_WHOLE,
	                          FAULT_ARGS(key, written(node, key, "")));
}

err_t check_point(build_t *b, const tree_node_t *node, void *item)
{
	config_point_t *point = item;
	label_default(point->label, point->name);
	if (point->scale == 0)
		return fault_raise(b->detail, mark_at(node, "scale"), FAULT_ZERO,
		                   FAULT_ARGS("scale"));
	if (point->compress.enabled && point->compress.deviation == 0)
		return fault_raise(b->detail,
		                   mark_at(tree_find(node, SLICE("compress")), "deviation"),
		                   FAULT_ZERO, FAULT_ARGS("deviation"));
	err_t err = check_address(b, node, &point->address);
	if (!err && point->states.set)
		err = check_states(b, node, point);
	if (!err && point->write.enabled)
		err = check_write(b, node, point);
	return err;
}
