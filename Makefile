# Two commands for a newcomer; each does all its own set-up. `make demo PYTHON=python3.12` picks one.
PYTHON ?= python3
RUN := .venv/bin

.PHONY: demo test crosscheck lock

demo:  ## one process with everything: database, three services, a demonstration institution
	@$(PYTHON) deploy/bootstrap.py all
	@$(RUN)/rafid demo

test:  ## the checks of the house, then the whole suite
	@$(PYTHON) deploy/bootstrap.py test
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/lint-imports
	$(RUN)/python -m pytest -n 2 --dist worksteal

crosscheck:  ## our bins beside optbinning's, in an environment of its own
	@$(PYTHON) deploy/bootstrap.py test
	$(RUN)/uv venv --allow-existing --quiet --python $(RUN)/python .crosscheck
	$(RUN)/uv pip install --quiet --python .crosscheck/bin/python -c requirements/test.txt ".[crosscheck]"
	.crosscheck/bin/python -m pytest tests/oracles

lock:  ## newest allowed versions into requirements/*.txt, with their hashes
	$(RUN)/uv pip compile --universal --no-header --generate-hashes --upgrade \
	  pyproject.toml --extra test -o requirements/test.txt
	$(RUN)/uv pip compile --universal --no-header --generate-hashes \
	  pyproject.toml --extra all -c requirements/test.txt -o requirements/all.txt
