/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_TWIN_VERBS_H
#define ENV_TWIN_VERBS_H
/* The verbs of env/ops.h as the twin does them, by the file that holds them, and
 * the few calls from room to room. verbs.c gathers them into the table.
 *
 * Caveats: contracts are those of the public headers of env/. */
#include "env/twin/world.h"

extern const env_ops_t twin_ops;

/* world.c */
int64_t verb_now(env_t *env);
utc_t verb_utc(env_t *env);
void verb_random(env_t *env, void *buf, size_t len);
MUST_CHECK err_t verb_run(env_t *env);
void verb_stop(env_t *env);
void verb_signal_on(env_t *env, env_signal_t signal, void (*fn)(void *ctx), void *ctx);
void verb_notify(env_t *env, env_state_t state);
env_usage_t verb_usage(env_t *env);
void verb_host_name(env_t *env, char *buf, size_t size);

/* loop.c */
loop_t *loop_open(host_t *host, env_loop_kind_t kind);
loop_t *loop_of(env_loop_t *loop);
MUST_CHECK err_t verb_mutex_new(env_t *env, env_mutex_t **ret_mutex);
void verb_mutex_free(env_mutex_t *mutex);
void verb_lock(env_mutex_t *mutex);
void verb_unlock(env_mutex_t *mutex);
env_loop_t *verb_control_loop(env_t *env);
MUST_CHECK err_t verb_loop_new(env_t *env, const char *name, env_loop_kind_t kind,
                               env_loop_t **ret_loop);
MUST_CHECK err_t verb_loop_start(env_loop_t *loop);
void verb_loop_stop(env_loop_t *loop);
void verb_loop_free(env_loop_t *loop);
env_t *verb_loop_env(env_loop_t *loop);
MUST_CHECK err_t verb_timer_new(env_loop_t *loop, void (*fn)(void *ctx), void *ctx,
                                env_timer_t **ret_timer);
void verb_timer_set(env_timer_t *timer, int64_t delay_ns);
void verb_timer_clear(env_timer_t *timer);
void verb_timer_free(env_timer_t *timer);

/* mailbox.c */
MUST_CHECK err_t verb_mailbox_new(const env_mailbox_spec_t *spec, env_mailbox_t **ret_mailbox);
void verb_mailbox_free(env_mailbox_t *mailbox);
bool verb_mailbox_put(env_mailbox_t *mailbox, const void *item);
bool verb_mailbox_take(env_mailbox_t *mailbox, void *ret_item);
uint64_t verb_mailbox_dropped(const env_mailbox_t *mailbox);

/* file.c */
MUST_CHECK err_t verb_file_open(env_t *env, const char *path, env_open_t mode,
                                env_file_t **ret_file);
void verb_file_close(env_file_t *file);
MUST_CHECK err_t verb_file_read(env_file_t *file, uint64_t at, void *buf, size_t len,
                                size_t *ret_len);
MUST_CHECK err_t verb_file_write(env_file_t *file, uint64_t at, slice_t bytes);
MUST_CHECK err_t verb_file_sync(env_file_t *file);
MUST_CHECK err_t verb_file_allocate(env_file_t *file, uint64_t size);
MUST_CHECK err_t verb_file_truncate(env_file_t *file, uint64_t size);
MUST_CHECK err_t verb_file_size(env_file_t *file, uint64_t *ret_size);
MUST_CHECK err_t verb_file_lock(env_file_t *file);
MUST_CHECK err_t verb_map_open(env_t *env, const char *path, env_map_t **ret_map);
slice_t verb_map_bytes(const env_map_t *map);
void verb_map_close(env_map_t *map);

/* path.c */
MUST_CHECK err_t verb_dir_make(env_t *env, const char *path);
MUST_CHECK err_t verb_dir_list(env_t *env, const char *path,
                               void (*fn)(void *ctx, const char *name), void *ctx);
MUST_CHECK err_t verb_dir_sync(env_t *env, const char *path);
MUST_CHECK err_t verb_path_rename(env_t *env, const char *from, const char *to);
MUST_CHECK err_t verb_path_remove(env_t *env, const char *path);
MUST_CHECK err_t verb_space_free(env_t *env, const char *path, uint64_t *ret_bytes);

/* disk.c: the disk of `name`, made when absent. */
disk_t *disk_of(twin_t *twin, const char *name);
void disks_free(twin_t *twin);

/* world.c: memory that the connections of one host share, gone with the last. */
const char *verb_sql_place(env_t *env, char prefix[ENV_SQL_PREFIX_MAX]);

/* tcp.c */
network_t *network_new(twin_t *twin);
void network_free(network_t *network);
MUST_CHECK err_t verb_tcp_dial(env_loop_t *loop, const addr_t *local, addr_t remote,
                               const env_tcp_spec_t *spec, env_tcp_t **ret_tcp);
MUST_CHECK err_t verb_tcp_listen(env_loop_t *loop, addr_t addr, const env_listen_spec_t *spec,
                                 env_listener_t **ret_listener);
addr_t verb_listener_addr(const env_listener_t *listener);
void verb_listener_close(env_listener_t *listener);
MUST_CHECK err_t verb_tcp_write(env_tcp_t *tcp, slice_t bytes);
size_t verb_tcp_unsent(const env_tcp_t *tcp);
addr_t verb_tcp_local(const env_tcp_t *tcp);
addr_t verb_tcp_peer(const env_tcp_t *tcp);
void verb_tcp_close(env_tcp_t *tcp);
void verb_tcp_reset(env_tcp_t *tcp);

/* udp.c */
MUST_CHECK err_t verb_udp_open(env_loop_t *loop, addr_t addr, const env_udp_spec_t *spec,
                               env_udp_t **ret_udp);
addr_t verb_udp_addr(const env_udp_t *udp);
MUST_CHECK err_t verb_udp_send(env_udp_t *udp, addr_t peer, slice_t bytes);
uint64_t verb_udp_dropped(const env_udp_t *udp);
void verb_udp_close(env_udp_t *udp);

/* serial.c */
struct cable;
void cables_free(twin_t *twin);
MUST_CHECK err_t verb_serial_open(env_loop_t *loop, const port_t *port,
                                  const env_serial_spec_t *spec, env_serial_t **ret_serial);
MUST_CHECK err_t verb_serial_write(env_serial_t *serial, slice_t bytes);
void verb_serial_close(env_serial_t *serial);

/* http.c */
struct answer;
void http_answer_free(struct answer *answer);
MUST_CHECK err_t verb_http_open(env_loop_t *loop, addr_t addr, const env_http_spec_t *spec,
                                env_http_t **ret_http);
addr_t verb_http_addr(const env_http_t *http);
MUST_CHECK err_t verb_http_set_tls(env_http_t *http, const env_http_tls_t *tls);
void verb_http_close(env_http_t *http);
env_http_stats_t verb_http_stats(const env_http_t *http);
http_method_t verb_http_method(const env_http_request_t *request);
slice_t verb_http_path(const env_http_request_t *request);
slice_t verb_http_query(const env_http_request_t *request);
slice_t verb_http_header(const env_http_request_t *request, const char *name);
slice_t verb_http_body(const env_http_request_t *request);
size_t verb_http_body_len(const env_http_request_t *request);
void verb_http_body_copy(const env_http_request_t *request, void *buf);
addr_t verb_http_peer(const env_http_request_t *request);
bool verb_http_is_secure(const env_http_request_t *request);
slice_t verb_http_peer_certificate(const env_http_request_t *request);
void verb_http_set_user(env_http_request_t *request, void *user);
void *verb_http_user(const env_http_request_t *request);
void verb_http_reply(env_http_request_t *request, const env_http_reply_t *reply);
void verb_http_stream(env_http_request_t *request);
MUST_CHECK err_t verb_http_stream_send(env_http_request_t *request, const char *event, uint64_t id,
                                       slice_t data);
void verb_http_stream_end(env_http_request_t *request);
MUST_CHECK err_t verb_http_ask(env_t *env, const env_http_ask_t *ask,
                               env_http_answer_t *ret_answer);

/* tap.c */
MUST_CHECK err_t verb_capture_open(env_loop_t *loop, const char *source,
                                   const env_capture_spec_t *spec, env_capture_t **ret_capture);
void verb_capture_feed(env_capture_t *capture, slice_t bytes);
uint64_t verb_capture_dropped(const env_capture_t *capture);
void verb_capture_close(env_capture_t *capture);
#endif
