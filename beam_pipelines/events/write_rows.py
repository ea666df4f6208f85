"""Rows -> the native bronze table of their event, exactly once; those that BigQuery refuses -> dead letters."""

from itertools import count

import apache_beam as beam

from beam_pipelines import append, objects
from beam_pipelines.events import write_dead_letters
from beam_pipelines.events.message_batch import Fault, Faults, Rows
from beam_pipelines.refusals import RowsRefused


class WriteRows(beam.PTransform):
    """Rows -> how many were written."""

    def expand(self, rows: beam.PCollection) -> beam.PCollection:
        return rows | "Append" >> beam.Map(write).with_output_types(int)


def write(rows: Rows) -> int:
    """Appends a batch's rows to the stream that its manifest names.

    What BigQuery refuses is written down, then buried, then left out: so a second try leaves out the same rows, even
    if BigQuery would take them by then. Raises AppendRefused when it takes none: that is for the table's owner.
    """
    refused: set[int] = set()
    batch = rows.registered.batch
    for attempt in count():
        name = f"_manifests/{batch.source}/{batch.event}/{batch.batch_id}.refused-{attempt}.json"
        found = objects.read_json("bronze", name)
        if found is None:
            try:
                append.append_once(rows.registered.stream, rows.rows, without=refused)
                break
            except RowsRefused as refusal:
                reasons = {str(place): message for place, message in sorted(refusal.rows.items())}
                found = objects.write_json_once("bronze", name, {"rows": reasons})
        reasons = found["rows"]
        if rows.indices:
            faults = [Fault(rows.indices[int(place)], "refused", message) for place, message in reasons.items()]
            write_dead_letters.write(Faults(rows.registered, f"refused-{attempt}.letters", faults))
        refused |= set(map(int, reasons))
    return int(rows.rows.num_rows) - len(refused)
