/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_HJ212_HJ212_H
#define CODEC_HJ212_HJ212_H
/* HJ 212-2017: what a station that watches emissions tells the platform of the environment.
 * A frame is text: "##", four digits of length, so many bytes of data, four hexadecimal
 * digits of CRC, CR LF.
 *
 * Story: hj212_decode cuts one frame from the front of a stream and reads its fields;
 * hj212_items_of and hj212_item_next then go through what CP holds. hj212_seal puts data into
 * a frame.
 *
 * Quality: a station says in NAME-Flag how the values of the same group that begin with NAME-
 * came about. N is good and nothing else is; a flag that is not known is bad. A value
 * without a flag, such as a setting, has QUALITY_OK and the flag 0: who averages
 * measurements asks for a flag.
 *
 * Standard: HJ 212-2017, chapters 6 and annexes A and B. The version is in bits 2 to 7 of
 * Flag (0: 2005, 1: 2017).
 *
 * Limits: HJ212_DATA_MAX bytes of data. Pure functions; what is read borrows the input.
 *
 * Caveats: the CRC is not that of Modbus, though it has its polynomial (hj212_crc). After
 * CODEC_MALFORMED a stream goes on at the next "##". QN and DataTime are Beijing time. Fields
 * that this edition does not know are passed over, as later ones have more. */
#include "base/codec.h"
#include "base/cursor.h"
#include "model/quality.h"

enum {
	HJ212_DATA_MAX = 1024,
	HJ212_ENVELOPE = 2 + 4 + 4 + 2,
	HJ212_FRAME_MAX = HJ212_DATA_MAX + HJ212_ENVELOPE,
};

typedef struct {
	slice_t data;
	slice_t request; /* QN, 17 digits of a time; empty when it has none, as may be the next */
	slice_t password;
	slice_t station;          /* MN */
	uint16_t system, command; /* ST, CN */
	uint8_t version;          /* of Flag: 0 is the edition of 2005, 1 of 2017 */
	bool wants_answer;
	uint32_t packets, packet; /* PNUM and PNO; 0: not divided */
	slice_t items;            /* of CP */
	size_t used;              /* bytes to advance the stream by */
} hj212_t;

/* CODEC_MORE: the frame is not whole yet. */
MUST_CHECK codec_t hj212_decode(slice_t in, hj212_t *ret_frame);
/* The register is shifted right by 8 before a byte goes in, which for the CRC of Modbus it is
 * not: 1C80 and not 0759 for the example of annex A. */
uint16_t hj212_crc(slice_t data);
/* ERR_TOO_BIG: the data, or for the writer; then it is as it was. */
MUST_CHECK err_t hj212_seal(slice_t data, writer_t *w);

typedef struct {
	slice_t rest, group, left;
	bool bad;
} hj212_items_t;

typedef struct {
	slice_t name;  /* "a21026-Rtd" */
	slice_t value; /* as written */
	uint8_t flag;  /* of its group; 0: none */
	quality_t quality;
} hj212_item_t;

hj212_items_t hj212_items_of(slice_t items);
/* The flags themselves are no items. False at the end, and at what has no name; `bad` tells
 * them apart. */
bool hj212_item_next(hj212_items_t *items, hj212_item_t *ret_item);
#endif
