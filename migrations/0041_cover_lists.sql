-- Lists of customers by filter and order: each index of an order holds what lists are filtered by,
-- so that a walk along it, or all that it finds, asks no row of the table but those of the page.
-- Measured over 1,000,000 rows: 7,478 rows by last name, sorted by e-mail address, 17 ms by their
-- rows and 3.5 by the index alone.

DROP INDEX customers_by_time, customers_by_address, customers_by_last_name,
           customers_by_first_name, customers_by_organization;
CREATE INDEX customers_by_time ON customers (account_id, generation, created_at, id)
    INCLUDE (email, first_name, last_name, language, organization_id);
CREATE INDEX customers_by_address ON customers (account_id, generation, email, id)
    INCLUDE (created_at, first_name, last_name, language, organization_id);
CREATE INDEX customers_by_last_name ON customers (account_id, generation, last_name, id)
    INCLUDE (created_at, email, first_name, language, organization_id);
CREATE INDEX customers_by_first_name ON customers (account_id, generation, first_name, id)
    INCLUDE (created_at, email, last_name, language, organization_id);
CREATE INDEX customers_by_organization ON customers (account_id, generation, organization_id, id)
    INCLUDE (created_at, email, first_name, last_name, language)
    WHERE organization_id IS NOT NULL;
