"""A client made from the description by a generator does what docs/clients.md says it does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

from settings import CHECKOUT

GENERATOR = Path(sys.executable).with_name("openapi-python-client")


def blocks(language: str) -> list[str]:
    page = (CHECKOUT / "docs" / "clients.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def generate(url: str, folder: Path) -> None:
    """As the page says, and no part of the description may be passed over."""
    described = folder / "openapi.json"
    with urllib.request.urlopen(f"{url}/openapi.json", timeout=30) as answer:
        described.write_bytes(answer.read())
    (settings,) = blocks("json")
    (folder / "generator.json").write_text(settings, encoding="utf-8")
    command = [str(GENERATOR), "generate", "--path", str(described), "--meta", "none"]
    command += ["--output-path", str(folder / "subledger_client"), "--fail-on-warning"]
    command += ["--config", str(folder / "generator.json")]
    # It tidies what it wrote with the ruff it finds beside itself.
    path = f"{GENERATOR.parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        command, cwd=folder, env={**os.environ, "PATH": path}, check=True, capture_output=True
    )


def test_the_page_s_program_runs_with_a_generated_client(served, tmp_path):
    generate(served.url, tmp_path)
    (program,), (said,) = blocks("python"), blocks("text")
    environment = {
        **os.environ,
        "PYTHONPATH": str(tmp_path),
        "SUBLEDGER_URL": served.url,
        "SUBLEDGER_KEY": served.key,
    }
    run = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == said
