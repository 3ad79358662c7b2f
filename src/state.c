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

static bool is_user_name(const char *name)
{
	return name && *name && strlen(name) < 32 &&
	       !name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@$")];
}

void state_by_now(char ret_by[BY_TEXT])
{
	const char *sudo = getenv("SUDO_USER");
	int fd = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC);
	char text[16] = "";
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	unsigned long uid = got > 0 ? strtoul(text, NULL, 10) : UINT32_MAX;

	if (fd >= 0)
		close(fd);
	if (is_user_name(sudo))
		snprintf(ret_by, BY_TEXT, "%s (sudo)", sudo);
	else if (uid != 0 && uid < UINT32_MAX) /* the highest: nobody logged in */
		snprintf(ret_by, BY_TEXT, "root (login uid %lu)", uid);
	else
		snprintf(ret_by, BY_TEXT, "root");
}

void state_boot_now(char ret_boot[BOOT_TEXT])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : read(fd, ret_boot, BOOT_TEXT - 1);

	if (fd >= 0)
		close(fd);
	ret_boot[got > 0 ? got : 0] = '\0';
	ret_boot[strcspn(ret_boot, "\n")] = '\0';
}

bool state_is_of_this_boot(const struct state *state)
{
	char boot[BOOT_TEXT];

	state_boot_now(boot);
	return str_equal(boot, state->boot);
}

/* The header ends with an empty line, which the rules do not have. */
static int read_text(int fd, bool with_rules, struct buf *ret_text)
{
	return with_rules ? fs_read_fd(fd, ret_text) : fs_read_head(fd, "\n\n", ret_text);
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
	if (fstat(fd, &state->file) < 0 || read_text(fd, with_rules, &text) < 0) {
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

bool state_is_of(const struct fs *fs, const struct config *config, const char *name,
		 const struct state *state)
{
	char *path = state_path(config, name), *host = fs_host_path(fs, path);
	struct stat st;
	bool same = state->exists && stat(host, &st) == 0 && st.st_dev == state->file.st_dev &&
		    st.st_ino == state->file.st_ino;

	free(path);
	free(host);
	return same;
}

/* What was renamed, linked or removed in the directory stays so after a power cut. */
static void sync_directory(const char *file)
{
	char *dir = xstrndup(file, (size_t)(strrchr(file, '/') - file));
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(dir);
}

/* Both names in the host's view. */
struct two_files {
	char *path; /* of the second, as shown */
	char *from, *to;
};

static struct two_files two_files(const struct fs *fs, const struct config *config,
				  const char *from, const char *to)
{
	char *path = state_path(config, from);
	struct two_files files = { .from = fs_host_path(fs, path) };

	free(path);
	files.path = state_path(config, to);
	files.to = fs_host_path(fs, files.path);
	return files;
}

static int two_files_done(struct two_files *files, int error, struct diags *diags)
{
	struct origin origin = { files->path, 0, NULL };
	int ret = 0;

	if (error)
		ret = diag_error(diags, &origin, "can't be written: %s", strerror(error));
	else
		sync_directory(files->to);
	free(files->path);
	free(files->from);
	free(files->to);
	return ret;
}

int state_rename(const struct fs *fs, const struct config *config, const char *from, const char *to,
		 struct diags *diags)
{
	struct two_files files = two_files(fs, config, from, to);

	return two_files_done(&files, rename(files.from, files.to) < 0 ? errno : 0, diags);
}

int state_link(const struct fs *fs, const struct config *config, const char *from, const char *to,
	       struct diags *diags)
{
	struct two_files files = two_files(fs, config, from, to);
	struct buf temp = BUF_INIT;
	int error = 0;

	/* beside it and renamed: link(2) takes no name that exists */
	buf_addf(&temp, "%s.rampart-new", files.to);
	(void)unlink(temp.data);
	if (link(files.from, temp.data) < 0 || rename(temp.data, files.to) < 0)
		error = errno;
	(void)unlink(temp.data); /* also where both names were the same file already */
	buf_release(&temp);
	return two_files_done(&files, error, diags);
}

int state_remove(const struct fs *fs, const struct config *config, const char *name,
		 struct diags *diags)
{
	char *path = state_path(config, name), *host = fs_host_path(fs, path);
	struct origin origin = { path, 0, NULL };
	int ret = 0;

	if (unlink(host) == 0)
		sync_directory(host);
	else if (errno != ENOENT)
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
