#include <dirent.h>
#include <limits.h>

#include "base.h"
#include "command.h"
#include "diag.h"
#include "import.h"
#include "options.h"
#include "discover.h"
#include "fs.h"
#include "report.h"

struct jobs {
	struct import_job *v;
	size_t nr, cap;
};

static void job_release(struct import_job *job)
{
	free(job->file);
	free(job->read_as);
	free(job->dropin);
	buf_release(&job->text);
	buf_release(&job->made);
}

static void jobs_release(struct jobs *jobs)
{
	for (size_t i = 0; i < jobs->nr; i++)
		job_release(&jobs->v[i]);
	free(jobs->v);
}

/* named: by the user, who wants to hear that it is nothing to import. */
static int add_file(struct jobs *jobs, int fd, const char *file, bool named, struct diags *diags)
{
	const char *slash = strrchr(file, '/');
	struct import_job job = { .file = xstrdup(file), .text = BUF_INIT };
	struct origin origin = { file, 0, NULL };
	const char *error = NULL;

	job.name = job.file + (slash ? slash + 1 - file : 0);
	if (fs_read_fd(fd, &job.text) < 0) {
		error = strerror(errno);
	} else {
		job.kind = import_kind(job.name, buf_str(&job.text), job.text.len);
		if (job.kind == IMPORT_NOTHING && named)
			error = "neither a script nor a save of iptables";
	}
	if (error || job.kind == IMPORT_NOTHING) {
		if (!error)
			diag_note(diags, &origin, "left out: neither a script nor a save");
		job_release(&job);
		return error ? diag_error(diags, &origin, "%s", error) : 0;
	}
	job.read_as = import_read_as(job.name, job.kind);
	job.dropin = import_dropin_name(job.name, job.kind, buf_str(&job.text), job.text.len);
	XGROW(jobs->v, jobs->nr, jobs->cap);
	jobs->v[jobs->nr++] = job;
	return 0;
}

static int add_path(struct jobs *jobs, const char *path, bool named, struct diags *diags);

static int is_wanted(const struct dirent *ent)
{
	return !import_is_leftover(ent->d_name);
}

/* As drop-ins are sorted, whatever the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_directory(struct jobs *jobs, const char *path, struct diags *diags)
{
	struct origin origin = { path, 0, NULL };
	struct dirent **names;
	int nr = scandir(path, &names, is_wanted, by_name);
	int ret = 0;

	if (nr < 0)
		return diag_error(diags, &origin, "%s", strerror(errno));
	for (int i = 0; i < nr; i++) {
		struct buf file = BUF_INIT;

		buf_addf(&file, "%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/",
			 names[i]->d_name);
		if (add_path(jobs, file.data, false, diags) < 0)
			ret = -1;
		buf_release(&file);
		free(names[i]);
	}
	free(names);
	return ret;
}

static int add_path(struct jobs *jobs, const char *path, bool named, struct diags *diags)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct origin origin = { path, 0, NULL };
	struct stat st;
	int ret = 0;

	if (fd < 0 || fstat(fd, &st) < 0)
		ret = diag_error(diags, &origin, "%s", strerror(errno));
	else if (S_ISDIR(st.st_mode) && named)
		ret = add_directory(jobs, path, diags);
	else if (named || S_ISREG(st.st_mode)) /* not what lies deeper */
		ret = add_file(jobs, fd, path, named, diags);
	if (fd >= 0)
		close(fd);
	return ret;
}

static bool is_in(const char *file, const char *dir)
{
	const char *slash = strrchr(file, '/');
	struct buf own = BUF_INIT;
	char a[PATH_MAX], b[PATH_MAX];
	bool ret;

	buf_add(&own, file, slash ? (size_t)(slash - file) + 1 : 0);
	buf_addc(&own, '.');
	ret = realpath(own.data, a) && realpath(dir, b) && str_equal(a, b);
	buf_release(&own);
	return ret;
}

/* Before anything is run or written. */
static int check_names(const struct jobs *jobs, const struct options *options, struct diags *diags)
{
	int ret = 0;

	for (size_t i = 0; i < jobs->nr; i++) {
		const struct import_job *job = &jobs->v[i];
		struct origin origin = { job->file, 0, NULL };
		const char *error = dropin_name_check(job->dropin);
		struct buf path = BUF_INIT;

		if (error)
			ret = diag_error(diags, &origin, "would become '%s': %s", job->dropin,
					 error);
		for (size_t j = 0; j < i; j++)
			if (str_equal(jobs->v[j].dropin, job->dropin))
				ret = diag_error(diags, &origin, "would become '%s', as '%s' does",
						 job->dropin, jobs->v[j].file);
		buf_addf(&path, "%s/%s", options->output ? options->output : "", job->dropin);
		origin.file = path.data;
		if (options->output && !options->force &&
		    faccessat(AT_FDCWD, path.data, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			ret = diag_error(diags, &origin, "exists: --force replaces it");
		buf_release(&path);
	}
	return ret;
}

static int write_job(const struct import_job *job, const struct options *options,
		     struct report *report, struct diags *diags)
{
	struct origin origin = { job->file, 0, NULL };

	if (!options->output) {
		report_bytes(report, job->made.data, job->made.len);
		return 0;
	}
	if (import_write(options->output, job->dropin, &job->made, options->force, diags) < 0)
		return -1;
	report_line(report, "%s/%s: ipv4 %zu, ipv6 %zu rules of %s", options->output, job->dropin,
		    job->nr_rules[FAMILY_IPV4], job->nr_rules[FAMILY_IPV6], job->file);
	if (!dropin_name_check(job->name) && !str_equal(job->name, job->dropin) &&
	    is_in(job->file, options->output))
		diag_warning(diags, &origin,
			     "is a drop-in as well: until it is removed, its rules "
			     "are there twice");
	return 0;
}

static int run_all(struct jobs *jobs, const struct options *options, struct report *report,
		   struct diags *diags)
{
	int ret = 0;

	for (size_t i = 0; i < jobs->nr; i++)
		if (import_run(&jobs->v[i], options, diags) < 0)
			ret = -1;
	for (size_t i = 0; ret == 0 && i < jobs->nr; i++)
		ret = write_job(&jobs->v[i], options, report, diags);
	return ret;
}

int cmd_import(const struct options *options, struct report *report, struct diags *diags)
{
	struct jobs jobs = { NULL, 0, 0 };
	int ret = EXIT_DONE;

	for (size_t i = 0; i < options->nr_args; i++)
		if (add_path(&jobs, options->args[i], true, diags) < 0)
			ret = EXIT_TROUBLE;
	if (!options->nr_args || (jobs.nr > 1 && !options->output)) {
		diag_error(diags, NULL,
			   options->nr_args ? "several files: -o DIR says where to" :
					      "name the files to import");
		ret = EXIT_BAD_USAGE;
	}
	if (ret == EXIT_DONE &&
	    (check_names(&jobs, options, diags) < 0 || run_all(&jobs, options, report, diags) < 0))
		ret = EXIT_TROUBLE;
	report_finish(report, diags, ret == EXIT_TROUBLE ? "nothing was imported" : NULL);
	jobs_release(&jobs);
	return ret;
}
