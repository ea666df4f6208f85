"""A SaaS company that lives: `create` founds it, `play` lets days pass, `resume` finishes what a kill interrupted.

    python -m emulators.company create --accounts 1000 --seed 7
    python -m emulators.company play --days 30

Needs SAAS_DATABASE_URL, GOOGLE_CLOUD_PROJECT and PUBSUB_EMULATOR_HOST (make local-env prints them). What it did is in
the ledger, STATE/ledger.sqlite; emulators/company/ledger.py reads it.
"""

import argparse
import gc
import json
import os
import sqlite3
import sys
import uuid
from datetime import date
from pathlib import Path

from emulators.company.errors import CompanyError
from emulators.company.founding import populate
from emulators.company.journal import Journal
from emulators.company.ledger_file import FILE, Settings, locked
from emulators.company.player import play
from emulators.company.simulation import DayReport


def main() -> int:
    """Run one command; 0 when all of it was done."""
    arguments = _arguments()
    gc.set_threshold(200_000)  # a day is some ten thousand tuples that no cycle holds: looking for some costs a tenth
    try:
        url = os.environ.get("SAAS_DATABASE_URL")
        if not url:
            raise CompanyError("SAAS_DATABASE_URL is not set", "make local-env prints the environment.")
        with locked(arguments.state):
            _create(arguments, url) if arguments.command == "create" else _play(arguments, url)
    except CompanyError as error:
        print(f"company: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("company: stopped; `python -m emulators.company resume` goes on from there", file=sys.stderr)
        return 130
    except sqlite3.Error as error:
        hint = "Is its disk full, or may it not be written? What was recorded is safe: `resume` goes on from there."
        print(f"company: the ledger in {arguments.state}: {error}\n  {hint}", file=sys.stderr)
        return 1
    return 0


def _create(arguments: argparse.Namespace, url: str) -> None:
    wanted = Settings(uuid.uuid4().hex[:12], arguments.seed, arguments.start, arguments.accounts)
    if not (arguments.state / FILE).exists():
        journal = Journal.found(arguments.state, wanted)
    else:
        journal = Journal(arguments.state)
        there = journal.settings()
        if there[1:] != wanted[1:]:
            what = f"the company in {arguments.state} is another: {there}, not {wanted}"
            same = f"Ask for the same (ACCOUNTS={there.accounts} SEED={there.seed})"
            raise CompanyError(what, f"{same}, choose another --state, or remove it: make local-reset")
    accounts = populate(journal, url)
    print(f"company: {accounts:,} accounts on {arguments.start}, ledger {journal.path}", file=sys.stderr)


def _play(arguments: argparse.Namespace, url: str) -> None:
    journal = Journal(arguments.state)
    if journal.last_day() < 0:
        raise CompanyError("the company was not created to its end", "python -m emulators.company create")
    if arguments.command == "play":
        journal.set_target_day(journal.last_day() + arguments.days)

    def report(day: DayReport) -> None:
        if arguments.progress_json:
            print(json.dumps({**day._asdict(), "when": day.when.isoformat()}), flush=True)
        text = f"{day.transactions:,} transactions, {day.changes:,} rows changed, {day.events:,} events"
        print(f"company: day {day.day}, {day.when:%a %Y-%m-%d}: {text}", file=sys.stderr, flush=True)

    play(arguments.state, url, max(journal.target_day(), journal.last_day()), report)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m emulators.company", description=(__doc__ or "").split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    create = commands.add_parser("create", help="make the tables and the first customers")
    play = commands.add_parser("play", help="play the next days")
    resume = commands.add_parser("resume", help="finish the days that an interrupted play began")
    for command in (create, play, resume):
        command.add_argument("--state", type=Path, default=Path(".sluice/company"), help="folder of the ledger")
    for command in (play, resume):
        command.add_argument("--progress-json", action="store_true", help="one JSON object a day on stdout")
    play.add_argument("--days", type=_natural, default=30)
    create.add_argument("--accounts", type=_natural, default=1000)
    create.add_argument("--seed", type=int, default=7)
    create.add_argument("--start", type=date.fromisoformat, default=date(2026, 1, 1))
    return parser.parse_args()


def _natural(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
