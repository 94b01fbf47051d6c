-- Instead of take_opened (migration 0058): the same in fewer steps. Which topics a group wants its
-- caller knows; what sets something for the transaction is one expression, not two queries.
DROP FUNCTION take_opened(uuid, text, text, integer, text[]);
CREATE FUNCTION take_written(_account uuid, _group text, _wait text, _most integer)
RETURNS TABLE (
    moved boolean, generation bigint, head bigint, livemode boolean, account_now timestamptz,
    log_position bigint, event_id uuid, topic text, state json, originator_id uuid,
    originator_version integer, actor text, reason text, channel text, recorded_at timestamptz,
    wall_at timestamptz, document_number text, key bytea
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    _held  record;
    _head  record;
    _moved boolean;
BEGIN
    -- Plans made on tables without statistics would scan them: a batch looks rows up by key, and
    -- no value makes another plan better.
    -- What a crash loses of a projection, rows and position together, is projected again. Who stands
    -- still with the lease in hand is sent away.
    _wait := set_config('lock_timeout', _wait, true) || set_config('enable_seqscan', 'off', true)
          || set_config('enable_hashjoin', 'off', true) || set_config('enable_mergejoin', 'off', true)
          || set_config('plan_cache_mode', 'force_generic_plan', true)
          || set_config('synchronous_commit', 'off', true)
          || set_config('idle_in_transaction_session_timeout', '5s', true);
    SELECT t.generation, t.position, t.state INTO _held
      FROM projection_live l
      JOIN projection_tracking t ON t.account_id = l.account_id AND t.group_name = l.group_name
       AND t.generation = l.generation AND t.retired_at IS NULL
     WHERE l.account_id = _account AND l.group_name = _group
       FOR UPDATE OF t;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    -- After the lease, so that what committed while it was waited for is seen.
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
           e.actor, e.reason, e.channel, e.recorded_at, e.wall_at, e.document_number,
           (SELECT k.key FROM personal_keys k
             WHERE k.account_id = _account AND k.name = personal_key_of(e.state) AND NOT k.withdrawn)
      FROM (SELECT 1) AS once
      LEFT JOIN LATERAL (
               SELECT * FROM stored_events s
                WHERE s.account_id = _account AND _moved
                  AND s.position > _held.position AND s.position <= _head.position
                ORDER BY s.position LIMIT _most) e ON true
     ORDER BY e.position;
END
$$;
