-- append_events (migration 0069) in two statements less: the key is looked up by being made, and
-- what the head becomes is reckoned where it is set.
CREATE OR REPLACE FUNCTION append_events(
    _account uuid,
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
    _key_names text[] DEFAULT NULL, _keys bytea[] DEFAULT NULL,
    OUT first_position bigint, OUT last_position bigint, OUT recorded timestamptz, OUT wall timestamptz,
    OUT link bytea, OUT numbers text[]
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    _head     heads;
    _found    record;
    _made     bigint;
    _numbered text := '';
BEGIN
    SELECT * INTO _head FROM heads WHERE account_id = _account FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such account' USING ERRCODE = 'SL001';
    END IF;

    IF _conditional THEN
        IF _key IS NOT NULL THEN
            INSERT INTO idempotency_keys (account_id, key, request_hash, answer, position)
            VALUES (_account, _key, _key_hash, _key_answer, _head.position + cardinality(_ids))
                ON CONFLICT (account_id, key) DO NOTHING;
            IF NOT FOUND THEN
                SELECT request_hash, answer INTO _found
                  FROM idempotency_keys WHERE account_id = _account AND key = _key;
                RAISE EXCEPTION 'idempotency key used before' USING DETAIL = _key, ERRCODE = CASE
                    WHEN _found.request_hash <> _key_hash THEN 'SL005'
                    WHEN _found.answer IS NULL THEN 'SL006' ELSE 'SL007' END;
            END IF;
        END IF;
        IF _completed_key IS NOT NULL THEN
            UPDATE idempotency_keys SET answer = _completed_answer, position = _head.position + cardinality(_ids)
             WHERE account_id = _account AND key = _completed_key AND answer IS NULL;
        END IF;

        IF _guard_ids IS NOT NULL THEN
            SELECT g.id INTO _found
              FROM unnest(_guard_ids, _guard_versions) AS g (id, version)
             WHERE g.version <> coalesce(
                       (SELECT max(e.originator_version) FROM stored_events e
                         WHERE e.account_id = _account AND e.originator_id = g.id), 0)
             LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION 'a guard moved' USING DETAIL = _found.id, ERRCODE = 'SL002';
            END IF;
        END IF;

        IF _forbidden IS NOT NULL THEN
            SELECT kind, value, owner INTO _found
              FROM claims WHERE account_id = _account AND kind = ANY (_forbidden) LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION 'a forbidden claim exists'
                    USING DETAIL = json_build_array(_found.kind, _found.value, _found.owner), ERRCODE = 'SL004';
            END IF;
        END IF;
        -- One at a time, by key: on a table without statistics a join would read all of an account's.
        IF _release_kinds IS NOT NULL THEN
            FOR _found IN
                SELECT r.kind, r.value, r.owner
                  FROM unnest(_release_kinds, _release_values, _release_owners) AS r (kind, value, owner)
            LOOP
                DELETE FROM claims c
                 WHERE c.account_id = _account
                   AND c.kind = _found.kind AND c.value = _found.value AND c.owner = _found.owner;
            END LOOP;
        END IF;
        IF _claim_kinds IS NOT NULL THEN
            INSERT INTO claims (account_id, kind, value, owner)
            SELECT _account, kind, value, owner
              FROM unnest(_claim_kinds, _claim_values, _claim_owners) AS n (kind, value, owner)
                ON CONFLICT (account_id, kind, value) DO NOTHING;
            GET DIAGNOSTICS _made = ROW_COUNT;
            IF _made < cardinality(_claim_kinds) THEN
                SELECT n.kind, n.value, c.owner INTO _found
                  FROM unnest(_claim_kinds, _claim_values, _claim_owners) AS n (kind, value, owner)
                 CROSS JOIN LATERAL (
                           SELECT k.owner FROM claims k
                            WHERE k.account_id = _account AND k.kind = n.kind AND k.value = n.value
                           OFFSET 0) c
                 WHERE c.owner <> n.owner
                 LIMIT 1;
                IF FOUND THEN
                    RAISE EXCEPTION 'a claim is taken'
                        USING DETAIL = json_build_array(_found.kind, _found.value, _found.owner), ERRCODE = 'SL003';
                END IF;
            END IF;
        END IF;

        IF _key_names IS NOT NULL THEN
            INSERT INTO personal_keys (account_id, name, key)
            SELECT _account, n.name, n.key FROM unnest(_key_names, _keys) AS n (name, key)
                ON CONFLICT (account_id, name) DO NOTHING;
            GET DIAGNOSTICS _made = ROW_COUNT;
            IF _made < cardinality(_key_names) THEN
                SELECT n.name INTO _found
                  FROM unnest(_key_names, _keys) AS n (name, key)
                 CROSS JOIN LATERAL (
                           SELECT k.key, k.withdrawn FROM personal_keys k
                            WHERE k.account_id = _account AND k.name = n.name
                           OFFSET 0) kept
                 WHERE kept.key IS DISTINCT FROM n.key OR kept.withdrawn
                 LIMIT 1;
                IF FOUND THEN
                    RAISE EXCEPTION 'not the key that is kept' USING DETAIL = _found.name, ERRCODE = 'SL009';
                END IF;
            END IF;
        END IF;

        IF _clock IS NOT NULL THEN
            IF _rewinds_at <> _head.position THEN
                RAISE EXCEPTION 'the log has grown' USING DETAIL = 'the log', ERRCODE = 'SL002';
            ELSIF _rewinds_at IS NOT NULL THEN
                _head.monotone_from := _head.position + 1;
                _head.recorded_at := NULL;
            END IF;
            IF _head.livemode OR _clock < _head.recorded_at THEN
                RAISE EXCEPTION 'the clock may not be set so' USING ERRCODE = 'SL008';
            END IF;
            _head.clock := _clock;
        END IF;

        IF _series IS NOT NULL THEN
            SELECT array_agg(n.series || lpad(n.number::text, greatest(6, length(n.number::text)), '0') ORDER BY n.ord)
              INTO numbers
              FROM (SELECT u.series, u.ord,
                           coalesce(s.last_number, 0) + row_number() OVER (PARTITION BY u.series ORDER BY u.ord) AS number
                      FROM unnest(_series) WITH ORDINALITY AS u (series, ord)
                      LEFT JOIN document_series s ON s.account_id = _account AND s.series = u.series) n;
            INSERT INTO document_series AS s (account_id, series, last_number)
            SELECT _account, u.series, count(*)
              FROM unnest(_series) AS u (series)
             WHERE u.series IS NOT NULL
             GROUP BY u.series
                ON CONFLICT (account_id, series) DO UPDATE SET last_number = s.last_number + excluded.last_number;
            SELECT string_agg(' ' || sized_text(n.number), '' ORDER BY n.ord) INTO _numbered
              FROM unnest(numbers) WITH ORDINALITY AS n (number, ord);
        END IF;
    END IF;

    UPDATE heads h
       SET position = given.first + cardinality(_ids) - 1, clock = _head.clock, monotone_from = _head.monotone_from,
           recorded_at = CASE WHEN cardinality(_ids) = 0 THEN _head.recorded_at ELSE given.recorded END,
           chain = CASE WHEN cardinality(_ids) = 0 THEN _head.chain
                        ELSE sha256(_head.chain || convert_to(
                                 given.first || ' ' || epoch_microseconds(given.recorded)
                                 || ' ' || epoch_microseconds(given.wall) || _numbered, 'UTF8') || _contents) END
      FROM (SELECT _head.position + 1 AS first, now.wall,
                   greatest(_head.recorded_at, coalesce(_head.clock, now.wall)) AS recorded
              FROM (SELECT clock_timestamp() AS wall OFFSET 0) now OFFSET 0) given
     WHERE h.account_id = _account
    RETURNING given.first, h.position, given.recorded, given.wall, h.chain
      INTO first_position, last_position, recorded, wall, link;

    INSERT INTO stored_events (
        account_id, position, originator_id, originator_version, event_id, recorded_at, wall_at, topic, state,
        actor, channel, reason, request_id, idempotency_key, causation_id, correlation_id, document_number, chain)
    SELECT _account, _head.position + u.ord, u.id, u.version, u.event_id, recorded, wall, u.topic, u.state,
           _actor, _channel, _reason, _request, _request_key, _causation, _correlation, u.number,
           CASE WHEN u.ord = cardinality(_ids) THEN link END
      FROM unnest(_ids, _versions, _event_ids, _topics, _states, numbers)
           WITH ORDINALITY AS u (id, version, event_id, topic, state, number, ord);
END
$$;

-- As take_written (migration 0068) for the writer of an account's last `_own` events, where nothing
-- but those is left to be shown: what they are it knows, so that none is read. No generation where
-- there is more, or where the group is not to be moved.
CREATE FUNCTION take_own(
    _account uuid, _group text, _wait text, _own integer,
    OUT generation bigint, OUT head bigint, OUT livemode boolean, OUT account_now timestamptz
) LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    _wait := set_config('lock_timeout', _wait, true) || set_config('enable_seqscan', 'off', true)
          || set_config('enable_hashjoin', 'off', true) || set_config('enable_mergejoin', 'off', true)
          || set_config('plan_cache_mode', 'force_generic_plan', true)
          || set_config('synchronous_commit', 'off', true)
          || set_config('idle_in_transaction_session_timeout', '5s', true);
    UPDATE projection_tracking t
       SET position = h.position
      FROM projection_live l, heads h
     WHERE l.account_id = _account AND l.group_name = _group
       AND t.account_id = _account AND t.group_name = _group AND t.generation = l.generation
       AND t.retired_at IS NULL AND t.state = 'running'
       AND h.account_id = _account AND h.position = t.position + _own
    RETURNING t.generation, h.position, h.livemode, coalesce(h.clock, clock_timestamp())
      INTO generation, head, livemode, account_now;
END
$$;
