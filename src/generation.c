#include <dirent.h>

#include "base.h"
#include "generation.h"
#include "buf.h"
#include "config.h"
#include "diag.h"
#include "fs.h"
#include "state.h"
#include "text.h"
#include "xalloc.h"

#define DIRECTORY "generations"

static const char *const names[] = { "pending", "good", "rejected" };

const char *generation_status_name(enum generation_status status)
{
	return names[status];
}

/* Below state_dir. */
static char *file_name(unsigned int number, enum generation_status status)
{
	struct buf name = BUF_INIT;

	buf_addf(&name, DIRECTORY "/%u.%s", number, names[status]);
	return buf_detach(&name);
}

/* "12.good"; anything else in the directory is not ours. */
static bool parse_name(const char *name, struct generation *ret)
{
	size_t digits = strspn(name, "0123456789");
	char number[16];
	unsigned long value;

	if (name[digits] != '.' || digits >= sizeof(number))
		return false;
	memcpy(number, name, digits);
	number[digits] = '\0';
	if (text_number(number, 1, UINT32_MAX - 1, &value) < 0)
		return false;
	*ret = (struct generation){ .number = (unsigned int)value, .has_file = true };
	for (enum generation_status s = GENERATION_GOOD; s <= GENERATION_REJECTED; s++) {
		if (str_equal(name + digits + 1, names[s])) {
			ret->status = s;
			return true;
		}
	}
	return false;
}

static void add(struct generations *list, struct generation generation)
{
	for (size_t i = 0; i < list->nr; i++) {
		if (list->v[i].number != generation.number)
			continue;
		if (generation.status == GENERATION_REJECTED) /* a crash between the two names */
			list->v[i].status = GENERATION_REJECTED;
		return;
	}
	XGROW(list->v, list->nr, list->cap);
	list->v[list->nr++] = generation;
}

static int by_number(const void *a, const void *b)
{
	const struct generation *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static void mark_current(struct generations *list, const struct state *current)
{
	if (!current->exists || !current->generation)
		return;
	if (!generation_find(list, current->generation))
		add(list, (struct generation){ .number = current->generation,
					       .status = current->token[0] ? GENERATION_PENDING :
									     GENERATION_GOOD });
	for (size_t i = 0; i < list->nr; i++)
		list->v[i].current = list->v[i].number == current->generation;
}

int generation_list(const struct fs *fs, const struct config *config, const struct state *current,
		    struct generations *ret_list, struct diags *diags)
{
	struct buf path = BUF_INIT;
	struct generation generation;
	const struct dirent *entry;
	DIR *dir = NULL;
	int fd = -1, ret = -1;

	buf_addf(&path, "%s/" DIRECTORY, config->state_dir);
	if (fs_open(fs, path.data, O_RDONLY | O_DIRECTORY, &fd, diags) < 0)
		goto out;
	ret = 0;
	if (fd >= 0) {
		struct origin origin = { path.data, 0, NULL };

		dir = fdopendir(fd);
		if (!dir) {
			ret = diag_error(diags, &origin, "can't be read: %s", strerror(errno));
			close(fd);
			goto out;
		}
		while ((entry = readdir(dir)))
			if (parse_name(entry->d_name, &generation))
				add(ret_list, generation);
		closedir(dir);
	}
	mark_current(ret_list, current);
	if (ret_list->nr)
		qsort(ret_list->v, ret_list->nr, sizeof(*ret_list->v), by_number);
out:
	buf_release(&path);
	return ret;
}

void generations_release(struct generations *list)
{
	free(list->v);
	*list = (struct generations)GENERATIONS_INIT;
}

const struct generation *generation_find(const struct generations *list, unsigned int number)
{
	for (size_t i = 0; i < list->nr; i++)
		if (list->v[i].number == number)
			return &list->v[i];
	return NULL;
}

const struct generation *generation_current(const struct generations *list)
{
	for (size_t i = 0; i < list->nr; i++)
		if (list->v[i].current)
			return &list->v[i];
	return NULL;
}

const struct generation *generation_good_before(const struct generations *list, unsigned int number)
{
	for (size_t i = list->nr; i-- > 0;)
		if (list->v[i].status == GENERATION_GOOD && (!number || list->v[i].number < number))
			return &list->v[i];
	return NULL;
}

const struct generation *generation_last_good(const struct generations *list)
{
	const struct generation *current = generation_current(list);

	return current && current->status == GENERATION_GOOD ? current :
							       generation_good_before(list, 0);
}

unsigned int generation_next(const struct generations *list)
{
	return list->nr ? list->v[list->nr - 1].number + 1 : 1;
}

static char *file_of(const struct generation *generation)
{
	return generation->has_file ? file_name(generation->number, generation->status) :
				      xstrdup(STATE_CURRENT);
}

bool generation_is_read(const struct fs *fs, const struct config *config,
			const struct generation *generation, const struct state *current)
{
	char *name = file_of(generation);
	bool is_read = state_is_of(fs, config, name, current);

	free(name);
	return is_read;
}

int generation_read(const struct fs *fs, const struct config *config,
		    const struct generation *generation, struct state *ret_state,
		    struct diags *diags)
{
	char *name = file_of(generation);
	int ret = state_read(fs, config, name, ret_state, diags);

	free(name);
	return ret;
}

static int make_directory(const struct fs *fs, const struct config *config, struct diags *diags)
{
	struct buf path = BUF_INIT;
	int ret;

	buf_addf(&path, "%s/" DIRECTORY, config->state_dir);
	ret = fs_make_dir(fs, path.data, 0700, diags);
	buf_release(&path);
	return ret;
}

int generation_keep(const struct fs *fs, const struct config *config, unsigned int number,
		    enum generation_status status, struct diags *diags)
{
	char *name = file_name(number, status);
	int ret = make_directory(fs, config, diags);

	if (ret == 0)
		ret = state_link(fs, config, STATE_CURRENT, name, diags);
	free(name);
	return ret;
}

int generation_reject(const struct fs *fs, const struct config *config,
		      const struct generation *generation, struct diags *diags)
{
	char *from = file_name(generation->number, generation->status);
	char *to = file_name(generation->number, GENERATION_REJECTED);
	int ret = 0;

	if (!generation->has_file)
		ret = generation_keep(fs, config, generation->number, GENERATION_REJECTED, diags);
	else if (generation->status != GENERATION_REJECTED)
		ret = state_rename(fs, config, from, to, diags);
	free(from);
	free(to);
	return ret;
}

int generation_make_current(const struct fs *fs, const struct config *config,
			    const struct generation *generation, struct diags *diags)
{
	char *name = file_name(generation->number, generation->status);
	int ret = state_link(fs, config, name, STATE_CURRENT, diags);

	free(name);
	return ret;
}

/* The newest rejected one stays: its files may be those that the next boot finds. */
static size_t newest_rejected(const struct generations *list)
{
	size_t i = list->nr;

	while (i-- > 0)
		if (list->v[i].status == GENERATION_REJECTED)
			return i;
	return list->nr;
}

static int remove_oldest(const struct fs *fs, const struct config *config,
			 const struct generations *list, enum generation_status status,
			 size_t *too_many, struct diags *diags)
{
	size_t keep = newest_rejected(list);
	int ret = 0;

	for (size_t i = 0; i < list->nr && *too_many; i++) {
		const struct generation *g = &list->v[i];
		char *name;

		if (g->current || !g->has_file || g->status != status || i == keep)
			continue;
		name = file_name(g->number, g->status);
		ret |= state_remove(fs, config, name, diags);
		(*too_many)--;
		free(name);
	}
	return ret;
}

int generation_prune(const struct fs *fs, const struct config *config,
		     const struct generations *list, struct diags *diags)
{
	size_t too_many = list->nr > config->generations ? list->nr - config->generations : 0;
	/* to a rejected one there is no way back */
	int ret = remove_oldest(fs, config, list, GENERATION_REJECTED, &too_many, diags);

	return ret | remove_oldest(fs, config, list, GENERATION_GOOD, &too_many, diags);
}

const struct generation *generation_rejected_inputs(const struct fs *fs,
						    const struct config *config,
						    const struct generations *list,
						    const char *inputs, struct diags *diags)
{
	for (size_t i = list->nr; i-- > 0;) {
		const struct generation *g = &list->v[i];
		struct state header = STATE_INIT;
		char *name = file_name(g->number, g->status);
		bool same = g->has_file &&
			    state_read_header(fs, config, name, &header, diags) == 0 &&
			    header.exists && str_equal(header.inputs, inputs);

		state_release(&header);
		free(name);
		if (same) /* the last word on them */
			return g->status == GENERATION_REJECTED ? g : NULL;
	}
	return NULL;
}
