"""Whether there are events, for which a streaming job has to run."""


def have_events() -> bool:
    """Whether any contract of the environment's folder has events.

    Raises:
        contracts.problems.ContractError: a contract is wrong.
    """
    from contracts.reader import load  # half a second, and not every caller comes here

    return any(table.capture == "stream" for contract in load() for table in contract.tables)
