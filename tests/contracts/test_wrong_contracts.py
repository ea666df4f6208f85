"""Every wrong contract in wrong/ is refused with exactly the problems that its `# expect LINE: WHAT` comments name."""

import re
import shutil
from pathlib import Path

import pytest

from contracts.problems import ContractError
from contracts.reader import load

WRONG = sorted((Path(__file__).parent / "wrong").glob("*.odcs.yaml"))
_EXPECT = re.compile(r"^# expect (\d+): (.*)$", re.MULTILINE)


@pytest.mark.parametrize("file", WRONG, ids=lambda file: file.name.removesuffix(".odcs.yaml"))
def test_wrong_contract(file: Path, tmp_path: Path) -> None:
    expected = {(int(line), what) for line, what in _EXPECT.findall(file.read_text(encoding="utf-8"))}
    shutil.copy(file, tmp_path)
    with pytest.raises(ContractError) as caught:
        load(tmp_path)
    assert {(problem.line, problem.what) for problem in caught.value.problems} == expected
    assert all(problem.file == tmp_path / file.name for problem in caught.value.problems)


def test_all_files_are_reported_together(tmp_path: Path) -> None:
    for file in WRONG:
        shutil.copy(file, tmp_path)
    with pytest.raises(ContractError) as caught:
        load(tmp_path)
    assert {problem.file.name for problem in caught.value.problems} == {file.name for file in WRONG}
    assert str(caught.value).count("\n") >= len(WRONG)


def test_folder_without_contracts(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="no contracts in this folder"):
        load(tmp_path)


def test_file_that_is_not_called_a_contract(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text("apiVersion: v3.1.0\n", encoding="utf-8")
    with pytest.raises(ContractError, match=r"Call it shop\.odcs\.yaml"):
        load(tmp_path)


def test_two_sources_with_one_table_name(tmp_path: Path) -> None:
    for source, table in (("a_b", "c"), ("a", "b_c")):
        text = (WRONG[0].parent / "duplicate_table.odcs.yaml").read_text(encoding="utf-8")
        head, _, entry = text.partition("  - name: orders\n")
        entry = entry.split("  - name: orders\n")[0]
        text = f"{head}  - name: {table}\n{entry}".replace("id: duplicate_table", f"id: {source}")
        (tmp_path / f"{source}.odcs.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ContractError) as caught:
        load(tmp_path)
    assert [problem.line for problem in caught.value.problems] == [10, 10]
    assert "`c` of a_b.odcs.yaml" in str(caught.value) or "`b_c` of a.odcs.yaml" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"- 1\n", b"# nothing\n", b"a: \x07\n", b"[" * 5000])
def test_what_is_no_contract_at_all(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "shop.odcs.yaml").write_bytes(content)
    with pytest.raises(ContractError):
        load(tmp_path)
