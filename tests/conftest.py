"""For every test: `make test` tries the same generated examples each time, `make test-long` looks for new ones.

So a change is judged by itself and not by chance, and the search for what nobody thought of goes on beside it.
"""

import pytest
from hypothesis import settings

# Where the longest tests are: what starts first does not keep the other worker waiting at the end.
_FIRST = ("tests/end_to_end/test_company.py", "tests/dbt", "tests/beam_pipelines")

settings.register_profile("same", derandomize=True)
settings.register_profile("search", derandomize=False, print_blob=True)
settings.load_profile("same")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        return next((n for n, path in enumerate(_FIRST) if item.nodeid.startswith(path)), len(_FIRST))

    items.sort(key=rank)
