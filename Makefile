# `make` alone lists the targets.
.DEFAULT_GOAL := help
SHELL := /bin/bash -o pipefail
PYTHON := .venv/bin/python
# uv may be a pyenv shim that fails, so test it by running it.
UV := $(shell uv --version >/dev/null 2>&1 && echo uv || echo .uv/bin/uv)
VNU := .vnu/node_modules/vnu-jar/build/dist/vnu.jar
PORT ?= 8000
# Tests often wait for another process, so three of them keep two cores busy.
WORKERS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) * 3 / 2)))
# Some machines set this. Without it, each program is compiled once, not at each start.
unexport PYTHONDONTWRITEBYTECODE
FUZZ_SEED := $(or $(FUZZ_SEED),$(shell echo $$RANDOM))

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "%-15s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: setup ## serve on localhost:8000, with everything it needs
	@$(PYTHON) manage.py bootstrap --administrator admin@example.com
	@$(PYTHON) manage.py runserver $(PORT)

.PHONY: test
test: setup lint types browser kubectl ## run every check: lint, types, all tests
	@# The report needs a command of its own: --fail-under deletes what the workers found.
	$(PYTHON) -m slipcover --json --out .coverage.json -m pytest -n $(WORKERS) --dist worksteal --ignore tests/browser
	$(PYTHON) -m slipcover --merge .coverage.json --out .coverage.json --skip-covered --fail-under 96
	$(PYTHON) -m pytest -n $(WORKERS) --dist worksteal --reruns 1 tests/browser

.PHONY: lint
lint: setup ## check style, format and migrations
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	$(PYTHON) manage.py makemigrations --check --dry-run
	$(PYTHON) manage.py lint_migrations

.PHONY: format
format: setup ## fix what lint can fix
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

.PHONY: types
types: setup ## check types
	.venv/bin/mypy

.PHONY: browser
browser: setup
	@./tests/browser/install

.PHONY: kubectl
kubectl: setup
	@UV=$(UV) ./tests/deploy/kubernetes/install

.PHONY: screenshots
screenshots: setup browser ## take the README's pictures and a set to look through
	$(PYTHON) docs/screenshots.py

.PHONY: first-view
first-view: setup ## measure what a first visit to a roadmap transfers
	$(PYTHON) -m benchmarks.first_view

.PHONY: docs
docs: setup ## write the tables of settings and licences
	$(PYTHON) docs/settings.py >docs/settings.md
	$(PYTHON) docs/licences.py >docs/licences.md

.PHONY: messages
messages: setup ## collect texts for translators: make messages LOCALE=de; needs gettext
	$(if $(LOCALE),,$(error Name a language: make messages LOCALE=de))
	$(PYTHON) manage.py makemessages --locale $(LOCALE) --ignore tests --ignore benchmarks --add-location file

.PHONY: rolling
rolling: setup ## drill: replace web processes under load; needs caddy and nginx
	$(PYTHON) -m deploy.drills.rolling

.PHONY: kubernetes
kubernetes: setup ## drill: replace web processes as Kubernetes does; needs root and iptables
	$(PYTHON) -m deploy.drills.kubernetes

.PHONY: faults
faults: setup $(if $(findstring --cluster,$(OPTIONS)),deploy/drills/cluster/.venv/.synced) ## drill: break the database, cache and mail; OPTIONS=--cluster breaks a cluster
	$(PYTHON) -m deploy.drills.faults $(OPTIONS)

.PHONY: cluster
cluster: setup deploy/drills/cluster/.venv/.synced ## run Cairn on ten hosts until Ctrl-C; needs root, etcd, HAProxy, nginx
	@$(PYTHON) -m deploy.drills.cluster

.PHONY: attacks
attacks: setup ## drill: attack the site; needs caddy and nginx; OPTIONS="--only NAME"
	$(PYTHON) -m deploy.drills.attacks $(OPTIONS)

.PHONY: dropped-packets
dropped-packets: setup ## drill: drop all packets to the database; needs root and iptables
	$(PYTHON) -m deploy.drills.dropped_packets

.PHONY: nginx
nginx: setup ## drill: nginx caches nothing of a person; needs nginx
	$(PYTHON) -m deploy.drills.nginx

.PHONY: fuzz
fuzz: setup ## drill: send over 8,000 odd requests; FUZZ_SEED=N repeats a run
	@echo FUZZ_SEED=$(FUZZ_SEED)
	FUZZ_SEED=$(FUZZ_SEED) $(PYTHON) -m pytest -q tests/fuzz

.PHONY: html
html: setup $(VNU) ## drill: check the HTML of every page; needs java and npm
	$(PYTHON) -m deploy.drills.html $(VNU)

$(VNU):
	npm install --prefix .vnu --no-save --ignore-scripts --no-audit --no-fund vnu-jar@26.9.27

.PHONY: single-sign-on
single-sign-on: setup browser ## drill: sign in with a real OpenID provider; needs node and npm
	npm install --prefix tests/oidc --no-package-lock --ignore-scripts --no-audit --no-fund
	$(PYTHON) -m pytest -q -p no:cacheprovider tests/browser/single_sign_on.py

.PHONY: pgbouncer
pgbouncer: setup ## drill: work behind PgBouncer; needs it, or root and debootstrap
	$(PYTHON) -m deploy.drills.pgbouncer

.PHONY: postgresql-15
postgresql-15: setup ## drill: run tests on PostgreSQL 15; needs postgresql-15
	$(PYTHON) -m deploy.drills.postgresql_15 $(OPTIONS)

.PHONY: point-in-time
point-in-time: setup ## drill: lose the database and restore it; needs age and rclone
	$(PYTHON) -m deploy.drills.point_in_time

.PHONY: systemd
systemd: setup ## drill: verify the systemd units and run their commands; needs systemd
	$(PYTHON) -m deploy.drills.systemd

.PHONY: proxies
proxies: setup ## drill: try the examples in docs/proxies.md; needs nginx and apache2
	$(PYTHON) -m deploy.drills.proxy_examples

.PHONY: stack
stack: ## drill: build the image and use the whole stack; needs root and podman
	$(PYTHON) -m deploy.drills.stack

.PHONY: schema
schema: setup ## write docs/roadmap.schema.json
	$(PYTHON) manage.py roadmap_schema > docs/roadmap.schema.json

.PHONY: projects
projects: setup fixtures/projects/shelf/.venv/.synced ## check the exercises' reference solutions; OPTIONS="--step N"
	PYTHONPATH=. $(PYTHON) fixtures/projects/shelf/verify.py $(OPTIONS)

.PHONY: bench
bench: setup browser benchmarks/.venv/.synced ## measure speed; OPTIONS="--beside REVISION" compares commits
	$(PYTHON) -m benchmarks.bench $(OPTIONS)

.PHONY: machines
machines: setup benchmarks/.venv/.synced ## measure what more web processes bring; needs root, wrk, caddy and redis
	$(PYTHON) -m benchmarks.machines $(OPTIONS)

.PHONY: growth
growth: setup ## measure up to 100 million marks: hours, 50 GB of disk; OPTIONS=--help
	$(PYTHON) -m benchmarks.growth $(OPTIONS)

.PHONY: lock
lock: | $(UV) ## lock the newest versions that pyproject.toml allows
	$(UV) pip compile --quiet --upgrade --universal --generate-hashes pyproject.toml -o requirements.txt
	$(UV) pip compile --quiet --upgrade --universal --generate-hashes --extra telemetry -c requirements.txt pyproject.toml -o requirements-telemetry.txt
	$(UV) pip compile --quiet --upgrade --universal --generate-hashes --extra telemetry --group dev -c requirements-telemetry.txt pyproject.toml -o requirements-dev.txt
	$(UV) pip compile --quiet --upgrade --universal --generate-hashes deploy/drills/cluster/requirements.in -o deploy/drills/cluster/requirements.txt

.PHONY: setup
setup: .env .venv/.synced

.env:
	cp .env.example .env

.venv/.synced: requirements-dev.txt
# The servers of a benchmark have the packages of production and no others.
benchmarks/.venv/.synced: requirements.txt
deploy/drills/cluster/.venv/.synced: deploy/drills/cluster/requirements.txt
fixtures/projects/shelf/.venv/.synced: fixtures/projects/shelf/requirements.txt

%/.synced: .python-version | $(UV)
	$(UV) venv --quiet --clear $(@D)
	$(UV) pip sync --quiet --python $(@D) $(filter %.txt,$^)
	touch $@

uv:
	@true

.uv/bin/uv:
	python3 -m venv .uv
	.uv/bin/pip install --quiet uv
