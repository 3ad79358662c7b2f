# Rampart: build, test, install. "make help" lists the targets.
#
# Variables of the packager, with their defaults; ours come first and yours last,
# so that CFLAGS="-O0" or LDFLAGS=... wins.
prefix     ?= /usr
sysconfdir ?= /etc
localstatedir ?= /var
runstatedir ?= /run
sbindir    ?= $(prefix)/sbin
libdir     ?= $(prefix)/lib
datadir    ?= $(prefix)/share
mandir     ?= $(datadir)/man
docdir     ?= $(datadir)/doc/rampart
unitdir    ?= $(libdir)/systemd/system
bashcompletiondir ?= $(datadir)/bash-completion/completions
zshcompletiondir  ?= $(datadir)/zsh/vendor-completions
fishcompletiondir ?= $(datadir)/fish/vendor_completions.d

CC      ?= cc
INSTALL ?= install
PKG_CONFIG ?= pkg-config

# V=1 shows the commands. DEV=1 makes warnings errors. SANITIZE=1 builds with ASan and UBSan.
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' $(1) $(2))

version := $(shell cat VERSION)
build   := build$(if $(filter 1,$(SANITIZE)),-sanitize)
program := $(if $(filter 1,$(SANITIZE)),$(build)/rampart,bin/rampart)

libraries := libconfuse jansson libmnl libxxhash

own_cppflags := -D_GNU_SOURCE -D_FORTIFY_SOURCE=2 -Isrc \
	-DRAMPART_VERSION='"$(version)"' \
	-DDEFAULT_SYSCONFDIR='"$(sysconfdir)"' -DDEFAULT_LIBDIR='"$(libdir)"' \
	-DDEFAULT_DATADIR='"$(datadir)"' -DDEFAULT_STATEDIR='"$(localstatedir)/lib"' \
	-DDEFAULT_RUNDIR='"$(runstatedir)"'
own_cflags := -std=gnu11 -O2 -g -fstack-protector-strong -fPIE -Wall -Wextra -Wshadow \
	-Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wformat-security -Wvla \
	-Wpointer-arith -Wwrite-strings -Wundef -Wno-missing-field-initializers
own_ldflags := -pie -Wl,-z,relro -Wl,-z,now
ifeq ($(DEV),1)
own_cflags += -Werror
endif
ifeq ($(SANITIZE),1)
own_cppflags := $(filter-out -D_FORTIFY_SOURCE=2,$(own_cppflags))
own_cflags += -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
own_ldflags += -fsanitize=address,undefined
endif

# Recursive, so that pkg-config is asked only when something is built (it may first have to be
# installed by "make deps").
library_cflags = $(shell $(PKG_CONFIG) --cflags $(libraries))
library_libs   = $(shell $(PKG_CONFIG) --libs $(libraries))

sources := \
	addr.c apply.c arena.c batch_capture.c buf.c call.c call_options.c call_words.c \
	caller.c canon.c capture.c capture_ask.c capture_check.c capture_fault.c \
	capture_free.c capture_harvest.c capture_ipset.c capture_lines.c capture_merge.c \
	capture_names.c capture_open.c capture_origin.c capture_real.c capture_request.c \
	capture_restore.c capture_rule.c capture_run.c capture_serve.c capture_shell.c \
	capture_sourced.c capture_tables.c capture_tool.c capture_wish.c capture_xtables.c \
	chainname.c changes.c child.c child_call.c child_confine.c child_detached.c \
	child_namespaces.c child_sandbox.c child_sandbox_init.c child_sandbox_look.c \
	child_sandbox_memory.c child_sandbox_mounts.c child_sandbox_room.c \
	child_sandbox_scripts.c child_sandbox_shell.c child_sandbox_sysctl.c \
	child_sandbox_userns.c child_sandbox_wire.c child_survivors.c child_talk.c \
	child_trap.c cmd_apply.c cmd_boot.c cmd_check.c cmd_confirm.c cmd_diff.c \
	cmd_flush.c cmd_history.c cmd_import.c cmd_list.c cmd_rollback.c cmd_save.c \
	cmd_show.c cmd_status.c cmd_templates.c cmd_validate.c commit.c commit_exchange.c \
	commit_exchange_make.c commit_legacy.c commit_nft.c commit_replay.c commit_table.c \
	compile.c conffile.c config.c config_key.c confirm.c conflex.c confscan.c counts.c \
	diag.c discover.c expand.c expand_list.c expand_word.c fidelity.c flush.c fs.c \
	fs_io.c generation.c goal.c goal_exclusive.c goal_policies.c goal_warn.c \
	guardian.c hosts.c import.c import_kind.c import_lines.c import_order.c \
	import_reach.c import_rules.c import_run.c import_verify.c import_write.c inputs.c \
	ipset.c ipset_fill.c ipset_members.c ipset_rules.c judge.c kernel.c kernel_ask.c \
	kernel_batch.c kernel_batch_take.c kernel_blob.c kernel_blob_make.c \
	kernel_blob_walk.c kernel_handles.c kernel_legacy.c kernel_message.c \
	kernel_message_put.c kernel_movable.c kernel_netns.c kernel_nft.c kmsg.c lcs.c \
	lint.c lint_hashlimit.c listing.c live.c lock.c lockdown.c lockout.c main.c move.c \
	neighbours.c optable.c options.c patterns.c payload.c pending.c pipeline.c place.c \
	plain.c plain_options.c plain_values.c plain_words.c plan.c plan_after.c preset.c \
	probe.c probe_connect.c probe_legacy.c probe_link.c probe_nft.c probe_packet.c \
	probe_send.c probe_session.c probe_wire.c processor.c proof.c proof_copy.c \
	proof_known.c proof_part.c proof_reach.c proof_reduced.c proof_written.c proven.c \
	proven_legacy.c proven_nft.c recovery.c refusal.c report.c ruleline.c rules.c \
	rules_emit.c rules_make.c ruleset.c scratch.c script.c shim_image.c state.c \
	state_header.c state_loaded.c state_preserved.c state_text.c template.c \
	template_parse.c text.c token.c transaction.c transaction_state.c \
	transaction_undo.c use.c value.c wanted.c wanted_chain.c watchdog.c wish.c \
	xalloc.c xtable.c

objects := $(sources:%.c=$(build)/%.o)

.DELETE_ON_ERROR:
.PHONY: all help deps clean format

all: $(program)

help:
	@echo 'make [all]        build bin/rampart'
	@echo 'make demo         the main job, shown in a scratch namespace (as root)'
	@echo 'make check        all tests (as root); TESTS="FILE...": some'
	@echo '                  SANITIZE=1: with ASan and UBSan'
	@echo 'make check-faults all faults at all system calls (as root); runs for hours:'
	@echo '                  FAULTS_EVERY=N SEEDS=A-B SEED_ROUNDS=N ROUNDS=N: less, or other ones'
	@echo 'make check-scripts scripts on every backend in every shell, and random command sequences,'
	@echo '                  natively and as script drop-ins (as root):'
	@echo '                  SEQUENCES=N (1000), SEED=N'
	@echo 'make bench        what all costs, beside what people do without rampart (as root); writes'
	@echo '                  tests/bench/RESULTS.md; below 15 minutes'
	@echo 'make bench-quick  a part of it, printed; below 2 minutes'
	@echo 'make bench-packets packets under a flood while the rules change ROUNDS times (1000)'
	@echo 'make bench-scripts a script of CALLS calls (1000), natively and by rampart; ROUNDS times (5)'
	@echo 'make lint         cppcheck, clang-tidy, shellcheck, mandoc; lint-quick: without the'
	@echo '                  analyzer of clang'
	@echo 'make fuzz         libFuzzer over the parsers, FUZZ_SECONDS=600 each'
	@echo 'make install      DESTDIR and prefix as usual'
	@echo 'make deps         install the packages that building and testing need'

$(program): $(objects)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(own_ldflags) $(LDFLAGS) -o $@ $^ $(library_libs) $(LDLIBS)

$(build)/%.o: src/%.c | $(build)
	$(call say,CC,$<)
	$(Q)$(CC) $(own_cppflags) $(library_cflags) $(CPPFLAGS) $(own_cflags) $(CFLAGS) -MMD -MP -c -o $@ $<

# The stand-in of programs in the script sandbox: a program of its own, without a C library where
# src/shim_start.h knows the machine, carried inside rampart.
shim_machine = $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
shim_libc = $(if $(filter x86_64 aarch64 riscv64,$(shim_machine)),-nostdlib)
shim_cflags := -std=gnu11 -O2 -static -ffreestanding -fno-stack-protector -fno-pie -no-pie \
	-fno-asynchronous-unwind-tables -Wall -Wextra -Wl,--build-id=none -Wl,-z,noexecstack \
	-Wl,-z,noseparate-code -s

$(build)/shim: src/shim.c src/shim.h src/shim_start.h src/child_sandbox.h | $(build)
	$(call say,CC,$<)
	$(Q)$(CC) -D_GNU_SOURCE -Isrc $(shim_cflags) $(shim_libc) -o $@ $<

$(build)/shim_image.o: $(build)/shim
$(build)/shim_image.o: own_cppflags += -DSHIM_FILE='"$(build)/shim"'

$(build):
	$(Q)mkdir -p $@

-include $(objects:.o=.d)

format:
	clang-format -i src/*.c $(filter-out src/optable_data.h,$(wildcard src/*.h))

clean:
	rm -rf build build-sanitize bin/rampart

# --- packages, demo, tests -------------------------------------------------------------

.PHONY: deps deps-tests demo check check-faults check-scripts bench bench-quick bench-packets bench-scripts lint lint-quick deps-lint install install-files uninstall

deps:
	$(Q)packaging/install-deps

deps-tests:
	$(Q)packaging/install-deps tests

# In a new make: what deps has just installed is only then seen by pkg-config.
demo: deps
	$(Q)$(MAKE) --no-print-directory all
	$(Q)packaging/demo

check: deps-tests
	$(Q)$(MAKE) --no-print-directory all $(build)/probe $(build)/sandbox
	$(Q)RAMPART='$(CURDIR)/$(program)' PROBE='$(CURDIR)/$(build)/probe' \
		SANDBOX='$(CURDIR)/$(build)/sandbox' tests/run $(TESTS)

# Stages that no command shows alone, for their tests.
$(build)/probe $(build)/sandbox: $(build)/%: tests/%.c $(filter-out $(build)/main.o $(build)/cmd_%.o,$(objects))
	$(call say,CC,$<)
	$(Q)$(CC) $(own_cppflags) $(library_cflags) $(CPPFLAGS) $(own_cflags) $(CFLAGS) \
		$(own_ldflags) $(LDFLAGS) -o $@ $^ $(library_libs) $(LDLIBS)

check-faults: deps-tests
	$(Q)$(MAKE) --no-print-directory all
	$(Q)RAMPART='$(CURDIR)/$(program)' FAULTS_EVERY='$(FAULTS_EVERY)' SEEDS='$(SEEDS)' \
		SEED_ROUNDS='$(SEED_ROUNDS)' ROUNDS='$(ROUNDS)' FAULTS_ONLY='$(FAULTS_ONLY)' tests/faults/run

check-scripts: deps-tests
	$(Q)$(MAKE) --no-print-directory all
	$(Q)RAMPART='$(CURDIR)/$(program)' SCRIPTS=all bats --jobs 4 tests/71-script-*.bats
	$(Q)RAMPART='$(CURDIR)/$(program)' tests/scripts/run-sequences \
		--count '$(or $(SEQUENCES),1000)' $(if $(SEED),--seed '$(SEED)')

bench bench-quick:
	$(Q)packaging/install-deps bench
	$(Q)tests/bench/fetch-peers
	$(Q)$(MAKE) --no-print-directory all
	$(Q)RAMPART='$(CURDIR)/$(program)' tests/bench/speed \
		$(if $(filter bench,$@),--write tests/bench,--quick)

bench-packets: deps-tests
	$(Q)$(MAKE) --no-print-directory all
	$(Q)RAMPART='$(CURDIR)/$(program)' ROUNDS='$(ROUNDS)' tests/bench/packets $(WAYS)

bench-scripts: all
	$(Q)RAMPART='$(CURDIR)/$(program)' ROUNDS='$(ROUNDS)' CALLS='$(CALLS)' ASKED='$(ASKED)' \
		tests/bench/scripts $(WAYS)

lint: deps-lint
	$(Q)packaging/lint

lint-quick: deps-lint
	$(Q)packaging/lint --quick

deps-lint:
	$(Q)packaging/install-deps lint

# --- install ---------------------------------------------------------------------------

templates  := $(wildcard templates/*.rules)
shipped    := $(wildcard conf.d/*.conf conf.d/README)
data_file  := $(INSTALL) -m 644
at := $(DESTDIR)

install: all
	$(Q)$(MAKE) --no-print-directory install-files

# Without building: of what is there.
install-files:
	$(INSTALL) -d -m 755 '$(at)$(sbindir)' '$(at)$(libdir)/rampart/conf.d' \
		'$(at)$(datadir)/rampart/templates' '$(at)$(sysconfdir)/rampart/conf.d' \
		'$(at)$(sysconfdir)/rampart/templates' '$(at)$(sysconfdir)/network/if-pre-up.d' \
		'$(at)$(mandir)/man8' '$(at)$(mandir)/man5' '$(at)$(docdir)' '$(at)$(unitdir)' \
		'$(at)$(bashcompletiondir)' '$(at)$(zshcompletiondir)' '$(at)$(fishcompletiondir)'
	$(INSTALL) -d -m 700 '$(at)$(localstatedir)/lib/rampart'
	$(INSTALL) -m 755 '$(program)' '$(at)$(sbindir)/rampart'
	sed 's|/usr/sbin/rampart|$(sbindir)/rampart|; s|/run/rampart|$(runstatedir)/rampart|' \
		bin/rampart-pre-up >'$(at)$(sysconfdir)/network/if-pre-up.d/rampart'
	chmod 755 '$(at)$(sysconfdir)/network/if-pre-up.d/rampart'
	sed 's|/usr/sbin/rampart|$(sbindir)/rampart|; s|/etc/rampart|$(sysconfdir)/rampart|' \
		packaging/systemd/rampart.service >'$(at)$(unitdir)/rampart.service'
	chmod 644 '$(at)$(unitdir)/rampart.service'
	$(data_file) $(templates) '$(at)$(datadir)/rampart/templates'
	$(data_file) $(shipped) '$(at)$(libdir)/rampart/conf.d'
	# a baseline that is there already is the administrator's
	test -e '$(at)$(sysconfdir)/rampart/rampart.conf' || \
		$(data_file) packaging/rampart.conf '$(at)$(sysconfdir)/rampart/rampart.conf'
	$(data_file) packaging/man/rampart.8 '$(at)$(mandir)/man8'
	$(data_file) packaging/man/rampart.conf.5 packaging/man/rampart.rules.5 \
		packaging/man/rampart.script.5 '$(at)$(mandir)/man5'
	$(data_file) packaging/completions/rampart.bash '$(at)$(bashcompletiondir)/rampart'
	$(data_file) packaging/completions/_rampart '$(at)$(zshcompletiondir)/_rampart'
	$(data_file) packaging/completions/rampart.fish '$(at)$(fishcompletiondir)/rampart.fish'
	$(data_file) README.md CHANGELOG '$(at)$(docdir)'
	cp -r packaging/examples '$(at)$(docdir)/'

# What install put there; configuration, drop-ins and state stay.
uninstall:
	rm -f '$(at)$(sbindir)/rampart' '$(at)$(sysconfdir)/network/if-pre-up.d/rampart' \
		'$(at)$(unitdir)/rampart.service' \
		'$(at)$(mandir)/man8/rampart.8' '$(at)$(mandir)/man5/rampart.conf.5' \
		'$(at)$(mandir)/man5/rampart.rules.5' '$(at)$(mandir)/man5/rampart.script.5' \
		'$(at)$(bashcompletiondir)/rampart' \
		'$(at)$(zshcompletiondir)/_rampart' '$(at)$(fishcompletiondir)/rampart.fish'
	rm -rf '$(at)$(datadir)/rampart' '$(at)$(libdir)/rampart' '$(at)$(docdir)'

include tests/fuzz/fuzz.mk
