/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_OPS_H
#define ENV_OPS_H
/* The table a world fills. One row a noun's verb, in the order of the headers;
 * env.c forwards every public call here, so a world is complete when this
 * struct has no NULL. Objects of a world begin with a pointer to its env_t's
 * ops (the *_base structs), which is how a call finds its world. */
#include "env/capture.h"
#include "env/file.h"
#include "env/http_client.h"
#include "env/loop.h"
#include "env/serial.h"
#include "env/tcp.h"
#include "env/udp.h"

struct env_mutex {
	const env_ops_t *ops;
};
struct env_loop {
	const env_ops_t *ops;
};
struct env_timer {
	const env_ops_t *ops;
};
struct env_mailbox {
	const env_ops_t *ops;
};
struct env_file {
	const env_ops_t *ops;
};
struct env_map {
	const env_ops_t *ops;
};
struct env_tcp {
	const env_ops_t *ops;
};
struct env_listener {
	const env_ops_t *ops;
};
struct env_udp {
	const env_ops_t *ops;
};
struct env_serial {
	const env_ops_t *ops;
};
struct env_http {
	const env_ops_t *ops;
};
struct env_http_request {
	const env_ops_t *ops;
};
struct env_capture {
	const env_ops_t *ops;
};

enum { ENV_SQL_PREFIX_MAX = 64 };

/* isa_x86.c or isa_any.c: what both worlds answer env_isa with. */
isa_t isa_of_machine(env_t *env);

struct env_ops {
	/* env.h */
	int64_t (*now)(env_t *);
	utc_t (*utc)(env_t *);
	void (*random)(env_t *, void *, size_t);
	err_t (*run)(env_t *);
	void (*stop)(env_t *);
	void (*signal_on)(env_t *, env_signal_t, void (*)(void *), void *);
	void (*notify)(env_t *, env_state_t);
	env_usage_t (*usage)(env_t *);
	isa_t (*isa)(env_t *);
	void (*host_name)(env_t *, char *, size_t);
	err_t (*mutex_new)(env_t *, env_mutex_t **);
	void (*mutex_free)(env_mutex_t *);
	void (*lock)(env_mutex_t *);
	void (*unlock)(env_mutex_t *);
	/* loop.h */
	env_loop_t *(*control_loop)(env_t *);
	err_t (*loop_new)(env_t *, const char *, env_loop_kind_t, env_loop_t **);
	err_t (*loop_start)(env_loop_t *);
	void (*loop_stop)(env_loop_t *);
	void (*loop_free)(env_loop_t *);
	env_t *(*loop_env)(env_loop_t *);
	err_t (*timer_new)(env_loop_t *, void (*)(void *), void *, env_timer_t **);
	void (*timer_set)(env_timer_t *, int64_t);
	void (*timer_clear)(env_timer_t *);
	void (*timer_free)(env_timer_t *);
	err_t (*mailbox_new)(const env_mailbox_spec_t *, env_mailbox_t **);
	void (*mailbox_free)(env_mailbox_t *);
	bool (*mailbox_put)(env_mailbox_t *, const void *);
	bool (*mailbox_take)(env_mailbox_t *, void *);
	uint64_t (*mailbox_dropped)(const env_mailbox_t *);
	/* file.h */
	err_t (*file_open)(env_t *, const char *, env_open_t, env_file_t **);
	void (*file_close)(env_file_t *);
	err_t (*file_read)(env_file_t *, uint64_t, void *, size_t, size_t *);
	err_t (*file_write)(env_file_t *, uint64_t, slice_t);
	err_t (*file_sync)(env_file_t *);
	err_t (*file_allocate)(env_file_t *, uint64_t);
	err_t (*file_truncate)(env_file_t *, uint64_t);
	err_t (*file_size)(env_file_t *, uint64_t *);
	err_t (*file_lock)(env_file_t *);
	err_t (*map_open)(env_t *, const char *, env_map_t **);
	slice_t (*map_bytes)(const env_map_t *);
	void (*map_close)(env_map_t *);
	err_t (*dir_make)(env_t *, const char *);
	err_t (*dir_list)(env_t *, const char *, void (*)(void *, const char *), void *);
	err_t (*dir_sync)(env_t *, const char *);
	err_t (*path_rename)(env_t *, const char *, const char *);
	err_t (*path_remove)(env_t *, const char *);
	err_t (*space_free)(env_t *, const char *, uint64_t *);
	/* sql.h: what stands before and behind the path in the database's URI */
	const char *(*sql_place)(env_t *, char prefix[ENV_SQL_PREFIX_MAX]);
	/* tcp.h */
	err_t (*tcp_dial)(env_loop_t *, const addr_t *, addr_t, const env_tcp_spec_t *,
	                  env_tcp_t **);
	err_t (*tcp_listen)(env_loop_t *, addr_t, const env_listen_spec_t *, env_listener_t **);
	addr_t (*listener_addr)(const env_listener_t *);
	void (*listener_close)(env_listener_t *);
	err_t (*tcp_write)(env_tcp_t *, slice_t);
	size_t (*tcp_unsent)(const env_tcp_t *);
	addr_t (*tcp_local)(const env_tcp_t *);
	addr_t (*tcp_peer)(const env_tcp_t *);
	void (*tcp_close)(env_tcp_t *);
	void (*tcp_reset)(env_tcp_t *);
	/* udp.h */
	err_t (*udp_open)(env_loop_t *, addr_t, const env_udp_spec_t *, env_udp_t **);
	addr_t (*udp_addr)(const env_udp_t *);
	err_t (*udp_send)(env_udp_t *, addr_t, slice_t);
	uint64_t (*udp_dropped)(const env_udp_t *);
	void (*udp_close)(env_udp_t *);
	/* serial.h */
	err_t (*serial_open)(env_loop_t *, const port_t *, const env_serial_spec_t *,
	                     env_serial_t **);
	err_t (*serial_write)(env_serial_t *, slice_t);
	void (*serial_close)(env_serial_t *);
	/* http.h */
	err_t (*http_open)(env_loop_t *, addr_t, const env_http_spec_t *, env_http_t **);
	addr_t (*http_addr)(const env_http_t *);
	err_t (*http_set_tls)(env_http_t *, const env_http_tls_t *);
	void (*http_close)(env_http_t *);
	env_http_stats_t (*http_stats)(const env_http_t *);
	http_method_t (*http_method)(const env_http_request_t *);
	slice_t (*http_path)(const env_http_request_t *);
	slice_t (*http_query)(const env_http_request_t *);
	slice_t (*http_header)(const env_http_request_t *, const char *);
	slice_t (*http_body)(const env_http_request_t *);
	size_t (*http_body_len)(const env_http_request_t *);
	void (*http_body_copy)(const env_http_request_t *, void *);
	addr_t (*http_peer)(const env_http_request_t *);
	bool (*http_is_secure)(const env_http_request_t *);
	slice_t (*http_peer_certificate)(const env_http_request_t *);
	void (*http_set_user)(env_http_request_t *, void *);
	void *(*http_user)(const env_http_request_t *);
	void (*http_reply)(env_http_request_t *, const env_http_reply_t *);
	void (*http_stream)(env_http_request_t *);
	err_t (*http_stream_send)(env_http_request_t *, const char *, uint64_t, slice_t);
	void (*http_stream_end)(env_http_request_t *);
	/* http_client.h */
	err_t (*http_ask)(env_t *, const env_http_ask_t *, env_http_answer_t *);
	/* capture.h */
	err_t (*capture_open)(env_loop_t *, const char *, const env_capture_spec_t *,
	                      env_capture_t **);
	void (*capture_feed)(env_capture_t *, slice_t);
	uint64_t (*capture_dropped)(const env_capture_t *);
	void (*capture_close)(env_capture_t *);
};
#endif
