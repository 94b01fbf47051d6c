"""What the tables let somebody in by, held against what the log says of them.

The secrets are not in the log, the rights are: a right that was raised in the database alone, and a
key or a login that no event tells of, are found here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from projections.reading import Reading

_KEYS = """
SELECT coalesce(k.id, s.id),
       CASE WHEN k.id IS NULL THEN 'lets in, and no event tells of it'
            WHEN s.id IS NULL THEN 'has events and no secret'
            WHEN s.role <> k.role OR to_json(s.scopes)::jsonb <> k.scopes::jsonb
            THEN 'has other rights than its events say'
            ELSE 'ends otherwise than its events say' END
  FROM (SELECT t.* FROM api_keys t
         WHERE t.account_id = %(account)s AND t.generation = %(generation)s) k
  FULL JOIN (SELECT x.* FROM api_key_secrets x WHERE x.account_id = %(account)s) s
    ON s.account_id = k.account_id AND s.id = k.id
 WHERE k.id IS NULL OR s.id IS NULL OR s.role <> k.role
    OR to_json(s.scopes)::jsonb <> k.scopes::jsonb
    OR (s.revoked_at IS NULL) <> (k.revoked_at IS NULL)
    OR s.expires_at IS DISTINCT FROM k.expires_at
 ORDER BY 1"""
_LOGINS = """
SELECT coalesce(c.id, l.id),
       CASE WHEN c.id IS NULL THEN 'can log in, and no event tells of it'
            WHEN l.id IS NULL THEN 'has events and cannot log in'
            ELSE 'logs in otherwise than its events say' END
  FROM (SELECT t.* FROM collaborators t
         WHERE t.account_id = %(account)s AND t.generation = %(generation)s
           AND NOT t.deleted) c
  FULL JOIN (SELECT x.* FROM collaborator_logins x WHERE x.account_id = %(account)s) l
    ON l.account_id = c.account_id AND l.id = c.id
 WHERE c.id IS NULL OR l.id IS NULL OR l.role <> c.role
    OR (l.password_hash IS NULL) <> (c.status = 'invited')
 ORDER BY 1"""


def findings(now: Reading) -> Iterator[str]:
    """A sentence for each key or login that is not as the log says."""
    for statement in (_KEYS, _LOGINS):
        for ref, what in now.select(statement, {}):
            yield f"{ref} {what}"
