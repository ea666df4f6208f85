"""Do it again: reload a table or a source from landing, or replay dead letters, as jobs that Dagster's UI shows.

python -m emulators.local_emulate.rerun reload saas.accounts [--day 2026-11-21]
python -m emulators.local_emulate.rerun replay saas.usage_events [--reason wrong_type]
"""

import argparse
import os
import sys

from emulators.local_emulate.dagster import Dagster, DagsterError, Run
from emulators.local_emulate.progress import Progress
from emulators.supervisor.errors import SupervisorError
from emulators.supervisor.platform import Platform
from emulators.supervisor.ports import HOST
from emulators.supervisor.services import SERVICES

OPS = {"reload": ("reload_from_landing", "table", "day"), "replay": ("replay_dead_letters", "event", "reason")}


def main() -> int:
    """0 when it ran and every check that it evaluated passed; 1 with what did not."""
    arguments = _arguments()
    try:
        run = _run(arguments)
    except (SupervisorError, DagsterError) as error:
        print(f"{arguments.job} stopped: {error}", file=sys.stderr)
        return 1
    passed = sum(check.passed for check in run.checks)
    print(f"{arguments.job} {arguments.what}: {run.status.lower()}, {passed} of {len(run.checks)} checks passed")
    for check in run.failed_checks:
        print(f"  check {check.asset} {check.name}: {check.metadata}", file=sys.stderr)
    for reason in run.errors:
        print(f"  {reason}", file=sys.stderr)
    return 0 if run.status == "SUCCESS" and not run.failed_checks else 1


def _run(arguments: argparse.Namespace) -> Run:
    progress = Progress()
    platform = Platform(say=progress.detail)
    platform.up(*(service.name for service in SERVICES if not service.is_on_demand))
    os.environ.update(platform.environment())
    port = next(status.ports["port"] for status in platform.status() if status.name == "dagster")
    dagster = Dagster(f"http://{HOST}:{port}")
    dagster.reload()
    dagster.end_orphans(platform.started_at("dagster-code"), platform.owns)
    op, what, narrower = OPS[arguments.job]
    config = {what: arguments.what, **({narrower: arguments.only} if arguments.only else {})}
    run = dagster.launch(arguments.job, {"ops": {op: {"config": config}}}, {"dagster/partition": arguments.what})
    progress.detail(f"{dagster.address}/runs/{run}")
    return dagster.follow(run, progress.detail)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make", description=(__doc__ or "").split("\n")[0])
    jobs = parser.add_subparsers(dest="job", required=True)
    reload = jobs.add_parser("reload", help="bronze, silver and gold of a table or a source again, from landing")
    reload.add_argument(
        "what", metavar="TABLE", help="saas.accounts, saas for all its tables, or saas.usage_events from bronze"
    )
    reload.add_argument("--day", dest="only", help="only what was ingested on this day: 2026-11-21")
    replay = jobs.add_parser("replay", help="dead letters again, after a fix")
    replay.add_argument("what", metavar="EVENT", help="saas.usage_events, or saas for all its events")
    replay.add_argument("--reason", dest="only", help="only letters with this reason")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
