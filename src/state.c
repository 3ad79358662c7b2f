#include <time.h>

#include "base.h"
#include "state.h"
#include "buf.h"
#include "diag.h"
#include "fs.h"
#include "state_text.h"

static char *state_path(const struct config *config, const char *name)
{
	struct buf path = BUF_INIT;

	buf_addf(&path, "%s/%s", config->state_dir, name);
	return buf_detach(&path);
}

void state_time_now(char ret_time[TIME_TEXT])
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(ret_time, TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static int read_file(const struct fs *fs, const struct config *config, const char *name,
		     bool with_rules, struct state *state, struct diags *diags)
{
	char *path = state_path(config, name);
	struct origin origin = { path, 0, NULL };
	struct buf text = BUF_INIT;
	int fd = -1, ret = -1;

	if (fs_open(fs, path, O_RDONLY, &fd, diags) < 0)
		goto out;
	ret = 0;
	if (fd < 0)
		goto out;
	if (fstat(fd, &state->file) < 0 || fs_read_fd(fd, &text) < 0) {
		ret = diag_error(diags, &origin, "%s", strerror(errno));
		goto out;
	}
	ret = state_text_parse(state, buf_str(&text), text.len, with_rules, path, diags);
	state->exists = ret == 0;
out:
	if (fd >= 0)
		close(fd);
	buf_release(&text);
	free(path);
	return ret;
}

int state_read_header(const struct fs *fs, const struct config *config, const char *name,
		      struct state *ret_state, struct diags *diags)
{
	return read_file(fs, config, name, false, ret_state, diags);
}

int state_read(const struct fs *fs, const struct config *config, const char *name,
	       struct state *ret_state, struct diags *diags)
{
	return read_file(fs, config, name, true, ret_state, diags);
}

int state_write(const struct fs *fs, const struct config *config, const char *name,
		const struct state *state, struct diags *diags)
{
	char *path = state_path(config, name);
	struct buf text = BUF_INIT;
	int ret = -1;

	state_text_format(state, &text);
	if (fs_make_dir(fs, config->state_dir, 0700, diags) == 0)
		ret = fs_replace(fs, path, text.data, text.len, 0600, diags);
	buf_release(&text);
	free(path);
	return ret;
}

bool state_is_there(const struct fs *fs, const struct config *config, const char *name)
{
	char *path = state_path(config, name), *host = fs_host_path(fs, path);
	bool there = access(host, F_OK) == 0;

	free(path);
	free(host);
	return there;
}

int state_promote(const struct fs *fs, const struct config *config, struct diags *diags)
{
	char *begun = state_path(config, STATE_BEGUN), *current = state_path(config, STATE_CURRENT);
	char *from = fs_host_path(fs, begun), *to = fs_host_path(fs, current);
	struct origin origin = { current, 0, NULL };
	int ret = 0, fd = -1;

	if (rename(from, to) < 0)
		ret = diag_error(diags, &origin, "can't be written: %s", strerror(errno));
	else if (fs_open(fs, config->state_dir, O_RDONLY | O_DIRECTORY, &fd, diags) == 0 && fd >= 0)
		fsync(fd);
	if (fd >= 0)
		close(fd);
	free(begun);
	free(current);
	free(from);
	free(to);
	return ret;
}

int state_remove(const struct fs *fs, const struct config *config, const char *name,
		 struct diags *diags)
{
	char *path = state_path(config, name), *host = fs_host_path(fs, path);
	struct origin origin = { path, 0, NULL };
	int ret = 0;

	if (unlink(host) < 0 && errno != ENOENT)
		ret = diag_error(diags, &origin, "can't be removed: %s", strerror(errno));
	free(path);
	free(host);
	return ret;
}

void state_release(struct state *state)
{
	ruleset_release(&state->set);
	*state = (struct state)STATE_INIT;
}
