"""ORC files, as Parquet files that DuckDB reads."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import orc

from emulators.bigquery.state.errors import invalid
from emulators.bigquery.state.files.objects import made_once


def orc_as_parquet(uri: str, path: Path) -> Path:
    """The file's rows in a Parquet file beside it; a timestamp is a moment in UTC. 400 when it is no ORC."""
    try:
        return made_once(path.with_name(f"{path.name}.orc.parquet"), lambda part: _write(part, path))
    except (pa.ArrowException, OSError) as error:
        raise invalid(
            f"Error while reading data, error message: The Apache Orc library failed to parse the file: {error}. "
            f"File: {uri}", uri,
        ) from error  # fmt: skip


def _write(target: Path, path: Path) -> None:
    source = orc.ORCFile(path)
    schema = pa.schema([field.with_type(_moments(field.type)) for field in source.schema])
    with pq.ParquetWriter(target, schema) as writer:
        for stripe in range(source.nstripes):
            rows = pa.Table.from_batches([source.read_stripe(stripe)])
            writer.write_table(rows.cast(schema, safe=False))


def _moments(kind: pa.DataType) -> pa.DataType:
    """The type with timestamps in microseconds and UTC, at any depth."""
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", "UTC")
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_moments(kind.value_type)))
    if pa.types.is_struct(kind):
        return pa.struct([part.with_type(_moments(part.type)) for part in kind])
    return kind
