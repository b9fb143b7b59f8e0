"""`python -m chna_toolkit` is `chna`."""

from chna_toolkit.cli.app import main

if __name__ == "__main__":
    main()
