/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_HANDLERS_H
#define API_HANDLERS_H
/* The endpoints: each answers one row of the routes table. The file of an endpoint
 * is named in front of its group; what each takes and gives is in openapi.yaml. */
#include "api/exchange.h"
#include "fleet/command.h"
#include "model/event.h"
#include "registry/history.h"
#include "registry/registry.h"

/* health.c */
verdict_t health_get(exchange_t *x);
verdict_t ready_get(exchange_t *x);
/* metrics_get.c */
verdict_t metrics_get(exchange_t *x);
/* node_get.c */
verdict_t node_get(exchange_t *x);
void node_json(api_t *api, json_t *j);
/* session.c */
verdict_t session_get(exchange_t *x);
verdict_t session_post(exchange_t *x);
verdict_t session_delete(exchange_t *x);
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
/* "good", "stale": the name of a quality as clients see it. */
void json_quality(json_t *j, quality_t quality);
/* samples_get.c */
verdict_t samples_get(exchange_t *x);
verdict_t buckets_get(exchange_t *x);
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
verdict_t handles_list(exchange_t *x);
/* The record as the caller may see it; `from`: the change that made it so, NULL for
 * the record of now. */
void handles_put_record(exchange_t *x, const record_t *record, const registry_version_t *from);
verdict_t handles_refuse(exchange_t *x, err_t err);
/* A change of the registry on its way: the exchange is its until handles_answer. */
verdict_t handles_change(exchange_t *x, const registry_change_t *change);
/* handle_at.c: ?at=, on the query loop. */
verdict_t handle_get_at(exchange_t *x);
/* proofs.c */
verdict_t proof_key_get(exchange_t *x);
verdict_t proof_head_get(exchange_t *x);
verdict_t proof_inclusion_get(exchange_t *x);
verdict_t proof_consistency_get(exchange_t *x);
verdict_t proof_answer_get(exchange_t *x);
/* identifiers.c */
verdict_t history_get(exchange_t *x);
verdict_t state_post(exchange_t *x);
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
/* console.c: any path that is no route. */
verdict_t console_get(exchange_t *x);
#endif
