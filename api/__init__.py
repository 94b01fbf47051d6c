"""The service's edge: HTTP in, one command or one view, HTTP out."""
