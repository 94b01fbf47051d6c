"""The rules: what may happen, what is recorded, what is booked. No SQL, HTTP, clock or network."""
