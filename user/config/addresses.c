/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/config/keys.h"
#include "user/lib/text.h"

#include <errno.h>
#include <string.h>

/* Shorter IPv6 prefixes than any registry hands out; also keeps the count of /64s within 64 bits.
 */
#define SHORTEST_PREFIX6 16

static void fill_mask(unsigned int length, __u64 mask[2])
{
	unsigned char bytes[16] = {0};

	for (unsigned int i = 0; i < length; i++)
		bytes[i / 8] |= (unsigned char)(0x80u >> i % 8);
	memcpy(mask, bytes, sizeof(bytes));
}

static bool overlap(const struct tt_target *one, const struct tt_target *other)
{
	if (one->is_v6 != other->is_v6)
		return false;
	for (unsigned int i = 0; i < 2; i++)
		if ((one->address[i] ^ other->address[i]) & one->mask[i] & other->mask[i])
			return false;
	return true;
}

static bool is_longer_than_64(const struct tt_target *target)
{
	return target->is_v6 && target->mask[1] != 0;
}

/* Whether a prefix longer than /64 lies in the same /64 as this one. */
static bool network_is_counted(
	const struct config_addresses *addresses, const struct tt_target *target)
{
	for (size_t i = 0; i < addresses->target_count; i++)
		if (is_longer_than_64(&addresses->target[i]) &&
			memcmp(addresses->target[i].address, target->address, 8) == 0)
			return true;
	return false;
}

static int add_prefix(
	struct config_addresses *addresses, const char *word, char sentence[CONFIG_ERROR_MAX])
{
	struct text_address address;
	struct tt_target target = {0};
	unsigned int length;
	int error = -EINVAL;

	if (text_parse_prefix(word, &address, &length))
		snprintf(sentence, CONFIG_ERROR_MAX,
			"holds '%s', which is neither a prefix (host bits zero) nor a number",
			word);
	else if (address.is_v6 && length < SHORTEST_PREFIX6)
		snprintf(sentence, CONFIG_ERROR_MAX,
			"holds '%s': an IPv6 prefix must be /%d or longer", word, SHORTEST_PREFIX6);
	else if (addresses->target_count == TT_MAX_TARGETS)
		snprintf(sentence, CONFIG_ERROR_MAX,
			"holds '%s', which is one too many: at most %d prefixes", word,
			TT_MAX_TARGETS);
	else
		error = 0;
	if (error)
		return error;

	memcpy(target.address, address.bytes, address.is_v6 ? 16 : 4);
	fill_mask(length, target.mask);
	target.is_v6 = address.is_v6;
	for (size_t i = 0; i < addresses->target_count; i++) {
		if (overlap(&addresses->target[i], &target)) {
			snprintf(sentence, CONFIG_ERROR_MAX,
				"holds '%s', which overlaps an earlier prefix", word);
			return -EINVAL;
		}
	}
	if (!target.is_v6)
		addresses->addresses4 += (uint64_t)1 << (32 - length);
	else if (length <= 64)
		addresses->networks6 += (uint64_t)1 << (64 - length);
	else if (!network_is_counted(addresses, &target))
		addresses->networks6++;
	addresses->target[addresses->target_count++] = target;
	return 0;
}

/* A word of the value: a number, which stands alone, or a prefix. */
static int add_word(struct config_addresses *sum, const char *word, char sentence[CONFIG_ERROR_MAX])
{
	uint64_t number;
	int error = text_parse_unsigned(word, UINT32_MAX, &number);

	if (error != -EINVAL && (sum->addresses4 || sum->networks6)) {
		snprintf(sentence, CONFIG_ERROR_MAX,
			"holds '%s': a number stands alone, without prefixes or another number",
			word);
		return -EINVAL;
	}
	if (error == -ERANGE || (!error && number == 0)) {
		snprintf(sentence, CONFIG_ERROR_MAX,
			"holds '%s': must be between 1 and 4294967295 addresses", word);
		return -EINVAL;
	}
	if (!error) {
		sum->addresses4 = number;
		return 0;
	}
	if (sum->addresses4 && !sum->target_count) {
		snprintf(sentence, CONFIG_ERROR_MAX,
			"holds '%s' beside a number: give prefixes or a number", word);
		return -EINVAL;
	}
	return add_prefix(sum, word, sentence);
}

int config_addresses_add(
	struct config_addresses *addresses, const char *value, char sentence[CONFIG_ERROR_MAX])
{
	struct config_addresses sum = *addresses;
	char words[CONFIG_MAX_LINE + 1];
	char *rest = words, *word;
	int error;

	if (strlen(value) >= sizeof(words)) {
		snprintf(sentence, CONFIG_ERROR_MAX, "is too long");
		return -EINVAL;
	}
	memcpy(words, value, strlen(value) + 1);
	while ((word = strsep(&rest, " \t,"))) {
		error = *word ? add_word(&sum, word, sentence) : 0;
		if (error)
			return error;
	}
	*addresses = sum;
	return 0;
}
