-- Lists of customers in the orders people ask for, and found by what they are looked up by. The
-- trigram indexes of text search are made by migrations/search.py, where the extensions are.

CREATE INDEX customers_by_address ON customers (account_id, generation, email, id);
CREATE INDEX customers_by_last_name ON customers (account_id, generation, last_name, id);
CREATE INDEX customers_by_first_name ON customers (account_id, generation, first_name, id);
CREATE INDEX customers_by_organization ON customers (account_id, generation, organization_id, id)
    WHERE organization_id IS NOT NULL;
CREATE INDEX customers_by_phone ON customers (account_id, generation, phone)
    WHERE phone IS NOT NULL;
