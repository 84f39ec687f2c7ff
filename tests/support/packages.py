"""An auditor's package, checked by its own verifier on a machine without the program."""

import subprocess
import sys
from pathlib import Path


def check(package: Path, *words: str) -> tuple[int, str]:
    """Run its own verifier, where our packages cannot be imported."""
    blind = "import sys, runpy; sys.modules.update(dict.fromkeys(('lifecycle', 'projections', 'cli')))"
    run = f"{blind}; sys.argv[0] = 'verify.py'; runpy.run_path('verify.py', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-I", "-c", run, *words], capture_output=True, check=False, text=True, cwd=package
    )
    return done.returncode, done.stdout + done.stderr
