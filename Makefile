.PHONY: help test lint format ci

help:    ## show this list
	@grep -E '^[a-z]+: +##' $(MAKEFILE_LIST) | sed -E 's/: +## /\t/'

test:    ## run the tests in the current environment
	pytest -n 2

lint:    ## ruff and mypy --strict
	ruff check && ruff format --check && mypy

format:  ## let ruff mend what it can
	ruff check --fix && ruff format

ci:      ## what the project's continuous integration runs, in a fresh virtual environment
	.ci/run
