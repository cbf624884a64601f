# The two commands to know: `make demo` and `make test`. Everything here is a thin front for CMake, Cargo and tools/.
.DEFAULT_GOAL := help
SHELL := /bin/bash
JOBS ?= $(shell nproc)
GUESTS := build/guests

.PHONY: help setup guests build quick demo test tsan check bench soak fuzz install format lint clean
help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
setup: ## install what the build needs, pinned (the targets below call it)
	@tools/setup
guests: setup ## the components of examples/ and tests/guests
	@tools/build_guests $(GUESTS)
build: setup ## build/weft, the program that is shipped and measured
	@tools/cmake_build release weft
quick: setup ## build-quick/weft, without link-time optimisation
	@tools/cmake_build quick weft
demo: guests build ## the shop answers; on a terminal it serves on
	@tools/demo
test: guests ## every test, under AddressSanitizer and UndefinedBehaviorSanitizer
	@tools/test all
tsan: guests ## unit tests and some end-to-end tests under ThreadSanitizer
	@tools/test tsan
check: guests ## before a commit: format, lint of what changed, build, unit tests
	@tools/check
bench: guests build ## the table of benchmarks, into build/bench/results.json
	@tools/setup bench && tools/cmake_build release all && python3 bench/run.py
soak: guests build ## proofs that take minutes: a link moved and a component rebuilt under load
	@examples/swap/swap.py --seconds 60
fuzz: guests ## libFuzzer targets, a minute each
	@tools/fuzz 60
install: build ## weft into $(PREFIX), by default /usr/local
	@install -D -m 755 build/weft $(DESTDIR)$(or $(PREFIX),/usr/local)/bin/weft
format: setup ## clang-format, rustfmt
	@tools/format --write
lint: setup ## arrows, formats, clippy, clang-tidy over the program and what its tests share
	@tools/lint all
clean: ## remove the build folders, not the caches
	@rm -rf build build-quick build-debug build-tsan build-lint
