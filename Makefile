# make demo      hear an instrument lifted out of music
# make test      all tests that are quick; race, fuzz, lint and slow are the others
# make install   PREFIX=/usr/local DESTDIR=

SHELL     := /bin/bash
PREFIX    ?= /usr/local
FUZZTIME  ?= 500000x
BENCHTIME ?= 200ms
BIN       := bin/soloist
LINTER    := v2.15.0
# Training's matrix products run on OpenBLAS where it is.
TAGS       = $(shell pkg-config --exists openblas && echo openblas)

.PHONY: all build setup demo models test race lint fuzz bench slow install clean

all: build

# Installs missing packages where that needs no password; otherwise says what to run.
setup:
	@.ci/setup

build: setup
	go build -trimpath -tags '$(TAGS)' -o $(BIN) ./cmd/soloist

demo: build
	@$(BIN) extract --model drums,vocals -o demo assets/demo/*.mp3
	@for song in assets/demo/*.mp3; do \
		name=$$(basename $$song .mp3); \
		if [ -d assets/demo/$$name ]; then echo "$$name against the true stems, in dB:"; $(BIN) score assets/demo/$$name demo/$$name; fi; \
	done
	@echo "Listen to the files in the folders of demo/: each stem, and remainder.wav, the music without it."

# Learns the shipped models again, from Debian's packages and what lies in DATA: see assets/models/make.sh.
models: build
	assets/models/make.sh $(or $(DATA),$(error make models DATA=DIR)) $(NAMES)

test: setup
	go test -timeout 10m ./...
	go test -tags '$(TAGS)' -timeout 10m ./train/blas ./train ./train/leastsquares ./train/layerwise

# Tests leave out under -short what only takes long and shares nothing between goroutines.
race: setup
	go test -race -short -timeout 15m ./...

bin/golangci-lint-$(LINTER):
	@mkdir -p bin
	GOBIN=$(CURDIR)/bin GOFLAGS= go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINTER)
	@mv bin/golangci-lint $@

lint: setup bin/golangci-lint-$(LINTER)
	@test -z "$$(gofmt -l .)" || { echo "gofmt wants to change:"; gofmt -l .; exit 1; }
	go vet ./...
	bin/golangci-lint-$(LINTER) run --allow-parallel-runners ./...

# Every fuzz target there is, each for FUZZTIME. A count, since a deadline can fail a target that is minimising as it passes (golang/go#75804).
fuzz: setup
	@set -euo pipefail; for dir in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -r -n 1 dirname | sort -u); do \
		for target in $$(go test -list '^Fuzz' $$dir | grep '^Fuzz'); do \
			echo "$$dir $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x -timeout 10m $$dir; \
		done; \
	done

bench: build
	go test -run '^$$' -bench . -benchtime $(BENCHTIME) ./...
	$(BIN) bench

# What takes minutes: a file of three hours, and speed over ten minutes.
slow: build
	SOLOIST_SLOW=1 go test -v -run '^TestSlow' -timeout 60m ./cmd/soloist

install: build
	install -D -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin/soloist
	install -D -m 644 README.md $(DESTDIR)$(PREFIX)/share/doc/soloist/README.md
	install -D -m 644 LICENSE $(DESTDIR)$(PREFIX)/share/doc/soloist/LICENSE

clean:
	rm -rf bin demo
