/* SPDX-License-Identifier: Apache-2.0 */
#include "api/routes.h"

#include "api/handlers.h"

#define V1   "/api/v1"
#define PROM "/prometheus/api/v1"

/* method, path, least role, where it runs, form of its failures, handler */
#define ROUTE_ROWS(X) \
	X(GET, "/healthz", PUBLIC, LOOP, PROBLEM, health_get) \
	X(GET, "/readyz", PUBLIC, LOOP, PROBLEM, ready_get) \
	X(GET, "/ping", PUBLIC, LOOP, WRITE, ping_get) \
	X(GET, "/health", PUBLIC, LOOP, WRITE, influx_health_get) \
	X(POST, "/write", OPERATOR, LOOP, WRITE, line_write_post) \
	X(POST, "/api/v2/write", OPERATOR, LOOP, WRITE, line_write_post) \
	X(POST, "/prometheus/api/v1/write", OPERATOR, LOOP, WRITE, remote_write_post) \
	X(GET, "/metrics", VIEWER, LOOP, PROBLEM, metrics_get) \
	X(GET, V1 "/openapi.yaml", PUBLIC, LOOP, PROBLEM, openapi_get) \
	X(GET, V1 "/session", PUBLIC, LOOP, PROBLEM, session_get) \
	X(POST, V1 "/session", PUBLIC, LOOP, PROBLEM, session_post) \
	X(DELETE, V1 "/session", VIEWER, LOOP, PROBLEM, session_delete) \
	X(PUT, V1 "/session/password", VIEWER, LOOP, PROBLEM, session_password_put) \
	X(GET, V1 "/users", ADMIN, LOOP, PROBLEM, users_get) \
	X(POST, V1 "/users", ADMIN, LOOP, PROBLEM, users_post) \
	X(PATCH, V1 "/users/{name}", ADMIN, LOOP, PROBLEM, user_patch) \
	X(DELETE, V1 "/users/{name}", ADMIN, LOOP, PROBLEM, user_delete) \
	X(GET, V1 "/tokens", VIEWER, LOOP, PROBLEM, tokens_get) \
	X(POST, V1 "/tokens", VIEWER, LOOP, PROBLEM, tokens_post) \
	X(DELETE, V1 "/tokens/{id}", VIEWER, LOOP, PROBLEM, token_delete) \
	X(GET, V1 "/members", VIEWER, TREE, PROBLEM, members_get) \
	X(POST, V1 "/members", ADMIN, TREE, PROBLEM, members_post) \
	X(POST, V1 "/members/{node}/revoke", ADMIN, TREE, PROBLEM, member_revoke_post) \
	X(GET, V1 "/tree", VIEWER, TREE, PROBLEM, tree_get) \
	X(GET, V1 "/tree/refusals", VIEWER, TREE, PROBLEM, tree_refusals_get) \
	X(GET, V1 "/definitions", VIEWER, TREE, PROBLEM, definitions_list) \
	X(GET, V1 "/definitions/{id}", VIEWER, TREE, PROBLEM, definition_get) \
	X(GET, V1 "/published", VIEWER, TREE, PROBLEM, published_list) \
	X(GET, V1 "/figures", VIEWER, TREE, PROBLEM, figures_get) \
	X(GET, V1 "/figures/{id}", VIEWER, TREE, PROBLEM, figure_get) \
	X(POST, V1 "/figures/declared", ENGINEER, TREE, PROBLEM, figure_declared_post) \
	X(GET, V1 "/figures/declared.csv", ENGINEER, TREE, PROBLEM, figures_declared_csv_get) \
	X(POST, V1 "/figures/declared.csv", ENGINEER, TREE, PROBLEM, figures_declared_csv_post) \
	X(GET, V1 "/census", VIEWER, TREE, PROBLEM, census_get) \
	X(GET, V1 "/census/devices", VIEWER, TREE, PROBLEM, census_devices_get) \
	X(GET, V1 "/cases", VIEWER, TREE, PROBLEM, cases_get) \
	X(GET, V1 "/cases/{id}", VIEWER, TREE, PROBLEM, case_get) \
	X(POST, V1 "/cases/{id}/steps", OPERATOR, TREE, PROBLEM, case_step_post) \
	X(GET, V1 "/cases/{id}/form", VIEWER, TREE, PROBLEM, case_form_get) \
	X(GET, V1 "/posture", VIEWER, TREE, PROBLEM, posture_get) \
	X(GET, V1 "/catalogue", ENGINEER, TREE, PROBLEM, catalogue_get) \
	X(GET, V1 "/releases", ENGINEER, TREE, PROBLEM, releases_get) \
	X(GET, V1 "/node", VIEWER, LOOP, PROBLEM, node_get) \
	X(GET, V1 "/devices", VIEWER, LOOP, PROBLEM, devices_get) \
	X(GET, V1 "/points", VIEWER, LOOP, PROBLEM, points_get) \
	X(GET, V1 "/points/{name}", VIEWER, LOOP, PROBLEM, point_get) \
	X(GET, V1 "/points/{name}/samples", VIEWER, HISTORY, PROBLEM, samples_get) \
	X(GET, V1 "/points/{name}/buckets", VIEWER, HISTORY, PROBLEM, buckets_get) \
	X(GET, V1 "/points/{name}/evidence", VIEWER, HISTORY, PROBLEM, evidence_get) \
	X(GET, V1 "/points/{name}/edits", VIEWER, HISTORY, PROBLEM, edits_get) \
	X(POST, V1 "/points/{name}/edits", ENGINEER, HISTORY, PROBLEM, edits_post) \
	X(POST, V1 "/points/{name}/edits/{id}/undo", ENGINEER, HISTORY, PROBLEM, edit_undo_post) \
	X(GET, V1 "/series", VIEWER, QUERY, PROBLEM, series_list) \
	X(POST, V1 "/sql", VIEWER, HISTORY, PROBLEM, sql_post) \
	X(POST, V1 "/query", VIEWER, HISTORY, PROBLEM, query_post) \
	X(GET, V1 "/query/slow", ENGINEER, QUERY, PROBLEM, slow_queries_get) \
	X(GET, V1 "/aggregates", VIEWER, LOOP, PROBLEM, aggregates_get) \
	X(POST, V1 "/samples", OPERATOR, LOOP, PROBLEM, samples_post) \
	X(GET, V1 "/live", VIEWER, LOOP, PROBLEM, live_get) \
	X(GET, V1 "/events", VIEWER, QUERY, PROBLEM, events_get) \
	X(GET, V1 "/events/{seq}", VIEWER, QUERY, PROBLEM, event_get) \
	X(GET, V1 "/incidents", VIEWER, LOOP, PROBLEM, incidents_get) \
	X(GET, V1 "/incidents/{id}", VIEWER, LOOP, PROBLEM, incident_get) \
	X(GET, V1 "/assets", VIEWER, LOOP, PROBLEM, assets_get) \
	X(POST, V1 "/assets/{ip}/approval", ENGINEER, LOOP, PROBLEM, asset_approval_post) \
	X(GET, V1 "/conversations", VIEWER, LOOP, PROBLEM, conversations_get) \
	X(GET, V1 "/baseline", VIEWER, LOOP, PROBLEM, baseline_get) \
	X(POST, V1 "/baseline/approval", ENGINEER, LOOP, PROBLEM, baseline_approval_post) \
	X(GET, V1 "/commands", VIEWER, QUERY, PROBLEM, commands_get) \
	X(POST, V1 "/commands", OPERATOR, LOOP, PROBLEM, commands_post) \
	X(GET, V1 "/audit/verify", VIEWER, QUERY, PROBLEM, audit_verify_get) \
	X(POST, V1 "/demo/attack", ENGINEER, LOOP, PROBLEM, demo_attack_post) \
	X(GET, V1 "/identifiers", VIEWER, QUERY, PROBLEM, identifiers_get) \
	X(GET, V1 "/office", VIEWER, LOOP, PROBLEM, office_get) \
	X(GET, V1 "/office/applications", VIEWER, LOOP, PROBLEM, applications_get) \
	X(POST, V1 "/office/applications", OPERATOR, LOOP, PROBLEM, applications_post) \
	X(GET, V1 "/office/applications/{number}", VIEWER, LOOP, PROBLEM, application_get) \
	X(POST, V1 "/office/applications/{number}/{step}", ENGINEER, LOOP, PROBLEM, \
	  application_step_post) \
	X(GET, V1 "/office/prefixes", VIEWER, LOOP, PROBLEM, prefixes_get) \
	X(GET, V1 "/office/prefixes/{prefix}", VIEWER, LOOP, PROBLEM, prefix_get) \
	X(PUT, V1 "/office/prefixes/{prefix}/limits", ENGINEER, LOOP, PROBLEM, prefix_limits_put) \
	X(POST, V1 "/office/prefixes/{prefix}/secret", ENGINEER, LOOP, PROBLEM, \
	  prefix_secret_post) \
	X(GET, V1 "/office/templates", VIEWER, LOOP, PROBLEM, templates_get) \
	X(POST, V1 "/office/templates", ENGINEER, LOOP, PROBLEM, templates_post) \
	X(GET, V1 "/office/templates/{prefix}/{version}", VIEWER, LOOP, PROBLEM, template_get) \
	X(DELETE, V1 "/office/templates/{prefix}/{version}", ENGINEER, LOOP, PROBLEM, \
	  template_delete) \
	X(POST, "/identity/token", PUBLIC, LOOP, SNMS, snms_token_post) \
	X(GET, "/identityv2/data/detail", VIEWER, LOOP, SNMS, snms_detail_get) \
	X(POST, "/identityv2/data", ENGINEER, LOOP, SNMS, snms_data_post) \
	X(PUT, "/identityv2/data", ENGINEER, LOOP, SNMS, snms_data_put) \
	X(DELETE, "/identityv2/data", ENGINEER, LOOP, SNMS, snms_data_delete) \
	X(POST, "/identityv2/data/batchCreate", ENGINEER, LOOP, SNMS, snms_batch_post) \
	X(PUT, "/identityv2/data/batchUpdate", ENGINEER, LOOP, SNMS, snms_batch_put) \
	X(DELETE, "/identityv2/data/batchDelete", ENGINEER, LOOP, SNMS, snms_batch_delete) \
	X(GET, "/snms/api/v5/template", VIEWER, LOOP, SNMS, snms_template_get) \
	X(POST, "/snms/api/v5/template", ENGINEER, LOOP, SNMS, snms_template_put) \
	X(PUT, "/snms/api/v5/template", ENGINEER, LOOP, SNMS, snms_template_put) \
	X(DELETE, "/snms/api/v5/template", ENGINEER, LOOP, SNMS, snms_template_delete) \
	X(POST, V1 "/registrations", ENGINEER, QUERY, PROBLEM, registrations_post) \
	X(GET, V1 "/registrations", VIEWER, QUERY, PROBLEM, registrations_get) \
	X(GET, PROM "/query", VIEWER, HISTORY, PROMETHEUS, prometheus_query) \
	X(POST, PROM "/query", VIEWER, HISTORY, PROMETHEUS, prometheus_query) \
	X(GET, PROM "/query_range", VIEWER, HISTORY, PROMETHEUS, prometheus_query_range) \
	X(POST, PROM "/query_range", VIEWER, HISTORY, PROMETHEUS, prometheus_query_range) \
	X(GET, PROM "/series", VIEWER, QUERY, PROMETHEUS, prometheus_series) \
	X(POST, PROM "/series", VIEWER, QUERY, PROMETHEUS, prometheus_series) \
	X(GET, PROM "/labels", VIEWER, QUERY, PROMETHEUS, prometheus_labels) \
	X(POST, PROM "/labels", VIEWER, QUERY, PROMETHEUS, prometheus_labels) \
	X(GET, PROM "/label/{name}/values", VIEWER, QUERY, PROMETHEUS, \
	  prometheus_label_values_get) \
	X(GET, PROM "/metadata", VIEWER, LOOP, PROMETHEUS, prometheus_metadata_get) \
	X(GET, PROM "/status/buildinfo", VIEWER, LOOP, PROMETHEUS, prometheus_buildinfo_get) \
	X(GET, PROM "/query_exemplars", VIEWER, LOOP, PROMETHEUS, prometheus_exemplars) \
	X(POST, PROM "/query_exemplars", VIEWER, LOOP, PROMETHEUS, prometheus_exemplars) \
	X(GET, PROM "/rules", VIEWER, LOOP, PROMETHEUS, prometheus_rules_get) \
	X(GET, PROM "/alerts", VIEWER, LOOP, PROMETHEUS, prometheus_alerts_get) \
	X(GET, "/api/handles", VIEWER, QUERY, HANDLE, handles_list) \
	X(GET, "/api/handles/{+handle}", PUBLIC, LOOP, HANDLE, handle_get) \
	X(PUT, "/api/handles/{+handle}", ENGINEER, QUERY, HANDLE, handle_put) \
	X(DELETE, "/api/handles/{+handle}", ENGINEER, QUERY, HANDLE, handle_delete) \
	X(GET, "/api/site", PUBLIC, QUERY, HANDLE, site_get) \
	X(GET, "/api/prefixes", ADMIN, QUERY, HANDLE, homed_prefixes_get) \
	X(POST, "/api/prefixes/{+prefix}", ADMIN, QUERY, HANDLE, homed_prefix_post) \
	X(DELETE, "/api/prefixes/{+prefix}", ADMIN, QUERY, HANDLE, homed_prefix_delete) \
	X(POST, "/api/sessions", PUBLIC, QUERY, HANDLE, handle_session_post) \
	X(GET, "/api/sessions/this", PUBLIC, QUERY, HANDLE, handle_session_get) \
	X(PUT, "/api/sessions/this", PUBLIC, QUERY, HANDLE, handle_session_put) \
	X(DELETE, "/api/sessions/this", PUBLIC, QUERY, HANDLE, handle_session_delete) \
	X(GET, "/api/verifications/{+identity}", PUBLIC, QUERY, HANDLE, verification_get) \
	X(GET, V1 "/decode", PUBLIC, LOOP, PROBLEM, decode_get) \
	X(GET, V1 "/codes/{+text}", PUBLIC, QUERY, PROBLEM, codes_get) \
	X(GET, "/.well-known/gs1resolver", PUBLIC, LOOP, PROBLEM, gs1_description_get) \
	X(GET, "/00/{+rest}", PUBLIC, LOOP, PROBLEM, gs1_get) \
	X(GET, "/01/{+rest}", PUBLIC, LOOP, PROBLEM, gs1_get) \
	X(GET, "/253/{+rest}", PUBLIC, LOOP, PROBLEM, gs1_get) \
	X(GET, "/255/{+rest}", PUBLIC, LOOP, PROBLEM, gs1_get) \
	X(GET, "/401/{+rest}", PUBLIC, LOOP, PROBLEM, gs1_get) \
	X(GET, "/402/{+rest}", PUBLIC, LOOP, PROBLEM, gs1_get) \
	X(GET, "/414/{+rest}", PUBLIC, LOOP, PROBLEM, gs1_get) \
	X(GET, "/415/{+rest}", PUBLIC, LOOP, PROBLEM, gs1_get) \
	X(GET, "/417/{+rest}", PUBLIC, LOOP, PROBLEM, gs1_get) \
	X(GET, "/8003/{+rest}", PUBLIC, LOOP, PROBLEM, gs1_get) \
	X(GET, "/8004/{+rest}", PUBLIC, LOOP, PROBLEM, gs1_get) \
	X(GET, "/8006/{+rest}", PUBLIC, LOOP, PROBLEM, gs1_get) \
	X(GET, "/8010/{+rest}", PUBLIC, LOOP, PROBLEM, gs1_get) \
	X(GET, "/8013/{+rest}", PUBLIC, LOOP, PROBLEM, gs1_get) \
	X(GET, "/8017/{+rest}", PUBLIC, LOOP, PROBLEM, gs1_get) \
	X(GET, "/8018/{+rest}", PUBLIC, LOOP, PROBLEM, gs1_get) \
	X(GET, V1 "/resolution", VIEWER, LOOP, PROBLEM, resolution_get) \
	X(GET, V1 "/proof/key", PUBLIC, QUERY, PROBLEM, proof_key_get) \
	X(GET, V1 "/proof/head", PUBLIC, QUERY, PROBLEM, proof_head_get) \
	X(GET, V1 "/proof/inclusion", PUBLIC, QUERY, PROBLEM, proof_inclusion_get) \
	X(GET, V1 "/proof/consistency", PUBLIC, QUERY, PROBLEM, proof_consistency_get) \
	X(GET, V1 "/proof/answer/{+name}", PUBLIC, QUERY, PROBLEM, proof_answer_get) \
	X(GET, V1 "/identifiers/{+name}/history", VIEWER, QUERY, PROBLEM, history_get) \
	X(GET, V1 "/identifiers/{+name}/verification", VIEWER, QUERY, PROBLEM, signatures_get) \
	X(POST, V1 "/identifiers/{+name}/state", ENGINEER, QUERY, HANDLE, state_post) \
	X(POST, V1 "/identifiers/{+name}/restoration", ADMIN, LOOP, HANDLE, restoration_post)

#define X(method, path, role, where, face, handler) \
	{ HTTP_##method, path, ROLE_##role, ROUTE_##where, FACE_##face, handler },
static const route_t routes[] = { ROUTE_ROWS(X) };
#undef X

static const char *const method_names[HTTP_METHOD_COUNT] = {
	[HTTP_GET] = "GET",         [HTTP_HEAD] = "HEAD",   [HTTP_POST] = "POST",
	[HTTP_PUT] = "PUT",         [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
	[HTTP_OPTIONS] = "OPTIONS",
};

/* All of the path but "/" and what the pattern still wants. */
static bool fits_rest(slice_t want, slice_t path, route_match_t *match)
{
	size_t tail = want.len ? want.len + 1 : 0;
	if (path.len <= tail || !slice_ends(path, want) ||
	    (tail && path.ptr[path.len - tail] != '/'))
		return false;
	match->param[match->param_count++] = slice_sub(path, 0, path.len - tail);
	return true;
}

/* Whether the path begins with all of the pattern before its first parameter: tells
 * nearly all routes apart at their first differing byte. */
static bool has_head(const char *pattern, slice_t path)
{
	size_t i = 0;
	while (pattern[i] && pattern[i] != '{') {
		if (i == path.len || path.ptr[i] != (uint8_t)pattern[i])
			return false;
		i++;
	}
	return true;
}

/* Segment by segment; a parameter takes one that is not empty. */
static bool fits(const char *pattern, slice_t path, route_match_t *match)
{
	if (!has_head(pattern, path))
		return false;
	slice_t want = slice_str(pattern);
	match->param_count = 0;
	while (want.len && path.len) {
		slice_t segment = slice_cut(&want, '/');
		if (slice_starts(segment, SLICE("{+")))
			return fits_rest(want, path, match);
		bool more = slice_find(path, '/') < path.len;
		slice_t given = slice_cut(&path, '/');
		if (slice_starts(segment, SLICE("{")) && given.len)
			match->param[match->param_count++] = given;
		else if (!slice_eq(segment, given))
			return false;
		if (more && want.len == 0)
			return false;
	}
	return want.len == 0 && path.len == 0;
}

route_match_t routes_find(http_method_t method, slice_t path)
{
	route_match_t found = { 0 };
	http_method_t wanted = method == HTTP_HEAD ? HTTP_GET : method;
	for (size_t i = 0; i < routes_count(); i++) {
		route_match_t match = { .route = &routes[i], .methods = found.methods };
		if (!fits(routes[i].path, path, &match))
			continue;
		match.methods |= 1u << routes[i].method;
		if (routes[i].method != wanted)
			match.route = found.route;
		if (match.route != found.route)
			found = match;
		found.methods = match.methods;
	}
	return found;
}

size_t routes_count(void)
{
	return sizeof(routes) / sizeof(*routes);
}

const route_t *routes_get(size_t i)
{
	return &routes[i];
}

const char *http_method_name(http_method_t method)
{
	return method_names[method];
}

void routes_allow(unsigned methods, writer_t *w)
{
	const char *between = "";
	if (methods & 1u << HTTP_GET)
		methods |= 1u << HTTP_HEAD;
	for (unsigned i = 0; i < HTTP_METHOD_COUNT; i++)
		if (methods >> i & 1) {
			wr_format(w, "%s%s", between, method_names[i]);
			between = ", ";
		}
}
