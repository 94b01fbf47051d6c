-- Deferral of a line that a dispute took and that came back as income of its own, when it was won.
-- Rows of disputes won before get it with the next rebuild.

ALTER TABLE accounting_lines ADD COLUMN forgone bigint NOT NULL DEFAULT 0;
