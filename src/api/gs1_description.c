/* SPDX-License-Identifier: Apache-2.0 */
/* GET /.well-known/gs1resolver: what this resolver says of itself. */
#include "api/gs1_door.h"
#include "api/handlers.h"
#include "api/state.h"

enum { ROOM = 16 << 10, ROOT_MAX = 512 };

static void put_keys(json_t *j)
{
	const gs1_ai_t *ai;
	json_put_array(j, "supportedPrimaryKeys");
	for (size_t i = 0; (ai = gs1_ai_at(i)) != NULL; i++)
		if (ai->flags & GS1_KEY)
			json_str(j, slice_str(ai->first));
	json_close(j);
}

static void put_vocabulary(json_t *j)
{
	json_put_array(j, "supportedLinkType");
	json_object(j);
	json_put_cstr(j, "namespace", GS1_VOCABULARY);
	json_put_cstr(j, "prefix", "gs1:");
	json_close(j);
	json_close(j);
}

verdict_t gs1_description_get(exchange_t *x)
{
	uint8_t bytes[ROOT_MAX];
	writer_t root = writer_of(bytes, sizeof(bytes));
	const char *label = api_catalogue(x->api)->node.label[x->request.lang];
	json_t *j = reply_json(&x->reply, ROOM);
	gs1_root_put(x, &root);
	json_object(j);
	json_put_cstr(j, "name", label);
	json_put_str(j, "resolverRoot", writer_done(&root));
	put_keys(j);
	put_vocabulary(j);
	json_put_bool(j, "linkTypeDefaultCanBeLinkset", false);
	json_put_cstr(j, "jsonLdContextLocation",
	              "https://ref.gs1.org/standards/resolver/linkset-context");
	json_put_object(j, "contact");
	json_put_cstr(j, "fn", label);
	json_close(j);
	json_close(j);
	gs1_door_cors(x);
	return EXCHANGE_ANSWERED;
}
