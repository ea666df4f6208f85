"""The local services as a whole: python -m emulators up | down | status | env | reset | faults"""

import argparse
import shlex
import signal
import sys
import time

from emulators.faults import command as faults
from emulators.supervisor.errors import SupervisorError
from emulators.supervisor.platform import Platform


def main() -> int:
    """Run the command; 1 where it could not do its work, with the reason on stderr."""
    if sys.argv[1:2] == ["faults"]:  # it has options of its own
        return faults.main(sys.argv[2:])
    options = _arguments()
    if options.command in ("status", "env"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` may have read enough; the others finish their work
    platform = Platform(any_port=True if options.any_port else None)
    try:
        return COMMANDS[options.command](platform, options.services)
    except SupervisorError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def up(platform: Platform, services: list[str]) -> int:
    """start what does not run (no names: the emulators and Postgres)"""
    begun = time.monotonic()
    platform.up(*services)
    for one in platform.status():
        if one.state == "running":
            print(f"{one.name:15} {_listens(one.ports):25} {one.log}")
    print(f"ready in {time.monotonic() - begun:.1f} s")
    return 0


def down(platform: Platform, services: list[str]) -> int:
    """stop the services (no names: all); what they hold stays"""
    platform.down(*services)
    return 0


def status(platform: Platform, _: list[str]) -> int:
    """what runs, where it listens, where its log is"""
    states = platform.status()
    for one in states:
        on = "  (with faults: python -m emulators faults)" if faults.rules_of(platform.state / one.name) else ""
        print(f"{one.name:15} {one.state:10} {one.pid or '':>8} {_listens(one.ports):25} {one.log}{on}")
    return 0 if all(one.state in ("running", "stopped") for one in states) else 1


def env(platform: Platform, _: list[str]) -> int:
    """print the exports for a shell"""
    for name, value in platform.environment().items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def reset(platform: Platform, _: list[str]) -> int:
    """stop all services and remove all that they hold"""
    platform.reset()
    return 0


COMMANDS = {"up": up, "down": down, "status": status, "env": env, "reset": reset}


def _arguments() -> argparse.Namespace:
    commands = "\n".join(f"  {name:8} {function.__doc__}" for name, function in COMMANDS.items())
    commands += "\n  faults   let services fail on purpose; faults --help says how"
    parser = argparse.ArgumentParser(
        prog="python -m emulators", description=commands, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("services", nargs="*", help="for up and down: which services")
    parser.add_argument("--any-port", action="store_true", help="begin with free ports, not with the usual ones")
    return parser.parse_args()


def _listens(ports: dict[str, int]) -> str:
    return " ".join(f"127.0.0.1:{number}" for number in ports.values())


if __name__ == "__main__":
    sys.exit(main())
