"""An auditor's package, checked by its own verifier without the program."""

import subprocess
import sys
from pathlib import Path


def check(package: Path, *words: str) -> tuple[int, str]:
    """Run the package's verifier so that it cannot import our packages. Returns exit code and output."""
    blind = "import sys, runpy; sys.modules.update(dict.fromkeys(('lifecycle', 'projections', 'cli')))"
    run = f"{blind}; sys.argv[0] = 'verify.py'; runpy.run_path('verify.py', run_name='__main__')"
    verifier = subprocess.run(
        [sys.executable, "-I", "-c", run, *words], capture_output=True, check=False, text=True, cwd=package
    )
    return verifier.returncode, verifier.stdout + verifier.stderr
