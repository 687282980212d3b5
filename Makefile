# `make demo`, `make test`, `make lint`, `make notebooks`: each sets up first, once.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready

.PHONY: setup demo test lint notebooks

setup: $(READY)

# The stamp file is written last, so an interrupted set-up is done again.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else \
	  f"error: Python 3.11 or newer is needed, but $(PYTHON) is {v[0]}.{v[1]}; try make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet -e . -c constraints.txt
	@touch $(READY)

demo: setup
	$(RUN) -m pytorch.src.train --epochs 3 --dataset auto
	$(RUN) -m tensorflow.src.train --epochs 3 --dataset auto
	$(RUN) -m deconv.compare

test: setup
	$(RUN) -m pytest

notebooks: setup
	$(RUN) -m notebooks.build

lint: setup
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
