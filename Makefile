# make run    the app on http://localhost:8501
# make test   every test, with a real Chromium and a real PostgreSQL
# make check  ruff and mypy
# make bench  the measured tables
PYTHON ?= python3
PORT   ?= 8501
BIN    := .venv/bin
SOURCES := $(shell find engine -name '*.py' 2>/dev/null)

.PHONY: run test check bench clean

run: .venv/.warm
	@$(BIN)/python scripts/run.py --port $(PORT)

test: .venv/.dev .venv/.warm .venv/.browser
	@$(BIN)/python -m pytest -n 2 --dist loadfile --reruns 2 $(ARGS)

check: .venv/.dev
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m mypy

bench: .venv/.dev .venv/.warm .venv/.browser
	@$(BIN)/python -m bench $(ARGS)

clean:
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.run: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit("Atrium needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another: make run PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@echo "· environment"; test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "· packages (the first time takes a minute or two)"
	@$(BIN)/python -m pip install --disable-pip-version-check -q --progress-bar on -r requirements.txt
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.run
	@echo "· packages for tests"
	@$(BIN)/python -m pip install --disable-pip-version-check -q --progress-bar on -r requirements-dev.txt
	@touch $@

.venv/.warm: .venv/.run scripts/warm.py $(SOURCES)
	@$(BIN)/python scripts/warm.py
	@touch $@

.venv/.browser: .venv/.dev scripts/browser.py
	@$(BIN)/python scripts/browser.py
	@touch $@
