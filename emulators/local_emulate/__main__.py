"""From an empty machine to gold: start everything, let a company live, run the platform on it, say what came of it.

    python -m emulators.local_emulate [--days 30] [--accounts 1000] [--seed 7] [--no-company]

Called again it finds what runs, plays the next days, and moves only what changed.
"""

import argparse
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from emulators.company.ledger_file import FILE as LEDGER
from emulators.local_emulate import catch_up
from emulators.local_emulate.commands import CommandFailed
from emulators.local_emulate.commands import run as run_command
from emulators.local_emulate.dagster import Dagster, DagsterError, Run
from emulators.local_emulate.fingerprint import definitions_fingerprint
from emulators.local_emulate.progress import Progress
from emulators.local_emulate.watch import Watch
from emulators.provision.errors import LEFT_OUT, ProvisionError
from emulators.provision.events import have_events
from emulators.supervisor.environment import sources
from emulators.supervisor.errors import SupervisorError
from emulators.supervisor.platform import Platform
from emulators.supervisor.ports import HOST
from emulators.supervisor.services import SERVICES

COMPANY = "saas"
STREAMING = "dataflow"
SIGN_OF_LIFE = 120.0  # seconds in which a daemon that was started again gives one
EMULATORS = tuple(service.name for service in SERVICES if not service.is_platform and not service.is_on_demand)
PLATFORM = tuple(service.name for service in SERVICES if service.is_platform)


class LocalEmulate:
    """One call of `make local-emulate`: its stages, in order."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.progress = Progress()
        self.platform = Platform(say=self.progress.detail)
        self.options = options
        self.environment: dict[str, str] = dict(os.environ)
        self.company = self.platform.state / "company"
        self.watch = Watch(self.platform)
        self.left_out: list[str] = []
        self.woken = float("-inf")

    def run(self) -> int:
        """0 when gold is there and everything agrees."""
        with self.watch:
            return self._run()

    def _run(self) -> int:
        stage = self.progress.stage
        with stage("contracts", "what data there is"):
            self._command("contracts", "check")
        with stage("services", "the emulators and a Postgres"):
            self.platform.up()
            self.watch.add(*EMULATORS)
            self.environment |= self.platform.environment()
            os.environ.update(self.environment)
        ours = self._owns_the_company()
        plays = ours and not self.options.no_company
        with stage("provision", "buckets, datasets, tables, topics, streams"):
            self._command("emulators.provision", "--phase", "before")
            if plays or (ours and not (self.company / LEDGER).exists()):  # its contract wants its tables to be there
                self._company("create", "--accounts", str(self.options.accounts), "--seed", str(self.options.seed))
            self._connect_sources()
        with ThreadPoolExecutor(1) as background:
            started = background.submit(self._start_platform)
            if plays:
                with stage("company", f"{self.options.days} days of a SaaS company"):
                    self._company("play", "--days", str(self.options.days))
            with stage("landing", "what the sources did, on its way to bronze"):
                if not started.done():
                    self.progress.detail("Dagster is starting: it reads the contracts and dbt's project")
                running = started.result()
                self.watch.add(*running)
                self.left_out += catch_up.wait_for_logs(self.progress.detail)
                if STREAMING in running:
                    catch_up.wait_for_events(self.platform.state, self.progress.detail)
        with stage("refresh", "Dagster: bronze, the quality gate, silver, gold, conservation"):
            run = self._refresh()
        return self._report(run)

    def _start_platform(self) -> list[str]:
        """Starts the platform's own services, of which streaming only where there are events; their names.

        A code server that starts now loads the definitions as they are now.
        """
        wanted = [name for name in PLATFORM if name != STREAMING or have_events()]
        now, before = definitions_fingerprint(), self.platform.started_at("dagster-code")
        self.platform.up(*wanted)
        if self.platform.started_at("dagster-code") != before:
            self._loaded().write_text(now)
        return wanted

    def _loaded(self) -> Path:
        """The file with the fingerprint of the definitions that Dagster has loaded."""
        return self.platform.state / "dagster" / "loaded"

    def _refresh(self) -> Run:
        dagster = Dagster(self._dagster_address())
        loaded, now = self._loaded(), definitions_fingerprint()
        if not loaded.exists() or loaded.read_text() != now:
            self.progress.detail("loading the definitions")
            dagster.reload()
            loaded.write_text(now)
        dagster.end_orphans(self.platform.started_at("dagster-code"), self.platform.owns)
        run = dagster.waiting("refresh") or self._launch(dagster)
        return dagster.follow(run, self.progress.detail, wake=lambda: self._wake(dagster))

    def _wake(self, dagster: Dagster) -> None:
        """Starts Dagster's daemon again where the clock was set back: it would sleep until it is as late as it was."""
        if time.monotonic() - self.woken > SIGN_OF_LIFE and dagster.oversleeps():
            self.woken = time.monotonic()
            self.progress.detail("the clock was set back: starting Dagster's daemon again")
            with self.watch.without("dagster-daemon"):
                self.platform.down("dagster-daemon")
                self.platform.up("dagster-daemon")

    def _launch(self, dagster: Dagster) -> str:
        """Starts the refresh. Dagster may have lost the code since it loaded it: then it is loaded again."""
        try:
            return dagster.launch("refresh")
        except DagsterError as error:
            self.progress.detail(f"{error}; loading the definitions again")
            dagster.reload()
            return dagster.launch("refresh")

    def _report(self, run: Run) -> int:
        from emulators.local_emulate.summary import Summary, render  # the BigQuery client takes a second to import

        with self.progress.stage("summary", "what came of it"):
            summary = Summary(run, self.company, at_rest=[COMPANY] if self._owns_the_company() else [])
        print("\n" + render(summary, self.progress.seconds, self.progress.total, self._dagster_address()))
        if run.status == "SUCCESS" and not run.failed_checks and summary.agrees and not self.left_out:
            return 0
        print("\nNot everything is well:", file=sys.stderr)
        for source in self.left_out:
            print(f"  {source}", file=sys.stderr)
        for check in run.failed_checks:
            print(f"  check {check.asset} {check.name}: {check.metadata}", file=sys.stderr)
        for error in run.errors:
            print(f"  {error}", file=sys.stderr)
        print(
            f"  the run: {self._dagster_address()}/runs/{run.run_id}   logs: {self.platform.state}/logs",
            file=sys.stderr,
        )
        return 1

    def _connect_sources(self) -> None:
        """Publications and streams; a source that cannot be connected is left out, and the others go on."""
        try:
            self._command("emulators.provision", "--phase", "after")
        except CommandFailed as failure:
            if failure.status != LEFT_OUT:
                raise
            self.left_out += [line for line in failure.tail if line.startswith("left out: ")]

    def _owns_the_company(self) -> bool:
        """Whether the company's database is our own Postgres; another one is somebody's, and nobody plays with it."""
        url = self.environment.get(f"{COMPANY.upper()}_DATABASE_URL", "")
        ours = f"@{HOST}:{self._port('postgres')}/"
        return COMPANY in sources() and ours in url

    def _company(self, *arguments: str) -> None:
        self._command("emulators.company", *arguments, "--state", str(self.company))

    def _command(self, module: str, *arguments: str) -> None:
        log = self.platform.state / "logs" / f"{module.split('.')[-1]}.log"
        run_command(module, *arguments, environment=self.environment, log=log, say=self.progress.detail)

    def _dagster_address(self) -> str:
        return f"http://{HOST}:{self._port('dagster')}"

    def _port(self, service: str) -> int:
        return next(status.ports["port"] for status in self.platform.status() if status.name == service)


def main() -> int:
    """0 when gold is there and agrees with the sources; 1 with what failed and where its log is."""
    try:
        return LocalEmulate(_arguments()).run()
    except (CommandFailed, SupervisorError, ProvisionError, DagsterError, catch_up.NotCaughtUp) as error:
        print(f"\nlocal-emulate stopped: {error}\nA second call goes on from here.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "\ninterrupted; what runs goes on (make local-stop ends it), and a second call goes on from here",
            file=sys.stderr,
        )
        return 130


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make local-emulate", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--days", type=int, default=30, help="days to play (30)")
    parser.add_argument("--accounts", type=int, default=1000, help="customers on the first day (1000)")
    parser.add_argument("--seed", type=int, default=7, help="the same seed plays the same company (7)")
    parser.add_argument("--no-company", action="store_true", help="only move what changed in your own sources")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
