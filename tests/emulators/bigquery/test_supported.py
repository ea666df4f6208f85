"""docs/bigquery.md says what the code does."""

from emulators.bigquery.supported import PAGE, page


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m emulators.bigquery.supported"
