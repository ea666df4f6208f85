"""dbt's project as dbt has parsed it: each model is an asset under [layer, name], each test a check of one of them.

Read from the manifest by ourselves: dagster-dbt imports dbt itself for it, which costs each process that loads the
definitions three seconds.
"""

import hashlib
import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dagster import AssetCheckKey, AssetCheckSpec, AssetKey, AssetSpec, TableColumn, TableSchema

from orchestration.keys import group

Node = Mapping[str, Any]
BUILT = ("model", "seed", "snapshot")


@dataclass(frozen=True)
class Project:
    """The assets and checks of a manifest, by dbt's unique ids."""

    specs: Mapping[str, AssetSpec]
    check_specs: Mapping[str, AssetCheckSpec]
    names: Mapping[str, str]

    @classmethod
    def read(cls, manifest: Path) -> "Project":
        """The project of a manifest file. Raises OSError where there is none."""
        found = json.loads(manifest.read_bytes())
        nodes: Mapping[str, Node] = {**found["nodes"], **found["sources"]}
        keys = {unique_id: _key(node) for unique_id, node in nodes.items()}
        models = {unique_id: node for unique_id, node in nodes.items() if _is_asset(node)}
        tests = {unique_id: node for unique_id, node in nodes.items() if node["resource_type"] == "test"}
        checks = {unique_id: _check_spec(node, keys) for unique_id, node in tests.items()}
        return cls(
            specs={unique_id: _spec(node, nodes, keys) for unique_id, node in models.items()},
            check_specs={unique_id: check for unique_id, check in checks.items() if check is not None},
            names={unique_id: "fqn:" + ".".join(node["fqn"]) for unique_id, node in (models | tests).items()},
        )

    def selection(self, assets: Iterable[AssetKey], checks: Iterable[AssetCheckKey]) -> list[str] | None:
        """Arguments of dbt that select these assets and checks alone; [] for all there are, None for nothing."""
        wanted = {*assets, *checks}
        known: dict[str, AssetKey | AssetCheckKey] = {unique_id: spec.key for unique_id, spec in self.specs.items()}
        known |= {unique_id: check.key for unique_id, check in self.check_specs.items()}
        chosen = [self.names[unique_id] for unique_id, key in known.items() if key in wanted]
        if len(chosen) == len(known):
            return []
        return ["--indirect-selection", "empty", "--select", *chosen] if chosen else None


def _key(node: Node) -> AssetKey:
    """A source or model in dataset silver is [silver, name]."""
    if node["resource_type"] == "source":
        return AssetKey(["bronze", node["identifier"]])
    return AssetKey([node["config"].get("schema") or "silver", node["name"]])


def _is_asset(node: Node) -> bool:
    return node["resource_type"] in BUILT and node["config"].get("materialized") != "ephemeral"


def _spec(node: Node, nodes: Mapping[str, Node], keys: Mapping[str, AssetKey]) -> AssetSpec:
    code: str = node.get("raw_code") or ""
    folders, key = node["fqn"][1:-1], keys[node["unique_id"]]
    layer = key.path[0]
    return AssetSpec(
        key,
        deps=sorted({keys[parent] for parent in _parents(node, nodes)}),
        description=_description(node, code),
        group_name=group(folders[-1], layer) if len(folders) > 1 else layer,
        code_version=hashlib.sha1(code.encode()).hexdigest(),
        metadata={**_columns(node), "dagster/table_name": node["relation_name"].replace("`", "")},
        kinds={"dbt", "bigquery"},
        skippable=True,
    )


def _parents(node: Node, nodes: Mapping[str, Node]) -> Iterator[str]:
    """What a model reads; through an ephemeral one, what that reads."""
    for parent in node.get("depends_on", {}).get("nodes", ()):
        if nodes[parent]["resource_type"] == "source" or _is_asset(nodes[parent]):
            yield parent
        else:
            yield from _parents(nodes[parent], nodes)


def _description(node: Node, code: str) -> str:
    said = node.get("description") or f"dbt {node['resource_type']} {node['name']}"
    return f"{said}\n\n#### Raw SQL:\n```sql\n{textwrap.indent(code, '    ')}\n```"


def _columns(node: Node) -> dict[str, Any]:
    columns = [
        TableColumn(name, column.get("data_type") or "?", column.get("description") or None)
        for name, column in node.get("columns", {}).items()
    ]
    return {"dagster/column_schema": TableSchema(columns)} if columns else {}


def _check_spec(test: Node, keys: Mapping[str, AssetKey]) -> AssetCheckSpec | None:
    """A test belongs to the node that it is written at; one in a file of its own to the first that it reads."""
    parents = test["depends_on"]["nodes"]
    owner = test.get("attached_node") or next(iter(parents), None)
    if owner is None:
        return None
    return AssetCheckSpec(
        test["name"],
        asset=keys[owner],
        description=test.get("description") or None,
        additional_deps=sorted({keys[parent] for parent in parents} - {keys[owner]}),
        blocking=(test["config"].get("severity") or "error").lower() == "error",
    )
