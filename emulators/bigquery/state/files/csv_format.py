"""Rows of CSV files, by the options of csvOptions or of a load configuration."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulators.bigquery.sql.model import Field
from emulators.bigquery.state.errors import invalid
from emulators.bigquery.state.files.moments import Moments
from emulators.bigquery.state.files.text_formats import Rows, open_source
from emulators.bigquery.state.files.tolerance import Tolerance
from emulators.bigquery.state.values import BadValue, Unreadable, convert

SEPARATORS = {"tab": "\t", "\\t": "\t"}
ENCODINGS = {
    "UTF-8": "utf-8-sig", "ISO-8859-1": "latin-1", "UTF-16BE": "utf-16-be", "UTF-16LE": "utf-16-le",
    "UTF-32BE": "utf-32-be", "UTF-32LE": "utf-32-le",
}  # fmt: skip
Cells = list[str | None]


@dataclass(frozen=True)
class Dialect:
    """How a file is written. nulls: the texts that mean NULL; without any, an empty cell that is not quoted does."""

    separator: str
    quote: str
    encoding: str
    nulls: frozenset[str]
    skip: int
    quoted_newlines: bool
    control_characters: bool


def dialect(configuration: Mapping[str, Any]) -> Dialect:
    """The dialect that a configuration describes; 400 for an encoding that is not known."""
    options = {**configuration, **(configuration.get("csvOptions") or {})}
    separator = str(options.get("fieldDelimiter") or ",")
    encoding = ENCODINGS.get(str(options.get("encoding") or "UTF-8").upper())
    if encoding is None:
        raise invalid(f"Invalid value for encoding: {options.get('encoding')!r}; use one of {', '.join(ENCODINGS)}.")
    one = options.get("nullMarker")
    if one and options.get("nullMarkers"):
        raise invalid("nullMarker and nullMarkers cannot both be set.")
    nulls = [*(options.get("nullMarkers") or ()), *([one] if one else [])]
    quote = options.get("quote")
    return Dialect(
        SEPARATORS.get(separator, separator)[:1], '"' if quote is None else str(quote), encoding, frozenset(nulls),
        int(options.get("skipLeadingRows") or 0), bool(options.get("allowQuotedNewlines")),
        bool(options.get("preserveAsciiControlCharacters")),
    )  # fmt: skip


def records(source: io.TextIOBase, form: Dialect) -> Iterator[tuple[int, Cells]]:
    """(number, cells) of each record, skipped ones included; None is NULL. csv.Error for what is no CSV."""
    raw: list[str] = []

    def lines() -> Iterator[str]:
        for line in source:
            raw.append(line)
            yield line

    reader = csv.reader(
        lines(), delimiter=form.separator, quotechar=form.quote or None,
        quoting=csv.QUOTE_MINIMAL if form.quote else csv.QUOTE_NONE, strict=True,
    )  # fmt: skip
    for number, cells in enumerate(reader, 1):
        text = "".join(raw)
        raw.clear()
        if not cells:
            continue
        if not form.control_characters and "\0" in text:
            raise csv.Error(f"Bad character (ASCII 0) encountered in record {number}")
        if not form.quoted_newlines and "\n" in text.rstrip("\r\n") and number > form.skip:
            raise csv.Error(f"Missing close quote character ({form.quote}) in record {number}")
        yield number, _with_nulls(cells, text, form)


def _with_nulls(cells: list[str], text: str, form: Dialect) -> Cells:
    if form.nulls:
        return [None if cell in form.nulls else cell for cell in cells]
    if "" not in cells:
        return list(cells)
    quoted = _quoted(text, form) if form.quote and form.quote * 2 in text else ()
    return [cell if cell or position in quoted else None for position, cell in enumerate(cells)]


def _quoted(text: str, form: Dialect) -> set[int]:
    """The positions of the cells of a record that begin with a quote."""
    found, position, at, inside = set(), 0, 0, False
    begin = True
    while at < len(text):
        letter = text[at]
        if letter == form.quote and begin:
            found.add(position)
            inside = True
        elif letter == form.quote and inside:
            if text[at + 1 : at + 2] == form.quote:
                at += 1
            else:
                inside = False
        elif letter == form.separator and not inside:
            position, begin, at = position + 1, True, at + 1
            continue
        begin, at = False, at + 1
    return found


def csv_rows(
    path: Path, uri: str, fields: Sequence[Field], configuration: Mapping[str, Any], tolerance: Tolerance
) -> Rows:
    """The rows after the leading ones; a bad one is skipped as long as maxBadRecords allows it."""
    form, options = dialect(configuration), {**configuration, **(configuration.get("csvOptions") or {})}
    moments = Moments(configuration)
    jagged, ignore = bool(options.get("allowJaggedRows")), bool(configuration.get("ignoreUnknownValues"))
    by_name = options.get("sourceColumnMatch") == "NAME"
    positions: list[int | None] = list(range(len(fields)))
    with open_source(path) as binary, io.TextIOWrapper(binary, form.encoding, "replace", newline="") as source:
        try:
            for number, cells in records(source, form):
                if by_name and number == max(form.skip, 1):
                    positions = _positions(fields, cells, ignore, uri)
                if number <= form.skip or (by_name and number == 1):
                    continue
                row = _row(fields, cells, positions, jagged or by_name, ignore or by_name, moments, bool(form.nulls))
                if isinstance(row, str):
                    what, _, where = row.partition("; ")
                    tolerance.bad(uri, number, f"{what}; line_number: {number} {where}".rstrip())
                else:
                    yield row
        except csv.Error as error:
            raise invalid(
                f"Error while reading data, error message: {_problem(error, form)}. File: {uri}", uri
            ) from error


def _problem(error: csv.Error, form: Dialect) -> str:
    """What is wrong with a file, in BigQuery's words where Python has its own."""
    if "expected after" in str(error):
        return f"Error: Data between close quote character ({form.quote}) and field separator"
    if "unexpected end of data" in str(error):
        return f"Error: Missing close quote character ({form.quote})"
    return f"CSV processing encountered: {error}"


def _positions(fields: Sequence[Field], header: Cells, ignore: bool, uri: str) -> list[int | None]:
    """Where each field's column is, by the names in the header; None where there is none."""
    names = [(cell or "").strip().lower() for cell in header]
    known = {field.name.lower() for field in fields}
    unknown = [name for name in names if name not in known]
    if unknown and not ignore:
        raise invalid(f"Error while reading data, error message: no such field: {unknown[0]}. File: {uri}", uri)
    return [names.index(field.name.lower()) if field.name.lower() in names else None for field in fields]


def _row(
    fields: Sequence[Field], cells: Cells, positions: Sequence[int | None], jagged: bool, ignore: bool,
    moments: Moments, nulls: bool,
) -> dict[str, Any] | str:  # fmt: skip
    """The row, or what is wrong with it."""
    if len(cells) > len(fields) and not ignore:
        return f"CSV table references column position {len(fields)}, but line contains {len(cells)} columns."
    if len(cells) < len(fields) and not jagged:
        return f"CSV table references column position {len(cells)}, but line contains only {len(cells)} columns."
    row: dict[str, Any] = {}
    for field, position in zip(fields, positions, strict=True):
        cell = cells[position] if position is not None and position < len(cells) else None
        if cell == "" and not nulls and field.type not in ("STRING", "BYTES"):
            cell = None
        try:
            row[field.name] = convert(field, moments.read(field, cell), False, field.name)
        except BadValue as error:
            what = "Unable to parse" if isinstance(error, Unreadable) else error.message
            column = f'column_index: {position} column_name: "{field.name}" column_type: {field.type}'
            return f"{what}; {column}" + ("" if cell is None else f' value: "{cell}"')
    return row
