"""The gate between bronze and silver: a contract's quality rules, asked of each new batch, and the tables that failed them."""

from collections.abc import Iterable, Iterator

from contracts import names, quality
from contracts.model import QualityRule, Table
from dagster import (
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    DagsterInstance,
)
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from orchestration import clients, keys
