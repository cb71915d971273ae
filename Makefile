# On a fresh Debian 12 with Swift 6.3, `make demo` and `make test` are the only two commands anyone needs.

PREFIX ?= /usr/local
DESTDIR ?=
SECONDS ?= 60
MINUTES ?= 10
SEEDS ?= 3
SWIFT ?= swift

release := .build-release/release/confab
speech-python := .build/speech-venv/bin/python
core-tests := ArchitectureTests,PrimitivesTests,RTPTests,SDPTests,STUNTests,SignallingTests,LiveKitProtocolTests,LiveKitRoomTests,StreamsTests,CongestionControlTests,PeerSessionTests,CallTests,RoomServiceTests,SFUTests,MediaProcessingTests,TerminalTests
units := $(wildcard Sources/Packaging/systemd/*.service)
swift-folders := Package.swift Sources Tests
# Our own code may not have warnings; users with newer compilers are not bothered with that.
strict := CONFAB_STRICT=1 $(SWIFT) build --explicit-target-dependency-import-check error

.PHONY: all help demo test check quick install uninstall deb deb-check manual trouble sanitize bench bench-sfu bench-network bench-speech bench-speech-lab bench-voice bench-sound bench-render soak soak-server fuzz device-check protocol format lint clean build-packages test-packages

all: build-packages ## build the program (release, in .build-release)
	$(SWIFT) build -c release --static-swift-stdlib --product confab --scratch-path .build-release
	@echo "Built $(release)"

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

demo: all ## install what is missing, build, and run a complete call on this machine
	$(release) demo

test: build-packages ## install what is missing and run every test
	Tests/run --install

check: lint ## format, strict build, every test: all there is
	$(strict) --build-tests
	$(MAKE) test

quick: lint ## strict build and tests of the cores, within three minutes
	CONFAB_ONLY=$(core-tests) $(strict) --build-tests
	CONFAB_STRICT=1 CONFAB_ONLY=$(core-tests) $(SWIFT) test --skip-build --quiet

install: ## put program, manual and completions below PREFIX (DESTDIR is honoured); build first with make
	@test -x $(release) || { echo 'Build first: make'; exit 1; }
	install -D -s -m 755 $(release) $(DESTDIR)$(PREFIX)/bin/confab
	for page in $(wildcard man/*.[1-8]); do \
		install -D -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/} || exit 1; done
	test ! -e completions/confab.bash || \
		install -D -m 644 completions/confab.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/confab
	test ! -e completions/_confab || \
		install -D -m 644 completions/_confab $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_confab
	test ! -e completions/confab.fish || \
		install -D -m 644 completions/confab.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/confab.fish
	for unit in $(units); do mkdir -p $(DESTDIR)$(PREFIX)/lib/systemd/system && \
		sed 's|@BINDIR@|$(PREFIX)/bin|' $$unit >$(DESTDIR)$(PREFIX)/lib/systemd/system/$${unit##*/} || exit 1; done

uninstall: ## take away what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/confab
	for page in $(wildcard man/*.[1-8]); do \
		rm -f $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}; done
	rm -f $(DESTDIR)$(PREFIX)/share/bash-completion/completions/confab
	rm -f $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_confab
	rm -f $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/confab.fish
	for unit in $(units); do rm -f $(DESTDIR)$(PREFIX)/lib/systemd/system/$${unit##*/}; done

deb: all ## build a Debian package in .build-release
	MAKE='$(MAKE)' Sources/Packaging/deb "$$($(release) --version)" .build-release

deb-check: deb ## install the package on a clean Debian 12, run a call there, and remove it again (root)
	@Tests/install-packages deb
	Tests/Packaging/clean-debian .build-release/confab_$$($(release) --version)_$$(dpkg --print-architecture).deb

manual: all ## write man/*.1 and completions/* from the command tree
	Sources/Manual/generate $(release)

trouble: all ## a headless client through MINUTES=10 of restarts, lost devices and a lost network
	CONFAB=$(CURDIR)/$(release) Tests/Programs/trouble.py "$(MINUTES)"

sanitize: build-packages ## unit tests under the address and then the thread sanitizer
	$(SWIFT) test --sanitize=address --scratch-path .build-asan
	$(SWIFT) test --sanitize=thread --scratch-path .build-tsan

bench: all ## time the release build: start-up, joining, latency, processor time, memory
	Tests/Benchmarks/run $(release)

bench-network: build-packages ## how a call fares on scripted links (a table): steps, TCP beside it, radio, deep buffers, loss
	CONFAB_TOOLS=1 CONFAB_ONLY=network-table $(SWIFT) build -c release --product network-table --scratch-path .build-bench
	.build-bench/release/network-table

bench-sfu: all ## compare the media server with Janus under the same load (root; installs Janus)
	Tests/Benchmarks/sfu/run $(release) --profile

bench-render: all ## draw test clips beside chafa, timg and mpv: time, bytes, likeness
	@Tests/install-packages bench
	Tests/Benchmarks/render/run $(release)

bench-speech: build-packages $(speech-python) ## speech over simulated bad networks: PESQ and delay (SEEDS=3)
	@Tests/install-packages speech
	CONFAB_TOOLS=1 CONFAB_ONLY=speech-path $(SWIFT) build -c release --product speech-path --scratch-path .build-tools
	$(speech-python) Tests/Benchmarks/speech/run offline --check --seeds $(SEEDS)

bench-speech-lab: all $(speech-python) ## the same between programs over a real bad link, beside Chromium, as root (SEEDS=3)
	@Tests/install-packages speech test
	$(speech-python) Tests/Benchmarks/speech/run lab $(release) --seeds $(SEEDS)

bench-voice: build-packages $(speech-python) ## voice processing in a simulated room: echo left, what it costs the voice
	@Tests/install-packages speech
	CONFAB_TOOLS=1 CONFAB_ONLY=voice-path $(SWIFT) build -c release --product voice-path --scratch-path .build-tools
	$(speech-python) Tests/Benchmarks/voice/run --check

$(speech-python): Tests/Benchmarks/speech/requirements.txt
	python3 -m venv --clear .build/speech-venv
	$(speech-python) -m pip install --quiet --disable-pip-version-check -r $<

bench-sound: all test-packages ## sound for MINUTES=10 with busy processors, and as long with a card 200 ppm off
	CONFAB=$(CURDIR)/$(release) Tests/Benchmarks/sound/run "$(MINUTES)" --check

soak: all ## four people in a call for MINUTES=10: does anything grow, is anything lost
	CONFAB=$(CURDIR)/$(release) Tests/Benchmarks/soak "$(MINUTES)"

soak-server: all ## people coming to a server and leaving it for MINUTES=10: does it grow
	CONFAB=$(CURDIR)/$(release) Tests/Benchmarks/soak-server "$(MINUTES)"

fuzz: build-packages ## fuzz one parser: make fuzz TARGET=rtp SECONDS=60
	Tests/Fuzz/run "$(TARGET)" "$(SECONDS)"

device-check: all test-packages ## a call through the kernel's camera and sound drivers, in a virtual machine
	Tests/Devices/call-check $(release)

protocol: ## write the Swift of LiveKitProtocol's .proto files anew (needs protobuf-compiler)
	Sources/Formats/LiveKitProtocol/generate

format: ## rewrite the Swift sources in the house format
	$(SWIFT) format -i -p -r $(swift-folders)

lint: ## report what format would change
	$(SWIFT) format lint -s -p -r $(swift-folders)

clean: ## remove everything built
	rm -rf .build .build-*

build-packages:
	@Tests/install-packages build

test-packages:
	@Tests/install-packages test
