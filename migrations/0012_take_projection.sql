-- What a writer does to show its own events, in one call: lease the live generation of a group,
-- move its position to the end of the log, and hand out the events in between. Whoever calls it
-- writes their rows in the same transaction, or rolls all of it back.
--
-- One row at least: where the group is stopped, or more than `_most` events behind, nothing moves,
-- `moved` is false and no event comes. No row: the group has no generation yet.

CREATE FUNCTION take_projection(
    _account uuid, _group text, _wait text, _most integer, _topics text[]
) RETURNS TABLE (
    moved boolean, generation bigint, head bigint, livemode boolean, account_now timestamptz,
    log_position bigint, event_id uuid, topic text, state json, originator_id uuid,
    originator_version integer, actor text, reason text, channel text, recorded_at timestamptz,
    wall_at timestamptz, document_number text
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    _held  record;
    _head  record;
    _moved boolean;
BEGIN
    -- Plans made on tables without statistics would scan them: a batch looks rows up by key.
    PERFORM set_config('lock_timeout', _wait, true), set_config('enable_seqscan', 'off', true),
            set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true);
    -- What a crash loses of a projection, rows and position together, is projected again.
    PERFORM set_config('synchronous_commit', 'off', true);
    SELECT t.generation, t.position, t.state INTO _held
      FROM projection_live l
      JOIN projection_tracking t ON t.account_id = l.account_id AND t.group_name = l.group_name
       AND t.generation = l.generation AND t.retired_at IS NULL
     WHERE l.account_id = _account AND l.group_name = _group
       FOR UPDATE OF t;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT h.position, h.livemode, coalesce(h.clock, clock_timestamp()) AS now INTO _head
      FROM heads h WHERE h.account_id = _account;
    _moved := _held.state = 'running' AND _head.position - _held.position <= _most;
    IF _moved AND _head.position > _held.position THEN
        UPDATE projection_tracking t SET position = _head.position
         WHERE t.account_id = _account AND t.group_name = _group
           AND t.generation = _held.generation;
    END IF;
    RETURN QUERY
    SELECT _moved, _held.generation, _head.position, _head.livemode, _head.now,
           e.position, e.event_id, e.topic, e.state, e.originator_id, e.originator_version,
           e.actor, e.reason, e.channel, e.recorded_at, e.wall_at, e.document_number
      FROM (SELECT 1) AS once
      LEFT JOIN stored_events e
        ON e.account_id = _account AND _moved
       AND e.position > _held.position AND e.position <= _head.position
       AND e.topic = ANY (_topics)
     ORDER BY e.position;
END
$$;
