"""An auditor's package, checked by its own verifier without the program."""

import runpy
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest


def check(package: Path, *words: str) -> tuple[int, str]:
    """Run the package's verifier so that it cannot import our packages. Returns exit code and output."""
    blind = "import sys, runpy; sys.modules.update(dict.fromkeys(('lifecycle', 'projections', 'cli')))"
    run = f"{blind}; sys.argv[0] = 'verify.py'; runpy.run_path('verify.py', run_name='__main__')"
    verifier = subprocess.run(
        [sys.executable, "-I", "-c", run, *words], capture_output=True, check=False, text=True, cwd=package
    )
    return verifier.returncode, verifier.stdout + verifier.stderr


def check_here(package: Path, *words: str) -> tuple[int, str]:
    """Run the package's verifier in this process, which is quicker. Returns exit code and output."""
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as out, redirect_stderr(out):
        patch.setattr(sys, "argv", ["verify.py", *words])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(package / "verify.py"), run_name="__main__")
    return int(ended.value.code or 0), out.getvalue()
