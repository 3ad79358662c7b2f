# fuzz: libFuzzer over the real sources. Not part of "make check".
#
#   make fuzz-build              build/fuzz/NAME for each harness
#   make fuzz                    each for FUZZ_SECONDS, one after the other
#   make fuzz-rules              one of them
#   build/fuzz/rules FILE        a finding again
#   make fuzz-scripts SANITIZE=1 scripts that talk to rampart at random: SEED, COUNT (as root)
#
# What is found goes to build/fuzz/found/NAME-*; inputs that reach new code to
# build/fuzz/corpus/NAME. tests/fuzz/corpus/NAME is what each run begins with, and is kept small:
# only what a person wrote goes there, and findings that were mended.
#
# arena.c is replaced by a version with an allocation for each string, so that ASan sees a
# read past the end of one.
FUZZ_CC      ?= clang
FUZZ_SECONDS ?= 600
FUZZ_FLAGS   ?=

fuzz_names := rules baseline uses token listing state plan request restore
fuzz_build := build/fuzz
fuzz_sources := $(filter-out main.c arena.c cmd_%.c,$(sources))
fuzz_objects := $(fuzz_sources:%.c=$(fuzz_build)/src/%.o) \
	$(fuzz_build)/common.o $(fuzz_build)/arena_exact.o
fuzz_sanitize := address,undefined
fuzz_cflags = $(filter-out -D_FORTIFY_SOURCE=2,$(own_cppflags)) $(library_cflags) -std=gnu11 -O1 -g \
	-Wall -Wextra -Wno-missing-field-initializers -fno-omit-frame-pointer \
	-fno-sanitize-recover=all
fuzz_max_len = $(or $(fuzz_max_len_$*),4096)
fuzz_max_len_token := 512
fuzz_max_len_plan := 1024

.PHONY: fuzz fuzz-build deps-fuzz $(fuzz_names:%=fuzz-%)

deps-fuzz:
	$(Q)packaging/install-deps fuzz

fuzz-build: deps-fuzz
	$(Q)$(MAKE) --no-print-directory $(fuzz_names:%=$(fuzz_build)/%)

fuzz: fuzz-build
	$(Q)for name in $(fuzz_names); do $(MAKE) --no-print-directory fuzz-$$name || exit 1; done

$(fuzz_names:%=fuzz-%): fuzz-%: $(fuzz_build)/%
	$(call say,FUZZ,$*)
	$(Q)mkdir -p $(fuzz_build)/corpus/$* $(fuzz_build)/found
	$(Q)$< -max_total_time=$(FUZZ_SECONDS) -max_len=$(fuzz_max_len) -timeout=20 \
		-rss_limit_mb=2048 -print_final_stats=1 -use_value_profile=1 \
		-dict=tests/fuzz/iptables.dict -artifact_prefix=$(fuzz_build)/found/$*- \
		$(FUZZ_FLAGS) $(fuzz_build)/corpus/$* tests/fuzz/corpus/$*

$(fuzz_names:%=$(fuzz_build)/%): $(fuzz_build)/%: $(fuzz_build)/%.o $(fuzz_objects)
	$(call say,LD,$@)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer,$(fuzz_sanitize) -o $@ $^ $(library_libs)

$(fuzz_build)/src/%.o: src/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(fuzz_cflags) -fsanitize=fuzzer-no-link,$(fuzz_sanitize) -MMD -MP -c -o $@ $<

$(fuzz_build)/%.o: tests/fuzz/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(fuzz_cflags) -fsanitize=fuzzer-no-link,$(fuzz_sanitize) -MMD -MP -c -o $@ $<

$(fuzz_build)/src/shim_image.o: $(build)/shim
$(fuzz_build)/src/shim_image.o: own_cppflags += -DSHIM_FILE='"$(build)/shim"'

.SECONDARY: $(fuzz_objects) $(fuzz_names:%=$(fuzz_build)/%.o)

-include $(fuzz_objects:.o=.d) $(fuzz_names:%=$(fuzz_build)/%.d)

# Not libFuzzer: whole runs, in namespaces of their own.
.PHONY: fuzz-scripts

fuzz-scripts: $(program)
	$(Q)RAMPART='$(CURDIR)/$(program)' SEED='$(SEED)' COUNT='$(COUNT)' BACKENDS='$(BACKENDS)' \
		tests/scripts/fuzz-socket
