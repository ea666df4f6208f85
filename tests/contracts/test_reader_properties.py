"""For any text the reader answers with contracts or with problems; it reads each word as every other reader would."""

import copy
import json
import re
import tempfile
from pathlib import Path

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import traps
from contracts.problems import ContractError
from contracts.reader import load

SAAS = Path(__file__).parents[2] / "contracts" / "saas.odcs.yaml"
CONTRACT = yaml.safe_load(SAAS.read_text(encoding="utf-8"))
WORDS = st.one_of(
    st.text(alphabet="0123456789_.:+-eExXobOB", min_size=1, max_size=9),
    st.text(alphabet="trueyYesNnOoFfALSl~<=.inaN", min_size=1, max_size=6),
    st.from_regex(r"\A[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([T ][0-9:]{1,5})?\Z"),
)
# What YAML 1.2 takes for something else than text: its core schema, https://yaml.org/spec/1.2.2/#103-core-schema
_NOT_TEXT_IN_1_2 = re.compile(
    r"null|Null|NULL|~|true|True|TRUE|false|False|FALSE|[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
    r"|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)


def _plain(word: str) -> bool:
    try:
        node = yaml.compose(f"key: {word}", yaml.SafeLoader)
    except yaml.YAMLError:
        return False
    value = node.value[0][1] if isinstance(node, yaml.MappingNode) and len(node.value) == 1 else None
    return isinstance(value, yaml.ScalarNode) and value.style is None and value.value == word


@given(WORDS)
@settings(max_examples=300, deadline=None)
def test_a_word_that_is_no_trap_is_the_same_to_all(word: str) -> None:
    if not _plain(word) or traps.trap(word):
        return
    python = yaml.safe_load(f"key: {word}")["key"]
    if traps.CANONICAL_NUMBER.fullmatch(word):
        assert python == (float(word) if "." in word else int(word))
    elif word in ("true", "false", "null"):
        assert python == {"true": True, "false": False, "null": None}[word]
    else:
        assert python == word
        assert not _NOT_TEXT_IN_1_2.fullmatch(word)


def _load(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "saas.odcs.yaml").write_bytes(content)
        try:
            contracts = load(Path(folder))
        except ContractError as error:
            assert error.problems
            lines = content.count(b"\n") + 1
            assert all(1 <= problem.line <= lines and problem.what for problem in error.problems), error.problems
        else:
            assert [contract.id for contract in contracts] == ["saas"]


@given(st.data())
@settings(max_examples=75, deadline=None)
def test_any_edit_of_a_contract_loads_or_is_explained(data: st.DataObject) -> None:
    content = SAAS.read_bytes()
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        end = start + data.draw(st.integers(0, 12))
        middle = data.draw(
            st.one_of(st.binary(max_size=4), st.sampled_from([b"no", b"{", b"- ", b": ", b"null", b"[1]"]))
        )
        content = content[:start] + middle + content[end:]
    _load(content)


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 99)
    | st.text(max_size=3)
    | st.sampled_from(["cdc", "orders", "integer"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "property", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def _paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    below = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [path, *(found for step, item in below for found in _paths(item, (*path, step)))]


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_any_value_in_any_place_loads_or_is_explained(data: st.DataObject) -> None:
    contract = copy.deepcopy(CONTRACT)
    path = data.draw(st.sampled_from(_paths(contract)[1:]))
    holder = contract
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = data.draw(_VALUES)
    _load(json.dumps(contract, indent=1, ensure_ascii=False).encode("utf-8", "surrogatepass"))  # JSON is YAML too
