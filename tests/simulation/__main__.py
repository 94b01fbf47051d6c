"""`python -m tests.simulation --seed N`: a long run, telling its seed and every step's act."""

from __future__ import annotations

import argparse
import logging
import tempfile
from pathlib import Path

from migrations.apply import migrate
from store.embedded import embedded_server
from tests.simulation.run import simulate

_log = logging.getLogger("simulation")


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--steps", type=int, default=400)
    asked.add_argument("--years", type=int, default=5)
    asked.add_argument("--acts", type=int, default=1, help="in each step")
    given = asked.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded_server(Path(folder) / "data") as server,
    ):
        Path(folder).chmod(0o755)
        migrate(server.url)
        world, told = simulate(server.url, given.seed, given.steps, given.years, given.acts)
    _log.info("seed %d: %s; the books balance", given.seed, told)
    _log.info("accepted: %s", ", ".join(f"{name} {n}" for name, n in sorted(world.done.items())))


if __name__ == "__main__":
    main()
