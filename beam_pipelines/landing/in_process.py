"""A plan -> its batch in bronze, in this process and without Beam, whose import takes longer than most batches."""

import pyarrow as pa

from beam_pipelines.dead_letters import DeadLetter
from beam_pipelines.landing.commit import finish
from beam_pipelines.landing.convert_part import PartDone, convert_part
from beam_pipelines.landing.envelope import Batch, Envelope
from beam_pipelines.landing.plan import Plan, cdc_tables
from contracts.model import Contract


def execute(plan: Plan, contract: Contract) -> None:
    """Runs a plan to its manifest, part after part."""
    _give_memory_back()
    batch = Batch(plan.batch_id, plan.ingested_at)
    envelopes = {table.name: Envelope(table, batch) for table in cdc_tables(contract)}
    results: list[PartDone | DeadLetter] = []
    for part in plan.parts:
        done, letters = convert_part(part, envelopes[part.table])
        results += [done, *letters]
    finish(results, plan)


def _give_memory_back() -> None:
    """Has Arrow allocate by jemalloc, where it is built in: it keeps 45 MB less of what is free than the default."""
    try:
        pa.set_memory_pool(pa.jemalloc_memory_pool())
    except NotImplementedError:
        return
