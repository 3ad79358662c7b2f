#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

#include "base.h"
#include "kernel_blob.h"

/*
 * What is read here a program of anybody gave to the kernel, which has checked it; it is checked
 * once more where walking over it depends on that.
 */

/* ip_tables and ip6_tables are the same code over two entries; the differences, by family. */
static const struct layout {
	int domain, level;
	size_t entry; /* bytes before its first match */
	size_t nfcache, target_offset, next_offset, comefrom, counters;
} layouts[FAMILY_NR] = {
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

static const char *const hook_chains[BLOB_HOOKS] = { "PREROUTING", "INPUT", "FORWARD", "OUTPUT",
						     "POSTROUTING" };

/* The calls have the same numbers and are told the same in both families, but for their level. */
_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo) &&
		       offsetof(struct ipt_get_entries, entrytable) ==
			       offsetof(struct ip6t_get_entries, entrytable) &&
		       (int)NF_INET_NUMHOOKS == (int)BLOB_HOOKS,
	       "one code for both families");

enum { TRIES = 100 }; /* while others change the table each time */

/* --- entries -------------------------------------------------------------------------------- */

static size_t half(const struct blob *blob, size_t at)
{
	uint16_t value;

	memcpy(&value, blob->entries + at, sizeof(value));
	return value;
}

static size_t behind(const struct blob *blob, size_t entry)
{
	return entry + half(blob, entry + layouts[blob->family].next_offset);
}

static const struct xt_entry_target *target_of(const struct blob *blob, size_t entry)
{
	return (const void *)(blob->entries + entry +
			      half(blob, entry + layouts[blob->family].target_offset));
}

/* The name of a user chain; or, as the table's last entry, its end. */
static bool is_error(const struct blob *blob, size_t entry)
{
	return str_equal(target_of(blob, entry)->u.user.name, XT_ERROR_TARGET);
}

static const char *error_name(const struct blob *blob, size_t entry)
{
	return ((const struct xt_error_target *)target_of(blob, entry))->errorname;
}

static bool entry_fits(const struct blob *blob, size_t entry)
{
	const struct layout *l = &layouts[blob->family];
	size_t left = blob->size - entry, size, target;

	if (left < l->entry)
		return false;
	size = half(blob, entry + l->next_offset);
	target = half(blob, entry + l->target_offset);
	return size <= left && target >= l->entry &&
	       target + sizeof(struct xt_standard_target) <= size &&
	       (size | target) % _Alignof(struct xt_entry_target) == 0;
}

/* The hooks that have this entry there. */
static unsigned int hooks_at(const struct blob *blob, const unsigned int where[BLOB_HOOKS],
			     size_t entry)
{
	unsigned int hooks = 0;

	for (size_t i = 0; i < BLOB_HOOKS; i++)
		if (blob->hooks >> i & 1 && where[i] == entry)
			hooks |= 1u << i;
	return hooks;
}

/* Entry by entry up to the end, and that is where it should be, as are the built-in chains. */
static bool fits(const struct blob *blob)
{
	unsigned int nr = 0, begun = 0, ended = 0;
	size_t last = 0;

	for (size_t at = 0; at < blob->size; at = behind(blob, at), nr++) {
		if (!entry_fits(blob, at))
			return false;
		begun |= hooks_at(blob, blob->hook_entry, at);
		ended |= hooks_at(blob, blob->underflow, at) & begun;
		last = at;
	}
	return nr && nr == blob->nr && is_error(blob, last) && ended == blob->hooks;
}

/* --- the table ------------------------------------------------------------------------------ */

static int ask_info(int fd, const char *table, struct blob *blob)
{
	struct ipt_getinfo info = { .size = 0 };
	socklen_t len = sizeof(info);

	snprintf(info.name, sizeof(info.name), "%s", table);
	if (getsockopt(fd, layouts[blob->family].level, IPT_SO_GET_INFO, &info, &len) < 0)
		return -1;
	blob->hooks = info.valid_hooks;
	blob->nr = info.num_entries;
	blob->size = info.size;
	for (size_t i = 0; i < BLOB_HOOKS; i++) {
		bool has = info.valid_hooks >> i & 1;

		blob->hook_entry[i] = has ? info.hook_entry[i] : 0;
		blob->underflow[i] = has ? info.underflow[i] : 0;
	}
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
 * a large table goes into page faults.
 */
static int get_room(struct blob *blob, size_t bytes)
{
	const size_t page = 2 << 20, room = bytes + page;
	void *memory = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t aside = -(uintptr_t)memory % page;

	if (memory == MAP_FAILED)
		return -1;
	blob->memory = memory;
	blob->room = room;
	blob->entries = (char *)memory + aside;
	if (bytes >= page)
		(void)madvise(blob->entries, room - aside, MADV_HUGEPAGE); /* or small ones */
	return 0;
}

/*
 * The kernel writes names up to their NUL and leaves the rest as it was: zeroed, so that the same
 * table is the same blob. A NUL behind it all is the end of any name.
 */
static int ask_entries(int fd, const char *table, struct blob *blob)
{
	const size_t head = offsetof(struct ipt_get_entries, entrytable);
	socklen_t len = (socklen_t)(head + blob->size);
	struct ipt_get_entries *got;

	if (get_room(blob, len + 1) < 0)
		return -1;
	got = (void *)blob->entries;
	snprintf(got->name, sizeof(got->name), "%s", table);
	got->size = (unsigned int)blob->size;
	blob->entries += head;
	if (getsockopt(fd, layouts[blob->family].level, IPT_SO_GET_ENTRIES, got, &len) == 0)
		return 0;
	release_room(blob);
	return -1;
}

int blob_read(enum family family, enum xtable table, struct blob *ret_blob)
{
	struct blob blob = { .family = family };
	int fd = socket(layouts[family].domain, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
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

void blob_release(struct blob *blob)
{
	release_room(blob);
	*blob = (struct blob){ .memory = NULL };
}

static const char *policy_at(const struct blob *blob, size_t entry)
{
	const struct xt_standard_target *target = (const void *)target_of(blob, entry);

	return target->verdict == -NF_DROP - 1 ? "DROP" : "ACCEPT";
}

bool blob_is_pristine(const struct blob *blob)
{
	unsigned int nr = 1; /* the end */

	for (size_t i = 0; i < BLOB_HOOKS; i++) {
		if (!(blob->hooks >> i & 1))
			continue;
		if (!str_equal(policy_at(blob, blob->underflow[i]), "ACCEPT"))
			return false;
		nr++;
	}
	return blob->nr == nr;
}

void blob_strip(struct blob *blob)
{
	const struct layout *l = &layouts[blob->family];

	for (size_t at = 0; at < blob->size; at = behind(blob, at)) {
		memset(blob->entries + at + l->nfcache, 0, sizeof(unsigned int));
		memset(blob->entries + at + l->comefrom, 0, sizeof(unsigned int));
		memset(blob->entries + at + l->counters, 0, sizeof(struct xt_counters));
	}
}

/* --- chains and rules ----------------------------------------------------------------------- */

/* The policy of a built-in chain; the return at the end of a user chain: no rule of anybody. */
static bool is_end(const struct blob_at *at, size_t entry)
{
	size_t next = behind(at->blob, entry);

	return entry == at->underflow || next >= at->blob->size || is_error(at->blob, next);
}

static void begin_builtin(struct blob_at *at, size_t hook)
{
	at->chain = hook_chains[hook];
	at->underflow = at->blob->underflow[hook];
	at->policy = policy_at(at->blob, at->underflow);
}

static void begin_user(struct blob_at *at)
{
	at->chain = error_name(at->blob, at->next);
	at->underflow = SIZE_MAX;
	at->policy = NULL;
	at->next = behind(at->blob, at->next);
}

bool blob_next_chain(struct blob_at *at)
{
	const struct blob *blob = at->blob;
	bool more = at->chain;
	unsigned int hooks;

	while (more)
		more = blob_next_rule(at);
	if (at->chain)
		at->next = behind(blob, at->next);
	at->rule = NULL;
	if (at->next >= blob->size)
		return false;
	hooks = hooks_at(blob, blob->hook_entry, at->next);
	if (hooks)
		begin_builtin(at, (size_t)__builtin_ctz(hooks));
	else if (is_error(blob, at->next) && behind(blob, at->next) < blob->size)
		begin_user(at);
	else
		return false;
	return true;
}

bool blob_next_rule(struct blob_at *at)
{
	if (is_end(at, at->next))
		return false;
	at->rule = at->blob->entries + at->next;
	at->next = behind(at->blob, at->next);
	return true;
}

void blob_counters(const struct blob_at *at, uint64_t *ret_packets, uint64_t *ret_bytes)
{
	struct xt_counters counters;

	memcpy(&counters, at->rule + layouts[at->blob->family].counters, sizeof(counters));
	*ret_packets = counters.pcnt;
	*ret_bytes = counters.bcnt;
}
