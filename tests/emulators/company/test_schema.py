"""The company's tables and the contract describe one thing, although neither knows of the other."""

from contracts.reader import load
from emulators.company.schema import TABLES


def test_the_contract_names_every_table_and_column() -> None:
    contract = next(contract for contract in load() if contract.id == "saas")
    described = {table.name: table for table in contract.tables if table.capture == "cdc"}
    assert set(described) == set(TABLES)
    for name, table in TABLES.items():
        columns = [(c.name, c.physical_type, not c.required) for c in described[name].columns]
        # The contract may leave a column optional that the company always fills, never the other way round.
        assert [(c.name, c.type) for c in table.columns] == [(name, kind) for name, kind, _ in columns]
        assert [c.nullable for c in table.columns] == [optional for _, _, optional in columns]
        assert described[name].primary_key == table.key
