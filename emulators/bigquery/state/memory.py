"""A bound on the memory of the whole process, so that a query fails and not the machine."""

import resource

import duckdb

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")
_BESIDE = 4 << 30  # what results, files, Arrow, Python and the threads' stacks may take beside DuckDB's own limit


def bound_memory(database: duckdb.DuckDBPyConnection) -> None:
    """Let allocations fail that are far beyond DuckDB's memory_limit.

    DuckDB counts tables, joins and sorts there, but not the lists and texts that one call of a function makes, such as
    GENERATE_ARRAY(1, 1000000000). Linux holds to this bound; elsewhere it has no effect.
    """
    [[limit]] = database.execute("SELECT current_setting('memory_limit')").fetchall()
    number, unit = limit.split()
    wanted = int(float(number) * 1024 ** _UNITS.index(unit)) + _BESIDE
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
