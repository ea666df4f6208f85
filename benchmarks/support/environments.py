"""Virtual environments for what we compare with: made when first asked for, thrown away with the temporary folder."""

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(os.environ.get("SLUICE_BENCH_ENVIRONMENTS") or Path(tempfile.gettempdir()) / "sluice-bench-environments")


class NotInstallable(Exception):
    """A peer that cannot be had on this machine; the message is why, for the results."""


def environment(*requirements: str) -> Path:
    """The Python of an environment that has these pinned packages. Raises NotInstallable."""
    key = hashlib.sha256(f"{sys.version_info[:2]} {sorted(requirements)}".encode()).hexdigest()[:16]
    folder = FOLDER / key
    python, done = folder / "bin" / "python", folder / "complete"
    if done.exists():
        return python
    uv = [sys.executable, "-m", "uv"]
    _run([*uv, "venv", "-q", "--clear", "--python", sys.executable, str(folder)])
    _run([*uv, "pip", "install", "-q", "--python", str(python), *requirements])
    done.write_text("\n".join(requirements))
    return python


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        words = " ".join(done.stderr.split()) or f"{command[-1]}: exit status {done.returncode}"
        raise NotInstallable(words[:300])
