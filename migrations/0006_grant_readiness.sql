-- Readiness compares the schema with the release's, as the service.

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'subledger_service') THEN
        GRANT SELECT ON schema_migrations TO subledger_service;
    END IF;
END
$$;
