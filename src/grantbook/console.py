"""The command ``grantbook``: checks that its packages are its own, then runs the command line."""

import sys

from grantbook.own_packages import PACKAGES, advice, check

OVERWRITTEN = 78
"""The exit code if another package has overwritten one of grantbook's: ``EX_CONFIG`` of ``sysexits.h``."""


def main() -> None:
    """Run the command line. Exits with 78 if another package has overwritten one of grantbook's."""
    try:
        check()
        from cli.main import main as run
    except ImportError as error:
        package = (error.name or "").partition(".")[0]
        if package not in PACKAGES:
            raise
        sentence = str(error) if error.name == package else advice(str(error.name), error.path)
        sys.stderr.write(f"grantbook cannot run: {sentence}\n")
        sys.exit(OVERWRITTEN)
    run()
