-- The keys that seal what is personal in events. Destroying one erases what it sealed, in every copy
-- of the log. Operational: a backup of this table is to be kept apart, and not for long.
--
-- Events stored before are plain, and stay so.

CREATE TABLE personal_keys (
    account_id   uuid NOT NULL,
    name         text COLLATE "C" NOT NULL,
    key          bytea,
    withdrawn    boolean NOT NULL DEFAULT false,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    destroyed_at timestamptz,
    PRIMARY KEY (account_id, name)
) WITH (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0);
COMMENT ON TABLE personal_keys IS 'What personal data in the log is sealed by: whose, and for what.';
COMMENT ON COLUMN personal_keys.name IS 'The subject''s typed id and the purpose: cus_01h…/profile.';
COMMENT ON COLUMN personal_keys.key IS 'Null when destroyed; vacuum takes the old row away at once.';
COMMENT ON COLUMN personal_keys.withdrawn IS 'It opens what is on documents that must be kept, nothing else.';

-- The name of the key to an event's box; the codec puts the box first.
CREATE FUNCTION personal_key_of(state json) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN left(state::text, 20) = '{"personal":{"key":"'
            THEN split_part(left(state::text, 120), '"', 6) END;


-- As append_events, with the keys that its events are sealed by: made where there are none of the
-- name, else the same as are kept. SL009: one is another by now, or was destroyed.
CREATE FUNCTION append_sealed(
    _account uuid,
    _key_names text[], _keys bytea[],
    _ids uuid[], _versions integer[], _event_ids uuid[], _topics text[], _states json[],
    _contents bytea,
    _actor text, _channel text, _reason text, _request text, _request_key text, _causation uuid, _correlation uuid,
    _conditional boolean DEFAULT false,
    _series text[] DEFAULT NULL,
    _guard_ids uuid[] DEFAULT NULL, _guard_versions integer[] DEFAULT NULL,
    _forbidden text[] DEFAULT NULL,
    _claim_kinds text[] DEFAULT NULL, _claim_values text[] DEFAULT NULL, _claim_owners uuid[] DEFAULT NULL,
    _release_kinds text[] DEFAULT NULL, _release_values text[] DEFAULT NULL, _release_owners uuid[] DEFAULT NULL,
    _key text DEFAULT NULL, _key_hash bytea DEFAULT NULL, _key_answer json DEFAULT NULL,
    _completed_key text DEFAULT NULL, _completed_answer json DEFAULT NULL,
    _clock timestamptz DEFAULT NULL, _rewinds_at bigint DEFAULT NULL,
    OUT first_position bigint, OUT last_position bigint, OUT recorded timestamptz, OUT wall timestamptz,
    OUT link bytea, OUT numbers text[]
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    _found record;
    _made  bigint;
BEGIN
    SELECT a.first_position, a.last_position, a.recorded, a.wall, a.link, a.numbers
      INTO first_position, last_position, recorded, wall, link, numbers
      FROM append_events(
               _account, _ids, _versions, _event_ids, _topics, _states, _contents,
               _actor, _channel, _reason, _request, _request_key, _causation, _correlation,
               _conditional, _series, _guard_ids, _guard_versions, _forbidden,
               _claim_kinds, _claim_values, _claim_owners, _release_kinds, _release_values, _release_owners,
               _key, _key_hash, _key_answer, _completed_key, _completed_answer, _clock, _rewinds_at) a;
    INSERT INTO personal_keys (account_id, name, key)
    SELECT _account, n.name, n.key FROM unnest(_key_names, _keys) AS n (name, key)
        ON CONFLICT (account_id, name) DO NOTHING;
    GET DIAGNOSTICS _made = ROW_COUNT;
    IF _made < cardinality(_key_names) THEN
        SELECT k.name INTO _found
          FROM unnest(_key_names, _keys) AS n (name, key)
          JOIN personal_keys k ON k.account_id = _account AND k.name = n.name
         WHERE k.key IS DISTINCT FROM n.key OR k.withdrawn
         LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'not the key that is kept' USING DETAIL = _found.name, ERRCODE = 'SL009';
        END IF;
    END IF;
END
$$;


-- Instead of take_projection (migration 0012): with the key to each event's box, in the statement that
-- reads the events and sees what was stored with them. Those withdrawn are none of a projection's.
DROP FUNCTION take_projection(uuid, text, text, integer, text[]);
CREATE FUNCTION take_opened(
    _account uuid, _group text, _wait text, _most integer, _topics text[]
) RETURNS TABLE (
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
           e.actor, e.reason, e.channel, e.recorded_at, e.wall_at, e.document_number,
           (SELECT k.key FROM personal_keys k
             WHERE k.account_id = _account AND k.name = personal_key_of(e.state) AND NOT k.withdrawn)
      FROM (SELECT 1) AS once
      LEFT JOIN stored_events e
        ON e.account_id = _account AND _moved
       AND e.position > _held.position AND e.position <= _head.position
       AND e.topic = ANY (_topics)
     ORDER BY e.position;
END
$$;


DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subledger_service') THEN
        GRANT SELECT, INSERT, UPDATE ON personal_keys TO subledger_service;
    END IF;
END
$$;
