#include <dirent.h>

#include "base.h"
#include "discover.h"
#include "config.h"
#include "diag.h"
#include "fs.h"
#include "hashtable.h"

/* A file of a layer, before it is known whether it takes part. */
struct entry {
	char *name;
	size_t layer;
	bool masks;	 /* link to /dev/null, or empty */
	struct buf text; /* read only where it takes part or may mask */
	UT_hash_handle hh;
};

static bool ends_in(const char *name, const char *suffix)
{
	size_t len = strlen(name), end = strlen(suffix);

	return len > end && str_equal(name + len - end, suffix);
}

/* What dpkg, rpm and ucf leave beside a file; as systemd skips it. */
static const char *const leftovers[] = {
	".dpkg-old",	".dpkg-new",	".dpkg-tmp", ".dpkg-dist", ".dpkg-bak",
	".dpkg-backup", ".dpkg-remove", ".rpmnew",   ".rpmsave",   ".rpmorig",
	".ucf-new",	".ucf-old",	".ucf-dist",
};

const char *dropin_name_check(const char *name)
{
	if (name[0] == '.')
		return "name begins with a dot";
	if (ends_in(name, "~"))
		return "name ends in '~': a backup";
	if (name[0] == '#')
		return "name begins with '#': an editor's temporary file";
	for (size_t i = 0; i < ARRAY_SIZE(leftovers); i++)
		if (ends_in(name, leftovers[i]))
			return "left by the package manager";
	if (ends_in(name, ".bak") || ends_in(name, ".swp") || ends_in(name, ".orig"))
		return "a backup";
	if (!ends_in(name, ".rules") && !ends_in(name, ".conf") && !ends_in(name, ".sh"))
		return "name does not end in .rules, .conf or .sh";
	return NULL;
}

const char *dropin_kind_name(enum dropin_kind kind)
{
	static const char *const names[] = { "rules", "uses", "script" };

	return names[kind];
}

static void skip(struct dropin_list *list, const char *layer, const char *name, const char *fmt,
		 const char *arg)
{
	struct buf path = BUF_INIT, reason = BUF_INIT;

	buf_addf(&path, "%s/%s", layer, name);
	buf_addf(&reason, "%s%s", fmt, arg);
	XGROW(list->skipped, list->nr_skipped, list->cap_skipped);
	list->skipped[list->nr_skipped++] =
		(struct skipped){ buf_detach(&path), buf_detach(&reason) };
}

static void entry_free(struct entry *entry)
{
	free(entry->name);
	buf_release(&entry->text);
	free(entry);
}

static int read_file(const struct fs *fs, int dir, struct entry *entry, const char *path,
		     struct diags *diags)
{
	struct origin origin = { path, 0, NULL };
	const char *error = NULL;
	struct stat st;
	int fd, ret = -1;

	/* mostly a plain file of a directory that has been checked: no walk from the root */
	fd = openat(dir, entry->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ELOOP) {
		if (fs_open(fs, path, O_RDONLY, &fd, diags) < 0)
			return -1;
		errno = ENOENT; /* the link leads nowhere, if there is no descriptor */
	}
	if (fd < 0)
		return diag_error(diags, &origin, "%s", strerror(errno));
	if (fstat(fd, &st) < 0)
		error = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		error = "is not a regular file";
	else
		error = fs_untrusted(fs, &st);
	if (!error && fs_read_fd(fd, &entry->text) < 0)
		error = strerror(errno);
	if (error)
		diag_error(diags, &origin, "%s", error);
	else
		ret = 0;
	entry->masks = !error && !entry->text.len;
	close(fd);
	return ret;
}

static bool is_link_to_null(int dir, const char *name)
{
	char target[16];
	ssize_t len = readlinkat(dir, name, target, sizeof(target));

	return len == 9 && memcmp(target, "/dev/null", 9) == 0;
}

/* A name seen in a layer: it replaces what a lower layer has. */
static int add_entry(const struct config *config, const struct fs *fs, int dir, size_t layer,
		     const char *name, struct entry **entries, struct dropin_list *list,
		     struct diags *diags)
{
	struct entry *entry = xcalloc(1, sizeof(*entry));
	struct buf path = BUF_INIT;
	struct entry *lower;
	int ret = 0;

	buf_addf(&path, "%s/%s", config->layers[layer], name);
	entry->name = xstrdup(name);
	entry->layer = layer;
	if (is_link_to_null(dir, name))
		entry->masks = true;
	else
		ret = read_file(fs, dir, entry, path.data, diags);
	HASH_FIND_STR(*entries, name, lower);
	if (lower) {
		skip(list, config->layers[lower->layer], name,
		     entry->masks ? "masked by " : "overridden by ", path.data);
		HASH_DEL(*entries, lower);
		entry_free(lower);
	}
	HASH_ADD_KEYPTR(hh, *entries, entry->name, strlen(entry->name), entry);
	buf_release(&path);
	return ret;
}

static int read_layer(const struct config *config, const struct fs *fs, size_t layer,
		      struct entry **entries, struct dropin_list *list, struct diags *diags)
{
	struct origin origin = { config->layers[layer], 0, NULL };
	struct dirent *ent;
	int fd, ret = 0;
	DIR *dir;

	if (fs_open(fs, config->layers[layer], O_RDONLY | O_DIRECTORY, &fd, diags) < 0)
		return -1;
	if (fd < 0)
		return 0; /* a layer need not exist */
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return diag_error(diags, &origin, "%s", strerror(errno));
	}
	errno = 0;
	while ((ent = readdir(dir))) {
		const char *reason = dropin_name_check(ent->d_name);

		if (str_equal(ent->d_name, ".") || str_equal(ent->d_name, ".."))
			continue;
		if (reason)
			skip(list, config->layers[layer], ent->d_name, reason, "");
		else if (add_entry(config, fs, dirfd(dir), layer, ent->d_name, entries, list,
				   diags) < 0)
			ret = -1;
		errno = 0;
	}
	if (errno)
		ret = diag_error(diags, &origin, "%s", strerror(errno));
	closedir(dir);
	return ret;
}

static struct dropin *new_dropin(struct dropin_list *list, const char *name)
{
	struct dropin *dropin;

	XGROW(list->v, list->nr, list->cap);
	dropin = &list->v[list->nr++];
	*dropin = (struct dropin){ .name = xstrdup(name), .families = FAMILIES_BOTH };
	if (ends_in(name, ".conf"))
		dropin->kind = DROPIN_USES;
	else if (ends_in(name, ".sh"))
		dropin->kind = DROPIN_SCRIPT;
	if (ends_in(name, ".v4.rules"))
		dropin->families = family_bit(FAMILY_IPV4);
	else if (ends_in(name, ".v6.rules"))
		dropin->families = family_bit(FAMILY_IPV6);
	return dropin;
}

/* A candidate takes the place of every layer's file of its name. */
static void add_candidate(const struct candidate *candidate, struct entry **entries,
			  struct dropin_list *list)
{
	struct dropin *dropin = new_dropin(list, candidate->name);
	struct entry *entry;

	dropin->path = xstrdup(candidate->path);
	dropin->layer_index = CONFIG_LAYERS_MAX;
	buf_add(&dropin->text, candidate->text, candidate->len);
	HASH_FIND_STR(*entries, candidate->name, entry);
	if (entry) {
		HASH_DEL(*entries, entry);
		entry_free(entry);
	}
}

static void take_entries(const struct config *config, struct entry **entries,
			 struct dropin_list *list)
{
	struct entry *entry = *entries, *next;

	HASH_CLEAR(hh, *entries);
	for (; entry; entry = next) {
		const char *layer = config->layers[entry->layer];

		next = entry->hh.next;

		if (entry->masks) {
			skip(list, layer, entry->name,
			     "empty or a link to /dev/null: masks the name", "");
		} else {
			struct dropin *dropin = new_dropin(list, entry->name);
			struct buf path = BUF_INIT;

			buf_addf(&path, "%s/%s", layer, entry->name);
			dropin->path = buf_detach(&path);
			dropin->layer = layer;
			dropin->layer_index = entry->layer;
			dropin->text = entry->text;
			entry->text = (struct buf)BUF_INIT;
		}
		entry_free(entry);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct dropin *)a)->name, ((const struct dropin *)b)->name);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct skipped *)a)->path, ((const struct skipped *)b)->path);
}

int discover(const struct config *config, const struct fs *fs, const struct candidate *candidates,
	     size_t nr_candidates, struct dropin_list *ret_list, struct diags *diags)
{
	struct entry *entries = NULL;
	int ret = 0;

	for (size_t i = 0; i < config->nr_layers; i++)
		if (read_layer(config, fs, i, &entries, ret_list, diags) < 0)
			ret = -1;
	for (size_t i = 0; i < nr_candidates; i++)
		add_candidate(&candidates[i], &entries, ret_list);
	take_entries(config, &entries, ret_list);
	if (ret_list->nr)
		qsort(ret_list->v, ret_list->nr, sizeof(*ret_list->v), by_name);
	if (ret_list->nr_skipped)
		qsort(ret_list->skipped, ret_list->nr_skipped, sizeof(*ret_list->skipped), by_path);
	return ret;
}

void dropin_list_release(struct dropin_list *list)
{
	for (size_t i = 0; i < list->nr; i++) {
		free(list->v[i].name);
		free(list->v[i].path);
		buf_release(&list->v[i].text);
	}
	for (size_t i = 0; i < list->nr_skipped; i++) {
		free(list->skipped[i].path);
		free(list->skipped[i].reason);
	}
	free(list->v);
	free(list->skipped);
	*list = (struct dropin_list)DROPIN_LIST_INIT;
}
