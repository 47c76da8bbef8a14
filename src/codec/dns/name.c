/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/dns/dns.h"

enum { POINTER = 0xC0, POINTER_BITS = 0x3FFF };

/* Where in the message the reader stands. */
static size_t place(slice_t message, const reader_t *r)
{
	return message.len - r->in.len;
}

/* Adds one label to the name; false: too long. */
static bool add_label(slice_t label, dns_name_t *name)
{
	size_t len = (size_t)name->len + 1 + label.len;
	if (len >= DNS_NAME_MAX)
		return false;
	name->bytes[name->len] = (uint8_t)label.len;
	memcpy(&name->bytes[name->len + 1], label.ptr, label.len);
	name->len = (uint8_t)len;
	return true;
}

/* The labels from the reader on, up to the root or a pointer, whose target is returned; 0
 * for the root, since no pointer leads into the head. */
static size_t read_run(reader_t *r, dns_name_t *name)
{
	for (;;) {
		uint8_t len = rd_u8(r);
		if (r->bad || len == 0)
			return 0;
		if ((len & POINTER) == POINTER) {
			size_t target = (size_t)(((len << 8) | rd_u8(r)) & POINTER_BITS);
			r->bad = r->bad || target < DNS_HEAD_SIZE;
			return target;
		}
		slice_t label = rd_take(r, len);
		if (len > DNS_LABEL_MAX || r->bad || !add_label(label, name)) {
			r->bad = true;
			return 0;
		}
	}
}

dns_name_t dns_name_read(slice_t message, reader_t *r)
{
	dns_name_t name = { .len = 0 };
	size_t before = place(message, r);
	size_t target = read_run(r, &name);
	while (target && !r->bad) {
		if (target >= before) {
			r->bad = true;
			break;
		}
		reader_t there = reader_of(slice_from(message, target));
		before = target;
		target = read_run(&there, &name);
		r->bad = there.bad;
	}
	if (r->bad)
		return (dns_name_t){ .len = 0 };
	name.bytes[name.len++] = 0;
	return name;
}

bool dns_name_parse(slice_t text, dns_name_t *ret_name)
{
	dns_name_t name = { .len = 0 };
	if (text.len && text.ptr[text.len - 1] == '.')
		text.len--;
	while (text.len) {
		bool has_more = slice_find(text, '.') < text.len;
		slice_t label = slice_cut(&text, '.');
		if (label.len == 0 || label.len > DNS_LABEL_MAX || !add_label(label, &name) ||
		    (has_more && text.len == 0))
			return false;
	}
	name.bytes[name.len++] = 0;
	*ret_name = name;
	return true;
}

static slice_t bytes_of(const dns_name_t *name)
{
	return slice_of(name->bytes, name->len);
}

/* Lengths of labels are below the letters, so that folding leaves them alone. */
bool dns_name_eq(const dns_name_t *a, const dns_name_t *b)
{
	return slice_eq_nocase(bytes_of(a), bytes_of(b));
}

bool dns_name_within(const dns_name_t *name, const dns_name_t *zone)
{
	size_t at = 0;
	if (name->len < zone->len)
		return false;
	while (at < (size_t)name->len - zone->len)
		at += 1U + name->bytes[at];
	return at == (size_t)name->len - zone->len &&
	       slice_eq_nocase(slice_from(bytes_of(name), at), bytes_of(zone));
}

size_t dns_name_labels(const dns_name_t *name, size_t tail, slice_t ret_labels[DNS_LABELS_MAX])
{
	size_t count = 0;
	for (size_t at = 0; at + tail < name->len; at += 1U + name->bytes[at])
		ret_labels[count++] = slice_sub(bytes_of(name), at + 1, name->bytes[at]);
	return count;
}
