/* SPDX-License-Identifier: Apache-2.0 */
/* The index: one function of inputs, and of the same inputs without one of their parts. */
#include <math.h>

#include "posture/posture.h"

#define X(name, value, en, zh) { #name, value, { en, zh } },
static const posture_constant_info_t constants[] = { POSTURE_CONSTANT_ROWS(X) };
#undef X
#define X(name, word, e) { word, e },
static const struct {
	const char *word;
	double e;
} exposures[] = { POSTURE_EXPOSURE_ROWS(X) };
#undef X
#define X(name, word, c) { word, c },
static const struct {
	const char *word;
	double c;
} criticalities[] = { POSTURE_CRITICALITY_ROWS(X) };
#undef X
#define X(name, from, to, en, zh) { from, to, { en, zh } },
static const struct {
	size_t from, to; /* classes, both in it */
	const char *text[LANG_COUNT];
} bands[] = { POSTURE_BAND_ROWS(X) };
#undef X

/* What the index is made of, in the order in which sums are made: rounding is then the same
 * for all who compute it. */
typedef struct {
	uint64_t classes[RISK_CLASSES];
	double pressures[RISK_TECHNIQUES];
} factors_t;

typedef struct {
	double index, depth, breadth, pressure;
} levels_t;

const posture_constant_info_t *posture_constant(posture_constant_t constant)
{
	return &constants[constant];
}

const char *posture_exposure_name(posture_exposure_t exposure)
{
	return exposures[exposure].word;
}

const char *posture_criticality_name(posture_criticality_t criticality)
{
	return criticalities[criticality].word;
}

static double bounded(double value, double most)
{
	/* NAN is below nothing and becomes 0. */
	return value > 0 ? fmin(value, most) : 0;
}

double posture_probability(const posture_weakness_t *weakness)
{
	double used = weakness->is_known_used ? constants[POSTURE_KNOWN_USED].value : 0;
	double epss = bounded(weakness->epss, 1);
	double cvss = isnan(weakness->epss)
	                      ? bounded(weakness->cvss, 10) * constants[POSTURE_CVSS].value
	                      : 0;
	return fmax(used, fmax(epss, cvss));
}

double posture_asset_risk(const posture_weakness_t *weaknesses, size_t count,
                          posture_exposure_t exposure, posture_criticality_t criticality)
{
	double spared = 1;
	for (size_t i = 0; i < count; i++)
		spared *= 1 - posture_probability(&weaknesses[i]) * exposures[exposure].e;
	return (1 - spared) * criticalities[criticality].c;
}

static double class_risk(size_t class)
{
	return (double)class / (RISK_CLASSES - 1);
}

/* The assets of a class lie beside each other in the order of ranks, and their weights are a
 * piece of a geometric series. */
static double depth_of(const uint64_t classes[RISK_CLASSES])
{
	double depth = 0, before = 1; /* q to the power of the rank */
	for (size_t i = RISK_CLASSES - 1; i > 0; i--) {
		double behind = before * pow(constants[POSTURE_RANK].value, (double)classes[i]);
		depth += class_risk(i) * (before - behind);
		before = behind;
	}
	return depth;
}

static uint64_t rated_of(const uint64_t classes[RISK_CLASSES])
{
	uint64_t rated = 0;
	for (size_t i = 0; i < RISK_CLASSES; i++)
		rated += classes[i];
	return rated;
}

static double breadth_of(const uint64_t classes[RISK_CLASSES])
{
	double sum = 0, rated = (double)rated_of(classes);
	for (size_t i = 1; i < RISK_CLASSES; i++)
		sum += class_risk(i) * (double)classes[i];
	return rated > 0 ? sum / rated : 0;
}

static levels_t levels_of(const factors_t *factors)
{
	levels_t l = { .depth = depth_of(factors->classes),
		       .breadth = breadth_of(factors->classes) };
	for (size_t i = 0; i < RISK_TECHNIQUES; i++)
		l.pressure += factors->pressures[i];
	double sum = constants[POSTURE_DEPTH].value * l.depth +
	             constants[POSTURE_BREADTH].value * l.breadth +
	             constants[POSTURE_PRESSURE].value * log1p(l.pressure);
	l.index = -100 * expm1(-sum);
	return l;
}

/* Of a cell's hour, from its beginning; what lies ahead of now has all its weight. */
static double weight_at(uint32_t hour, int64_t now_ns)
{
	double age_h = (double)(now_ns - hour * NS_PER_HOUR) / (double)NS_PER_HOUR;
	return age_h > 0 ? exp2(-age_h / constants[POSTURE_HALF_LIFE_H].value) : 1;
}

static void factors_of(const posture_inputs_t *inputs, int64_t now_ns, factors_t *ret_factors)
{
	double weight = 0;
	*ret_factors = (factors_t){ 0 };
	memcpy(ret_factors->classes, inputs->risk.classes, sizeof(ret_factors->classes));
	for (size_t i = 0; i < inputs->cell_count; i++) {
		const risk_cell_t *cell = &inputs->cells[i];
		if (i == 0 || cell->hour != inputs->cells[i - 1].hour)
			weight = weight_at(cell->hour, now_ns);
		double of_one = constants[POSTURE_INFO + cell->severity].value;
		ret_factors->pressures[cell->technique] += (double)cell->count * of_one * weight;
	}
}

static size_t rank_of(const posture_t *posture, double effect)
{
	size_t at = posture->reason_count;
	while (at > 0 && posture->reasons[at - 1].effect < effect)
		at--;
	return at;
}

static void add_reason(posture_t *posture, const posture_reason_t *reason)
{
	size_t at = rank_of(posture, reason->effect);
	if (!(reason->effect > 0) || at == POSTURE_REASONS)
		return;
	if (posture->reason_count < POSTURE_REASONS)
		posture->reason_count++;
	for (size_t i = posture->reason_count - 1; i > at; i--)
		posture->reasons[i] = posture->reasons[i - 1];
	posture->reasons[at] = *reason;
}

/* The index if the assets of a band were healthy. */
static void weigh_bands(factors_t *factors, posture_t *posture)
{
	for (size_t band = 0; band < BAND_COUNT; band++) {
		factors_t without = *factors;
		uint64_t count = 0;
		for (size_t i = bands[band].from; i <= bands[band].to; i++) {
			count += without.classes[i];
			without.classes[i] = 0;
		}
		without.classes[0] += count;
		double effect = posture->index - levels_of(&without).index;
		add_reason(posture, &(posture_reason_t){ false, (unsigned)band, count, effect });
	}
}

static uint64_t events_of(const posture_inputs_t *inputs, unsigned technique)
{
	uint64_t count = 0;
	for (size_t i = 0; i < inputs->cell_count; i++)
		if (inputs->cells[i].technique == technique)
			count += inputs->cells[i].count;
	return count;
}

static double index_without(factors_t *factors, unsigned technique)
{
	double pressure = factors->pressures[technique];
	factors->pressures[technique] = 0;
	double index = levels_of(factors).index;
	factors->pressures[technique] = pressure;
	return index;
}

/* The index if the events of a technique had not been. */
static void weigh_techniques(factors_t *factors, posture_t *posture)
{
	for (unsigned i = 0; i < RISK_TECHNIQUES; i++) {
		if (factors->pressures[i] == 0)
			continue;
		double effect = posture->index - index_without(factors, i);
		add_reason(posture, &(posture_reason_t){ true, i, 0, effect });
	}
}

static double share(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : (double)NAN;
}

/* Events whose cells were left out, as too old among too many. */
static uint64_t older_of(const posture_inputs_t *inputs)
{
	uint64_t older = inputs->risk.events;
	for (size_t i = 0; i < inputs->cell_count && older; i++)
		older -= inputs->cells[i].count < older ? inputs->cells[i].count : older;
	return older;
}

static void find_reasons(const posture_inputs_t *inputs, factors_t *factors, posture_t *posture)
{
	weigh_bands(factors, posture);
	weigh_techniques(factors, posture);
	for (size_t i = 0; i < posture->reason_count; i++)
		if (posture->reasons[i].is_events)
			posture->reasons[i].count = events_of(inputs, posture->reasons[i].which);
}

posture_t posture_of(const posture_inputs_t *inputs, int64_t now_ns)
{
	const risk_t *risk = &inputs->risk;
	factors_t factors;
	if (risk->nodes == 0)
		return (posture_t){ .coverage = NAN, .validity = NAN };
	factors_of(inputs, now_ns, &factors);
	levels_t levels = levels_of(&factors);
	posture_t posture = { .is_there = true,
		              .index = levels.index,
		              .depth = levels.depth,
		              .breadth = levels.breadth,
		              .pressure = levels.pressure,
		              .coverage = share(risk->monitored, risk->known),
		              .validity = share(risk->valid, risk->records),
		              .age_ns = now_ns - risk->oldest_ns,
		              .rated = rated_of(factors.classes),
		              .events = risk->events,
		              .older = older_of(inputs),
		              .sources = hyperloglog_count(&inputs->sources),
		              .victims = hyperloglog_count(&inputs->victims) };
	find_reasons(inputs, &factors, &posture);
	return posture;
}

static void put_reason(const posture_reason_t *reason, lang_t lang, writer_t *w)
{
	unsigned long long count = reason->count;
	const char *band = reason->is_events ? "" : bands[reason->which].text[lang];
	if (lang == LANG_ZH && reason->is_events)
		wr_format(w, "T%04u 事件 %llu 起（%.1f）", reason->which, count, reason->effect);
	else if (lang == LANG_ZH)
		wr_format(w, "%s风险资产 %llu 个（%.1f）", band, count, reason->effect);
	else if (reason->is_events)
		wr_format(w, "%llu events of T%04u (%.1f)", count, reason->which, reason->effect);
	else
		wr_format(w, "%llu assets of %s risk (%.1f)", count, band, reason->effect);
}

void posture_put_because(const posture_t *posture, lang_t lang, writer_t *w)
{
	for (size_t i = 0; i < posture->reason_count; i++) {
		if (i)
			wr_format(w, "%s", lang == LANG_ZH ? "；" : "; ");
		put_reason(&posture->reasons[i], lang, w);
	}
}
