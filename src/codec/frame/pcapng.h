/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_FRAME_PCAPNG_H
#define CODEC_FRAME_PCAPNG_H
/* The newer capture file: blocks of sections, each with a byte order and with
 * interfaces of its own.
 *
 * Story: nobody calls this but pcap.c, which tells the two formats apart by
 * their first four bytes; everybody else reads both by pcap_stream_start() and
 * pcap_stream_next().
 *
 * Format: draft-ietf-opsawg-pcapng. Sections, interfaces with if_tsresol and
 * if_tsoffset, enhanced and simple packets, and the packet block of old writers
 * are read; name resolution, statistics and all other blocks are stepped over.
 *
 * Caveats: one block must lie whole in the input; it is at most
 * PCAPNG_BLOCK_MAX. A simple packet says no time and gets that of the packet
 * before. Times before 1970 or after 2262 are CODEC_MALFORMED. */
#include "codec/frame/pcap.h"

enum { PCAPNG_BLOCK_MAX = 16 << 20 };

/* Reads the header of the first section; no interface is known yet. */
MUST_CHECK
codec_t pcapng_start(slice_t *in, pcap_stream_t *ret_stream);
/* Reads up to and with the next packet, and keeps what the blocks before it said
 * in `stream`; `*in` moves past each block as it is read. */
MUST_CHECK
codec_t pcapng_next(pcap_stream_t *stream, slice_t *in, pcap_packet_t *ret_packet);
#endif
