/* SPDX-License-Identifier: Apache-2.0 */
/* The public verbs: each finds the world of its object in the object's first
 * member and forwards to that world's table. Destructors take NULL here, so that
 * no world has to. */
#include "env/ops.h"

#include <stdlib.h>

/* The world. */

int64_t env_now(env_t *env)
{
	return env->ops->now(env);
}

utc_t env_utc(env_t *env)
{
	return env->ops->utc(env);
}

void env_random(env_t *env, void *buf, size_t len)
{
	env->ops->random(env, buf, len);
}

err_t env_run(env_t *env)
{
	return env->ops->run(env);
}

void env_stop(env_t *env)
{
	env->ops->stop(env);
}

void env_signal_on(env_t *env, env_signal_t signal, void (*fn)(void *ctx), void *ctx)
{
	env->ops->signal_on(env, signal, fn, ctx);
}

void env_notify(env_t *env, env_state_t state)
{
	env->ops->notify(env, state);
}

env_usage_t env_usage(env_t *env)
{
	return env->ops->usage(env);
}

isa_t env_isa(env_t *env)
{
	return env->ops->isa(env);
}

void env_host_name(env_t *env, char buf[ENV_HOST_MAX])
{
	env->ops->host_name(env, buf, ENV_HOST_MAX);
}

err_t env_mutex_new(env_t *env, env_mutex_t **ret_mutex)
{
	return env->ops->mutex_new(env, ret_mutex);
}

void env_mutex_free(env_mutex_t *mutex)
{
	if (mutex)
		mutex->ops->mutex_free(mutex);
}

void env_lock(env_mutex_t *mutex)
{
	mutex->ops->lock(mutex);
}

void env_unlock(env_mutex_t *mutex)
{
	mutex->ops->unlock(mutex);
}

/* Loops, timers, mailboxes. */

env_loop_t *env_control_loop(env_t *env)
{
	return env->ops->control_loop(env);
}

err_t env_loop_new(env_t *env, const char *name, env_loop_kind_t kind, env_loop_t **ret_loop)
{
	return env->ops->loop_new(env, name, kind, ret_loop);
}

err_t env_loop_start(env_loop_t *loop)
{
	return loop->ops->loop_start(loop);
}

void env_loop_stop(env_loop_t *loop)
{
	if (loop)
		loop->ops->loop_stop(loop);
}

void env_loop_free(env_loop_t *loop)
{
	if (loop)
		loop->ops->loop_free(loop);
}

env_t *env_loop_env(env_loop_t *loop)
{
	return loop->ops->loop_env(loop);
}

err_t env_timer_new(env_loop_t *loop, void (*fn)(void *ctx), void *ctx, env_timer_t **ret_timer)
{
	return loop->ops->timer_new(loop, fn, ctx, ret_timer);
}

void env_timer_set(env_timer_t *timer, int64_t delay_ns)
{
	timer->ops->timer_set(timer, delay_ns);
}

void env_timer_clear(env_timer_t *timer)
{
	if (timer)
		timer->ops->timer_clear(timer);
}

void env_timer_free(env_timer_t *timer)
{
	if (timer)
		timer->ops->timer_free(timer);
}

err_t env_mailbox_new(const env_mailbox_spec_t *spec, env_mailbox_t **ret_mailbox)
{
	return spec->reader->ops->mailbox_new(spec, ret_mailbox);
}

void env_mailbox_free(env_mailbox_t *mailbox)
{
	if (mailbox)
		mailbox->ops->mailbox_free(mailbox);
}

bool env_mailbox_put(env_mailbox_t *mailbox, const void *item)
{
	return mailbox->ops->mailbox_put(mailbox, item);
}

bool env_mailbox_take(env_mailbox_t *mailbox, void *ret_item)
{
	return mailbox->ops->mailbox_take(mailbox, ret_item);
}

uint64_t env_mailbox_dropped(const env_mailbox_t *mailbox)
{
	return mailbox->ops->mailbox_dropped(mailbox);
}

/* Files. */

err_t env_file_open(env_t *env, const char *path, env_open_t mode, env_file_t **ret_file)
{
	return env->ops->file_open(env, path, mode, ret_file);
}

void env_file_close(env_file_t *file)
{
	if (file)
		file->ops->file_close(file);
}

err_t env_file_read(env_file_t *file, uint64_t at, void *buf, size_t len, size_t *ret_len)
{
	return file->ops->file_read(file, at, buf, len, ret_len);
}

err_t env_file_write(env_file_t *file, uint64_t at, slice_t bytes)
{
	return file->ops->file_write(file, at, bytes);
}

err_t env_file_sync(env_file_t *file)
{
	return file->ops->file_sync(file);
}

err_t env_file_allocate(env_file_t *file, uint64_t size)
{
	return file->ops->file_allocate(file, size);
}

err_t env_file_truncate(env_file_t *file, uint64_t size)
{
	return file->ops->file_truncate(file, size);
}

err_t env_file_size(env_file_t *file, uint64_t *ret_size)
{
	return file->ops->file_size(file, ret_size);
}

err_t env_file_lock(env_file_t *file)
{
	return file->ops->file_lock(file);
}

err_t env_map_open(env_t *env, const char *path, env_map_t **ret_map)
{
	return env->ops->map_open(env, path, ret_map);
}

slice_t env_map_bytes(const env_map_t *map)
{
	return map->ops->map_bytes(map);
}

void env_map_close(env_map_t *map)
{
	if (map)
		map->ops->map_close(map);
}

err_t env_dir_make(env_t *env, const char *path)
{
	return env->ops->dir_make(env, path);
}

err_t env_dir_list(env_t *env, const char *path, void (*fn)(void *ctx, const char *name), void *ctx)
{
	return env->ops->dir_list(env, path, fn, ctx);
}

err_t env_dir_sync(env_t *env, const char *path)
{
	return env->ops->dir_sync(env, path);
}

err_t env_path_rename(env_t *env, const char *from, const char *to)
{
	return env->ops->path_rename(env, from, to);
}

err_t env_path_remove(env_t *env, const char *path)
{
	return env->ops->path_remove(env, path);
}

err_t env_space_free(env_t *env, const char *path, uint64_t *ret_bytes)
{
	return env->ops->space_free(env, path, ret_bytes);
}

/* TCP and UDP. */

err_t env_tcp_dial(env_loop_t *loop, const addr_t *local, addr_t remote, const env_tcp_spec_t *spec,
                   env_tcp_t **ret_tcp)
{
	return loop->ops->tcp_dial(loop, local, remote, spec, ret_tcp);
}

err_t env_tcp_listen(env_loop_t *loop, addr_t addr, const env_listen_spec_t *spec,
                     env_listener_t **ret_listener)
{
	return loop->ops->tcp_listen(loop, addr, spec, ret_listener);
}

addr_t env_listener_addr(const env_listener_t *listener)
{
	return listener->ops->listener_addr(listener);
}

void env_listener_close(env_listener_t *listener)
{
	if (listener)
		listener->ops->listener_close(listener);
}

err_t env_tcp_write(env_tcp_t *tcp, slice_t bytes)
{
	return tcp->ops->tcp_write(tcp, bytes);
}

size_t env_tcp_unsent(const env_tcp_t *tcp)
{
	return tcp->ops->tcp_unsent(tcp);
}

addr_t env_tcp_local(const env_tcp_t *tcp)
{
	return tcp->ops->tcp_local(tcp);
}

addr_t env_tcp_peer(const env_tcp_t *tcp)
{
	return tcp->ops->tcp_peer(tcp);
}

void env_tcp_close(env_tcp_t *tcp)
{
	if (tcp)
		tcp->ops->tcp_close(tcp);
}

void env_tcp_reset(env_tcp_t *tcp)
{
	if (tcp)
		tcp->ops->tcp_reset(tcp);
}

err_t env_udp_open(env_loop_t *loop, addr_t addr, const env_udp_spec_t *spec, env_udp_t **ret_udp)
{
	return loop->ops->udp_open(loop, addr, spec, ret_udp);
}

addr_t env_udp_addr(const env_udp_t *udp)
{
	return udp->ops->udp_addr(udp);
}

err_t env_udp_send(env_udp_t *udp, addr_t peer, slice_t bytes)
{
	return udp->ops->udp_send(udp, peer, bytes);
}

uint64_t env_udp_dropped(const env_udp_t *udp)
{
	return udp->ops->udp_dropped(udp);
}

void env_udp_close(env_udp_t *udp)
{
	if (udp)
		udp->ops->udp_close(udp);
}

/* Serial ports. */

err_t env_serial_open(env_loop_t *loop, const port_t *port, const env_serial_spec_t *spec,
                      env_serial_t **ret_serial)
{
	return loop->ops->serial_open(loop, port, spec, ret_serial);
}

err_t env_serial_write(env_serial_t *serial, slice_t bytes)
{
	return serial->ops->serial_write(serial, bytes);
}

void env_serial_close(env_serial_t *serial)
{
	if (serial)
		serial->ops->serial_close(serial);
}

/* HTTP. */

err_t env_http_ask(env_t *env, const env_http_ask_t *ask, env_http_answer_t *ret_answer)
{
	return env->ops->http_ask(env, ask, ret_answer);
}

void env_http_answer_done(env_http_answer_t *answer)
{
	free(answer->memory);
	*answer = (env_http_answer_t){ 0 };
}

err_t env_http_open(env_loop_t *loop, addr_t addr, const env_http_spec_t *spec,
                    env_http_t **ret_http)
{
	return loop->ops->http_open(loop, addr, spec, ret_http);
}

addr_t env_http_addr(const env_http_t *http)
{
	return http->ops->http_addr(http);
}

err_t env_http_set_tls(env_http_t *http, const env_http_tls_t *tls)
{
	return http->ops->http_set_tls(http, tls);
}

void env_http_close(env_http_t *http)
{
	if (http)
		http->ops->http_close(http);
}

env_http_stats_t env_http_stats(const env_http_t *http)
{
	return http->ops->http_stats(http);
}

http_method_t env_http_method(const env_http_request_t *request)
{
	return request->ops->http_method(request);
}

slice_t env_http_path(const env_http_request_t *request)
{
	return request->ops->http_path(request);
}

slice_t env_http_query(const env_http_request_t *request)
{
	return request->ops->http_query(request);
}

slice_t env_http_header(const env_http_request_t *request, const char *name)
{
	return request->ops->http_header(request, name);
}

slice_t env_http_body(const env_http_request_t *request)
{
	return request->ops->http_body(request);
}

size_t env_http_body_len(const env_http_request_t *request)
{
	return request->ops->http_body_len(request);
}

void env_http_body_copy(const env_http_request_t *request, void *buf)
{
	request->ops->http_body_copy(request, buf);
}

addr_t env_http_peer(const env_http_request_t *request)
{
	return request->ops->http_peer(request);
}

bool env_http_is_secure(const env_http_request_t *request)
{
	return request->ops->http_is_secure(request);
}

slice_t env_http_peer_certificate(const env_http_request_t *request)
{
	return request->ops->http_peer_certificate(request);
}

void env_http_set_user(env_http_request_t *request, void *user)
{
	request->ops->http_set_user(request, user);
}

void *env_http_user(const env_http_request_t *request)
{
	return request->ops->http_user(request);
}

void env_http_reply(env_http_request_t *request, const env_http_reply_t *reply)
{
	request->ops->http_reply(request, reply);
}

void env_http_stream(env_http_request_t *request)
{
	request->ops->http_stream(request);
}

err_t env_http_stream_send(env_http_request_t *request, const char *event, uint64_t id,
                           slice_t data)
{
	return request->ops->http_stream_send(request, event, id, data);
}

void env_http_stream_end(env_http_request_t *request)
{
	request->ops->http_stream_end(request);
}

/* Capture. */

err_t env_capture_open(env_loop_t *loop, const char *source, const env_capture_spec_t *spec,
                       env_capture_t **ret_capture)
{
	return loop->ops->capture_open(loop, source, spec, ret_capture);
}

void env_capture_feed(env_capture_t *capture, slice_t bytes)
{
	capture->ops->capture_feed(capture, bytes);
}

uint64_t env_capture_dropped(const env_capture_t *capture)
{
	return capture->ops->capture_dropped(capture);
}

void env_capture_close(env_capture_t *capture)
{
	if (capture)
		capture->ops->capture_close(capture);
}
