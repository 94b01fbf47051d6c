"""Under which names our references stand in the metadata of Stripe's objects."""

PAYMENT, REFUND = "subledger_payment", "subledger_refund"
CUSTOMER, ACCOUNT = "subledger_customer", "subledger_account"
