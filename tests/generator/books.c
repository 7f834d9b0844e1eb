/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/generator/output.h"

#include <stdlib.h>
#include <string.h>

static const char *const classes[BOOKS_CLASSES] = {"short_eth", "non_ip", "too_deep", "ip_bad",
	"off_target", "frag_later", "l4_short", "tcp_syn", "tcp_backscatter", "tcp_other",
	"udp53_response", "udp53_query", "udp53_short", "udp_other", "icmp_backscatter",
	"icmp_other", "icmp6", "other_l4"};

static void enter(struct book *book, const struct frame *frame)
{
	book->packets++;
	book->bytes += frame->size;
	book->syn += frame->is_syn;
}

void books_enter(struct books *books, const struct frame *frame, int attack)
{
	unsigned int class = 0;

	while (class < BOOKS_CLASSES && strcmp(classes[class], frame->class) != 0)
		class ++;
	if (class == BOOKS_CLASSES)
		abort(); /* a frame without a class: the builder is wrong */
	enter(&books->frames, frame);
	enter(&books->class[class], frame);
	if (frame->port >= 0)
		enter(&books->port[frame->protocol][frame->port], frame);
	if (attack >= 0)
		enter(&books->attack[attack], frame);
}

static void write_row(FILE *out, const char *table, const char *key, const struct book *book)
{
	if (book->packets)
		fprintf(out, "%s\t%s\t%llu\t%llu\t%llu\n", table, key,
			(unsigned long long)book->packets, (unsigned long long)book->bytes,
			(unsigned long long)book->syn);
}

void books_write(const struct books *books, const struct world *world, FILE *out)
{
	static const char *const protocols[PROTOCOLS] = {"tcp", "udp", "icmp", "icmp6"};
	char key[32];

	fputs("table\tkey\tpackets\tbytes\tsyn\n", out);
	write_row(out, "frames", "all", &books->frames);
	for (unsigned int i = 0; i < BOOKS_CLASSES; i++)
		write_row(out, "class", classes[i], &books->class[i]);
	for (unsigned int protocol = 0; protocol < PROTOCOLS; protocol++) {
		for (unsigned int port = 0; port < 65536; port++) {
			snprintf(key, sizeof(key), "%s/%u", protocols[protocol], port);
			write_row(out, "port", key, &books->port[protocol][port]);
		}
	}
	for (unsigned int i = 0; i < world->attack_count; i++)
		write_row(out, "attack", world->attack[i].text, &books->attack[i]);
	write_row(out, "device", "refused", &(struct book){.packets = books->refused});
}
