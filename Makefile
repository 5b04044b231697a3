.PHONY: help test lint format ci hashes

COMPILE = uv pip compile pyproject.toml -c constraints.txt --universal --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --quiet

help:    ## show this list
	@grep -E '^[a-z]+: +##' $(MAKEFILE_LIST) | sed -E 's/: +## /\t/'

test:    ## run the tests in the current environment
	pytest -n 2

lint:    ## ruff and mypy --strict
	ruff check && ruff format --check && mypy

format:  ## let ruff mend what it can
	ruff check --fix && ruff format

hashes:  ## requirements with hashes of constraints.txt and pyproject.toml; needs uv, and an index of packages
	$(COMPILE) --extra build --extra dicom --extra example --extra jpeg -o requirements.txt
	$(COMPILE) --all-extras -o requirements-test.txt

ci:      ## what the project's continuous integration runs, in a fresh virtual environment
	.ci/run
