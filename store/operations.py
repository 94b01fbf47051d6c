"""Every statement that is not about one account's business: opening accounts, and all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from store.chain import first_link

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta
    from uuid import UUID

    from store.connections import Connection


def open_account(
    connection: Connection, account_id: UUID, *, livemode: bool, clock: datetime | None = None
) -> None:
    """Begins an account's log. A test account runs on `clock`, or on real time until it has one."""
    connection.execute(
        "INSERT INTO heads (account_id, livemode, clock, chain) VALUES (%s, %s, %s, %s)",
        (account_id, livemode, clock, first_link(account_id)),
    )


def now(connection: Connection) -> datetime:
    """The database's time, by which live accounts run."""
    (row,) = connection.execute("SELECT clock_timestamp()").fetchall()
    moment: datetime = row[0]
    return moment


def all_accounts(connection: Connection) -> list[UUID]:
    """Every account, in the order of its id. One whose opening was cut off has no events."""
    found = connection.execute(
        "SELECT account_id FROM heads WHERE position > 0 ORDER BY account_id"
    )
    return [row[0] for row in found]


class Lagging(NamedTuple):
    """Shows `position`, and the log goes `lag` further."""

    account_id: UUID
    group: str
    position: int
    lag: int


def lagging_projections(connection: Connection, groups: Sequence[str]) -> list[Lagging]:
    """Accounts and groups whose live generation is behind the log and not stopped."""
    found = connection.execute(
        """
        SELECT h.account_id, g.name, coalesce(t.position, 0), h.position - coalesce(t.position, 0)
          FROM heads h
         CROSS JOIN unnest(%s::text[]) AS g (name)
          LEFT JOIN projection_live l ON l.account_id = h.account_id AND l.group_name = g.name
          LEFT JOIN projection_tracking t ON t.account_id = h.account_id
           AND t.group_name = g.name AND t.generation = l.generation
         WHERE coalesce(t.position, 0) < h.position AND coalesce(t.state, 'running') = 'running'
         ORDER BY h.account_id, g.name""",
        (list(groups),),
    ).fetchall()
    return [Lagging._make(row) for row in found]


def stopped_projections(connection: Connection) -> list[tuple[UUID, str, int, str]]:
    """Accounts and groups that an event broke: account, group, the event's position, the error."""
    return connection.execute(
        """
        SELECT t.account_id, t.group_name, t.stopped_at, t.error
          FROM projection_tracking t
          JOIN projection_live l ON l.account_id = t.account_id
           AND l.group_name = t.group_name AND l.generation = t.generation
         WHERE t.state = 'stopped'
         ORDER BY t.account_id, t.group_name""",
    ).fetchall()


def retired_generations(connection: Connection, age: timedelta) -> list[tuple[UUID, str, int]]:
    """Generations that reads were switched away from longer ago than `age`."""
    return connection.execute(
        """
        SELECT account_id, group_name, generation
          FROM projection_tracking
         WHERE retired_at < clock_timestamp() - %s
         ORDER BY account_id, group_name, generation""",
        (age,),
    ).fetchall()


def unfinished_generations(connection: Connection, jobs: str) -> list[tuple[UUID, str, int]]:
    """Generations that no read is on and whose lease, `jobs` and their name, has run out."""
    return connection.execute(
        """
        SELECT t.account_id, t.group_name, t.generation
          FROM projection_tracking t
          JOIN projection_live l ON l.account_id = t.account_id
           AND l.group_name = t.group_name AND l.generation <> t.generation
          LEFT JOIN leases b ON b.account_id = t.account_id
           AND b.job = %s || t.group_name || ' ' || t.generation
         WHERE t.retired_at IS NULL AND coalesce(b.leased_until < clock_timestamp(), true)
         ORDER BY t.account_id, t.group_name, t.generation""",
        (jobs,),
    ).fetchall()


def stalled_projections(connection: Connection, patience: timedelta) -> list[tuple[UUID, str]]:
    """Accounts and groups whose next event was written longer ago than `patience`."""
    return connection.execute(
        """
        SELECT t.account_id, t.group_name
          FROM projection_tracking t
          JOIN projection_live l ON l.account_id = t.account_id
           AND l.group_name = t.group_name AND l.generation = t.generation
          JOIN heads h ON h.account_id = t.account_id AND h.position > t.position
          JOIN stored_events e ON e.account_id = t.account_id AND e.position = t.position + 1
         WHERE e.wall_at < clock_timestamp() - %s
         ORDER BY t.account_id, t.group_name""",
        (patience,),
    ).fetchall()


def projection_lags(connection: Connection) -> list[tuple[str, int, int]]:
    """Of each group: accounts whose view is behind its log, and the events of all of them."""
    return connection.execute(
        """
        SELECT t.group_name, (count(*) FILTER (WHERE h.position > t.position))::bigint,
               sum(greatest(h.position - t.position, 0))::bigint
          FROM projection_tracking t
          JOIN projection_live l ON l.account_id = t.account_id
           AND l.group_name = t.group_name AND l.generation = t.generation
          JOIN heads h ON h.account_id = t.account_id
         GROUP BY t.group_name ORDER BY t.group_name"""
    ).fetchall()


def logins_of(
    connection: Connection, email: str, account_id: UUID | None, limit: int
) -> list[tuple[Any, ...]]:
    """Whoever logs in by this folded e-mail address: account, id, role, livemode, password hash."""
    return connection.execute(
        """
        SELECT l.account_id, l.id, l.role, h.livemode, l.password_hash
          FROM collaborator_logins l
          JOIN heads h ON h.account_id = l.account_id
         WHERE l.email = %s AND l.password_hash IS NOT NULL
           AND (%s::uuid IS NULL OR l.account_id = %s)
         ORDER BY l.account_id, l.id LIMIT %s""",
        (email, account_id, account_id, limit),
    ).fetchall()


def unended_exports(connection: Connection) -> list[tuple[UUID, str]]:
    """Exports that were ordered and have not ended: account and id, oldest first."""
    return connection.execute(
        """
        SELECT e.account_id, e.id
          FROM exports e
          JOIN projection_live l ON l.account_id = e.account_id
           AND l.group_name = 'resources' AND l.generation = e.generation
         WHERE e.status IN ('pending', 'running')
         ORDER BY e.created_at, e.id""",
    ).fetchall()


def expired_export_files(connection: Connection) -> list[tuple[UUID, str]]:
    """Files whose link has run out: account and id."""
    return connection.execute(
        "SELECT account_id, id FROM export_runs WHERE expires_at < clock_timestamp()"
    ).fetchall()
