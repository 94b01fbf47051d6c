-- The event store: one gapless, hash-chained log per account, and what is decided together with it.
--
-- Every key and every statement leads with account_id, so the tables can be distributed by it.

CREATE TABLE heads (
    account_id  uuid PRIMARY KEY,
    livemode    boolean NOT NULL,
    position    bigint NOT NULL DEFAULT 0,
    chain       bytea NOT NULL,
    recorded_at timestamptz,
    clock       timestamptz,
    monotone_from bigint NOT NULL DEFAULT 1,
    CHECK (clock IS NULL OR NOT livemode)
) WITH (fillfactor = 20);
COMMENT ON TABLE heads IS 'The end of each account''s log; locked first by every append.';
COMMENT ON COLUMN heads.chain IS 'The chain value after the last append, see docs/decisions.';
COMMENT ON COLUMN heads.clock IS 'The time on a test account; null where time is the database''s.';
COMMENT ON COLUMN heads.monotone_from IS 'The position from which recorded_at never falls.';

CREATE TABLE stored_events (
    account_id         uuid NOT NULL,
    position           bigint NOT NULL,
    originator_id      uuid NOT NULL,
    originator_version integer NOT NULL,
    event_id           uuid NOT NULL,
    recorded_at        timestamptz NOT NULL,
    wall_at            timestamptz NOT NULL,
    topic              text NOT NULL,
    state              json NOT NULL,
    actor              text NOT NULL,
    channel            text NOT NULL,
    reason             text,
    request_id         text,
    idempotency_key    text,
    causation_id       uuid,
    correlation_id     uuid,
    document_number    text,
    chain              bytea,
    CONSTRAINT stored_events_log PRIMARY KEY (account_id, position),
    CONSTRAINT stored_events_stream UNIQUE (account_id, originator_id, originator_version)
);
CREATE UNIQUE INDEX stored_events_document ON stored_events (account_id, document_number)
    WHERE document_number IS NOT NULL;
COMMENT ON COLUMN stored_events.chain IS 'On the last event of each append; null on the others.';

CREATE TABLE snapshots (
    account_id         uuid NOT NULL,
    originator_id      uuid NOT NULL,
    originator_version integer NOT NULL,
    topic              text NOT NULL,
    created_on         timestamptz NOT NULL,
    modified_on        timestamptz NOT NULL,
    state              json NOT NULL,
    PRIMARY KEY (account_id, originator_id, originator_version)
);

CREATE TABLE claims (
    account_id uuid NOT NULL,
    kind       text NOT NULL,
    value      text NOT NULL,
    owner      uuid NOT NULL,
    PRIMARY KEY (account_id, kind, value)
);

CREATE TABLE document_series (
    account_id  uuid NOT NULL,
    series      text NOT NULL,
    last_number bigint NOT NULL,
    PRIMARY KEY (account_id, series)
) WITH (fillfactor = 50);

CREATE TABLE idempotency_keys (
    account_id   uuid NOT NULL,
    key          text NOT NULL,
    request_hash bytea NOT NULL,
    answer       json,
    position     bigint NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (account_id, key)
);
COMMENT ON COLUMN idempotency_keys.answer IS 'Null while the request''s outcome is open.';
COMMENT ON COLUMN idempotency_keys.position IS 'Of the append that answered: what the caller was shown.';


-- A field of any text, told apart from its neighbours by its length in octets.
CREATE FUNCTION sized_text(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(octet_length(value)::text || ':' || value, '-');

CREATE FUNCTION epoch_microseconds(value timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (extract(epoch FROM value) * 1000000)::bigint;


-- Appends events to one account's log, with everything that must hold or change with them.
-- Statements are separate on purpose: each sees what committed while the head was waited for. Most
-- appends ask for nothing but their events: what may be asked besides stands behind one question,
-- for an expression costs as much as half of a statement while the head is held.
-- `_contents` are the events' hashes, 32 octets each; docs/decisions has the chain's layout.
-- Refusals: SL001 no such account, SL002 a guard moved, SL003 a claim is taken, SL004 a forbidden
-- claim exists, SL005 key of another request, SL006 its request is in progress, SL007 it was
-- answered, SL008 the clock may not be set so.
CREATE FUNCTION append_events(
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
    OUT first_position bigint, OUT last_position bigint, OUT recorded timestamptz, OUT wall timestamptz,
    OUT link bytea, OUT numbers text[]
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    _head     heads;
    _found    record;
    _numbered text := '';
BEGIN
    SELECT * INTO _head FROM heads WHERE account_id = _account FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such account' USING ERRCODE = 'SL001';
    END IF;

    IF _conditional THEN
        IF _key IS NOT NULL THEN
            SELECT request_hash, answer INTO _found
              FROM idempotency_keys WHERE account_id = _account AND key = _key;
            IF FOUND THEN
                RAISE EXCEPTION 'idempotency key used before' USING DETAIL = _key, ERRCODE = CASE
                    WHEN _found.request_hash <> _key_hash THEN 'SL005'
                    WHEN _found.answer IS NULL THEN 'SL006' ELSE 'SL007' END;
            END IF;
            INSERT INTO idempotency_keys (account_id, key, request_hash, answer, position)
            VALUES (_account, _key, _key_hash, _key_answer, _head.position + cardinality(_ids));
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
        IF _release_kinds IS NOT NULL THEN
            DELETE FROM claims c
             USING unnest(_release_kinds, _release_values, _release_owners) AS r (kind, value, owner)
             WHERE c.account_id = _account
               AND c.kind = r.kind AND c.value = r.value AND c.owner = r.owner;
        END IF;
        IF _claim_kinds IS NOT NULL THEN
            INSERT INTO claims (account_id, kind, value, owner)
            SELECT _account, kind, value, owner
              FROM unnest(_claim_kinds, _claim_values, _claim_owners) AS n (kind, value, owner)
                ON CONFLICT (account_id, kind, value) DO NOTHING;
            SELECT n.kind, n.value, c.owner INTO _found
              FROM unnest(_claim_kinds, _claim_values, _claim_owners) AS n (kind, value, owner)
              JOIN claims c ON c.account_id = _account AND c.kind = n.kind AND c.value = n.value
             WHERE c.owner <> n.owner
             LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION 'a claim is taken'
                    USING DETAIL = json_build_array(_found.kind, _found.value, _found.owner), ERRCODE = 'SL003';
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

    SELECT given.first, given.first + cardinality(_ids) - 1, given.recorded, given.wall,
           CASE WHEN cardinality(_ids) = 0 THEN _head.chain
                ELSE sha256(_head.chain || convert_to(
                         given.first || ' ' || epoch_microseconds(given.recorded)
                         || ' ' || epoch_microseconds(given.wall) || _numbered, 'UTF8') || _contents) END
      INTO first_position, last_position, recorded, wall, link
      FROM (SELECT _head.position + 1 AS first, now.wall,
                   greatest(_head.recorded_at, coalesce(_head.clock, now.wall)) AS recorded
              FROM (SELECT clock_timestamp() AS wall OFFSET 0) now OFFSET 0) given;

    INSERT INTO stored_events (
        account_id, position, originator_id, originator_version, event_id, recorded_at, wall_at, topic, state,
        actor, channel, reason, request_id, idempotency_key, causation_id, correlation_id, document_number, chain)
    SELECT _account, _head.position + u.ord, u.id, u.version, u.event_id, recorded, wall, u.topic, u.state,
           _actor, _channel, _reason, _request, _request_key, _causation, _correlation, u.number,
           CASE WHEN u.ord = cardinality(_ids) THEN link END
      FROM unnest(_ids, _versions, _event_ids, _topics, _states, numbers)
           WITH ORDINALITY AS u (id, version, event_id, topic, state, number, ord);

    UPDATE heads
       SET position = last_position, chain = link, clock = _head.clock, monotone_from = _head.monotone_from,
           recorded_at = CASE WHEN cardinality(_ids) = 0 THEN _head.recorded_at ELSE recorded END
     WHERE account_id = _account;
END
$$;


DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subledger_service') THEN
        GRANT SELECT, INSERT ON stored_events TO subledger_service;
        GRANT SELECT, INSERT, UPDATE ON heads, document_series TO subledger_service;
        GRANT SELECT, INSERT, DELETE ON snapshots, claims TO subledger_service;
        GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO subledger_service;
    END IF;
END
$$;
