# SPDX-License-Identifier: Apache-2.0
# A thin front: Meson builds, tools/ does the rest. `make run` and `make test` do all
# the set-up a fresh Debian 12 needs and say what they do.
BUILD ?= build
ARGS ?=
SOAK_SECONDS ?= 600
BENCHES = $(patsubst bench/%/run,%,$(wildcard bench/*/run))

.PHONY: help run build test bench soak interop check install clean
help:
	@echo 'make run [ARGS="--for 60s --attack"]   a node, a simulated plant and its console'
	@echo 'make test      every test; the last line is the total'
	@echo 'make check     the gates: layers, sizes, banned, spdx, names, readmes, format, tidy'
	@echo 'make bench     every benchmark, or bench-ROOM ($(BENCHES))'
	@echo 'make interop   against programs of others; make soak: long fuzzing, many crashes'
	@echo 'make install   to the prefix Meson was given, DESTDIR honoured'

build:
	@tools/setup run
	@tools/console
	@tools/build $(BUILD)

run: build
	@$(BUILD)/src/cmd/jizhu demo $(ARGS)

test:
	@tools/setup test
	@tools/console
	@tools/build $(BUILD)
	@tools/test --build $(BUILD) unit system console

check:
	@tools/setup test
	@BUILD=$(BUILD) tools/check

bench: $(BENCHES:%=bench-%)

bench-%:
	@tools/setup test
	@tools/build $(BUILD)
	@bench/$*/run $(BUILD)

interop: build
	@tools/setup test
	@tools/test --build $(BUILD) interop

soak:
	@tools/setup test
	@tools/build $(BUILD)
	@SOAK_SECONDS=$(SOAK_SECONDS) tools/test --build $(BUILD) soak

install: build
	@meson install -C $(BUILD) --no-rebuild

clean:
	@rm -rf build build-asan build-tsan build-fuzz console/dist
