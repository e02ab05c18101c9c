# Build of cinder-cg-tools: one file, not recursive.  `make help` lists the targets.
#
# Everything is written under $(O) = build/$(CONFIG): bin/, tests/ and lib/cinder-cg-tools/ lie there as
# they do after `make install`, because the programs look for their modules at <dir of exe>/../lib.

CONFIG_GIVEN := $(filter-out undefined,$(origin CONFIG))
CONFIG ?= release
O ?= build/$(CONFIG)
PREFIX ?= /usr/local
PKG_CONFIG ?= pkg-config
VERSION := $(shell cat VERSION)
PACKAGE := cinder-cg-tools
INSTALL ?= install
SECONDS ?= 60
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(patsubst $(O)/%,%,$(2))')

# ---- configurations ----------------------------------------------------------------------------
cflags_release := -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection
ldflags_release := -Wl,-z,relro -Wl,-z,now
cflags_debug := -O1 -g3 -DCG_FAULTS
cflags_asan := -O1 -g -DCG_FAULTS -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
ldflags_asan := -fsanitize=address,undefined
cflags_cov := -O0 -g -DCG_FAULTS --coverage -fprofile-abs-path
ldflags_cov := --coverage
cflags_fuzz := -O1 -g -DCG_FAULTS -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address
ldflags_fuzz := -fsanitize=address
ifeq ($(filter $(CONFIG),release debug asan cov fuzz),)
$(error CONFIG=$(CONFIG) is none of release, debug, asan, cov, fuzz)
endif
ifeq ($(origin CC),default)
CC := $(if $(filter fuzz,$(CONFIG)),clang,gcc)
endif

# ---- sources -----------------------------------------------------------------------------------
LAYERS := base db schema lineage migrate backfill verify engine fixtures
sources = $(wildcard $(1)/*.c $(1)/*/*.c)
MODULE_SRC := $(wildcard db/postgres*.c)
MAIN_SRC := $(wildcard tools/cg-*.c)
EMBEDDED := $(wildcard schema/migrations/*.sql schema/sql/*.sql migrate/sql/*.sql backfill/sql/*.sql)
UNIT := $(wildcard tests/unit/test_*.c)
CONFORMANCE := $(wildcard tests/conformance/test_*.c)
FUZZERS := $(wildcard tests/fuzz/fuzz_*.c)
CLI := $(wildcard tests/cli/*.bats)
CRASH := $(wildcard tests/crash/*.bats)
lib_src = $(filter-out $(MODULE_SRC) $(MAIN_SRC),$(call sources,$(1)))
LIB_DIRS := $(foreach d,$(LAYERS) tools,$(if $(call lib_src,$(d)),$(d)))
ALL_SRC := $(foreach d,$(LAYERS) tools tests bench,$(call sources,$(d)))
HEADERS := $(wildcard $(foreach d,$(LAYERS) tools tests bench,$(d)/*.h $(d)/*/*.h))

obj = $(patsubst %.c,$(O)/obj/%.o,$(1))
MODULE := $(if $(MODULE_SRC),$(O)/lib/$(PACKAGE)/db-postgres.so)
PROGRAMS := $(patsubst tools/%.c,$(O)/bin/%,$(MAIN_SRC))
MAN := $(patsubst docs/man/%.in,$(O)/man/%,$(wildcard docs/man/*.in))
COMPLETION := $(patsubst $(O)/bin/%,$(O)/completion/%,$(PROGRAMS))
test_bin = $(addprefix $(O)/tests/,$(basename $(notdir $(1))))

# The module takes the functions of base/ and db/ from the program that loads it: so they are linked
# whole and exported, also those that no program calls.  Upper floors come first, as ld wants.
archive = $(addprefix $(O)/,$(addsuffix .a,$(addprefix lib,$(1))))
LOW := $(filter base db,$(LIB_DIRS))
HIGH := $(filter-out $(LOW),$(LIB_DIRS))
reverse = $(if $(1),$(call reverse,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))
LIBS := $(call archive,$(LIB_DIRS) gen)
LINK_LIBS = $(call archive,$(call reverse,$(HIGH))) \
    -Wl,--whole-archive $(call archive,$(LOW)) -Wl,--no-whole-archive $(O)/libgen.a

# ---- flags -------------------------------------------------------------------------------------
PKGS := glib-2.0 sqlite3 yaml-0.1 jansson smartcols $(if $(wildcard engine/rest/*.c),libmicrohttpd)
ifneq ($(filter-out clean help dist,$(or $(MAKECMDGOALS),all)),)
system_includes = $(patsubst -I%,-isystem %,$(1))
PKG_CFLAGS := $(call system_includes,$(shell $(PKG_CONFIG) --cflags $(PKGS) || echo missing))
ifneq ($(filter missing,$(PKG_CFLAGS)),)
$(error libraries are missing: run scripts/bootstrap)
endif
PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS))
PQ_CFLAGS := $(call system_includes,$(shell $(PKG_CONFIG) --cflags libpq))
PQ_LIBS := $(shell $(PKG_CONFIG) --libs libpq)
CHECK_CFLAGS = $(call system_includes,$(shell $(PKG_CONFIG) --cflags check))
CHECK_LIBS = $(shell $(PKG_CONFIG) --libs check)
endif

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
    $(if $(DEVELOPER),-Werror)
GLIB_LIMITS := -DGLIB_VERSION_MIN_REQUIRED=GLIB_VERSION_2_74 -DGLIB_VERSION_MAX_ALLOWED=GLIB_VERSION_2_74
SOURCE_FLAGS := -std=gnu17 -D_GNU_SOURCE -DCG_VERSION='"$(VERSION)"' $(GLIB_LIMITS) \
    -I. -include base/banned.h $(PKG_CFLAGS) $(WARNINGS)
ALL_CFLAGS = $(SOURCE_FLAGS) $(cflags_$(CONFIG)) -fPIE -ffile-prefix-map=$(CURDIR)=. $(CPPFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -rdynamic -Wl,--as-needed $(ldflags_$(CONFIG)) $(LDFLAGS)
compile = $(CC) $(ALL_CFLAGS) -MMD -MP $(1) -c -o $@ $<
link = $(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(1) $(LINK_LIBS) $(PKG_LIBS) -ldl $(2)

# ---- building ----------------------------------------------------------------------------------
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: FORCE
all: $(PROGRAMS) $(MODULE)
ifeq ($(O),build/release)
	@ln -sfn release/bin build/bin
endif

# A file whose text is $(2), touched only when that changes: what depends on it is then made again.
stamp = $(file >$(1).new,$(2))cmp -s $(1).new $(1) && rm $(1).new || mv $(1).new $(1)
$(O)/.flags: FORCE | $(O)/.dir
	@$(call stamp,$@,$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS))
$(O)/gen/.files: FORCE | $(O)/gen/.dir
	@$(call stamp,$@,$(EMBEDDED))
%/.dir:
	@mkdir -p $(@D) && touch $@

.SECONDEXPANSION:
$(O)/obj/%.o: %.c $(O)/.flags | $$(@D)/.dir
	$(call say,CC,$<)
	$(Q)$(call compile,$(extra_cflags))
$(call obj,$(MODULE_SRC)): extra_cflags = -fPIC $(PQ_CFLAGS)
$(O)/obj/tests/%: extra_cflags = $(CHECK_CFLAGS)
$(O)/gen/sql.c: scripts/embed.sh $(EMBEDDED) $(O)/gen/.files
	$(call say,EMBED,$@)
	$(Q)scripts/embed.sh $(EMBEDDED) >$@
$(O)/obj/gen/sql.o: $(O)/gen/sql.c $(O)/.flags | $(O)/obj/gen/.dir
	$(Q)$(call compile,-Wno-overlength-strings)

$(O)/libgen.a: $(O)/obj/gen/sql.o
$(O)/libtest.a: $(call obj,$(wildcard tests/lib/*.c))
$(foreach d,$(LIB_DIRS),$(eval $(call archive,$(d)): $(call obj,$(call lib_src,$(d)))))
$(O)/lib%.a: | $(O)/.dir
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $(filter %.o,$^)
$(MODULE): $(call obj,$(MODULE_SRC)) | $(O)/lib/$(PACKAGE)/.dir
	$(call say,MODULE,$@)
	$(Q)$(CC) -shared $(ldflags_$(CONFIG)) $(LDFLAGS) -o $@ $(filter %.o,$^) $(PQ_LIBS)
$(O)/bin/%: $(O)/obj/tools/%.o $(LIBS) $(O)/.flags | $(O)/bin/.dir
	$(call say,LINK,$@)
	$(Q)$(call link)

define test_rule
$(call test_bin,$(1)): $(call obj,$(1)) $(O)/libtest.a $(LIBS) $(MODULE) $(O)/.flags | $(O)/tests/.dir
endef
$(foreach t,$(UNIT) $(CONFORMANCE),$(eval $(call test_rule,$(t))))
$(call test_bin,$(UNIT) $(CONFORMANCE)):
	$(call say,LINK,$@)
	$(Q)$(call link,$(O)/libtest.a,$(CHECK_LIBS))
$(O)/fuzz/fuzz_%: $(O)/obj/tests/fuzz/fuzz_%.o $(O)/libtest.a $(LIBS) $(O)/.flags | $(O)/fuzz/.dir
	$(call say,LINK,$@)
	$(Q)$(call link,-fsanitize=fuzzer $(O)/libtest.a,$(CHECK_LIBS))

-include $(patsubst %.c,$(O)/obj/%.d,$(ALL_SRC)) $(O)/obj/gen/sql.d

# ---- tests: debug (with its fault points) unless CONFIG was given; T=word picks test files -------
WITH_PG ?= tests/with-pg
picked = $(if $(T),$(foreach t,$(1),$(if $(findstring $(T),$(notdir $(t))),$(t))),$(1))
TEST_ENV := BIN=$(abspath $(O)/bin) SRC=$(CURDIR) G_SLICE=always-malloc \
    $(if $(filter asan fuzz,$(CONFIG)),CK_FORK=no UBSAN_OPTIONS=print_stacktrace=1)
# $(1) Check programs' sources, $(2) bats files
run_tests = $(TEST_ENV) $(WITH_PG) scripts/run-tests $(call test_bin,$(call picked,$(1))) $(call picked,$(2))
CHECKS := check check-unit check-conformance check-cli check-crash valgrind
.PHONY: $(CHECKS) tests
ifeq ($(CONFIG_GIVEN),)
$(CHECKS) tests:
	+@$(MAKE) --no-print-directory CONFIG=debug $@
else
tests: all $(call test_bin,$(UNIT) $(CONFORMANCE))
check: all $(call test_bin,$(call picked,$(UNIT) $(CONFORMANCE)))
	@$(call run_tests,$(UNIT) $(CONFORMANCE),$(CLI) $(CRASH))
check-unit: all $(call test_bin,$(call picked,$(UNIT)))
	@$(call run_tests,$(UNIT))
check-conformance: all $(call test_bin,$(call picked,$(CONFORMANCE)))
	@$(call run_tests,$(CONFORMANCE))
check-cli: all
	@$(call run_tests,,$(CLI))
check-crash: all
	@$(call run_tests,,$(CRASH))
valgrind: TEST_ENV += CK_FORK=no WRAP='valgrind -q --leak-check=full --errors-for-leak-kinds=definite --error-exitcode=99'
valgrind: all $(call test_bin,$(call picked,$(UNIT) $(CONFORMANCE)))
	@$(call run_tests,$(UNIT) $(CONFORMANCE))
endif

.PHONY: all asan cov fuzz bench demo check-headers check-layers check-size lint format format-check \
    man man-lint completion install uninstall dist clean help
# Crash tests kill programs from outside, which sanitizers cannot judge: they run in `make check`.
asan:
	+@$(MAKE) --no-print-directory CONFIG=asan check CRASH=
cov:
	@rm -rf build/cov/html; find build/cov -name '*.gcda' -delete 2>/dev/null || true
	+-@$(MAKE) --no-print-directory CONFIG=cov check
	@lcov -q -c -d build/cov --no-external -b . -o build/cov/all.info 2>build/cov/lcov.log
	@lcov -q -r build/cov/all.info '*/tests/*' '*/build/*' -o build/cov/lcov.info
	@genhtml -q build/cov/lcov.info -o build/cov/html && lcov --list build/cov/lcov.info
ifeq ($(CONFIG),fuzz)
fuzz: $(patsubst tests/fuzz/%.c,$(O)/fuzz/%,$(call picked,$(FUZZERS)))
	@G_SLICE=always-malloc scripts/run-fuzz $(SECONDS) $(O)/corpus $^
else
fuzz:
	+@$(MAKE) --no-print-directory CONFIG=fuzz fuzz
endif
bench: all $(addprefix $(O)/bench/,generate read_sqlite read_postgres)
	@BIN=$(abspath $(O)/bin) SRC=$(CURDIR) $(WITH_PG) bench/run
$(O)/bench/generate: $(O)/obj/bench/generate.o $(LIBS) | $(O)/bench/.dir
	$(call say,LINK,$@)
	$(Q)$(call link)
$(O)/bench/read_%: $(O)/obj/bench/read_%.o | $(O)/bench/.dir
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(PKG_LIBS) $(PQ_LIBS)
$(O)/obj/bench/read_postgres.o: extra_cflags = $(PQ_CFLAGS)
demo: all
	@if [ -x scripts/demo ]; then BIN=$(abspath $(O)/bin) scripts/demo; else echo 'no scripts/demo'; fi

# ---- looking at the source -----------------------------------------------------------------------
TIDY_FLAGS = $(filter-out -Werror,$(SOURCE_FLAGS)) $(PQ_CFLAGS) $(CHECK_CFLAGS) -DCG_FAULTS
check-headers:
	@printf '%s\n' $(HEADERS) | xargs -P2 -I% sh -c 'echo "#include \"%\"" | "$$@" -fsyntax-only -x c -' \
	    sh $(CC) $(SOURCE_FLAGS) $(PQ_CFLAGS) $(CHECK_CFLAGS) -DCG_FAULTS
check-layers:
	@scripts/check-layers
check-size:
	@scripts/check-size
lint:
	@scripts/lint $(ALL_SRC) -- $(TIDY_FLAGS)
format:
	@clang-format -i $(ALL_SRC) $(HEADERS)
format-check:
	@clang-format --dry-run -Werror $(ALL_SRC) $(HEADERS)

# ---- manual, completion, installation ------------------------------------------------------------
man: $(MAN)
completion: $(COMPLETION)
$(O)/man/%: docs/man/%.in VERSION $$(filter $(O)/bin/$$(basename $$*),$$(PROGRAMS)) | $(O)/man/.dir
	$(call say,MAN,$@)
	$(Q)if grep -q '^\.\\" OPTIONS$$' $<; then $(O)/bin/$(basename $*) --dump-options=mdoc; fi >$@.options
	$(Q)sed -e '/^\.\\" OPTIONS$$/{r $@.options' -e 'd;}' -e 's/@VERSION@/$(VERSION)/g' $< >$@
	@rm $@.options
$(O)/completion/%: $(O)/bin/% | $(O)/completion/.dir
	$(Q)$< --dump-options=bash >$@
man-lint: man
	@$(if $(MAN),mandoc -T lint -W warning $(MAN))

BINDIR := $(PREFIX)/bin
MODULEDIR := $(PREFIX)/lib/$(PACKAGE)
MANDIR := $(PREFIX)/share/man
COMPLETIONDIR := $(PREFIX)/share/bash-completion/completions
DOCDIR := $(PREFIX)/share/doc/$(PACKAGE)
DOCS := $(wildcard README.md CHANGELOG LICENSE)
put = $(if $(2),$(INSTALL) -d $(DESTDIR)$(3) && $(INSTALL) -m $(1) $(2) $(DESTDIR)$(3),:)
drop = $(if $(1),rm -f $(addprefix $(DESTDIR)$(2)/,$(notdir $(1))),:)
man_section = $(filter %.$(1),$(MAN))
install: all man completion
	$(call put,755,$(PROGRAMS),$(BINDIR))
	$(call put,644,$(MODULE),$(MODULEDIR))
	$(foreach s,1 5 7,$(call put,644,$(call man_section,$(s)),$(MANDIR)/man$(s)); )
	$(call put,644,$(COMPLETION),$(COMPLETIONDIR))
	$(call put,644,$(DOCS),$(DOCDIR))
uninstall:
	$(call drop,$(PROGRAMS),$(BINDIR))
	$(call drop,$(MODULE),$(MODULEDIR))
	$(foreach s,1 5 7,$(call drop,$(call man_section,$(s)),$(MANDIR)/man$(s)); )
	$(call drop,$(COMPLETION),$(COMPLETIONDIR))
	$(call drop,$(DOCS),$(DOCDIR))
	for d in $(MODULEDIR) $(DOCDIR); do [ ! -d $(DESTDIR)$$d ] || rmdir --ignore-fail-on-non-empty $(DESTDIR)$$d; done
dist:
	@mkdir -p build
	git archive --format=tar.gz --prefix=$(PACKAGE)-$(VERSION)/ -o build/$(PACKAGE)-$(VERSION).tar.gz HEAD
clean:
	rm -rf build

help:
	@echo 'make [TARGET] [CONFIG=release|debug|asan|cov|fuzz] [CC=gcc|clang] [DEVELOPER=1] [V=1] [T=word]'
	@echo '  all               the programs, in build/bin'
	@echo '  check             all tests: check-unit check-conformance check-cli check-crash'
	@echo '  check T=word      the tests whose file name contains the word'
	@echo '  asan valgrind     tests under sanitizers, C tests under valgrind'
	@echo '  cov               tests with coverage, report in build/cov/html'
	@echo '  fuzz SECONDS=60   fuzz tests, the time split over them'
	@echo '  check-headers check-layers check-size lint format-check man-lint    look at the source'
	@echo '  format            lay out the source by .clang-format'
	@echo '  man completion    manual pages and bash completion'
	@echo '  bench demo        measure; show the tools at work'
	@echo '  install uninstall [PREFIX=/usr/local] [DESTDIR=]'
	@echo '  dist clean        archive of the last commit; remove build/'
