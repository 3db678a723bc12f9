# Everything that a fresh machine with Python, make and a package index needs.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.workstation

.PHONY: demo test lint bench-real bench-moving

# The main job end to end on drawn scenes: nothing is downloaded but packages.
demo: $(READY)
	$(BIN)/python -m benchmarks.demo

test: $(READY)
	$(BIN)/python -m pytest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The README's figures on real pictures; DATA is a folder with pets/ and produce/.
DATA ?= ../shared/data
WEIGHTS ?= ../shared/weights/mobilenet_v2_1.0_no_top.weights.h5
bench-real: $(READY)
	$(BIN)/python -m benchmarks.real $(DATA)/pets $(DATA)/produce --weights $(WEIGHTS)

bench-moving: $(READY)
	$(BIN)/python -m benchmarks.moving runs/pets runs/pets.tflite --empty $(DATA)/video

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else "edge-localizer needs Python 3.11 to 3.13, but $(PYTHON) is %d.%d; say make PYTHON=python3.12" % v)'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --editable '.[workstation,dev]'
	touch $@
