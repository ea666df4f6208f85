r"""COPY's text format to Arrow strings: tabs between columns, a line a row, \N for NULL, backslash escapes."""

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

ESCAPES = (("\\t", "\t"), ("\\n", "\n"), ("\\r", "\r"), ("\\b", "\b"), ("\\f", "\f"), ("\\v", "\v"))


def chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Whole lines, about a piece of them at a time. Raises EOFError when the last one does not end."""
    rest = b""
    for piece in pieces:
        cut = piece.rfind(b"\n") + 1
        if cut:
            yield rest + piece[:cut] if rest or cut < len(piece) else piece
            rest = piece[cut:]
        else:
            rest += piece
    if rest:
        raise EOFError("COPY ended in the middle of a row")


def unescape(texts: pa.Array) -> pa.Array:
    """Backslash escapes undone. NUL, which no Postgres text can hold, stands for a backslash meanwhile."""
    texts = pc.replace_substring(texts, "\\\\", "\0")
    for escape, character in ESCAPES:
        texts = pc.replace_substring(texts, escape, character)
    return pc.replace_substring(texts, "\0", "\\")


def parse(chunk: bytes, number_of_columns: int, kind: pa.DataType | None = None) -> list[pa.Array]:
    """A chunk's columns as Arrow strings, or as binary when `kind` says so; null for NULL."""
    if not number_of_columns:
        return []
    marked = b"\\" in chunk  # without one there is no NULL either, and Arrow need not look for it in each value
    names = [str(index) for index in range(number_of_columns)]
    table = pyarrow.csv.read_csv(
        pa.BufferReader(chunk),
        read_options=pyarrow.csv.ReadOptions(column_names=names, block_size=len(chunk) + 1, use_threads=False),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter="\t", quote_char=False, escape_char=False, newlines_in_values=False, ignore_empty_lines=False
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=["\\N"],
            strings_can_be_null=marked,
            check_utf8=False,  # the session's client_encoding is UTF8
        ),
    )
    columns = [column.chunk(0) if column.num_chunks == 1 else column.combine_chunks() for column in table.columns]
    if marked and chunk.count(b"\\") != chunk.count(b"\\N"):
        columns = [unescape(column) for column in columns]
    return columns if kind is None else [column.cast(kind) for column in columns]
