-- Money of a card that its invoice did not take any more: alerts find it among all transactions.

CREATE INDEX balance_transactions_not_owed
    ON balance_transactions (account_id, generation, created_at, id)
    WHERE payment_id IS NOT NULL AND invoice_id IS NOT NULL;
