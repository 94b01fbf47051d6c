-- What was sold as a gift and is booked when it is paid stays deferred until it is redeemed. No line
-- projected before was of a gift that waits for its payment: the default is what a rebuild makes.

ALTER TABLE accounting_lines ADD COLUMN held boolean NOT NULL DEFAULT false;
