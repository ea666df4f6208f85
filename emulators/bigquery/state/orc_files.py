"""ORC files, as Parquet files that DuckDB reads."""

import uuid
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import orc

from emulators.bigquery.state.errors import invalid
from emulators.bigquery.state.objects import touch


def orc_as_parquet(uri: str, path: Path) -> Path:
    """The file's rows in a Parquet file beside it; a timestamp is a moment in UTC. 400 when it is no ORC."""
    target = path.with_name(f"{path.name}.orc.parquet")
    if target.exists():
        touch(target)
        return target
    part = target.with_name(f"{target.name}.{uuid.uuid4().hex}.part")
    try:
        source = orc.ORCFile(path)
        schema = pa.schema([field.with_type(_moments(field.type)) for field in source.schema])
        with pq.ParquetWriter(part, schema) as writer:
            for stripe in range(source.nstripes):
                rows = pa.Table.from_batches([source.read_stripe(stripe)])
                writer.write_table(rows.cast(schema, safe=False))
        part.replace(target)
    except (pa.ArrowException, OSError) as error:
        raise invalid(
            f"Error while reading data, error message: The Apache Orc library failed to parse the file: {error}. "
            f"File: {uri}", uri,
        ) from error  # fmt: skip
    finally:
        part.unlink(missing_ok=True)
    return target


def _moments(kind: pa.DataType) -> pa.DataType:
    """The type with timestamps in microseconds and UTC, at any depth."""
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", "UTC")
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_moments(kind.value_type)))
    if pa.types.is_struct(kind):
        return pa.struct([part.with_type(_moments(part.type)) for part in kind])
    return kind
