"""The command line: each module here registers its commands, and nothing else knows of them."""

from cli.main import main

__all__ = ["main"]
