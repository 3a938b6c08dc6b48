"""Entry point of `python -m holdfast`, which equals the `holdfast` command."""

from holdfast.cli.main import main

if __name__ == "__main__":
    main()
