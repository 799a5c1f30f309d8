# Everything runs in a virtual environment of its own, made by the first target that needs it.
SHELL := /bin/bash
PYTHON ?= $(firstword $(shell command -v python3.11 python3.12 python3.13 python3))
VENV ?= .venv
BIN := $(VENV)/bin
SEEDS ?= 50
LAB := var/ganeti-lab
PIP := $(BIN)/python -m pip install --quiet --quiet --no-input --disable-pip-version-check --constraint contrib/dev/constraints.txt
export PYTHONPATH := $(CURDIR)

.DEFAULT_GOAL := help
.PHONY: help run ganeti-up ganeti-down test test-ganeti test-fast verify lint simulate chaos tempest bench pins clean debian

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | column -t -s '|'

$(VENV)/made:
	@contrib/dev/make-venv "$(PYTHON)" "$(VENV)"
	@touch $@

$(VENV)/runtime: pyproject.toml contrib/dev/constraints.txt | $(VENV)/made
	@echo "Installing Synnefo (once; about a minute)"
	@$(PIP) --editable .
	@touch $@

$(VENV)/testing: pyproject.toml contrib/dev/constraints.txt | $(VENV)/made
	@echo "Installing what the tests need (once; a minute or two)"
	@$(PIP) --editable '.[test,lint]'
	@touch $@ $(VENV)/runtime

run: $(VENV)/runtime ## the whole cloud in this terminal; PORT= changes the port, BACKEND=ganeti the cluster, Ctrl-C stops
ifeq ($(strip $(BACKEND)),ganeti)
	@test -e $(LAB)/cluster.json && ! flock --shared --nonblock $(LAB)/held true || { \
		echo "No Ganeti is up here. As root: make ganeti-up" >&2; exit 1; }
	@. $(LAB)/environment && exec $(BIN)/python manage.py standalone --port $(or $(strip $(PORT)),8000) --ganeti $(LAB)/cluster.json
else ifeq ($(strip $(BACKEND)),)
	@exec $(BIN)/python manage.py standalone --port $(or $(strip $(PORT)),8000)
else
	@echo "There is no backend $(strip $(BACKEND)). Leave BACKEND out, or say BACKEND=ganeti." >&2; exit 2
endif

ganeti-up: $(VENV)/testing debian ## a real Ganeti on this machine, in namespaces of its own (as root)
	@$(BIN)/python -m synnefo.testing.lab --dir $(LAB) up

ganeti-down: $(VENV)/testing ## its end; the machine is as it was
	@$(BIN)/python -m synnefo.testing.lab --dir $(LAB) down

debian: ## install the Debian packages that the tests need (as root)
	@contrib/dev/debian-install

test: $(VENV)/testing debian lint ## everything that every change runs
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not verify"

test-fast: $(VENV)/testing ## the part without servers, under a minute
	$(BIN)/python -m pytest -n 2 --dist loadgroup -q -m "not servers and not acceptance and not ganeti and not slow and not verify"

test-ganeti: $(VENV)/testing debian ## the part on a real Ganeti, which is in `make test` too (as root, on Debian)
	$(BIN)/python -m pytest -n 0 -m "ganeti and not verify"

verify: $(VENV)/testing $(VENV)-ansible/made debian lint ## everything, at full size
	$(BIN)/python -m pytest -n 2 --dist loadgroup --hypothesis-profile=thorough --timeout=900 -m "not alone"
	$(MAKE) tempest
	$(MAKE) simulate SEEDS=1000
	$(MAKE) simulate SEEDS=2000 STORE=memory
	$(BIN)/python -m pytest -n 0 -m alone
	set -e; for seed in 1 2 3; do $(MAKE) chaos EVENTS=100000 FAULTS=500 SEED=$$seed; done

lint: $(VENV)/testing ## ruff, mypy --strict, import contracts
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

simulate: $(VENV)/runtime ## the cloud on a virtual clock; SEEDS=n, or SEED=n TRACE=1; STORE=memory: the fold alone
	@$(BIN)/python -m synnefo.simulation $(if $(SEED),--seed $(SEED),--seeds $(SEEDS)) $(if $(STORE),--store $(STORE)) $(if $(TRACE),--trace)

chaos: $(VENV)/testing debian ## the cloud as real processes, shot at; EVENTS= FAULTS= SEED= MINUTES=
	@$(BIN)/python -m synnefo.chaos $(if $(EVENTS),--events $(EVENTS)) $(if $(FAULTS),--faults $(FAULTS)) \
		$(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES))

tempest: $(VENV)/testing $(VENV)-tempest/made ## OpenStack's own suite against the embedded cloud; ONLY= an expression, LIST= a file of names
	@$(BIN)/python -m synnefo.testing.tempest --programs $(VENV)-tempest/bin $(if $(ONLY),--only '$(ONLY)') $(if $(LIST),--list $(LIST)) $(if $(ALL),--all)

# What is not ours, and wants other libraries than ours, has environments of its own.
$(VENV)-tempest/made: contrib/tempest/requirements.txt
$(VENV)-ansible/made: contrib/clients/ansible-requirements.txt
$(VENV)-tempest/made $(VENV)-ansible/made:
	@contrib/dev/make-venv "$(PYTHON)" "$(@D)"
	@PYTHONPATH= $(@D)/bin/python -m pip install --quiet --quiet --no-input --disable-pip-version-check -r $<
	@touch $@

bench: $(VENV)/testing debian ## figures beside their peers, as JSON lines; NAMES= some of them
	@$(BIN)/python -m synnefo.bench $(NAMES)

pins: ## renew contrib/dev/constraints.txt with the newest versions
	@contrib/dev/make-venv "$(PYTHON)" $(VENV)-pins
	@$(VENV)-pins/bin/python -m pip install --quiet --quiet --no-input '.[test,lint]'
	@$(VENV)-pins/bin/python -m pip freeze --exclude synnefo >contrib/dev/constraints.txt
	@rm -rf $(VENV)-pins

clean: ## forget the embedded cloud and the virtual environment
	@for held in var/lock $(LAB)/cloud/lock $(LAB)/held; do if [ -e $$held ]; then flock --nonblock $$held true || { \
		echo "What is in $$(dirname $$held) is running. Stop it first: a cloud with Ctrl-C in its terminal, Ganeti with make ganeti-down." >&2; \
		exit 1; }; fi; done
	rm -rf var $(VENV) $(VENV)-tempest $(VENV)-ansible
