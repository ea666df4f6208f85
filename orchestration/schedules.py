"""When: one job refreshes everything, hourly once the schedule is on (in the UI, or by SLUICE_SCHEDULES=running)."""

import os

from dagster import (
    AssetSelection,
    DefaultScheduleStatus,
    ScheduleDefinition,
    define_asset_job,
    in_process_executor,
)

refresh = define_asset_job(
    "refresh",
    selection=AssetSelection.all() | AssetSelection.all_asset_checks(),
    description="Land what changed, gate it, build silver and gold, compare with the sources.",
    # One process: the work is done by Beam, dbt and BigQuery, and a process a step costs seconds of imports.
    executor_def=in_process_executor,
)

hourly = ScheduleDefinition(
    name="hourly",
    job=refresh,
    cron_schedule="5 * * * *",
    default_status=(
        DefaultScheduleStatus.RUNNING
        if os.environ.get("SLUICE_SCHEDULES") == "running"
        else DefaultScheduleStatus.STOPPED
    ),
)
