"""Documents that ask for money, their lines, tax and states."""
