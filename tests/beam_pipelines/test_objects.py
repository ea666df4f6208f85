"""Objects that are written once, and the search for the last of many."""

import pytest

from beam_pipelines import clients, objects


def test_the_second_writer_takes_what_the_first_wrote(project: str) -> None:
    assert objects.write_json_once("bronze", "one.json", {"by": "first"}) == {"by": "first"}
    assert objects.write_json_once("bronze", "one.json", {"by": "second"}) == {"by": "first"}
    assert objects.read_json("bronze", "none.json") is None


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 8, 9, 23, 40])
def test_the_last_of_numbered_names(project: str, count: int) -> None:
    for number in range(1, count + 1):
        clients.bucket("bronze").blob(f"p/{number:05d}.json").upload_from_string(b"{}")
    clients.bucket("bronze").blob("q/99999.json").upload_from_string(b"{}")
    found = objects.last_name("bronze", "p/", lambda number: f"p/{number:05d}.json", page=4)
    assert found == (f"p/{count:05d}.json" if count else None)
