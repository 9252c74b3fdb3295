# What people type. Everything is set up by tests/setup/prepare.sh; a second call costs nothing.
PYTHON := .venv/bin/python
export PATH := $(CURDIR)/build/debian/bin:$(PATH)
export PYTHONPATH := tests:ansible
# Only there where Debian's packages were unpacked without root.
export LD_LIBRARY_PATH := $(CURDIR)/build/debian/lib$(if $(LD_LIBRARY_PATH),:$(LD_LIBRARY_PATH))
CODE := kernel internet_zone extranet_zone intranet_zone gate ferry

.PHONY: help run scenario test lint bench faults fuzz test-appliance bundle setup man lock clean

help:
	@echo 'make run [ONCE=1]       start the whole appliance and drive one case through all three networks'
	@echo 'make scenario [COUNT=n] drive 200 cases of several types without a person'
	@echo 'make test               set up and run the tests'
	@echo 'make lint               style, types and the rules between the parts'
	@echo 'make bench [ONLY=name]  measure; prints a table and writes build/bench.json'
	@echo 'make faults [STRIDE=n]   kill, full disk, power cut at every n-th file-system call (default 1)'
	@echo 'make fuzz [INPUTS=n]    wrong inputs for every parser, guided by coverage (default 10 million)'
	@echo 'make test-appliance [PART=slow|long]  the slow tests: processes killed, a machine in QEMU, long faults, every item in Chromium;'
	@echo '                        long (hours): three hosts deployed, broken, upgraded, lost and restored; an archive copy mended'
	@echo 'make bundle [KEY=file] [ARCH=arm64] the offline bundle that hosts without a network are installed from'
	@echo 'make clean              remove what was built and the sample appliance'

run:
	@tests/setup/prepare.sh run
	@$(PYTHON) -m appliance run $(if $(ONCE),--once)

scenario:
	@tests/setup/prepare.sh run
	@$(PYTHON) -m appliance scenario $(if $(COUNT),--count $(COUNT))

setup:
	@tests/setup/prepare.sh test

test: setup
	$(PYTHON) -m pytest -m 'not slow and not long' --numprocesses auto --dist loadfile

test-appliance: setup
	$(PYTHON) -m pytest -m '$(or $(PART),slow or long)'

lint: setup
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy $(CODE) tests/appliance tests/faults ansible/bundle ansible/preflight ansible/verify.py
	.venv/bin/lint-imports --no-cache
	cd ansible && PATH=$(CURDIR)/.venv/bin:$$PATH ansible-lint --offline --profile production -q playbooks roles

bench: setup
	$(PYTHON) -m appliance bench $(if $(ONLY),--only $(ONLY)) $(foreach n,$(UNITS),--units $(n))

faults: setup
	$(PYTHON) -m faults $(if $(STRIDE),--stride $(STRIDE))

fuzz: setup
	$(PYTHON) -m fuzz.run $(if $(INPUTS),--inputs $(INPUTS),--inputs 10000000)

bundle: setup
	$(PYTHON) -m bundle build $(if $(KEY),--key $(KEY)) $(if $(ARCH),--arch $(ARCH))

man:
	$(PYTHON) tests/setup/make_man.py

lock:
	.venv/bin/python -m piptools compile -q --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --strip-extras --no-header -o requirements/run.txt pyproject.toml
	.venv/bin/python -m piptools compile -q --extra dev --allow-unsafe --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --strip-extras --no-header -o requirements/dev.txt pyproject.toml

clean:
	rm -rf build var .pytest_cache .mypy_cache .ruff_cache .hypothesis
