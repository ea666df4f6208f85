"""Faults to rehearse with: python -m emulators faults storage --error 503 --rate 0.3

Without a service or an option it shows what is on. Faults hold until they are switched off, also across a restart.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from emulators.faults.rules import FILE, HTTP_STATUS, RESET, Rule, read_rule, read_rules, write_rules
from emulators.supervisor.environment import state_directory

SERVICES = ("auth", "storage", "pubsub", "bigquery", "datastream", "control")


def main(arguments: Sequence[str]) -> int:
    """Show, set or switch off; 1 with the reason where that is not possible."""
    options = _parse(arguments)
    services = options.services or SERVICES
    state = state_directory()
    try:
        if options.off:
            for service in services:
                write_rules(state / service, ())
        elif options.error or options.latency:
            _add(state, options)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    _show(state, services)
    return 0


def rules_of(state: Path) -> list[Rule]:
    """The rules of the service whose state lies in `state`. Raises ValueError when its file is damaged."""
    try:
        return read_rules((state / FILE).read_bytes())
    except FileNotFoundError:
        return []


def _add(state: Path, options: argparse.Namespace) -> None:
    if not options.services:
        raise ValueError(f"say which service: {', '.join(SERVICES)}")
    names = ("method", "rate", "error", "latency", "after", "times")
    rule = read_rule({name: getattr(options, name) for name in names})
    for service in options.services:
        others = [each for each in rules_of(state / service) if each.method != rule.method]
        write_rules(state / service, [*others, rule])


def _show(state: Path, services: Sequence[str]) -> None:
    for service in services:
        rules = rules_of(state / service)
        for rule in rules:
            what = " ".join(filter(None, [rule.error, f"after {rule.latency} s" if rule.latency else ""]))
            lost = ", with the work done" if rule.after and rule.error else ""
            end = f", {rule.times} times" if rule.times is not None else ""
            print(f"{service:12} {rule.method:40} {rule.rate:.0%} {what}{lost}{end}")
        if not rules:
            print(f"{service:12} no faults")


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    errors = ", ".join([RESET.lower(), *(f"{number} or {name}" for name, number in HTTP_STATUS.items())])
    parser = argparse.ArgumentParser(
        prog="python -m emulators faults", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("services", nargs="*", metavar="service", help=", ".join(SERVICES))
    parser.add_argument("--error", default="", help=errors)
    parser.add_argument("--rate", type=float, default=1.0, help="of the calls, 0 to 1 (default: all)")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before a call is looked at")
    parser.add_argument("--method", default="*", help="'POST /upload/*', or a gRPC method such as Publish")
    parser.add_argument("--after", action="store_true", help="do the work, and lose the answer")
    parser.add_argument("--times", type=int, help="so many calls at most")
    parser.add_argument("--off", action="store_true", help="no faults any more")
    options = parser.parse_args(arguments)
    unknown = set(options.services) - set(SERVICES)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))} has no fault switch; these have: {', '.join(SERVICES)}")
    return options
