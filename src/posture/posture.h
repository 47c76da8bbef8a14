/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POSTURE_POSTURE_H
#define POSTURE_POSTURE_H
/* How safe a plant, a province, a nation is, as one number that can be recomputed: 0 nothing
 * is known against it, towards 100 it burns. Upward go inputs that merge (model/risk.h), not
 * the number: one function makes it of merged inputs at every level, so that a parent's index
 * is that of its children's inputs in any order and grouping, and nobody has to be believed.
 *
 *     index    = 100 (1 - exp(-(a depth + b breadth + g ln(1 + pressure))))
 *     depth    = sum over rated assets, the worst first, of x (1 - q) q^rank: how bad it is
 *                where it is worst. Assets without risk add nothing and take nothing away, so
 *                that one burning plant stays as visible among a thousand
 *     breadth  = mean of x over rated assets: how far it has spread
 *     pressure = sum over events of the weight of their severity, halved every 72 hours
 *     x        = risk times criticality of an asset, by its class i/19
 *     risk     = 1 - product over weaknesses of (1 - p e): p how likely it is used, e how
 *                exposed the asset is
 *
 * a, b, g, q and the weights are rows of POSTURE_CONSTANT_ROWS, published with their texts.
 * Neither more sensors that see healthy assets nor another grouping can raise the index:
 * depth and pressure stay, breadth falls. Beside it stands what it is made of: coverage,
 * validity, age, and the three reasons whose absence would lower it most, each with the true
 * difference: the index of the same inputs with those assets healthy, or without those events.
 *
 * Story: a node rates its assets (posture_asset_risk), counts what it found
 * (posture_add_asset, posture_add_event), writes it (posture_put). A parent reads what came
 * (posture_read), merges (posture_merge), and asks posture_of at any time.
 *
 * Sums are whole numbers and stay at RISK_COUNT_MAX when they come to it.
 * Threads: pure; inputs belong to their caller. Inputs take about 140 KiB: allocate them once.
 *
 * Caveats: the index says nothing of what is not monitored; look at the coverage. Big nodes
 * have more events and so a higher index, by a logarithm. exp and log may differ in the last
 * bit between C libraries: compare indexes of two machines to a tenth. */
#include "model/risk.h"
#include "sketch/hyperloglog.h"

/* name, value, what it is in English, in Chinese. */
#define POSTURE_CONSTANT_ROWS(X) \
	X(DEPTH, 1.2, "a: weight of the depth", "a：深度权重") \
	X(BREADTH, 0.8, "b: weight of the breadth", "b：广度权重") \
	X(PRESSURE, 0.15, "g: weight of the pressure", "g：事件压力权重") \
	X(RANK, 0.75, "q: an asset counts so much of the one before", \
	  "q：资产按风险排序的衰减系数") \
	X(HALF_LIFE_H, 72, "hours in which an event loses half its weight", \
	  "事件权重半衰期（小时）") \
	X(INFO, 0, "weight of an event: info", "事件权重：信息") \
	X(NOTICE, 0.1, "weight of an event: notice", "事件权重：提示") \
	X(WARNING, 0.3, "weight of an event: warning", "事件权重：警告") \
	X(ALARM, 1, "weight of an event: alarm", "事件权重：告警") \
	X(CRITICAL, 3, "weight of an event: critical", "事件权重：严重") \
	X(KNOWN_USED, 0.9, "p of a weakness known to be used", "p：已知被利用的漏洞") \
	X(CVSS, 0.01, "p of a point of CVSS, where nothing better is known", \
	  "p：每 1 分 CVSS（无更好依据时）")

#define X(name, value, en, zh) POSTURE_##name,
typedef enum { POSTURE_CONSTANT_ROWS(X) POSTURE_CONSTANT_COUNT } posture_constant_t;
#undef X

typedef struct {
	const char *name;
	double value;
	const char *text[LANG_COUNT];
} posture_constant_info_t;
const posture_constant_info_t *posture_constant(posture_constant_t constant);

/* From where an asset can be reached, as it was seen. name, e. */
#define POSTURE_EXPOSURE_ROWS(X) \
	X(INTERNET, "internet", 1.0) \
	X(OFFICE, "office", 0.5) \
	X(CONTROL, "control", 0.2) \
	X(CELL, "cell", 0.05)

#define X(name, word, e) EXPOSURE_##name,
typedef enum { POSTURE_EXPOSURE_ROWS(X) EXPOSURE_COUNT } posture_exposure_t;
#undef X

/* What would be lost with it. name, c. */
#define POSTURE_CRITICALITY_ROWS(X) \
	X(SAFETY, "safety-system", 1.0) \
	X(CONTROLLER, "controller", 0.8) \
	X(STATION, "operator-station", 0.6) \
	X(OTHER, "other", 0.3)

#define X(name, word, c) CRITICALITY_##name,
typedef enum { POSTURE_CRITICALITY_ROWS(X) CRITICALITY_COUNT } posture_criticality_t;
#undef X

const char *posture_exposure_name(posture_exposure_t exposure);
const char *posture_criticality_name(posture_criticality_t criticality);

typedef struct {
	bool is_known_used; /* in a catalogue of weaknesses that are */
	double epss;        /* 0 to 1, or NAN */
	double cvss;        /* 0 to 10, or NAN */
} posture_weakness_t;

/* p of one: the greater of what is known; 0 of nothing. */
double posture_probability(const posture_weakness_t *weakness);
/* x of an asset, 0 to 1. */
double posture_asset_risk(const posture_weakness_t *weaknesses, size_t count,
                          posture_exposure_t exposure, posture_criticality_t criticality);

typedef struct {
	risk_t risk; /* without node, sets and cells, which stand here: */
	hyperloglog_t sources, victims;
	size_t cell_count;
	risk_cell_t cells[RISK_CELLS_MAX]; /* in risk_cell_order */
} posture_inputs_t;

/* Of nobody: what anything can be merged into. */
void posture_clear(posture_inputs_t *inputs);
/* Of one node, as of a time (ns UTC, not before 1970). Its counts of assets and records are
 * the caller's to set; those of rated assets and of events are counted by what is added. */
void posture_begin(posture_inputs_t *inputs, int64_t as_of_ns);
void posture_add_asset(posture_inputs_t *inputs, double asset_risk);

typedef struct {
	int64_t ns; /* when it was; one later than the inputs' time counts as of it */
	severity_t severity;
	unsigned technique;      /* below RISK_TECHNIQUES; 0: unknown */
	uint64_t source, victim; /* hashes; 0: unknown */
} posture_event_t;
void posture_add_event(posture_inputs_t *inputs, const posture_event_t *event);

void posture_merge(posture_inputs_t *into, const posture_inputs_t *from);
/* The body of an item. Sets w->bad when it does not fit. */
void posture_put(const posture_inputs_t *inputs, slice_t node, writer_t *w);
/* ERR_MALFORMED, ERR_NEWER_FORMAT, ERR_TOO_BIG; *ret_node borrows. What is left in `inputs`
 * after an error is of no use. */
MUST_CHECK err_t posture_read(slice_t body, posture_inputs_t *inputs, slice_t *ret_node);

/* Assets by their class of risk. name, from class, to class, English, Chinese. */
#define POSTURE_BAND_ROWS(X) \
	X(LOW, 1, 4, "low", "低") \
	X(MEDIUM, 5, 9, "medium", "中") \
	X(HIGH, 10, 14, "high", "高") \
	X(SEVERE, 15, 19, "severe", "极高")

#define X(name, from, to, en, zh) BAND_##name,
typedef enum { POSTURE_BAND_ROWS(X) BAND_COUNT } posture_band_t;
#undef X

enum { POSTURE_REASONS = 3 };

typedef struct {
	bool is_events; /* of a technique; else assets of a band */
	unsigned which; /* the technique or the posture_band_t */
	uint64_t count; /* of the events or assets */
	double effect;  /* how much lower the index would be without it; more than 0 */
} posture_reason_t;

typedef struct {
	bool is_there; /* no input of any node: there is no index, which is not 0 */
	double index;  /* 0 to 100 */
	double depth, breadth, pressure;
	double coverage;               /* monitored of known assets; NAN when none is known */
	double validity;               /* valid of all records; NAN when there is none */
	int64_t age_ns;                /* of the oldest inputs */
	uint64_t rated, events, older; /* older: events in no cell, which count nothing */
	double sources, victims;       /* estimates of how many there are */
	posture_reason_t reasons[POSTURE_REASONS]; /* the greatest effect first */
	size_t reason_count;
} posture_t;

posture_t posture_of(const posture_inputs_t *inputs, int64_t now_ns);
/* "12 assets of severe risk (14.2); 30 events of T0836 (8.1)"; nothing without reasons. */
void posture_put_because(const posture_t *posture, lang_t lang, writer_t *w);
#endif
