"""`python -m hybridcodec` is the `hybridcodec` command."""

from hybridcodec.cli import main

if __name__ == "__main__":
    main()
