/* SPDX-License-Identifier: Apache-2.0 */
#include "sentry/incident.h"

#define X(name, text, techniques) { text, techniques },
static const struct {
	const char *text, *techniques;
} KINDS[INCIDENT_KIND_COUNT] = { INCIDENT_KIND_ROWS(X) };
#undef X

#define X(name, text) text,
static const char *const REASONS[REASON_COUNT] = { INCIDENT_REASON_ROWS(X) };
#undef X

const char *incident_kind_name(incident_kind_t kind)
{
	return kind < INCIDENT_KIND_COUNT ? KINDS[kind].text : "";
}

const char *incident_techniques(incident_kind_t kind)
{
	return kind < INCIDENT_KIND_COUNT ? KINDS[kind].techniques : "";
}

const char *incident_reason_name(incident_reason_t reason)
{
	return reason < REASON_COUNT ? REASONS[reason] : "";
}
