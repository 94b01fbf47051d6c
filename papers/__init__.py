"""Papers for people: invoices, credit notes and receipts as PDF, set by Typst."""
