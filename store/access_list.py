"""Lets one user through a folder that is closed to others, by name, and nobody else.

Source of the format: linux/posix_acl_xattr.h, version 2.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_ACL = "system.posix_acl_access"
_VERSION = 2
_USER_OBJ, _USER, _GROUP_OBJ, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
_PASS = 0o1
_NOBODY = 0xFFFFFFFF

Entry = tuple[int, int, int]
"""Tag, permission bits, user or group: one line of the list."""


def let_pass(folder: Path, uid: int) -> None:
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
    """Little endian: the version, then tag, permissions and id of each entry."""
    return struct.pack("<I", _VERSION) + b"".join(struct.pack("<HHI", *each) for each in entries)
