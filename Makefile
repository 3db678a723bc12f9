# Everything that a fresh machine with Python, make and a package index needs.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.workstation
OLD := .venv-tflite-runtime

.PHONY: demo test test-device test-training old-runtime lint lab-arm64 lab-arm64-load lab-systemd lab-camera lab-faults \
  bench-real bench-moving bench-accuracy bench-check bench-sizes bench-ancestors

# The main job end to end on drawn scenes: nothing is downloaded but packages.
demo: $(READY)
	$(BIN)/python -m benchmarks.demo

test: test-device test-training

# What starts no TensorFlow: the device's half, and reading and writing of data.
test-device: $(READY) $(OLD)/.ready
	$(BIN)/python -m pytest -m 'not training'

# Training, conversion and benchmarks, in two processes: TensorFlow makes its graphs on one core.
test-training: $(READY) $(OLD)/.ready
	$(BIN)/python -m pytest -m training -n 2 --dist loadgroup

# tflite-runtime ended with Python 3.11 and numpy 1, so it gets an environment of its own; where
# there is no Python 3.11 the tests that need it are skipped and say so.
old-runtime: $(OLD)/.ready
$(OLD)/.ready:
	@if ! python3.11 -c '' 2>/dev/null; then \
	  echo 'there is no python3.11 here, so no tflite-runtime'; \
	elif python3.11 -m venv $(OLD) && $(OLD)/bin/python -m pip install --quiet \
	  'tflite-runtime==2.14.0' 'numpy<2' 'opencv-python-headless<4.12'; then \
	  touch $@; \
	else \
	  rm -rf $(OLD); echo 'tflite-runtime 2.14 cannot be installed here'; \
	fi

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# tests/edge and an int8 model on the real aarch64 wheels, Python 3.11 and 3.13, under emulation.
lab-arm64: $(READY)
	PYTHON=$(abspath $(BIN))/python tests/device/arm64.sh

# The service under systemd 252 and 257, each in a container; needs root, systemd-nspawn and
# mmdebstrap, else it says that it is skipped.
lab-systemd: $(READY)
	PYTHON=$(abspath $(BIN))/python tests/device/systemd.sh

# The model file with the real aarch64 wheels, under emulation: make lab-arm64-load MODEL=… PICTURES=…
MODEL ?= runs/pets.tflite
PICTURES ?= $(wildcard $(DATA)/pets/images/*_159.jpg)
lab-arm64-load: $(READY)
	tests/device/arm64_load.sh $(MODEL) $(PICTURES)

# The camera sources on the real Picamera2 and on a kernel's V4L2 camera, in an emulated machine;
# needs root, qemu-system-x86 and mmdebstrap, else it says that it is skipped.
lab-camera: $(READY)
	PYTHON=$(abspath $(BIN))/python tests/device/lab_camera.sh

# Real faults and how soon boxes come again; those that have a row in faults.json are left as they
# are. LAB names logs of lab-camera and lab-systemd whose rows are taken instead.
lab-faults: $(READY)
	$(BIN)/python -m benchmarks.faults $(addprefix --lab ,$(LAB))

# The README's figures on real pictures; DATA is a folder with pets/ and produce/.
DATA ?= ../shared/data
WEIGHTS ?= ../shared/weights/mobilenet_v2_1.0_no_top.weights.h5
bench-real: $(READY)
	$(BIN)/python -m benchmarks.real $(DATA)/pets $(DATA)/produce --weights $(WEIGHTS)

# Five folds; each finished one is kept, so that it may be stopped and started again.
bench-accuracy: $(READY)
	$(BIN)/python -m benchmarks.accuracy --data $(DATA) --weights $(WEIGHTS)
	$(BIN)/python -m benchmarks.emptiness --data $(DATA)
	$(BIN)/python -m benchmarks.shape --data $(DATA)
	$(BIN)/python -m benchmarks.closer --data $(DATA)
	$(BIN)/python -m benchmarks.agreement --data $(DATA)

# 50,000 drawn Pascal VOC pictures (5 GB in the temporary folder), checked.
bench-check: $(READY)
	$(BIN)/python -m benchmarks.checking

# Which backbone, width and size for which board; IOU=1 trains them all as well, for hours.
bench-sizes: $(READY)
	$(BIN)/python -m benchmarks.sizes --data $(DATA) --weights $(WEIGHTS) $(if $(IOU),--iou)

# The published localizers as presets, each on its own kind of data, and ours on all of it.
bench-ancestors: $(READY)
	$(BIN)/python -m benchmarks.ancestors --data $(DATA) --weights $(WEIGHTS)

bench-moving: $(READY)
	$(BIN)/python -m benchmarks.moving runs/pets runs/pets.tflite --empty $(DATA)/video

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else "edge-localizer needs Python 3.11 to 3.13, but $(PYTHON) is %d.%d; say make PYTHON=python3.12" % v)'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --editable '.[workstation,dev]'
	touch $@
