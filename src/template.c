#include <dirent.h>
#include <xxhash.h>

#include "base.h"
#include "template.h"
#include "config.h"
#include "diag.h"
#include "fs.h"
#include "template_parse.h"
#include "text.h"

static const char suffix[] = ".rules";

void template_store_init(struct template_store *store, const struct config *config,
			 const struct fs *fs)
{
	*store = (struct template_store){ .config = config, .fs = fs, .arena = ARENA_INIT };
}

static bool is_name(const char *name)
{
	return name[0] && name[0] != '-' &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
				 "-")] == '\0';
}

static struct template *new_template(struct template_store *store, const char *name,
				     const char *path)
{
	struct template *template = arena_alloc(&store->arena, sizeof(*template));

	template->name = arena_strdup(&store->arena, name);
	template->path = arena_strdup(&store->arena, path);
	/* also where it turns out faulty: it is reported once and released */
	HASH_ADD_KEYPTR(hh, store->by_name, template->name, strlen(name), template);
	return template;
}

static void read_template(struct template_store *store, struct template *template, int fd,
			  struct diags *diags)
{
	struct origin origin = { template->path, 0, NULL };

	if (fs_read_fd(fd, &template->body) < 0)
		diag_error(diags, &origin, "%s", strerror(errno));
	else if (!template->body.len)
		template->state = TEMPLATE_MASKED;
	else if (template_parse(template, &store->arena, diags) == 0)
		template->state = TEMPLATE_USABLE;
}

static bool is_link_to_null(const struct fs *fs, const char *path)
{
	char *host = fs_host_path(fs, path);
	char target[16];
	ssize_t len = readlink(host, target, sizeof(target));

	free(host);
	return len == 9 && memcmp(target, "/dev/null", 9) == 0;
}

/* From the highest layer that has it; NULL: none has. */
static struct template *load(struct template_store *store, const char *name, struct diags *diags)
{
	struct template *template = NULL;

	for (size_t i = store->config->nr_templates; i-- > 0 && !template;) {
		struct buf path = BUF_INIT;
		int fd = -1;

		buf_addf(&path, "%s/%s%s", store->config->templates[i], name, suffix);
		if (is_link_to_null(store->fs, path.data)) {
			template = new_template(store, name, path.data);
			template->state = TEMPLATE_MASKED;
		} else if (fs_open(store->fs, path.data, O_RDONLY, &fd, diags) < 0) {
			template = new_template(store, name, path.data);
		} else if (fd >= 0) {
			template = new_template(store, name, path.data);
			read_template(store, template, fd, diags);
			close(fd);
		}
		buf_release(&path);
	}
	return template;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in all template directories, sorted, each once; in the store's arena. */
static const char **list_names(struct template_store *store, size_t *ret_nr, struct diags *diags)
{
	const char **names = NULL;
	size_t nr = 0, cap = 0, kept = 0;

	for (size_t i = 0; i < store->config->nr_templates; i++) {
		struct dirent *ent;
		DIR *dir;
		int fd;

		if (fs_open(store->fs, store->config->templates[i], O_RDONLY | O_DIRECTORY, &fd,
			    diags) < 0 ||
		    fd < 0)
			continue;
		dir = fdopendir(fd);
		while (dir && (ent = readdir(dir))) {
			size_t len = strlen(ent->d_name), end = strlen(suffix);
			const char *name;

			if (len <= end || !str_equal(ent->d_name + len - end, suffix))
				continue;
			name = arena_strndup(&store->arena, ent->d_name, len - end);
			if (!is_name(name))
				continue;
			XGROW(names, nr, cap);
			names[nr++] = name;
		}
		if (dir)
			closedir(dir);
		else
			close(fd);
	}
	if (nr)
		qsort(names, nr, sizeof(*names), by_text);
	for (size_t i = 0; i < nr; i++)
		if (!kept || !str_equal(names[kept - 1], names[i]))
			names[kept++] = names[i];
	*ret_nr = kept;
	return names;
}

static struct template *find(struct template_store *store, const char *name, struct diags *diags)
{
	struct template *template;

	HASH_FIND_STR(store->by_name, name, template);
	return template || !is_name(name) ? template : load(store, name, diags);
}

/* Without reading it: a faulty template is reported by whom it concerns. */
static bool is_masked(struct template_store *store, const char *name)
{
	bool found = false, masked = false;

	for (size_t i = store->config->nr_templates; i-- > 0 && !found;) {
		struct buf path = BUF_INIT;
		struct stat st;
		char *host;

		buf_addf(&path, "%s/%s%s", store->config->templates[i], name, suffix);
		host = fs_host_path(store->fs, path.data);
		found = stat(host, &st) == 0;
		masked = found && (is_link_to_null(store->fs, path.data) || !st.st_size);
		free(host);
		buf_release(&path);
	}
	return masked;
}

static void report_unknown(struct template_store *store, const char *name,
			   const struct origin *origin, struct diags *diags)
{
	struct text_nearest nearest = TEXT_NEAREST_INIT;
	size_t nr;
	const char **names = list_names(store, &nr, diags);

	for (size_t i = 0; i < nr; i++)
		if (!is_masked(store, names[i]))
			text_nearest_offer(&nearest, name, names[i]);
	diag_error(diags, origin, "unknown template '%s'%s%s%s", name,
		   nearest.best ? ", did you mean '" : "", nearest.best ? nearest.best : "",
		   nearest.best ? "'?" : "");
	free(names);
}

const struct template *template_find(struct template_store *store, const char *name,
				     const struct origin *origin, struct diags *diags)
{
	struct template *template = find(store, name, diags);

	if (template && template->state == TEMPLATE_USABLE)
		return template;
	if (!template || template->state == TEMPLATE_MASKED)
		report_unknown(store, name, origin, diags);
	return NULL;
}

const struct template **template_list(struct template_store *store, size_t *ret_nr,
				      struct diags *diags)
{
	size_t nr, found = 0;
	const char **names = list_names(store, &nr, diags);
	const struct template **list = xcalloc(nr, sizeof(*list));

	for (size_t i = 0; i < nr; i++) {
		const struct template *template = find(store, names[i], diags);

		if (template && template->state == TEMPLATE_USABLE)
			list[found++] = template;
	}
	free(names);
	*ret_nr = found;
	return list;
}

void template_store_hash(struct template_store *store, void *hash_state)
{
	struct diags unused = DIAGS_INIT;
	size_t nr;
	const char **names = list_names(store, &nr, &unused);

	for (size_t i = 0; i < nr; i++) {
		for (size_t layer = 0; layer < store->config->nr_templates; layer++) {
			struct buf path = BUF_INIT, text = BUF_INIT;
			int fd = -1;

			buf_addf(&path, "%s/%s%s", store->config->templates[layer], names[i],
				 suffix);
			if (fs_open(store->fs, path.data, O_RDONLY, &fd, &unused) == 0 && fd >= 0 &&
			    fs_read_fd(fd, &text) == 0) {
				XXH3_128bits_update(hash_state, path.data, path.len + 1);
				XXH3_128bits_update(hash_state, buf_str(&text), text.len + 1);
			}
			if (fd >= 0)
				close(fd);
			buf_release(&path);
			buf_release(&text);
		}
	}
	free(names);
	diags_release(&unused);
}

void template_store_release(struct template_store *store)
{
	struct template *template = store->by_name;

	HASH_CLEAR(hh, store->by_name);
	for (; template; template = template->hh.next) {
		free(template->param);
		buf_release(&template->body);
	}
	arena_release(&store->arena);
}
