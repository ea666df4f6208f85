"""Batches of messages -> Parquet in the bronze bucket, as they came: what a replay or an audit reads."""

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet as pq

from beam_pipelines import objects
from beam_pipelines.events.message_batch import Registered


class ArchiveMessages(beam.PTransform):
    """Registered -> the names of the objects."""

    def expand(self, batches: beam.PCollection) -> beam.PCollection:
        return batches | "Archive" >> beam.Map(archive).with_output_types(str)


def archive(registered: Registered) -> str:
    """Writes a batch's messages, bad ones too, to its object, unless it is there."""
    name = archive_name(registered)
    file = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_batches([registered.batch.messages]), file, compression="zstd")
    objects.write_once("bronze", name, file.getvalue().to_pybytes(), "application/vnd.apache.parquet")
    return name


def archive_name(registered: Registered) -> str:
    """The batch's object in the bronze bucket."""
    batch = registered.batch
    day = registered.ingested_at.date()
    return f"_archive/{batch.source}/{batch.event}/ingestion_date={day}/{batch.batch_id}.parquet"
