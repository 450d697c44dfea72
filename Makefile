# The two commands of the README are `make run` and `make test`.
.PHONY: run build setup test prove bench bench-import fuzz learn

# Installs what is missing, builds, starts the demo on http://localhost:8080.
# MODEL=scripted lets a script play the language model; else answers are composed.
# WECHAT=fake plays WeChat too, with a phone on http://localhost:8081.
run: setup build
	exec ./bin/careline serve --demo $(if $(MODEL),--model-url=$(MODEL)) $(if $(WECHAT),--wechat-api=$(WECHAT))

build:
	go build -o bin/careline ./cmd/careline

setup:
	./setup.sh

# The same set-up, Chromium and Node, then every test with the race detector, and
# those of bounded memory without it: it holds several times as much and takes five times as long.
test:
	./setup.sh --test
	go vet ./...
	go test -race -timeout 14m ./...
	go test -run 'Memory|Unpacks' ./retrieval/labs

# What the labelled messages of evals/triage teach triage about words.
learn: build
	./bin/careline eval learn evals/triage/*.jsonl > bot/guard/data/learned.new
	mv bot/guard/data/learned.new bot/guard/data/learned.tsv

# Every counted run in full: crash tests, property tests, mutants, every bad draft.
prove:
	./setup.sh --test
	CARELINE_PROVE=1 go test -count=1 -timeout 30m -v -run 'Kill|BrokenFiles|NoConversation' ./bot/jobs ./bot/store ./bot/intake
	go test -count=1 -timeout 30m -v -run AlwaysPassesReview ./bot/turn -rapid.checks=10000
	CARELINE_PROVE=1 go test -count=1 -timeout 30m -v -run 'Own|Mutant|Unseen' ./evals
	CARELINE_PROVE=1 go test -count=1 -timeout 30m -v -run 'Split|Forged|Callback' ./channels/...
	CARELINE_PROVE=1 go test -count=1 -timeout 30m -v -run 'HostileModel|Orders|Canary' ./cmd/careline

# Figures as ratios of one run; compare two runs with benchstat.
bench:
	./setup.sh
	go test -run '^$$' -bench . -skip 'Path|ImportFile|MLLP' -benchmem -timeout 30m ./bot/... ./retrieval/... ./channels/... ./cmd/...
	go test -run '^$$' -bench Path -benchtime 3000x ./cmd/careline
	CARELINE_PROVE=1 go test -run '^$$' -bench WeChatBurst -benchtime 1x ./cmd/careline

# Files of 64 MiB and messages, from their first byte to the commit, fsync on.
bench-import:
	./setup.sh
	go test -run '^$$' -bench ImportFile -benchtime 1x -count 3 -timeout 60m ./cmd/careline
	go test -run '^$$' -bench MLLP -benchtime 10000x -count 3 -timeout 30m ./cmd/careline

# Every parser of what others send, three minutes each.
FUZZTIME = 3m
FUZZED = \
	./retrieval/labs:FuzzHL7 ./retrieval/labs:FuzzFHIR ./retrieval/labs:FuzzCSV ./retrieval/labs:FuzzXLSX ./retrieval/labs:FuzzInterval \
	./retrieval/labs/ucum:FuzzParse ./bot/intake:FuzzFrames \
	./bot/guard:FuzzReview ./bot/guard:FuzzTriage ./bot/guard:FuzzFill ./bot/llm:FuzzRedact \
	./channels/weixin:FuzzEnvelope ./channels/wechat:FuzzMessage
fuzz:
	./setup.sh
	for target in $(FUZZED); do \
		go test -run '^$$' -fuzz "^$${target##*:}\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x "$${target%%:*}" || exit 1; \
	done
