# `make` alone lists the targets. Each of the others sets up first, once.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
BOOK := $(VENV)/.book
PLAYGROUND := $(VENV)/.playground
# A process needs a gigabyte and a half, so not one for each of many cores.
PARALLEL := -n auto --maxprocesses 4 --dist loadfile
# The slow tests wait for what they have started a quarter of the time, so one process more. Files
# come in the order of their names: else those with a few long tests would be the last.
CORES_AND_ONE = $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN) + 1 )))

.PHONY: help setup demo lab notebooks playground book test test-slow test-all lint

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY)  ## make .venv and install everything into it

# The stamp file is written last, so an interrupted set-up is done again.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 11) <= v < (3, 14) else \
	  f"error: Python 3.11, 3.12 or 3.13 is needed, but $(PYTHON) is {v[0]}.{v[1]}; try make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV)"
	@$(RUN) -m pip install --quiet -e ".[notebooks,dev]" -c constraints.txt || \
	  { echo "error: pip could not install the packages, see above; is there a network?"; exit 1; } >&2
	@touch $(READY)

demo: setup  ## train both frameworks for 3 epochs and compare them
	$(RUN) -m pytorch.src.train --epochs 3 --dataset auto
	$(RUN) -m tensorflow.src.train --epochs 3 --dataset auto
	$(RUN) -m deconv.compare

# LAB_ARGS is handed on to JupyterLab: make lab LAB_ARGS=--no-browser
lab: setup  ## open your own copies of the notebooks in JupyterLab
	$(RUN) -m deconv.lab -- $(LAB_ARGS)

notebooks: setup  ## make every notebook from its text source and run it
	$(RUN) -m notebooks.build

playground: $(PLAYGROUND)  ## open a page to play with: http://127.0.0.1:8000
	$(RUN) -m deconv.playground

$(PLAYGROUND): $(READY)
	@$(RUN) -m pip install --quiet -e ".[playground]" -c constraints.txt || \
	  { echo "error: pip could not install the packages of the playground, see above" >&2; exit 1; }
	@touch $(PLAYGROUND)

book: $(BOOK)  ## build the book: artifacts/book/index.html
	$(RUN) -m book.build

# Nothing else needs these packages, so they are installed only here.
$(BOOK): $(READY)
	@$(RUN) -m pip install --quiet -e ".[book]" -c constraints.txt || \
	  { echo "error: pip could not install the packages of the book, see above" >&2; exit 1; }
	@touch $(BOOK)

test: setup  ## run the quick tests
	$(RUN) -m pytest $(PARALLEL)

test-slow: setup  ## run the tests marked slow
	$(RUN) -m pytest -n $(CORES_AND_ONE) --maxprocesses 4 --dist loadfile --no-loadscope-reorder -m slow

test-all: test test-slow  ## run every test

lint: setup  ## check style, formatting and types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
