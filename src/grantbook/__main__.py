"""``python -m grantbook`` is the command line."""

from grantbook.console import main

if __name__ == "__main__":
    main()
