"""A seeded run of real commands over years, with faults; the books balance after every step."""
