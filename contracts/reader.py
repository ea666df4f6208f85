"""Contract files -> contracts; the only reader of them in Python. Wrong ones are refused before anything starts."""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from open_data_contract_standard.model import OpenDataContractStandard, Server

from contracts import names
from contracts.document import Document
from contracts.freshness import with_freshness
from contracts.model import Contract, Database, Table
from contracts.problems import ContractError, Problem, did_you_mean
from contracts.retention import with_retention
from contracts.retired import read_retired
from contracts.standard import parse
from contracts.tables import read_table

SUFFIX = ".odcs.yaml"
ID = re.compile(r"[a-z][a-z0-9_]{0,49}")
_RESERVED_IDS = ("stg", "int", "dim", "fct", "mart", "bronze", "silver", "gold", "ops", "goog")
_STATUSES = ("proposed", "draft", "active", "deprecated", "retired")


def folder_of_contracts() -> Path:
    """The folder that SLUICE_CONTRACTS names, or contracts/ itself."""
    return Path(os.environ.get("SLUICE_CONTRACTS") or Path(__file__).parent)


def load(folder: Path | None = None) -> tuple[Contract, ...]:
    """All contracts of a folder (default: folder_of_contracts()), by id.

    Raises:
        ContractError: one or more files are wrong; it holds every problem of every file.
    """
    folder = folder or folder_of_contracts()
    files = sorted(path for path in folder.glob("*") if path.suffix in (".yaml", ".yml"))
    if not files:
        hint = f"Put one file per source there, such as saas{SUFFIX}, or set SLUICE_CONTRACTS to their folder."
        raise ContractError([Problem(folder, 1, "no contracts in this folder", hint)])
    documents = [Document(file) for file in files]
    contracts = [_read(document) for document in documents]
    problems = [problem for document in documents for problem in document.problems]
    problems += _collisions([contract for contract in contracts if contract], {d.file: d for d in documents})
    if problems:
        raise ContractError(problems)
    return tuple(sorted((contract for contract in contracts if contract), key=lambda contract: contract.id))


def _read(document: Document) -> Contract | None:
    if document.data is None:
        return None
    standard = parse(document)
    if not isinstance(document.data, dict):
        return None
    source = _check_head(document, standard)
    tables = _read_tables(document, source, standard)
    promises = standard.slaProperties or ()
    return Contract(
        id=source,
        version=standard.version or "",
        name=standard.name or source,
        description=standard.description.purpose if standard.description else None,
        database=_read_database(document, standard.servers or (), any(table.capture == "cdc" for table in tables)),
        tables=with_retention(document, with_freshness(document, tables, promises), promises),
        file=document.file,
        retired=read_retired(document, standard.customProperties, [table.name for table in tables]),
    )


def _check_head(document: Document, standard: OpenDataContractStandard) -> str:
    file = document.file.name
    if not file.endswith(SUFFIX):
        document.refuse(
            (), f"contract file `{file}`", f"Call it {document.file.stem}{SUFFIX}: other names are not read everywhere."
        )
    if not re.fullmatch(r"v3\.1\.\d+", standard.apiVersion or ""):
        document.refuse(("apiVersion",), f"apiVersion `{standard.apiVersion}`", "Write `apiVersion: v3.1.0`.")
    if standard.kind != "DataContract":
        document.refuse(("kind",), f"kind `{standard.kind}`", "Write `kind: DataContract`.")
    if standard.status not in _STATUSES:
        document.refuse(("status",), f"status `{standard.status}`", did_you_mean(standard.status or "", _STATUSES))
    if not standard.version:
        document.refuse(("version",), "no version", "Write `version: 1.0.0`.")
    source = standard.id or ""
    if not ID.fullmatch(source) or source in _RESERVED_IDS:
        hint = f"Use lower-case letters, digits and `_`, a letter first; not {', '.join(_RESERVED_IDS)}."
        document.refuse(("id",), f"id `{standard.id}`", hint)
    elif file.endswith(SUFFIX) and source != file.removesuffix(SUFFIX):
        document.refuse(("id",), f"id `{source}` in the file {file}", f"Call the file {source}{SUFFIX}.")
    return source


def _read_tables(document: Document, source: str, standard: OpenDataContractStandard) -> tuple[Table, ...]:
    if not standard.schema_:
        document.refuse(("schema",), "no tables", "List them under `schema:`.")
    tables: dict[str, Table] = {}
    for index, item in enumerate(standard.schema_ or ()):
        path = ("schema", index)
        table = read_table(document, path, source, item)
        if table is not None and table.name in tables:
            first = next(i for i, other in enumerate(standard.schema_ or ()) if other.name == table.name)
            hint = f"The first is at line {document.line(('schema', first, 'name'))}."
            document.refuse((*path, "name"), f"table `{table.name}` is there twice", hint)
        elif table is not None:
            tables[table.name] = table
    return tuple(tables.values())


def _read_database(document: Document, servers: Sequence[Server], needed: bool) -> Database | None:
    for index, server in enumerate(servers):
        if server.type not in ("postgresql", "postgres"):
            hint = did_you_mean(str(server.type), ("postgresql",))
            document.refuse(("servers", index, "type"), f"server type `{server.type}`", hint)
    if len(servers) > 1:
        hint = "A source has one; what differs between environments (host, secrets) is not the contract's."
        document.refuse(("servers", 1), "a second server", hint)
    if needed and not servers:
        hint = "Add servers: [{server: production, type: postgresql, schema: public}]."
        document.refuse(("servers",), "cdc tables but no server", hint)
    return Database("postgresql", servers[0].schema_ or "public") if servers else None


def _collisions(contracts: Sequence[Contract], documents: dict[Path, Document]) -> Iterable[Problem]:
    """Tables of any two sources that would get one name in BigQuery or dbt."""
    owner: dict[str, tuple[Contract, Table]] = {}
    for contract in contracts:
        for table in contract.tables:
            for name in _taken_names(table):
                other_contract, other = owner.setdefault(name, (contract, table))
                if other is not table and (other_contract is not contract or other.name != table.name):
                    place = f"`{other.name}` of {other_contract.file.name}"
                    what = f"table `{table.name}` is `{name}` in BigQuery, and so is {place}"
                    line = _table_line(documents[contract.file], table.name)
                    yield Problem(contract.file, line, what, "Rename one table or one source.")


def _taken_names(table: Table) -> list[str]:
    base = names.table(table.source, table.name)
    history = [f"{base}_history"] if table.history == "versions" else []
    return [base, *history, *([f"{base}__latest"] if table.capture == "cdc" else [])]


def _table_line(document: Document, name: str) -> int:
    entries = document.data.get("schema") or ()
    index = next(i for i, entry in enumerate(entries) if isinstance(entry, dict) and entry.get("name") == name)
    return document.line(("schema", index, "name"))
