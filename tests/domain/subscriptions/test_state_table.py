"""The page that users read shows the table that the code obeys."""

from tests.domain.subscriptions.state_table import PAGE, in_page


def test_the_docs_show_the_states_as_they_are():
    text = PAGE.read_text(encoding="utf-8")
    assert in_page(text) == text, "run python -m tests.domain.subscriptions.state_table"
