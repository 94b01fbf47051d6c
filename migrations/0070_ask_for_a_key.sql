-- Right before an append, in its transaction: whether a caller known from before is still who they were.

CREATE FUNCTION require_key(
    _account uuid, _hash bytea, _id text, _livemode boolean, _role text, _scopes text[]
) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    PERFORM FROM api_key_secrets k
      WHERE k.account_id = _account AND k.hash = _hash AND k.revoked_at IS NULL
        AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
        AND k.id = _id AND k.livemode = _livemode AND k.role = _role AND k.scopes = _scopes;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the key is not what it was' USING ERRCODE = 'SL010';
    END IF;
    RETURN true;
END
$$;
