-- append_sealed as before; where all keys are new there is none to compare with.

CREATE OR REPLACE FUNCTION append_sealed(
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
