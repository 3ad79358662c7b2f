#include <sys/mman.h>
#include <sys/socket.h>

#include "base.h"
#include "kernel_blob.h"
#include "kernel_blob_entry.h"
#include "kernel_netns.h"

/*
 * What is read here a program of anybody gave to the kernel, which has checked it; it is checked
 * once more where walking over it depends on that.
 */

const struct blob_layout blob_layouts[FAMILY_NR] = {
	[FAMILY_IPV4] = {
		AF_INET, IPPROTO_IP, sizeof(struct ipt_entry), offsetof(struct ipt_entry, nfcache),
		offsetof(struct ipt_entry, target_offset), offsetof(struct ipt_entry, next_offset),
		offsetof(struct ipt_entry, comefrom), offsetof(struct ipt_entry, counters),
	},
	[FAMILY_IPV6] = {
		AF_INET6, IPPROTO_IPV6, sizeof(struct ip6t_entry),
		offsetof(struct ip6t_entry, nfcache), offsetof(struct ip6t_entry, target_offset),
		offsetof(struct ip6t_entry, next_offset), offsetof(struct ip6t_entry, comefrom),
		offsetof(struct ip6t_entry, counters),
	},
};

enum { TRIES = 100 }; /* while others change the table each time */

/* --- entries -------------------------------------------------------------------------------- */

static bool entry_fits(const struct blob *blob, size_t entry)
{
	const struct blob_layout *l = blob_layout(blob);
	size_t left = blob->size - entry, size, target;

	if (left < l->entry)
		return false;
	size = blob_half(blob, entry + l->next_offset);
	target = blob_half(blob, entry + l->target_offset);
	return size <= left && target >= l->entry &&
	       target + sizeof(struct xt_standard_target) <= size &&
	       (size | target) % _Alignof(struct xt_entry_target) == 0;
}

/* Entry by entry up to the end, and that is where it should be, as are the built-in chains. */
static bool fits(const struct blob *blob)
{
	unsigned int nr = 0, begun = 0, ended = 0;
	size_t last = 0;

	for (size_t at = 0; at < blob->size; at = blob_behind(blob, at), nr++) {
		if (!entry_fits(blob, at))
			return false;
		begun |= blob_hooks_at(blob, blob->hook_entry, at);
		ended |= blob_hooks_at(blob, blob->underflow, at) & begun;
		last = at;
	}
	return nr && nr == blob->nr && blob_is_error(blob, last) && ended == blob->hooks;
}

/* --- the table ------------------------------------------------------------------------------ */

/* Of a hook that the table does not have there is no place. */
static void take_hooks(struct blob *blob, unsigned int hooks, const unsigned int entry[BLOB_HOOKS],
		       const unsigned int underflow[BLOB_HOOKS])
{
	blob->hooks = hooks;
	for (size_t i = 0; i < BLOB_HOOKS; i++) {
		bool has = hooks >> i & 1;

		blob->hook_entry[i] = has ? entry[i] : 0;
		blob->underflow[i] = has ? underflow[i] : 0;
	}
}

static int ask_info(int fd, const char *table, struct blob *blob)
{
	struct ipt_getinfo info = { .size = 0 };
	socklen_t len = sizeof(info);

	snprintf(info.name, sizeof(info.name), "%s", table);
	if (getsockopt(fd, blob_layout(blob)->level, IPT_SO_GET_INFO, &info, &len) < 0)
		return -1;
	blob->nr = info.num_entries;
	blob->size = info.size;
	take_hooks(blob, info.valid_hooks, info.hook_entry, info.underflow);
	return 0;
}

static void release_room(struct blob *blob)
{
	int saved = errno;

	if (blob->memory)
		munmap(blob->memory, blob->room);
	blob->memory = NULL;
	errno = saved;
}

/*
 * Zeroed memory of large pages: with small ones a third of the time that the kernel takes for
 * a large table goes into page faults. A NUL behind it all is the end of any name.
 */
int blob_get_room(struct blob *blob, size_t head, size_t size)
{
	const size_t page = 2 << 20, bytes = head + size + 1, room = bytes + page;
	void *memory = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t aside = -(uintptr_t)memory % page;

	if (memory == MAP_FAILED)
		return -1;
	blob->memory = memory;
	blob->room = room;
	blob->size = size;
	blob->entries = (char *)memory + aside + head;
	if (bytes >= page) /* or small ones */
		(void)madvise((char *)memory + aside, room - aside, MADV_HUGEPAGE);
	return 0;
}

/*
 * The kernel writes names up to their NUL and leaves the rest as it was: zeroed, so that the same
 * table is the same blob.
 */
static int ask_entries(int fd, const char *table, struct blob *blob)
{
	const size_t head = offsetof(struct ipt_get_entries, entrytable);
	socklen_t len = (socklen_t)(head + blob->size);
	struct ipt_get_entries *got;

	if (blob_get_room(blob, head, blob->size) < 0)
		return -1;
	got = (void *)(blob->entries - head);
	snprintf(got->name, sizeof(got->name), "%s", table);
	got->size = (unsigned int)blob->size;
	if (getsockopt(fd, blob_layout(blob)->level, IPT_SO_GET_ENTRIES, got, &len) == 0)
		return 0;
	release_room(blob);
	return -1;
}

int blob_socket(enum family family)
{
	return socket(blob_layouts[family].domain, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
}

/* netns: of another namespace: a socket belongs to the one that it was opened in; or -1. */
static int open_socket(enum family family, int netns)
{
	int here = netns >= 0 ? kernel_netns_enter(netns) : -1, fd;

	if (netns >= 0 && here < 0)
		return -1;
	fd = blob_socket(family);
	if (here >= 0)
		kernel_netns_leave(here);
	return fd;
}

int blob_read(enum family family, enum xtable table, int netns, struct blob *ret_blob)
{
	struct blob blob = { .family = family };
	int fd = open_socket(family, netns);
	int ret = -1;

	if (fd < 0)
		return -1;
	for (unsigned int try = 0; ret < 0 && try < TRIES; try++) {
		ret = ask_info(fd, xtable_name(table), &blob);
		if (ret == 0)
			ret = ask_entries(fd, xtable_name(table), &blob);
		if (ret < 0 && errno != EAGAIN) /* EAGAIN: its size is another one by now */
			break;
	}
	close(fd);
	if (ret == 0 && !fits(&blob)) {
		blob_release(&blob);
		errno = EPROTO;
		return -1;
	}
	if (ret == 0)
		*ret_blob = blob;
	return ret;
}

int blob_of_replace(enum family family, const void *replace, size_t len, struct blob *ret_blob)
{
	const size_t head = offsetof(struct ipt_replace, entries);
	struct blob blob = { .family = family };
	struct ipt_replace told;

	errno = EPROTO;
	if (len < head)
		return -1;
	memcpy(&told, replace, head);
	if (told.size != len - head || blob_get_room(&blob, 0, told.size) < 0)
		return -1;
	blob.nr = told.num_entries;
	take_hooks(&blob, told.valid_hooks, told.hook_entry, told.underflow);
	memcpy(blob.entries, (const char *)replace + head, told.size);
	if (!fits(&blob)) {
		blob_release(&blob);
		errno = EPROTO;
		return -1;
	}
	*ret_blob = blob;
	return 0;
}

void blob_release(struct blob *blob)
{
	release_room(blob);
	*blob = (struct blob){ .memory = NULL };
}

bool blob_is_pristine(const struct blob *blob)
{
	unsigned int nr = 1; /* the end */

	for (size_t i = 0; i < BLOB_HOOKS; i++) {
		if (!(blob->hooks >> i & 1))
			continue;
		if (blob_verdict(blob, blob->underflow[i]) == -NF_DROP - 1)
			return false;
		nr++;
	}
	return blob->nr == nr;
}

void blob_strip(struct blob *blob)
{
	const struct blob_layout *l = blob_layout(blob);

	for (size_t at = 0; at < blob->size; at = blob_behind(blob, at)) {
		memset(blob->entries + at + l->nfcache, 0, sizeof(unsigned int));
		memset(blob->entries + at + l->comefrom, 0, sizeof(unsigned int));
		memset(blob->entries + at + l->counters, 0, sizeof(struct xt_counters));
	}
}
