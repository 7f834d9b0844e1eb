/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/input/capture.h"

#include "user/input/capture_stream.h"

#include <errno.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct capture {
	char *path;
	struct capture_error *error;
	struct capture_stream *stream;
	pcap_t *pcap;
	uint64_t records;
	int result; /* of the last read; anything but 1 stays */
};

__attribute__((format(printf, 3, 4))) static int fail(
	const struct capture *capture, int code, const char *format, ...)
{
	char reason[400];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	/* A long path must not push the reason out. */
	snprintf(capture->error->text, sizeof(capture->error->text), "%.100s: %s", capture->path,
		reason);
	return code;
}

/* What is wrong with the file when libpcap could not read on; place: in its header or a record. */
static int explain(const struct capture *capture, const char *place, const char *libpcap_text)
{
	const char *detail;

	switch (capture_stream_state(capture->stream, &detail)) {
	case CAPTURE_STREAM_END:
		return fail(capture, -EBADMSG, "the capture is cut %s", place);
	case CAPTURE_STREAM_CUT:
		return fail(capture, -EBADMSG, "the capture is cut %s (gzip: %s)", place, detail);
	case CAPTURE_STREAM_DAMAGED:
		return fail(capture, -EBADMSG, "the gzip data is damaged %s: %s", place, detail);
	case CAPTURE_STREAM_UNREADABLE:
		return fail(capture, -EIO, "cannot be read %s: %s", place, detail);
	case CAPTURE_STREAM_REFUSED:
		return fail(capture, -EBADMSG, "more than %d interfaces in one section, %s",
			CAPTURE_STREAM_INTERFACES, place);
	case CAPTURE_STREAM_OPEN:
		break;
	}
	/* libpcap's "an interface has a type 113 different from ..." leaves the operator alone. */
	if (strstr(libpcap_text, "different from the type"))
		return fail(capture, -EBADMSG,
			"the capture mixes link types %s (%s); only Ethernet can be counted, "
			"split the file by interface",
			place, libpcap_text);
	return fail(capture, -EBADMSG, "the capture is damaged %s: %s", place, libpcap_text);
}

static int open_pcap(struct capture *capture)
{
	char text[PCAP_ERRBUF_SIZE] = "";
	FILE *file;
	int error = capture_stream_open(capture->path, &capture->stream, &file);
	int link;

	if (error)
		return fail(capture, error, "%s", strerror(-error));
	capture->pcap =
		pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, text);
	if (!capture->pcap) {
		fclose(file);
		if (capture_stream_is_empty(capture->stream) &&
			capture_stream_state(capture->stream, NULL) == CAPTURE_STREAM_END)
			return fail(capture, -EBADMSG, "the file is empty");
		if (capture_stream_format(capture->stream) == CAPTURE_FORMAT_UNKNOWN &&
			capture_stream_state(capture->stream, NULL) == CAPTURE_STREAM_OPEN)
			return fail(capture, -EBADMSG, "neither a pcap nor a pcapng capture");
		return explain(capture, "inside its header", text);
	}
	link = pcap_datalink(capture->pcap);
	if (link != DLT_EN10MB) {
		const char *name = pcap_datalink_val_to_name(link);

		return fail(capture, -EPROTONOSUPPORT,
			"its link type is %s (%s); only Ethernet captures can be counted",
			name ? name : "unknown", pcap_datalink_val_to_description_or_dlt(link));
	}
	return 0;
}

int capture_open(const char *path, struct capture_error *error, struct capture **capture)
{
	struct capture *opened = calloc(1, sizeof(*opened));
	int result;

	if (!opened || !(opened->path = strdup(path))) {
		free(opened);
		snprintf(error->text, sizeof(error->text), "%.100s: out of memory", path);
		return -ENOMEM;
	}
	opened->error = error;
	opened->result = 1;
	result = open_pcap(opened);
	if (result) {
		capture_close(opened);
		return result;
	}
	*capture = opened;
	return 0;
}

void capture_close(struct capture *capture)
{
	if (!capture)
		return;
	if (capture->pcap)
		pcap_close(capture->pcap);
	capture_stream_close(capture->stream);
	free(capture->path);
	free(capture);
}

/* The end as libpcap sees it; unpacked data may end with a record and be cut all the same. */
static int finish(const struct capture *capture, int code)
{
	char place[64];

	if (code == PCAP_ERROR_BREAK &&
		capture_stream_state(capture->stream, NULL) == CAPTURE_STREAM_END)
		return 0;
	snprintf(place, sizeof(place), "in record %" PRIu64 ", after %" PRIu64 " whole ones",
		capture->records + 1, capture->records);
	return explain(capture, place, code == PCAP_ERROR_BREAK ? "" : pcap_geterr(capture->pcap));
}

int capture_next(struct capture *capture, struct capture_packet *packet)
{
	struct pcap_pkthdr *header;
	const unsigned char *data;
	int code;

	if (capture->result != 1)
		return capture->result;
	code = pcap_next_ex(capture->pcap, &header, &data);
	if (code != 1) {
		capture->result = finish(capture, code);
		return capture->result;
	}
	capture->records++;
	*packet = (struct capture_packet){
		.seconds = header->ts.tv_sec,
		.length = header->caplen,
		.available = header->caplen,
		.wire_length = header->len,
		.data = data,
	};
	/* The field has 32 bits without a sign; libpcap reads one: 2038 would be 1901. */
	if (capture_stream_format(capture->stream) == CAPTURE_FORMAT_PCAP)
		packet->seconds = (uint32_t)header->ts.tv_sec;
	/* libpcap asks for the fraction in the microseconds' field. */
	if (header->ts.tv_usec >= 0 && header->ts.tv_usec < 1000000000)
		packet->nanoseconds = (uint32_t)header->ts.tv_usec;
	return 1;
}

uint64_t capture_records(const struct capture *capture)
{
	return capture->records;
}

void capture_progress(const struct capture *capture, uint64_t *bytes_read, uint64_t *bytes_total)
{
	capture_stream_progress(capture->stream, bytes_read, bytes_total);
}
