"""The published description against the service as it is deployed: schemathesis finds nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from settings import CHECKOUT

HERE = Path(__file__).parent
PROGRAM = Path(sys.executable).with_name("schemathesis")
SHARE = os.environ.get("SUBLEDGER_CONTRACT_SHARE", "20")
"""Of how many systematic cases one is sent here; `make fuzz` sends all."""
EXAMPLES = os.environ.get("SUBLEDGER_CONTRACT_EXAMPLES", "1")
"""Random requests, that fit the description and that do not, to each operation."""
STATEFUL_SECONDS = os.environ.get("SUBLEDGER_CONTRACT_SECONDS", "20")


def run(served, folder, *options):
    command = [str(PROGRAM), "--no-color", "--config-file", str(HERE / "schemathesis.toml"), "run"]
    command += [f"{served.url}/openapi.json", "--header", f"Authorization: Bearer {served.key}"]
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "tests.contract.hooks",
        "SUBLEDGER_CONTRACT_SHARE": SHARE,
        "SUBLEDGER_CONTRACT_KEY": served.key_id,
        "PYTHONPATH": str(CHECKOUT),
    }
    return subprocess.run(
        [*command, *options], cwd=folder, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def require_nothing(served, done):
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    # A run whose key was withdrawn on the way meets nothing but 401 from then on.
    assert served.get("/core/v1/account")["object"] == "account"


def test_nothing_is_found_in_one_operation_after_the_other(served, tmp_path):
    phases = ("--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES)
    # One worker: Python 3.11's parser, which strategies are described with, is unsafe with several.
    require_nothing(served, run(served, tmp_path, *phases, "--workers", "1"))


def test_nothing_is_found_along_links(served, tmp_path):
    """What was created is read, changed and deleted: `links` lead from each to the next."""
    done = run(served, tmp_path, "--phases", "stateful", "--max-time", STATEFUL_SECONDS)
    require_nothing(served, done)
