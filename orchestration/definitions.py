"""What Dagster loads: everything here comes from contracts/ and from dbt's manifest."""

import gc

from dagster import AssetsDefinition, Definitions

from contracts.reader import load
from orchestration import batch, reruns, schedules, sources, streams, transformations

gc.disable()  # of a million objects, nearly all of which stay, looking for cycles costs a fifth of the loading
CONTRACTS = load()

bronze: list[AssetsDefinition | None] = [batch.bronze_tables(CONTRACTS), streams.bronze_events(CONTRACTS)]

defs = Definitions(
    assets=[
        *sources.source_assets(CONTRACTS),
        *(assets for assets in bronze if assets),
        transformations.warehouse_assets(CONTRACTS),
    ],
    jobs=[schedules.refresh, *reruns.jobs(CONTRACTS)],
    schedules=[schedules.hourly],
)
gc.enable()
