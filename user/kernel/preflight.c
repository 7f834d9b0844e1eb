/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user/kernel/preflight.h"

#include "user/kernel/device.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel tells others that it has nothing. */
static bool may_ask(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct has[_LINUX_CAPABILITY_U32S_3] = {0};
	uint64_t effective;

	if (syscall(SYS_capget, &header, has))
		return false;
	effective = has[0].effective | (uint64_t)has[1].effective << 32;
	return effective >> CAP_SYS_ADMIN & 1 ||
	       (effective >> CAP_BPF & 1 && effective >> CAP_NET_ADMIN & 1);
}

void preflight_kernel(struct preflight_feature features[PREFLIGHT_FEATURES])
{
	const struct preflight_feature found[PREFLIGHT_FEATURES] = {
		{"XDP programs", libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_XDP, NULL)},
		{"arrays of maps", libbpf_probe_bpf_map_type(BPF_MAP_TYPE_ARRAY_OF_MAPS, NULL)},
		{"per-CPU arrays", libbpf_probe_bpf_map_type(BPF_MAP_TYPE_PERCPU_ARRAY, NULL)},
		{"per-CPU hashes", libbpf_probe_bpf_map_type(BPF_MAP_TYPE_PERCPU_HASH, NULL)},
		{"frames in several buffers (bpf_xdp_get_buff_len)",
			libbpf_probe_bpf_helper(
				BPF_PROG_TYPE_XDP, BPF_FUNC_xdp_get_buff_len, NULL)},
		{"reading them (bpf_xdp_load_bytes)",
			libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_xdp_load_bytes, NULL)},
	};

	memcpy(features, found, sizeof(found));
	for (size_t i = 0; i < PREFLIGHT_FEATURES && !may_ask(); i++)
		features[i].state = -EPERM;
}

static bool strips_vlan_tags(const char *interface)
{
	struct ethtool_value value = {.cmd = ETHTOOL_GFLAGS};
	struct ifreq request = {.ifr_data = (char *)&value};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool strips;

	if (fd < 0)
		return false;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	strips = ioctl(fd, SIOCETHTOOL, &request) == 0 && value.data & ETH_FLAG_RXVLAN;
	close(fd);
	return strips;
}

struct preflight_interface preflight_interface(const char *interface)
{
	return (struct preflight_interface){
		.exists = if_nametoindex(interface) != 0,
		.is_up = device_is_up(interface),
		.is_promiscuous = device_is_promiscuous(interface),
		.strips_vlan_tags = strips_vlan_tags(interface),
		.has_default_route = device_has_default_route(interface),
		.mtu = device_mtu(interface),
	};
}

size_t preflight_available_memory(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	size_t kilobytes = 0;
	char line[128];

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %zu kB", &kilobytes) == 1)
			break;
	fclose(file);
	return kilobytes << 10;
}
