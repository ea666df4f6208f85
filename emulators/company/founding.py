"""Founding the company: its tables, and the customers that it has on its first morning."""

from datetime import timedelta

from emulators.company.database import Database, commit_pending
from emulators.company.journal import Journal
from emulators.company.population import population
from emulators.company.world import World


def populate(journal: Journal, url: str) -> int:
    """Record the first load and write what is missing of it to Postgres; returns the number of accounts."""
    settings = journal.settings()
    if journal.last_day() < 0:
        world = World()
        load = list(population(world, settings.seed, settings.start, settings.accounts))
        journal.record_day(0, settings.start - timedelta(days=1), load, [], world)
    database = Database(url, settings.company)
    try:
        database.found()
        commit_pending(journal, database, through=0)
    finally:
        database.close()
    return settings.accounts
