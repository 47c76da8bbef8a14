/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration a node is shipped with for this plant, from the same tables
 * the machines are made of. */
#include "base/num.h"
#include "model/time.h"
#include "sim/plant.h"
#include "sim/sim.h"

static void put_number(writer_t *w, const char *key, double value)
{
	char text[32];
	wr_format(w, "%s%s", key, num_format_f64(value, text));
}

static void put_limits(writer_t *w, const point_limits_t *limits)
{
	put_number(w, "limits: [", limits->low);
	put_number(w, ", ", limits->high);
	wr_bytes(w, SLICE("]"));
}

static void put_label(writer_t *w, const char *const label[LANG_COUNT])
{
	wr_format(w, "label: {en: \"%s\", zh: \"%s\"}", label[LANG_EN], label[LANG_ZH]);
}

static void put_states(writer_t *w, const point_states_t *states)
{
	for (size_t i = 0; i < states->count; i++) {
		const point_state_t *state = &states->rows[i];
		wr_format(w, "%s%lu: {en: \"%s\", zh: \"%s\"}", i ? ", " : ",\n         states: {",
		          (unsigned long)state->ordinal, state->name[LANG_EN],
		          state->name[LANG_ZH]);
	}
	if (states->count)
		wr_u8(w, '}');
}

static void put_point(writer_t *w, const config_point_t *p)
{
	wr_format(w, "      - {name: %s, ", p->name);
	put_label(w, p->label);
	wr_format(w, ", table: %s, address: %u, type: %s", POINT_TABLE_NAMES[p->address.table],
	          p->address.address, WIRE_NAMES[p->address.wire]);
	if (p->address.wire != WIRE_BOOL)
		wr_format(w, ", order: %s", ORDER_NAMES[p->address.order]);
	put_number(w, ", scale: ", p->scale);
	put_number(w, ", offset: ", p->offset);
	wr_format(w, ", unit: \"%s\"", p->unit);
	if (p->limits.set) {
		wr_bytes(w, SLICE(", "));
		put_limits(w, &p->limits);
	}
	put_states(w, &p->states);
	if (p->write.enabled) {
		wr_bytes(w, SLICE(",\n         write: {"));
		put_limits(w, &p->write.limits);
		put_number(w, ", tolerance: ", p->write.tolerance);
		wr_format(w, ", role: %s}", role_name(p->write.role));
	}
	wr_bytes(w, SLICE("}\n"));
}

static void put_line(writer_t *w, const port_t *port)
{
	static const char *const PARITIES[PARITY_COUNT] = {
		[PARITY_NONE] = "none",
		[PARITY_EVEN] = "even",
		[PARITY_ODD] = "odd",
	};
	wr_format(w, "lines:\n  - {name: %s, device: \"%s\", baud: %lu, parity: %s, ", port->name,
	          port->path, (unsigned long)baud_rate(port->baud), PARITIES[port->parity]);
	wr_format(w, "stop_bits: %u}\n", port->stop_bits);
}

/* Where the machine is asked: on the line as its n-th unit, or at its address. */
static void put_place(writer_t *w, const plant_machine_t *machine, const sim_spec_t *spec, size_t n)
{
	uint16_t port = (uint16_t)((spec->port ? spec->port : SIM_PORT) + spec->rtu);
	char addr[ADDR_TEXT_MAX];
	if (spec->serial)
		wr_format(w, "    protocol: modbus-rtu\n    line: %s\n    unit: %zu\n",
		          spec->serial->name, n);
	else
		wr_format(w, "    protocol: %s\n    address: %s\n    unit: %d\n",
		          spec->rtu ? "modbus-rtu-tcp" : "modbus-tcp",
		          addr_format((addr_t){ plant_ip(machine), port }, addr), PLANT_UNIT);
}

static void put_device(writer_t *w, const plant_machine_t *machine, const sim_spec_t *spec,
                       size_t n)
{
	const plant_model_t *model = plant_model(machine);
	wr_format(w, "  - name: %s\n    ", machine->name);
	put_label(w, machine->label);
	wr_bytes(w, SLICE("\n"));
	put_place(w, machine, spec, n);
	wr_bytes(w, SLICE("    period: 1s\n    timeout: 500ms\n    points:\n"));
	for (size_t i = 0; i < model->point_count; i++)
		put_point(w, &model->points[i].config);
}

static void put_policy(writer_t *w, const plant_machine_t *machine, const plant_block_t *block)
{
	char client[IP_TEXT_MAX], server[IP_TEXT_MAX];
	wr_format(w, "    - {client: %s, server: %s, unit: %d, function: %s, from: %u, to: %u}\n",
	          ip_format(plant_operator_ip(), client), ip_format(plant_ip(machine), server),
	          PLANT_UNIT, block->table == POINT_COIL ? "5" : "write", block->from, block->to);
}

static void put_sentry(writer_t *w, const char *capture, uint16_t port, int64_t learn_ns)
{
	bool is_whole = learn_ns % NS_PER_S == 0;
	long long learn = (long long)(learn_ns / (is_whole ? NS_PER_S : NS_PER_MS));
	wr_format(w, "sentry:\n  capture: \"%s\"\n  ports: [%u]\n  learn: %lld%s\n  policy:\n",
	          capture, port, learn, is_whole ? "s" : "ms");
}

void sim_config_yaml(const sim_spec_t *spec, const char *capture, int64_t learn_ns, writer_t *w)
{
	uint16_t port = spec->port ? spec->port : SIM_PORT;
	size_t count;
	const plant_machine_t *machines = plant_machines(spec->furnace, &count);
	plant_block_t blocks[PLANT_BLOCKS_MAX];
	size_t block_count = plant_blocks(spec->furnace, blocks);
	put_sentry(w, capture, port, learn_ns);
	for (size_t i = 0; i < block_count; i++)
		put_policy(w, &machines[blocks[i].machine], &blocks[i]);
	if (spec->serial)
		put_line(w, spec->serial);
	wr_bytes(w, SLICE("devices:\n"));
	for (size_t i = 0; i < count; i++)
		put_device(w, &machines[i], spec, i + 1);
}
