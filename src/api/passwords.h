/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_PASSWORDS_H
#define API_PASSWORDS_H
/* Passwords of exchanges on their way to the password loop, where PBKDF2 takes a good
 * part of a second each, and back. The loop is one of its own, so that neither requests
 * nor queries wait for who tries to sign in.
 *
 * Story: a handler takes room for its passwords, begins each with access, sends the
 * exchange off and returns what passwords_send says; `then` goes on with the hashes on
 * the HTTP loop. The room is wiped and given back with the exchange.
 *
 * Limits: API_PASSWORDS_MAX exchanges at once; more are refused as busy and counted. */
#include "api/exchange.h"

enum { API_PASSWORDS_MAX = 8 };

/* Room for `count` works, or NULL with the problem in the reply. */
access_work_t *passwords_take(exchange_t *x, size_t count);
verdict_t passwords_send(exchange_t *x, handler_t then);
void passwords_drop(exchange_t *x);
/* The mailboxes' readers: on the password loop, and back on the HTTP loop. */
void passwords_work(void *ctx);
void passwords_done(void *ctx);
#endif
