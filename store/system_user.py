"""Which system user the embedded server runs as, and what that user is allowed to reach.

PostgreSQL refuses to run as root. Root therefore starts it as a user of its own, who is let
through closed folders by name (an access control list) rather than by opening them to everybody.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from store.access_list import let_pass

SYSTEM_USER = "subledger"


class CommandFailed(Exception):
    """What the program said on its error stream."""


def runner_of(pgdata: Path) -> Runner:
    """The owner of existing data; for new data this process's user, or a system user for root."""
    if os.geteuid() != 0:
        return Runner(os.geteuid(), os.getegid(), switch=False)
    if pgdata.exists():
        owner = pgdata.stat()
        return Runner(owner.st_uid, owner.st_gid, switch=True)
    entry = _system_user()
    return Runner(entry.pw_uid, entry.pw_gid, switch=True)


@dataclass(frozen=True)
class Runner:
    """Runs programs as one user. `switch` when that is another one than this process's."""

    uid: int
    gid: int
    switch: bool

    def make_folder(self, folder: Path) -> None:
        """A folder for this user alone. One that somebody else made first is refused."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.switch and folder.lstat().st_uid == os.geteuid():
            os.chown(folder, self.uid, self.gid, follow_symlinks=False)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != self.uid:
            raise PermissionError(f"{folder} belongs to another user")
        folder.chmod(0o700)

    def allow(self, data: Path, installation: Path) -> None:
        """Let the user reach both folders, and read the programs."""
        if not self.switch:
            return
        for folder in {*data.resolve().parents, *installation.resolve().parents}:
            let_pass(folder, self.uid)
        _open_to_readers(installation)

    def run(self, command: list[str], folder: Path) -> None:
        """Raises CommandFailed with the program's own words."""
        done = subprocess.run(
            command,
            cwd=folder,
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
            **self._identity(),
        )
        if done.returncode != 0:
            raise CommandFailed(f"{Path(command[0]).name}: {done.stderr.strip()}")

    def spawn(self, command: list[str], folder: Path, log: IO[bytes]) -> subprocess.Popen[bytes]:
        """In a session of its own, so that Ctrl-C reaches the server only through its last user."""
        return subprocess.Popen(
            command,
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            **self._identity(),
        )

    def _identity(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}


def _environment() -> dict[str, str]:
    """Nothing inherited: a stray PGPORT or LC_ALL would change the server."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _system_user() -> pwd.struct_passwd:
    if not _known(SYSTEM_USER) and (useradd := shutil.which("useradd", path=_SBIN)):
        options = ["--system", "--no-create-home", "--home-dir", "/nonexistent"]
        subprocess.run(
            [useradd, *options, "--shell", "/bin/false", SYSTEM_USER],
            check=False,
            capture_output=True,
        )
    return pwd.getpwnam(SYSTEM_USER if _known(SYSTEM_USER) else "nobody")


_SBIN = os.pathsep.join([os.defpath, "/usr/sbin", "/sbin"])


def _known(name: str) -> bool:
    return any(entry.pw_name == name for entry in pwd.getpwall())


def _open_to_readers(installation: Path) -> None:
    """A strict umask at installation closes the programs; they hold no secret."""
    for path in (installation, *installation.rglob("*")):
        mode = path.stat().st_mode
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if wanted != mode:
            path.chmod(wanted)
