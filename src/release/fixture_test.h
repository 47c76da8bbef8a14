/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RELEASE_FIXTURE_TEST_H
#define RELEASE_FIXTURE_TEST_H
/* A plant whose points are of all classes, and a contract that lets all go that may. */
#include <stdio.h>

#include "env/twin/test.h"
#include "release/release.h"

/* A plant of three devices; what is core has marks that can be looked for. */
enum { DEVICES = 3, POINTS = 9 };

typedef struct {
	catalogue_t catalogue;
	device_t devices[DEVICES];
	point_t points[POINTS];
	char names[POINTS][24], idents[POINTS][40];
} plant_t;

static const char *const DEVICE_NAMES[DEVICES] = { "FRM1", "MIX2", "OVEN" };
static const release_key_t KEY = { { 1, 2, 3 } };

/* Point 3n + k is of device n and of class k. */
static inline void plant_make(plant_t *p)
{
	*p = (plant_t){ .catalogue = { .devices = p->devices,
		                       .device_count = DEVICES,
		                       .points = p->points,
		                       .point_count = POINTS } };
	for (unsigned i = 0; i < DEVICES; i++)
		p->devices[i] = (device_t){ .id = i + 1,
			                    .name = DEVICE_NAMES[i],
			                    .addr = { ip_v4(203, 0, 113, (uint8_t)(10 + i)),
			                              502 } };
	for (unsigned i = 0; i < POINTS; i++) {
		snprintf(p->names[i], sizeof(p->names[i]), "%s.%s%u", DEVICE_NAMES[i / 3],
		         i % 3 == DATA_CORE ? "SECRET" : "P", i);
		snprintf(p->idents[i], sizeof(p->idents[i]), "99.1000.1/%s", p->names[i]);
		p->points[i] = (point_t){ .id = i + 1,
			                  .device = i / 3 + 1,
			                  .name = p->names[i],
			                  .ident = p->idents[i],
			                  .address = { .address = (uint16_t)(10 * (i % 3)),
			                               .words = 2 },
			                  .data_class = (data_class_t)(i % 3),
			                  .owner = "Works" };
	}
}

static inline config_contract_t full_contract(void)
{
	return (config_contract_t){ .name = "full",
		                    .streams = { UPLINK_EVENTS, UPLINK_INDICATORS },
		                    .stream_count = 2,
		                    .indicators = { "iso22400.*" },
		                    .indicator_count = 1,
		                    .points = { DATA_GENERAL, DATA_IMPORTANT },
		                    .point_count = 2,
		                    .events = { EVENT_LIFE, EVENT_ALARM, EVENT_ALERT, EVENT_COMMAND,
		                                EVENT_RECORD, EVENT_ACCESS },
		                    .event_count = 6,
		                    .severity = SEVERITY_INFO,
		                    .cell = 3,
		                    .values = 1 };
}

static inline release_judge_t judge_of(const plant_t *p, const config_contract_t *contract)
{
	return (release_judge_t){ contract, &p->catalogue, &KEY, SLICE("99.1000.1") };
}

static inline event_t event_of(message_t message)
{
	event_t event = event_make(message, (node_time_t){ 1700000000000000000 });
	event.seq = 77;
	return event;
}
#endif
