"""Rows -> the native bronze table of their event, exactly once."""

import apache_beam as beam

from beam_pipelines import append
from beam_pipelines.events.message_batch import Rows


class WriteRows(beam.PTransform):
    """Rows -> how many were written."""

    def expand(self, rows: beam.PCollection) -> beam.PCollection:
        return rows | "Append" >> beam.Map(write).with_output_types(int)


def write(rows: Rows) -> int:
    """Appends a batch's rows to the stream that its manifest names."""
    append.append_once(rows.registered.stream, rows.rows)
    return int(rows.rows.num_rows)
