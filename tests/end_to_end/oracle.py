"""The company's ledger beside bronze, silver and gold: whatever differs, row by row and value by value, as text.

The ledger is what the company says of itself; nothing in it came through the platform, and nothing here is of it.
Messages whose publishing was never answered may be on their topic or not: they are counted from, to.
"""

from emulators.company.events.model import LOGIN_TOPIC, USAGE_TOPIC
from emulators.company.ledger import Ledger
from emulators.company.schema import TABLES
from tests.end_to_end import oracle_changes, oracle_events, oracle_gold
from tests.end_to_end.comparing import Query


def differences(ledger: Ledger, query: Query) -> list[str]:
    """Everything in which the warehouse differs from the ledger; nothing where it is as it must be."""
    found = [] if ledger.is_settled else ["the company has not done all that it recorded"]
    for table in sorted(TABLES):
        found += oracle_changes.differences(ledger, query, table)
    for topic in (USAGE_TOPIC, LOGIN_TOPIC):
        found += oracle_events.differences(ledger, query, topic)
    return [*found, *oracle_gold.differences(ledger, query)]
