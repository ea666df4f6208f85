"""What this BigQuery does and refuses, read from its code into docs/bigquery.md.

`python -m emulators.bigquery.supported` writes it; with --check it fails when the page is not what the code says.
"""

import ast
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from emulators.bigquery.sql import types
from emulators.bigquery.sql.analysis.statements import STATEMENTS, load_rules
from emulators.bigquery.sql.analysis.table_functions import TABLE_FUNCTIONS
from emulators.bigquery.sql.functions import registry
from emulators.bigquery.state.files.source_formats import FORMATS
from emulators.bigquery.state.service import open_warehouse
from emulators.bigquery.wire.app import ROUTES
from emulators.bigquery.wire.storage_read import ReadService
from emulators.bigquery.wire.storage_write import WriteService

_ROOT = Path(__file__).parents[2]
PAGE = _ROOT / "docs" / "bigquery.md"
_BEGIN, _END = "<!-- from the code: python -m emulators.bigquery.supported -->", "<!-- end -->"
_REFUSAL = "not supported by this emulator"


def functions() -> dict[str, list[str]]:
    """The names of functions, by theme."""
    load_rules()
    return {theme: names for theme, names in registry.BY_THEME.items() if names}


def statements() -> list[str]:
    """The statements that have a rule, by their words in the rule's first line."""
    load_rules()
    return sorted({_words(kind.__name__) for kind in STATEMENTS})


def _words(name: str) -> str:
    """CreateRoutine -> create routine."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name.removesuffix("Node").removesuffix("Statement")).lower()


def refusals() -> list[str]:
    """The messages with which something is refused; what is filled in is ….

    Whoever calls not_implemented says it as well.
    """
    found = set()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "not_implemented":
                found |= {f"{text} is {_REFUSAL}" for text in map(_text, node.args) if text}
            text = _text(node)
            if text and _REFUSAL in text and path != Path(__file__) and len(text) > len(_REFUSAL) + 6:
                found.add(text)
    whole = {text.rstrip(".") for text in found}
    return sorted(text for text in whole if not text.startswith(("… is", "is ", " ")))


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value if "\n" not in node.value else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(p.value) if isinstance(p, ast.Constant) else "…" for p in node.values)
    return None


def _resources() -> dict[str, list[str]]:
    """REST methods by resource."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for method, path, handler in ROUTES:
        verb = path.rpartition(":")[2] if ":" in path else handler.__name__.replace("listing", "list")
        found[handler.__module__.rpartition(".")[2]].append(f"{verb} ({method})")
    return dict(found)


def _views() -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        warehouse = open_warehouse(Path(folder))
        try:
            return sorted(warehouse.information.views)
        finally:
            warehouse.close()


def _rows() -> Iterator[tuple[str, str]]:
    yield "types", ", ".join(sorted(set(types.SIMPLE) - {"NULL"} | {"ARRAY", "STRUCT", "RANGE"}))
    yield "statements", ", ".join(statements())
    for theme, names in functions().items():
        yield f"functions: {theme}", ", ".join(names)
    yield "table functions", ", ".join(sorted(TABLE_FUNCTIONS))
    yield "INFORMATION_SCHEMA", ", ".join(_views())
    yield "files", ", ".join(FORMATS)
    for resource, methods in _resources().items():
        yield f"REST: {resource}", ", ".join(methods)
    for service in (ReadService, WriteService):
        names = [name.title().replace("_", "") for name in vars(service) if not name.startswith("_")]
        yield f"gRPC: {service.__name__}", ", ".join(names)
    yield "refused", "<br>".join(refusals())


def table() -> str:
    """The table, as Markdown."""
    lines = ["| | |", "|---|---|"]
    for name, text in _rows():
        shown = text.replace("|", "\\|").replace("<br>", "\0").replace("<", "&lt;").replace("\0", "<br>")
        lines.append(f"| {name} | {shown} |")
    return "\n".join(lines)


def page() -> str:
    """docs/bigquery.md with the table as the code has it now."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(_BEGIN)
    return f"{before}{_BEGIN}\n{table()}\n{_END}{rest.split(_END)[1]}"


def main() -> int:
    """Write the page, or with --check say whether it is current."""
    wanted = page()
    if "--check" in sys.argv[1:]:
        current = PAGE.read_text(encoding="utf-8") == wanted
        if not current:
            print("docs/bigquery.md is not what the code says: run python -m emulators.bigquery.supported")
        return 0 if current else 1
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
