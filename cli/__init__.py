"""The command line: each module here registers its commands, and nothing else knows of them."""


def main() -> None:
    # Late: gunicorn's settings are of this package too, and are read before what they set up.
    from cli.main import main as run  # noqa: PLC0415

    run()


__all__ = ["main"]
