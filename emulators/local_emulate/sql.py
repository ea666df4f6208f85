"""GoogleSQL against the local BigQuery: python -m emulators.local_emulate.sql "select ..." """

import json
import os
import signal
import sys
from collections.abc import Iterable
from typing import Any

from google.api_core import exceptions

from emulators.supervisor.platform import Platform

MOST_ROWS = 100
WIDEST = 60


def main() -> int:
    """Prints the rows as a table; 1 with BigQuery's message where it refuses."""
    sql = " ".join(sys.argv[1:]).strip()
    if not sql:
        print("make sql Q='select ...'", file=sys.stderr)
        return 2
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` may have read enough
    os.environ.update(Platform().environment())
    from google.cloud import bigquery

    try:
        rows = bigquery.Client().query_and_wait(sql)
        print(table([field.name for field in rows.schema], [list(row.values()) for row in _first(rows)]))
        print(
            f"{rows.total_rows or 0:,} rows"
            + (f", the first {MOST_ROWS} shown" if (rows.total_rows or 0) > MOST_ROWS else "")
        )
    except exceptions.GoogleAPICallError as error:
        print(error.message, file=sys.stderr)
        return 1
    except (exceptions.RetryError, ConnectionError) as error:
        print(f"BigQuery does not answer ({error}); make local-status says what runs", file=sys.stderr)
        return 1
    return 0


def _first(rows: Iterable[Any]) -> list[Any]:
    return [row for row, _ in zip(rows, range(MOST_ROWS), strict=False)]


def table(names: list[str], rows: list[list[object]]) -> str:
    """Rows under their column names, numbers to the right; a long value is cut."""
    cells = [[_text(value) for value in row] for row in rows]
    widths = [max(len(name), *(len(row[i]) for row in cells)) if cells else len(name) for i, name in enumerate(names)]
    lines = ["  ".join(name.ljust(width) for name, width in zip(names, widths, strict=True))]
    lines.append("  ".join("-" * width for width in widths))
    for row, values in zip(cells, rows, strict=True):
        lines.append(
            "  ".join(
                text.rjust(width) if isinstance(value, int | float) else text.ljust(width)
                for text, width, value in zip(row, widths, values, strict=True)
            ).rstrip()
        )
    return "\n".join(lines)


def _text(value: object) -> str:
    is_nested = isinstance(value, bool | dict | list)  # JSON, STRUCT and ARRAY are shown as JSON
    text = "NULL" if value is None else json.dumps(value, ensure_ascii=False, default=str) if is_nested else str(value)
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


if __name__ == "__main__":
    sys.exit(main())
