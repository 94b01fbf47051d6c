"""Settings: sensible without any, and all that is wrong with them said at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings import CHECKOUT, BadSettings, read_settings


def test_nothing_needs_to_be_set() -> None:
    settings = read_settings({})
    assert (settings.port, settings.demo, settings.database_url) == (8000, True, None)
    assert settings.data_dir == CHECKOUT / ".data"
    assert not settings.webhook_allow_private
    assert not settings.sandbox_live
    assert (settings.rate_limit, settings.failure_limit, settings.trusted_proxies) == (
        60000,
        600,
        0,
    )


def test_an_empty_variable_counts_as_none() -> None:
    assert read_settings({"PORT": "", "DATABASE_URL": " "}) == read_settings({})


def test_what_is_set_is_used() -> None:
    given = {"PORT": "9000", "SUBLEDGER_DATA_DIR": "elsewhere", "SUBLEDGER_DEMO": "0"}
    settings = read_settings(given)
    assert (settings.port, settings.demo) == (9000, False)
    assert settings.data_dir == Path.cwd() / "elsewhere"


def test_the_embedded_database_serves_this_machine_only() -> None:
    assert read_settings({}).host == "127.0.0.1"
    assert read_settings({"DATABASE_URL": "postgresql://db/subledger"}).host == "0.0.0.0"


def test_every_wrong_variable_is_named_at_once() -> None:
    wrong = {
        "PORT": "0",
        "DATABASE_URL": "mysql://db",
        "SUBLEDGER_DEMO": "maybe",
        "SUBLEDGER_WEB_THREADS": "many",
        "SUBLEDGER_DATA_DIR": str(Path(__file__)),
    }
    with pytest.raises(BadSettings) as refused:
        read_settings(wrong)
    assert {problem.split()[0].rstrip(":") for problem in refused.value.problems} == wrong.keys()


def test_a_password_in_a_wrong_address_is_not_repeated() -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings({"DATABASE_URL": "mysql://me:secret@db"})
    assert "secret" not in str(refused.value)
