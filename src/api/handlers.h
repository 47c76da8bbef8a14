/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_HANDLERS_H
#define API_HANDLERS_H
/* The endpoints: each answers one row of the routes table. The file of an endpoint
 * is named in front of its group; what each takes and gives is in openapi.yaml. */
#include "api/exchange.h"
#include "codec/handle/handle.h"
#include "env/json_read.h"
#include "fleet/command.h"
#include "model/event.h"
#include "model/live_value.h"
#include "registry/history.h"
#include "office/office.h"
#include "registry/registry.h"
#include "resolver/resolver.h"

/* members.c */
verdict_t members_get(exchange_t *x);
verdict_t members_post(exchange_t *x);
verdict_t member_revoke_post(exchange_t *x);
/* tree_get.c: this node among others. */
verdict_t tree_get(exchange_t *x);
verdict_t tree_refusals_get(exchange_t *x);
/* definitions_get.c */
verdict_t definitions_list(exchange_t *x);
verdict_t definition_get(exchange_t *x);
verdict_t published_list(exchange_t *x);
/* figures_get.c */
verdict_t figures_get(exchange_t *x);
/* figure_get.c */
verdict_t figure_get(exchange_t *x);
/* figures_declared.c */
verdict_t figure_declared_post(exchange_t *x);
verdict_t figures_declared_csv_get(exchange_t *x);
verdict_t figures_declared_csv_post(exchange_t *x);
/* census_get.c */
verdict_t census_get(exchange_t *x);
verdict_t census_devices_get(exchange_t *x);
/* cases.c */
verdict_t cases_get(exchange_t *x);
verdict_t case_get(exchange_t *x);
verdict_t case_step_post(exchange_t *x);
verdict_t case_form_get(exchange_t *x);
/* posture_get.c */
verdict_t posture_get(exchange_t *x);
/* releases_get.c */
verdict_t catalogue_get(exchange_t *x);
verdict_t releases_get(exchange_t *x);
/* decode_get.c */
verdict_t decode_get(exchange_t *x);
/* codes_get.c */
verdict_t codes_get(exchange_t *x);
/* Whether the path is "/" and a code; where that leads, or what is wrong with it. */
bool codes_door_claims(slice_t path);
verdict_t codes_door_get(exchange_t *x);
/* gs1_get.c */
verdict_t gs1_get(exchange_t *x);
/* gs1_description.c */
verdict_t gs1_description_get(exchange_t *x);
/* health.c */
verdict_t health_get(exchange_t *x);
verdict_t ready_get(exchange_t *x);
/* influx.c */
verdict_t line_write_post(exchange_t *x);
verdict_t ping_get(exchange_t *x);
verdict_t influx_health_get(exchange_t *x);
/* A failure in the words of its clients; the status is set. */
void influx_problem(exchange_t *x, const char *message);
/* remote_write.c */
verdict_t remote_write_post(exchange_t *x);
/* samples_post.c */
verdict_t samples_post(exchange_t *x);
/* metrics_get.c */
verdict_t metrics_get(exchange_t *x);
/* node_get.c */
verdict_t node_get(exchange_t *x);
void node_json(api_t *api, json_t *j);
/* session.c */
verdict_t session_get(exchange_t *x);
verdict_t session_post(exchange_t *x);
verdict_t session_delete(exchange_t *x);
/* Somebody came in or was refused; `role` may be NULL. */
void session_note(exchange_t *x, message_t message, slice_t subject, const char *role);
verdict_t session_password_put(exchange_t *x);
/* users.c */
verdict_t users_get(exchange_t *x);
verdict_t users_post(exchange_t *x);
verdict_t user_patch(exchange_t *x);
verdict_t user_delete(exchange_t *x);
/* tokens.c */
verdict_t tokens_get(exchange_t *x);
verdict_t tokens_post(exchange_t *x);
verdict_t token_delete(exchange_t *x);
/* devices_get.c */
verdict_t devices_get(exchange_t *x);
/* points_get.c */
verdict_t points_get(exchange_t *x);
verdict_t point_get(exchange_t *x);
/* samples_get.c */
verdict_t samples_get(exchange_t *x);
verdict_t buckets_get(exchange_t *x);
/* series_list.c */
verdict_t series_list(exchange_t *x);
/* evidence_get.c */
verdict_t evidence_get(exchange_t *x);
/* edits_get.c */
verdict_t edits_get(exchange_t *x);
/* edits_post.c */
verdict_t edits_post(exchange_t *x);
verdict_t edit_undo_post(exchange_t *x);
/* sql_post.c */
verdict_t sql_post(exchange_t *x);
/* history_query.c */
verdict_t query_post(exchange_t *x);
verdict_t aggregates_get(exchange_t *x);
verdict_t slow_queries_get(exchange_t *x);
/* live.c */
verdict_t live_get(exchange_t *x);
/* events_get.c */
verdict_t events_get(exchange_t *x);
verdict_t event_get(exchange_t *x);
void events_json(const catalogue_t *catalogue, const event_t *event, lang_t lang, json_t *j);
/* incidents_get.c */
verdict_t incidents_get(exchange_t *x);
verdict_t incident_get(exchange_t *x);
/* assets_get.c */
verdict_t assets_get(exchange_t *x);
verdict_t asset_approval_post(exchange_t *x);
verdict_t conversations_get(exchange_t *x);
/* baseline.c */
verdict_t baseline_get(exchange_t *x);
verdict_t baseline_approval_post(exchange_t *x);
/* commands.c */
verdict_t commands_post(exchange_t *x);
/* The result of an order whose exchange is result->ctx. */
void commands_answer(const command_result_t *result);
/* commands_get.c */
verdict_t commands_get(exchange_t *x);
/* audit_get.c */
verdict_t audit_verify_get(exchange_t *x);
/* demo.c */
verdict_t demo_attack_post(exchange_t *x);
/* openapi_get.c */
verdict_t openapi_get(exchange_t *x);
/* handles.c */
verdict_t handle_get(exchange_t *x);
verdict_t handle_put(exchange_t *x);
verdict_t handle_delete(exchange_t *x);
/* The record as the caller may see it; `from`: the change that made it so, NULL for
 * the record of now. */
void handles_put_record(exchange_t *x, const record_t *record, const registry_version_t *from);
/* The same with the live values of its points (registry/handle/live.h) from `source`. */
void handles_put_live(exchange_t *x, const live_value_source_t *source, const record_t *record,
                      const registry_version_t *from);
/* The member "values": those of the record that the filter lets pass. */
typedef bool value_filter_t(const exchange_t *x, const handle_value_t *value);
void handles_put_values(exchange_t *x, const record_t *record, value_filter_t *filter);
/* The filter by who the caller is alone. */
bool handles_role_may_read(const exchange_t *x, const handle_value_t *value);
/* Where the record sends everybody on to (HS_ALIAS); nothing when it does not. */
slice_t handles_alias(const record_t *record);
verdict_t handles_refuse(exchange_t *x, err_t err);
verdict_t handles_refuse_code(exchange_t *x, uint32_t code, const char *message);
/* With awaits_groups set: true when the registry finds out about groups of elsewhere, in
 * the record `name`, and the route's handler runs again after that; once. Query loop. */
bool handles_await_groups(exchange_t *x, slice_t name);
/* The reader of the loop the exchange is on. */
registry_reader_t *handles_reader(exchange_t *x);
/* A change of the registry on its way: the exchange is its until handles_answer. */
verdict_t handles_change(exchange_t *x, const registry_change_t *change);
/* Whether only what anybody may read was asked for. */
bool handles_public_only(const request_t *request);
/* No filter in the query, or one of its types or indexes. */
bool handles_is_wanted(const request_t *request, const handle_value_t *value);
/* Whether the path belongs to the Handle REST API. */
bool handles_owns(slice_t path);
/* No such endpoint there. */
verdict_t handles_unknown(exchange_t *x);
/* handle_proxy.c: GET /{handle}, the face for people and their links. */
bool handle_proxy_claims(const exchange_t *x);
verdict_t handle_proxy_get(exchange_t *x);
/* Whether a link may lead to this URL: to the web or FTP, without control characters. */
bool handle_proxy_leads(slice_t url);
/* handle_tunnel.c: messages of the wire in the body of a POST. */
bool handle_tunnel_claims(const exchange_t *x);
verdict_t handle_tunnel(exchange_t *x);
/* Replies of the desk; ctx is the API. */
void handle_tunnel_mail(void *ctx);
void handle_tunnel_close(api_t *api);
/* What every answer of the Handle REST API gets on its way out: form and headers. */
void handles_dress(exchange_t *x);
/* handles_list.c */
verdict_t handles_list(exchange_t *x);
/* handle_auth.c */
verdict_t handle_session_post(exchange_t *x);
verdict_t handle_session_get(exchange_t *x);
verdict_t handle_session_put(exchange_t *x);
verdict_t handle_session_delete(exchange_t *x);
/* verification_get.c */
verdict_t verification_get(exchange_t *x);
/* homed_prefixes.c */
verdict_t homed_prefixes_get(exchange_t *x);
verdict_t homed_prefix_post(exchange_t *x);
verdict_t homed_prefix_delete(exchange_t *x);
/* handle_tunnel.c */
verdict_t site_get(exchange_t *x);
/* handle_at.c: ?at=, on the query loop. */
verdict_t handle_get_at(exchange_t *x);
/* resolution_get.c */
verdict_t resolution_get(exchange_t *x);
/* What the resolver found for the exchange reply->ctx; gives the answer back. */
void resolution_answer(const resolver_reply_t *reply);
/* proofs.c */
verdict_t proof_key_get(exchange_t *x);
verdict_t proof_head_get(exchange_t *x);
verdict_t proof_inclusion_get(exchange_t *x);
verdict_t proof_consistency_get(exchange_t *x);
verdict_t proof_answer_get(exchange_t *x);
/* identifiers.c */
verdict_t history_get(exchange_t *x);
/* One change as an object of a list. False, with nothing written: the caller may not know
 * of it. */
bool history_put_version(exchange_t *x, const registry_version_t *version);
verdict_t state_post(exchange_t *x);
/* signatures_get.c */
verdict_t signatures_get(exchange_t *x);
verdict_t restoration_post(exchange_t *x);
/* The result of a change whose exchange is result->ctx. */
void handles_answer(const registry_result_t *result);
/* A failure in the form of the Handle REST API, and its status. */
void handles_problem(exchange_t *x, err_t err);
int handles_status(err_t err);
/* registrations.c */
verdict_t registrations_post(exchange_t *x);
/* registrations_get.c */
verdict_t registrations_get(exchange_t *x);
/* identifiers_get.c */
verdict_t identifiers_get(exchange_t *x);
/* office.c */
verdict_t office_get(exchange_t *x);
verdict_t applications_get(exchange_t *x);
verdict_t applications_post(exchange_t *x);
verdict_t application_get(exchange_t *x);
verdict_t application_step_post(exchange_t *x);
/* office_prefixes.c */
verdict_t prefixes_get(exchange_t *x);
verdict_t prefix_get(exchange_t *x);
verdict_t prefix_limits_put(exchange_t *x);
verdict_t prefix_secret_post(exchange_t *x);
/* False with the field that is wrong in the reply. */
bool office_limits_read(exchange_t *x, const json_tree_t *root, meter_limits_t *ret_limits);
/* Sums over all prefixes the caller may see. */
void office_sums_json(exchange_t *x, json_t *j);
/* Whether the caller may see what belongs to a prefix. */
bool office_may_see(const exchange_t *x, slice_t prefix);
/* office_templates.c */
verdict_t templates_get(exchange_t *x);
verdict_t templates_post(exchange_t *x);
verdict_t template_get(exchange_t *x);
verdict_t template_delete(exchange_t *x);
verdict_t snms_template_get(exchange_t *x);
verdict_t snms_template_put(exchange_t *x);
verdict_t snms_template_delete(exchange_t *x);
/* snms_token.c, snms.c: the forms of the public documentation of SNMS version 5. */
verdict_t snms_token_post(exchange_t *x);
verdict_t snms_detail_get(exchange_t *x);
verdict_t snms_data_post(exchange_t *x);
verdict_t snms_data_put(exchange_t *x);
verdict_t snms_data_delete(exchange_t *x);
void snms_answer(const registry_result_t *result);
void snms_problem(exchange_t *x, const err_detail_t *detail);
/* snms_batch.c */
verdict_t snms_batch_post(exchange_t *x);
verdict_t snms_batch_put(exchange_t *x);
verdict_t snms_batch_delete(exchange_t *x);
/* prometheus.c: the form of Prometheus's own API, for its clients and Grafana. */
void prometheus_problem(exchange_t *x, const err_detail_t *detail);
int prometheus_status(err_t err);
verdict_t prometheus_metadata_get(exchange_t *x);
verdict_t prometheus_buildinfo_get(exchange_t *x);
verdict_t prometheus_exemplars(exchange_t *x);
verdict_t prometheus_rules_get(exchange_t *x);
verdict_t prometheus_alerts_get(exchange_t *x);
/* prometheus_query.c */
verdict_t prometheus_query(exchange_t *x);
verdict_t prometheus_query_range(exchange_t *x);
/* prometheus_series.c */
verdict_t prometheus_series(exchange_t *x);
verdict_t prometheus_labels(exchange_t *x);
verdict_t prometheus_label_values_get(exchange_t *x);
/* console.c: any path that is no route. */
verdict_t console_get(exchange_t *x);
#endif
