#include <sys/stat.h>
#include <sys/utsname.h>
#include <xxhash.h>

#include "base.h"
#include "proof_known.h"
#include "diag.h"
#include "fs.h"
#include "kernel.h"
#include "optable.h"
#include "state.h"

struct known_rule {
	XXH128_hash_t key;
	const char *canonical;
	UT_hash_handle hh;
};

static const char *const path = RAMPART_RUNDIR "/proven";

/*
 * What these look at is in the packet, its connection or the rule. Not here, since a proof of
 * them depends on more: what keeps something under a name that several rules share (recent,
 * hashlimit, rateest), what asks for something on the host (set, owner, cgroup, bpf, helper, CT).
 */
static const char *const matches[] = {
	"tcp",	   "udp",	"udplite",   "sctp",	"dccp",	     "icmp",
	"icmp6",   "esp",	"ah",	     "mac",	"mark",	     "connmark",
	"comment", "limit",	"multiport", "state",	"length",    "ttl",
	"hl",	   "tos",	"dscp",	     "ecn",	"tcpmss",    "iprange",
	"string",  "conntrack", "addrtype",  "pkttype", "statistic", "connlimit",
};
static const char *const targets[] = {
	"ACCEPT", "DROP", "RETURN",   "LOG",	  "NFLOG",    "REJECT",	 "MASQUERADE",
	"SNAT",	  "DNAT", "REDIRECT", "NETMAP",	  "MARK",     "TCPMSS",	 "TTL",
	"HL",	  "TOS",  "DSCP",     "CLASSIFY", "CONNMARK", "NOTRACK", "TRACE",
};

static bool is_one_of(const char *const *names, size_t nr, const char *name)
{
	for (size_t i = 0; i < nr; i++)
		if (str_equal(names[i], name))
			return true;
	return false;
}

/* Not an address: a host's name can be another one's tomorrow. */
static bool is_name(const char *value)
{
	return !strchr(value, ':') && value[strspn(value, "0123456789./,!- ")];
}

/* A rule as it was written, or its canonical text, which names all its extensions. */
static bool may_keep(struct known *known, const char *spec, bool canonical)
{
	struct tokens *tokens = &known->scan;
	bool keep = !tokens_scan(tokens, spec, strlen(spec), TOKENS_LISTING);

	for (size_t at = 0, next; keep && at + 1 < tokens->nr; at = next) {
		const struct option_info *option = option_at(tokens, at, &next);
		const char *value = tokens->v[at + 1].text;

		if (!option)
			continue;
		switch (option->kind) {
		case OPTION_MATCH:
			keep = !canonical || is_one_of(matches, ARRAY_SIZE(matches), value);
			break;
		case OPTION_JUMP:
			keep = !canonical || is_one_of(targets, ARRAY_SIZE(targets), value);
			break;
		case OPTION_GOTO: keep = false; break;
		case OPTION_SOURCE:
		case OPTION_DESTINATION: keep = !is_name(value); break;
		default: break;
		}
	}
	return keep && !strchr(spec, '\n');
}

bool known_stands_alone(struct known *known, const struct rule *rule)
{
	return may_keep(known, rule->spec, true);
}

/* --- keys --------------------------------------------------------------------------------- */

static XXH128_hash_t key_of(const struct known_place *place, const char *spec)
{
	const uint32_t head[] = { place->family, place->table, place->is_builtin, place->builtins,
				  place->hooked };

	return XXH3_128bits_withSeed(spec, strlen(spec), XXH3_64bits(head, sizeof(head)));
}

static void describe_file(struct buf *head, const char *file)
{
	struct stat st = { .st_ino = 0 };

	(void)stat(file, &st);
	fs_identify(file, &st, head);
}

static void describe(const struct kernel *kernel, struct buf *head)
{
	struct utsname name = { .release = "" };
	char boot[BOOT_TEXT];

	(void)uname(&name);
	state_boot_now(boot);
	buf_addf(head, "rampart-proven 2\n%s\n%s %s\n%s\n", boot, name.release, name.version,
		 kernel->ops->name);
	FOR_EACH_FAMILY(f)
		if (kernel->restore[f])
			describe_file(head, kernel->restore[f]);
	describe_file(head, "/etc/services"); /* they say which number a name is */
	describe_file(head, "/etc/protocols");
	buf_addc(head, '\n');
}

enum { NUMBER_TEXT = 16 }; /* hexadecimal digits of 64 bits */

/* --- the file ----------------------------------------------------------------------------- */

static void add_rule(struct known *known, XXH128_hash_t key, const char *canonical)
{
	struct known_rule *rule, *old;

	HASH_FIND(hh, known->rules, &key, sizeof(key), old);
	if (old)
		return;
	rule = arena_alloc(&known->arena, sizeof(*rule));
	*rule = (struct known_rule){ .key = key, .canonical = canonical };
	HASH_ADD(hh, known->rules, key, sizeof(rule->key), rule);
}

/* By hand: there may be tens of thousands, and a format is slow. */
static void add_number(struct buf *buf, uint64_t number)
{
	char text[NUMBER_TEXT];

	for (size_t i = NUMBER_TEXT; i-- > 0; number >>= 4)
		text[i] = "0123456789abcdef"[number & 15];
	buf_add(buf, text, sizeof(text));
}

static bool read_number(const char *text, uint64_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < NUMBER_TEXT; i++) {
		bool is_letter = text[i] >= 'a' && text[i] <= 'f';

		if (!is_letter && !(text[i] >= '0' && text[i] <= '9'))
			return false; /* also its end */
		*ret = *ret << 4 | (uint64_t)(is_letter ? text[i] - 'a' + 10 : text[i] - '0');
	}
	return true;
}

/* Lines: two numbers, a blank, a rule. */
static void parse(struct known *known, char *text, const char *end)
{
	while (text < end) {
		char *newline = memchr(text, '\n', (size_t)(end - text));
		const size_t head = 2 * NUMBER_TEXT;
		uint64_t high, low;

		if (!newline)
			return;
		*newline = '\0';
		if (read_number(text, &high) && read_number(text + NUMBER_TEXT, &low) &&
		    text[head] == ' ')
			add_rule(known, (XXH128_hash_t){ .low64 = low, .high64 = high },
				 text + head + 1);
		text = newline + 1;
	}
}

/* Below --root a command that only looks trusts the files of others, but not what they say of
 * us. */
static bool is_own(const struct fs *fs, int fd)
{
	const struct fs strict = { fs->root, (uid_t)-1 };
	struct stat st;

	return fstat(fd, &st) == 0 && !fs_untrusted(&strict, &st);
}

void known_read(struct known *known, const struct fs *fs, const struct kernel *kernel)
{
	struct diags unused = DIAGS_INIT;
	struct buf text = BUF_INIT;
	int fd = -1;

	*known = (struct known){ .fs = fs };
	describe(kernel, &known->head);
	if (fs_open(fs, path, O_RDONLY, &fd, &unused) == 0 && fd >= 0 && is_own(fs, fd) &&
	    fs_read_fd(fd, &text) == 0 && str_starts(buf_str(&text), known->head.data)) {
		size_t len = text.len - known->head.len;
		char *copy = arena_strndup(&known->arena, text.data + known->head.len, len);

		parse(known, copy, copy + len);
	}
	if (fd >= 0)
		close(fd);
	buf_release(&text);
	diags_release(&unused);
}

const char *known_find(struct known *known, const struct known_place *place,
		       const struct rule *rule)
{
	XXH128_hash_t key = key_of(place, rule->spec);
	struct known_rule *found;

	HASH_FIND(hh, known->rules, &key, sizeof(key), found);
	return found ? found->canonical : NULL;
}

void known_add(struct known *known, const struct known_place *place, const struct rule *rule,
	       const char *canonical, bool is_new)
{
	XXH128_hash_t key = key_of(place, rule->spec);

	if (is_new && !(may_keep(known, canonical, true) &&
			(str_equal(canonical, rule->spec) || may_keep(known, rule->spec, false))))
		return;
	known->nr_new += is_new;
	add_number(&known->next, key.high64);
	add_number(&known->next, key.low64);
	buf_addc(&known->next, ' ');
	buf_adds(&known->next, canonical);
	buf_addc(&known->next, '\n');
}

void known_write(struct known *known)
{
	struct diags unused = DIAGS_INIT;

	if (known->nr_new && fs_make_dir(known->fs, RAMPART_RUNDIR, 0755, &unused) == 0) {
		buf_add(&known->head, known->next.data, known->next.len);
		(void)fs_replace(known->fs, path, known->head.data, known->head.len, 0600, &unused);
	}
	diags_release(&unused);
}

void known_release(struct known *known)
{
	HASH_CLEAR(hh, known->rules);
	arena_release(&known->arena);
	tokens_release(&known->scan);
	buf_release(&known->head);
	buf_release(&known->next);
}
