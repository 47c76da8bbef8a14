/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_HANDLE_ANSWER_H
#define REGISTRY_HANDLE_ANSWER_H
/* One message of the Handle protocol to one reply, in two pure steps around the
 * look-up, so that many messages can share one: ask_read, registry_find_batch over
 * the names of those that want a record, ask_write. Private to this folder. */
#include "codec/handle/handle.h"
#include "env/crypto.h"
#include "model/record.h"

enum { ASK_FILTERS_MAX = 1024, SITE_BYTES_MAX = 4096, SITE_SERIAL = 1 };

typedef struct ask ask_t;

/* What ask_write is told about the name. */
typedef struct {
	err_t err;       /* of the look-up; ERR_OK when none was wanted */
	record_t record; /* with ERR_OK */
	slice_t site;    /* HS_SITE data of this server */
	uint32_t limit;  /* the response of a limit that was reached, or 0 */
} found_t;

/* Appends the body of the answer or of a failure and says which it is. */
typedef handle_response_t (*ask_answer_t)(const ask_t *ask, const found_t *found, writer_t *body);

struct ask {
	handle_envelope_t envelope;
	handle_header_t header;
	slice_t message;  /* as it came */
	slice_t covered;  /* header and body, for the digest */
	bool is_due;      /* a reply is due */
	bool is_for_desk; /* for desk.h, if there is one */
	bool wants_record;
	handle_response_t refusal; /* settled without a look-up; HANDLE_RC_RESERVED: no */
	const char *text;          /* of the refusal, or NULL */
	slice_t name;
	handle_resolution_t question;
	ask_answer_t answer;
};

/* Never fails: what cannot be read becomes a refusal. Borrows `message`. */
void ask_read(const handle_envelope_t *envelope, slice_t message, ask_t *ret_ask);
/* A refusal of something that has no message, such as a frame of impossible length. */
ask_t ask_refusal(const handle_envelope_t *envelope, handle_response_t response, const char *text);
/* What of the wanted values may be read. */
typedef enum {
	ANSWER_ALL,       /* all, by anybody */
	ANSWER_TO_ADMINS, /* some by administrators with that right alone */
	ANSWER_TO_NOBODY, /* some by nobody */
} answer_reach_t;
answer_reach_t answer_reach(const handle_resolution_t *question, const record_t *record);
/* The body of a resolution: the wanted values, or those of them that are public. */
handle_response_t answer_resolution(const handle_resolution_t *question, const found_t *found,
                                    bool is_all, writer_t *body);

/* The digest of a request's header and body, and its length. */
size_t answer_digest(slice_t covered, handle_digest_kind_t kind, uint8_t ret_digest[SHA256_BYTES]);
/* Appends it as replies of this version have it in front. */
void answer_digest_write(slice_t covered, handle_version_t version, writer_t *w);
/* What is said of names that live elsewhere, as deployed servers do: clients show it. */
extern const char answer_not_here[];
/* To who asks for a time where none is kept. */
extern const char answer_no_history[];

/* Envelope and message. */
void ask_write(const ask_t *ask, const found_t *found, writer_t *w);
#endif
