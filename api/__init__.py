"""HTTP: what comes in is validated, handed to one command or one view, and rendered."""
