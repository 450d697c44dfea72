# The two commands of the README are `make run` and `make test`.
.PHONY: run build setup test prove bench fuzz

# Installs what is missing, builds, starts the demo on http://localhost:8080.
run: setup build
	exec ./bin/careline serve --demo

build:
	go build -o bin/careline ./cmd/careline

setup:
	./setup.sh

# The same set-up and Chromium, then every test with the race detector.
test:
	./setup.sh --test
	go vet ./...
	go test -race -timeout 14m ./...

# Every counted run in full: crash tests, property tests.
prove:
	./setup.sh --test
	CARELINE_PROVE=1 go test -count=1 -timeout 30m -v -run Killed ./bot/jobs
	go test -count=1 -timeout 30m -v -run AlwaysPassesReview ./bot/turn -rapid.checks=10000

# Figures as ratios of one run; compare two runs with benchstat.
bench:
	./setup.sh
	go test -run '^$$' -bench . -skip Path -benchmem -timeout 30m ./bot/... ./retrieval/... ./cmd/...
	go test -run '^$$' -bench Path -benchtime 3000x ./cmd/careline

# Every parser of what others send, three minutes each.
FUZZTIME = 3m
FUZZED = \
	./retrieval/labs:FuzzHL7 ./retrieval/labs:FuzzFHIR ./retrieval/labs:FuzzCSV ./retrieval/labs:FuzzXLSX ./retrieval/labs:FuzzInterval \
	./retrieval/labs/ucum:FuzzParse ./bot/intake:FuzzFrames
fuzz:
	./setup.sh
	for target in $(FUZZED); do \
		go test -run '^$$' -fuzz "^$${target##*:}\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x "$${target%%:*}" || exit 1; \
	done
