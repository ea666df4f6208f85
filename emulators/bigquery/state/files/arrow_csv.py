"""CSV files by Arrow, block by block: those without quotes that csv_format.csv_rows would read alike, but faster."""

import mmap
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.files.arrow_texts import Unusual, from_texts, plain, require_known
from emulators.bigquery.state.files.csv_format import Dialect, dialect

_BLOCK_BYTES = 8 << 20
_ODD_BEGINNINGS = (b"\n", b"\r", b"\xef\xbb\xbf", b"\x1f\x8b")  # an empty line, a byte order mark, gzip
_ODD_RETURN = re.compile(rb"\r(?!\n)|\n\r\n")


def csv_tables(path: Path, fields: Sequence[Field], configuration: Mapping[str, Any]) -> Iterator[pa.Table]:
    """The rows as Arrow tables, columns in the order of the fields; Unusual, at any time, when in doubt."""
    require_known(configuration)
    form = dialect(configuration)
    if form.encoding != "utf-8-sig" or not form.separator.isascii() or not all(map(plain, fields)):
        raise Unusual
    _look(path, form)
    names = [f"c{i}" for i in range(len(fields))]
    try:
        reader = pyarrow.csv.open_csv(
            path,
            pyarrow.csv.ReadOptions(column_names=names, skip_rows_after_names=form.skip, block_size=_BLOCK_BYTES),
            pyarrow.csv.ParseOptions(delimiter=form.separator, quote_char=False),
            pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )
        for batch in reader:
            texts = [_nulls(pa.chunked_array([column]), form.nulls) for column in batch.columns]
            columns = [from_texts(column, field) for column, field in zip(texts, fields, strict=True)]
            yield pa.table(columns, names=[field.name for field in fields])
    except pa.ArrowInvalid as error:  # too many cells, too few, no UTF-8
        raise Unusual from error


def _look(path: Path, form: Dialect) -> None:
    """Unusual when a file has quotes, odd lines or the character 0."""
    if not path.stat().st_size:
        raise Unusual
    with path.open("rb") as source, mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as content:
        odd = [b"\n\n", b"\0", *([form.quote.encode()] if form.quote else [])]
        if content[:3].startswith(_ODD_BEGINNINGS) or any(content.find(one) >= 0 for one in odd):
            raise Unusual
        if content.find(b"\r") >= 0 and _ODD_RETURN.search(content):
            raise Unusual


def _nulls(texts: pa.ChunkedArray, nulls: frozenset[str]) -> pa.ChunkedArray:
    """NULL where a cell is one of these texts; without any, where it is empty."""
    missing = pc.is_in(texts, pa.array(sorted(nulls) or [""], pa.string()))
    return pc.if_else(missing, pa.scalar(None, pa.string()), texts)
