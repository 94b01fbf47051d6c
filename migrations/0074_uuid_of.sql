-- The uuid of a typed id: 26 digits of Crockford's base 32, of which the first two bits are none.
CREATE FUNCTION uuid_of(_id text) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT (lpad(to_hex(substr(bits,  3, 32)::bit(32)::int), 8, '0') ||
            lpad(to_hex(substr(bits, 35, 32)::bit(32)::int), 8, '0') ||
            lpad(to_hex(substr(bits, 67, 32)::bit(32)::int), 8, '0') ||
            lpad(to_hex(substr(bits, 99, 32)::bit(32)::int), 8, '0'))::uuid
      FROM (SELECT string_agg((strpos('0123456789abcdefghjkmnpqrstvwxyz', digit) - 1)::bit(5)::text, '' ORDER BY place)
              FROM unnest(string_to_array(right(_id, 26), NULL)) WITH ORDINALITY AS d (digit, place)) AS all_of_them (bits)
$$;
