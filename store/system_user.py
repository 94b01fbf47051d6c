"""Which system user the embedded server runs as, and what that user is allowed to reach.

PostgreSQL refuses to run as root. Root therefore starts it as a user of its own, who is let
through closed folders by name (an access control list) rather than by opening them to everybody.
"""

from __future__ import annotations

import errno
import os
import pwd
import shutil
import stat
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

SYSTEM_USER = "subledger"
_ACL = "system.posix_acl_access"
_ACL_VERSION = 2
_USER_OBJ, _USER, _GROUP_OBJ, _GROUP, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
_PASS = 0o1
_NOBODY = 0xFFFFFFFF

Entry = tuple[int, int, int]
"""Tag, permission bits, user or group: one line of an access control list."""


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
            _let_pass(folder, self.uid)
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


def _let_pass(folder: Path, uid: int) -> None:
    found = folder.stat()
    if found.st_mode & stat.S_IXOTH or (found.st_uid == uid and found.st_mode & stat.S_IXUSR):
        return
    try:
        os.setxattr(folder, _ACL, _packed(_passing(_entries(folder), uid)))
    except OSError as refused:
        if refused.errno not in {errno.ENOTSUP, errno.EPERM, errno.EINVAL}:
            raise
        folder.chmod(found.st_mode | stat.S_IXOTH)  # no such lists here: through, but no listing


def _entries(folder: Path) -> list[Entry]:
    try:
        raw = os.getxattr(folder, _ACL)
    except OSError:
        mode = folder.stat().st_mode
        owner, group, others = mode >> 6 & 7, mode >> 3 & 7, mode & 7
        return [
            (_USER_OBJ, owner, _NOBODY),
            (_GROUP_OBJ, group, _NOBODY),
            (_OTHER, others, _NOBODY),
        ]
    return [(tag, bits, who) for tag, bits, who in struct.iter_unpack("<HHI", raw[4:])]


def _passing(entries: list[Entry], uid: int) -> list[Entry]:
    """The same list with `uid` let through: itself, and the mask that bounds it."""
    mine = [bits for tag, bits, who in entries if (tag, who) == (_USER, uid)]
    bound = [bits for tag, bits, _ in entries if tag in {_MASK, _GROUP_OBJ}]
    kept = [
        entry for entry in entries if (entry[0], entry[2]) != (_USER, uid) and entry[0] != _MASK
    ]
    added = [(_USER, _PASS | sum(mine), uid), (_MASK, _PASS | bound[-1], _NOBODY)]
    return sorted(kept + added, key=lambda entry: (entry[0], entry[2]))


def _packed(entries: list[Entry]) -> bytes:
    """Source: linux/posix_acl_xattr.h, version 2: little endian tag, permissions, id."""
    return struct.pack("<I", _ACL_VERSION) + b"".join(
        struct.pack("<HHI", *each) for each in entries
    )


def _open_to_readers(installation: Path) -> None:
    """A strict umask at installation closes the programs; they hold no secret."""
    for path in (installation, *installation.rglob("*")):
        mode = path.stat().st_mode
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if wanted != mode:
            path.chmod(wanted)
