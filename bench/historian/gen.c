/* SPDX-License-Identifier: Apache-2.0 */
/* The data of the bench: what machines of a plant report, the same at every run.
 *
 *     gen SET FORMAT DEVICES STEPS
 *
 * Sets: `plant` and `late` (ten fields a device each 10 s; in the late one every tenth
 * row comes up to a day after its time, those behind one another in no order), `noise`
 * (ten fields of full precision), `jitter` (one field each second, give or take 2 ms).
 * Formats: `lp` line protocol, `csv` seconds first, `om` OpenMetrics text, `columns` the
 * doubles of each field of each device one after another, `times` their nanoseconds,
 * `sheets` requests for the node's binary door (u32 length in front of each), of ten
 * devices' next 500 steps. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIELDS = 10,
	LATE_ONE_IN = 10,
	DAY_STEPS = 8640,
	LINE_MAX_BYTES = 512,
	SHEET_STEPS = 500,
	SHEET_DEVICES = 10,
};
#define T0_NS 1699999200000000000 /* a full hour */
#define TAU   6.283185307179586

typedef struct {
	double temperature, pressure, flow, energy, setpoint, speed, adc, single;
	unsigned state;
} machine_t;

typedef struct {
	unsigned devices, steps, fields;
	double *values; /* by step, device, field */
	int64_t *ns;    /* by step, device */
	uint64_t chance;
} data_t;

typedef struct {
	uint64_t key, tie;
	unsigned row;
} place_t;

static void demand(bool is_so, const char *what)
{
	if (is_so)
		return;
	(void)fprintf(stderr, "gen: %s\n", what);
	exit(1);
}

static uint64_t draw(data_t *d)
{
	d->chance ^= d->chance << 13;
	d->chance ^= d->chance >> 7;
	d->chance ^= d->chance << 17;
	return d->chance;
}

/* In [0, 1), all 53 bits of it by chance. */
static double uniform(data_t *d)
{
	return (double)(draw(d) >> 11) * (1.0 / 9007199254740992.0);
}

static double normal(data_t *d)
{
	double distance = sqrt(-2 * log(uniform(d) + 1e-300));
	return distance * cos(TAU * uniform(d));
}

static double rounded(double value, double scale)
{
	return round(value * scale) / scale;
}

/* One step of one machine: measured with few decimals, a counter, a speed, a setpoint
 * that is seldom moved, a state, noise, an ADC's scaled count, a single-precision one. */
static void machine_step(data_t *d, machine_t *m, unsigned step, unsigned device, double *f)
{
	double season = sin((step + device * 50) / (double)DAY_STEPS * TAU);
	m->temperature = 0.999 * m->temperature + normal(d) * 0.05;
	m->pressure = (m->pressure + normal(d) * 0.003) * 0.9995;
	m->flow = 0.98 * m->flow + normal(d) * 0.4;
	m->energy += 0.01 * floor(5 + 3 * uniform(d));
	m->speed = 0.9 * m->speed + 0.1 * (1480 + normal(d) * 3);
	if (draw(d) % 2000 == 0)
		m->setpoint = rounded(uniform(d) * 100, 10);
	if (draw(d) % 300 == 0)
		m->state = (unsigned)(draw(d) % 4);
	m->adc = 0.99 * m->adc + normal(d) * 0.02;
	m->single = 0.99 * m->single + normal(d) * 0.02;
	f[0] = rounded(65 + 5 * season + m->temperature, 10);
	f[1] = rounded(4 + m->pressure, 1000);
	f[2] = rounded(120 + m->flow, 100);
	f[3] = rounded(m->energy, 100);
	f[4] = round(m->speed);
	f[5] = m->setpoint;
	f[6] = m->state;
	f[7] = rounded(fabs(2.5 + normal(d) * 0.3), 1000);
	f[8] = trunc((4 + m->adc) / 10 * 27648) * (10.0 / 27648);
	f[9] = (float)(4 + m->single);
}

static void fill_plant(data_t *d)
{
	machine_t *machines = calloc(d->devices, sizeof(*machines));
	demand(machines, "memory");
	for (unsigned i = 0; i < d->devices; i++)
		machines[i] = (machine_t){ .energy = 100000 + i * 37.5,
			                   .setpoint = 50,
			                   .speed = 1480 };
	for (unsigned k = 0; k < d->steps; k++)
		for (unsigned i = 0; i < d->devices; i++) {
			size_t row = (size_t)k * d->devices + i;
			machine_step(d, &machines[i], k, i, &d->values[row * d->fields]);
			d->ns[row] = T0_NS + (int64_t)k * 10000000000;
		}
	free(machines);
}

static void fill_noise(data_t *d)
{
	for (size_t row = 0; row < (size_t)d->steps * d->devices; row++) {
		for (unsigned f = 0; f < d->fields; f++)
			d->values[row * d->fields + f] = uniform(d);
		d->ns[row] = T0_NS + (int64_t)(row / d->devices) * 10000000000;
	}
}

static void fill_jitter(data_t *d)
{
	double *walk = calloc(d->devices, sizeof(*walk));
	demand(walk, "memory");
	for (size_t row = 0; row < (size_t)d->steps * d->devices; row++) {
		double *at = &walk[row % d->devices];
		*at = *at * 0.9995 + normal(d) * 0.003;
		d->values[row] = rounded(4 + *at, 1000);
		/* Whole milliseconds: what a clock of a machine tells. */
		d->ns[row] = T0_NS + (int64_t)(row / d->devices) * 1000000000 +
		             ((int64_t)(draw(d) % 5) - 2) * 1000000;
	}
	free(walk);
}

static int by_place(const void *a, const void *b)
{
	const place_t *x = a, *y = b;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->tie < y->tie ? -1 : x->tie > y->tie;
}

/* Rows in the order in which they are told. */
static place_t *order_of(data_t *d, bool is_late)
{
	size_t rows = (size_t)d->steps * d->devices;
	place_t *places = calloc(rows, sizeof(*places));
	demand(places, "memory");
	for (size_t row = 0; row < rows; row++) {
		places[row] = (place_t){ row / d->devices, row, (unsigned)row };
		if (is_late && draw(d) % LATE_ONE_IN == 0) {
			places[row].key += 1 + draw(d) % DAY_STEPS;
			places[row].tie = rows + (draw(d) >> 1);
		}
	}
	if (is_late)
		qsort(places, rows, sizeof(*places), by_place);
	return places;
}

static const char *const formats[FIELDS] = { "%.1f", "%.3f", "%.2f", "%.2f",  "%.0f",
	                                     "%.1f", "%.0f", "%.3f", "%.17g", "%.17g" };

/* Appends; the text of a value is its exact decimal form in every set. */
static int put_value(char *at, int room, const data_t *d, double value, unsigned field)
{
	const char *format = d->fields == 1 ? "%.3f" : formats[field];
	char text[64];
	int len = snprintf(text, sizeof(text), format, value); /* NOLINT: of the table above */
	if (strtod(text, NULL) != value)
		len = snprintf(text, sizeof(text), "%.17g", value);
	demand(len > 0 && len < room, "line");
	memcpy(at, text, (size_t)len + 1);
	return len;
}

static void print_row(const data_t *d, unsigned row, const char *name, bool is_lp)
{
	char line[LINE_MAX_BYTES];
	const int size = (int)sizeof(line);
	unsigned device = row % d->devices;
	int64_t ns = d->ns[row];
	int len = is_lp ? snprintf(line, sizeof(line), "%s,dev=d%03u ", name, device)
	                : snprintf(line, sizeof(line), "%lld,d%03u", (long long)(ns / 1000000000),
	                           device);
	for (unsigned f = 0; f < d->fields; f++) {
		if (is_lp)
			len += snprintf(&line[len], (size_t)(size - len), "%sf%u=", f ? "," : "",
			                f);
		else
			line[len++] = ',';
		len += put_value(&line[len], size - len, d, d->values[(size_t)row * d->fields + f],
		                 f);
	}
	(void)fwrite(line, 1, (size_t)len, stdout);
	if (is_lp)
		(void)printf(" %lld", (long long)ns);
	(void)putchar('\n');
}

static void print_rows(data_t *d, const char *name, bool is_lp, bool is_late)
{
	place_t *places = order_of(d, is_late);
	for (size_t i = 0; i < (size_t)d->steps * d->devices; i++)
		print_row(d, places[i].row, name, is_lp);
	free(places);
}

/* A family must be told in one piece. */
static void print_openmetrics(const data_t *d)
{
	for (unsigned f = 0; f < d->fields; f++) {
		(void)printf("# TYPE m_f%u gauge\n", f);
		for (size_t row = 0; row < (size_t)d->steps * d->devices; row++) {
			char text[64];
			(void)put_value(text, (int)sizeof(text), d, d->values[row * d->fields + f],
			                f);
			(void)printf("m_f%u{dev=\"d%03u\"} %s %.3f\n", f,
			             (unsigned)(row % d->devices), text,
			             (double)(d->ns[row] / 1000000) / 1e3);
		}
	}
	(void)puts("# EOF");
}

static void print_columns(const data_t *d, bool is_times)
{
	for (unsigned i = 0; i < d->devices; i++)
		for (unsigned f = 0; f < d->fields; f++)
			for (unsigned k = 0; k < d->steps; k++) {
				size_t row = (size_t)k * d->devices + i;
				const void *at = is_times ? (const void *)&d->ns[row]
				                          : &d->values[row * d->fields + f];
				demand(fwrite(at, 8, 1, stdout) == 1, "write");
			}
}

static void put_bytes(uint64_t value, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		(void)putchar((int)(value >> (8 * i) & 0xFF));
}

/* Of a name whose length is below 128. */
static size_t series_name(char name[64], const char *set, unsigned field, unsigned device)
{
	int len = snprintf(name, 64, "%s_f%u{dev=\"d%03u\"}", set, field, device);
	demand(len > 0 && len < 64, "name");
	return (size_t)len;
}

static size_t sheet_bytes(const data_t *d, const char *set, unsigned device, unsigned rows)
{
	char name[64];
	size_t size = 11 + (size_t)rows * 8 * (1 + d->fields);
	for (unsigned f = 0; f < d->fields; f++)
		size += 1 + series_name(name, set, f, device) + 2;
	return size;
}

/* One device's rows, float64 without qualities. */
static void print_sheet(const data_t *d, const char *set, unsigned device, unsigned from,
                        unsigned rows)
{
	(void)fputs("JZSH", stdout);
	put_bytes(1, 1);
	put_bytes(d->fields, 2);
	put_bytes(rows, 4);
	for (unsigned f = 0; f < d->fields; f++) {
		char name[64];
		put_bytes(series_name(name, set, f, device), 1);
		(void)fputs(name, stdout);
		put_bytes(4, 1);
		put_bytes(0, 1);
	}
	for (unsigned k = from; k < from + rows; k++)
		put_bytes((uint64_t)d->ns[(size_t)k * d->devices + device], 8);
	for (unsigned f = 0; f < d->fields; f++)
		for (unsigned k = from; k < from + rows; k++) {
			uint64_t bits;
			memcpy(&bits, &d->values[((size_t)k * d->devices + device) * d->fields + f],
			       8);
			put_bytes(bits, 8);
		}
}

static void print_sheets(const data_t *d, const char *set)
{
	for (unsigned from = 0; from < d->steps; from += SHEET_STEPS)
		for (unsigned first = 0; first < d->devices; first += SHEET_DEVICES) {
			unsigned rows = d->steps - from < SHEET_STEPS ? d->steps - from
			                                              : SHEET_STEPS;
			unsigned end = first + SHEET_DEVICES;
			size_t size = 0;
			end = end < d->devices ? end : d->devices;
			for (unsigned i = first; i < end; i++)
				size += sheet_bytes(d, set, i, rows);
			put_bytes(size, 4);
			for (unsigned i = first; i < end; i++)
				print_sheet(d, set, i, from, rows);
		}
}

static void print_data(data_t *d, const char *format, const char *name, bool is_late)
{
	if (strcmp(format, "om") == 0)
		print_openmetrics(d);
	else if (strcmp(format, "columns") == 0 || strcmp(format, "times") == 0)
		print_columns(d, format[0] == 't');
	else if (strcmp(format, "sheets") == 0)
		print_sheets(d, name);
	else
		print_rows(d, name, strcmp(format, "lp") == 0, is_late);
}

int main(int argc, char **argv)
{
	demand(argc == 5, "gen SET FORMAT DEVICES STEPS");
	const char *set = argv[1];
	bool is_jitter = strcmp(set, "jitter") == 0;
	data_t d = { .devices = (unsigned)strtoul(argv[3], NULL, 10),
		     .steps = (unsigned)strtoul(argv[4], NULL, 10),
		     .fields = is_jitter ? 1 : FIELDS,
		     .chance = 88172645463325252 };
	size_t rows = (size_t)d.devices * d.steps;
	d.values = calloc(rows * d.fields, sizeof(*d.values));
	d.ns = calloc(rows, sizeof(*d.ns));
	demand(d.values && d.ns && rows, "memory");
	if (is_jitter)
		fill_jitter(&d);
	else if (strcmp(set, "noise") == 0)
		fill_noise(&d);
	else
		fill_plant(&d);
	/* The series of the sets have names of their own, so that one store may take all. */
	char name[2] = { strcmp(set, "late") == 0 ? 'm' : set[0] == 'p' ? 'm' : set[0], 0 };
	print_data(&d, argv[2], name, strcmp(set, "late") == 0);
	free(d.values);
	free(d.ns);
	return ferror(stdout) || fflush(stdout) != 0;
}
