"""What the platform consists of on a laptop: the one list of its processes.

In a command {python}, {root}, {state} and {port name} are filled in; {databases} becomes one option a source.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Port:
    """A port that a service listens on: what to call it in the command, and its usual number."""

    name: str
    usual: int


@dataclass(frozen=True)
class Service:
    """One process.

    Attributes:
        command: its arguments; {state} is the service's own directory.
        ports: what it listens on; the first one is shown as its address.
        health: how to see that it is ready: http:<port name>:<path>, grpc:<port name>, tcp:<port name>, postgres:<port
            name>; none of them means that a process which lives for a second is well.
        needs: services that must be healthy first.
        calls: services whose address it is given, with those of `needs`; it is started again when one has moved.
        is_platform: it runs the platform's own code, so it starts after provisioning and only when it is asked for;
            it is started again when any variable of its environment has changed.
        is_on_demand: the platform does not need it, so it starts only when its name is given.
        patience: seconds in which it must become healthy.
    """

    name: str
    command: tuple[str, ...]
    ports: tuple[Port, ...] = ()
    health: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    is_platform: bool = False
    is_on_demand: bool = False
    patience: float = 90


def _emulator(
    name: str,
    *ports: Port,
    health: tuple[str, ...],
    calls: tuple[str, ...] = (),
    more: tuple[str, ...] = (),
    is_on_demand: bool = False,
) -> Service:
    options = [word for port in ports for word in (f"--{port.name}", f"{{{port.name}}}")]
    command = ("{python}", "-m", f"emulators.{name}", *options, "--state", "{state}", *more)
    return Service(name, command, ports, health, calls=calls, is_on_demand=is_on_demand)


SERVICES: tuple[Service, ...] = (
    _emulator("auth", Port("port", 9010), health=("http:port:/healthz",)),
    _emulator("storage", Port("port", 9020), health=("http:port:/healthz",), calls=("pubsub",)),
    _emulator(
        "pubsub",
        Port("port", 8085),
        Port("rest-port", 8086),
        health=("grpc:port",),
        calls=("auth", "storage", "bigquery"),
    ),
    _emulator(
        "bigquery",
        Port("port", 9050),
        Port("grpc-port", 9060),
        Port("proxy-port", 9061),
        health=("http:port:/healthz", "grpc:grpc-port"),
        calls=("storage",),
    ),
    _emulator("postgres", Port("port", 54320), health=("postgres:port",), more=("{databases}",)),
    _emulator("datastream", Port("port", 9070), health=("http:port:/healthz",), calls=("storage", "postgres")),
    _emulator(
        "control", Port("port", 9080), Port("grpc-port", 8087), health=("http:port:/healthz",), is_on_demand=True
    ),
    Service(
        "dataflow",
        (
            *("{python}", "-m", "beam_pipelines.events_to_bronze", "--streaming"),
            *("--runner=emulators.dataflow.runner.EmulatedDataflowRunner", "--dataflow_state={state}"),
        ),
        needs=("auth", "storage", "pubsub", "bigquery"),
        is_platform=True,
    ),
    Service(
        "dagster-code",
        (
            *("{python}", "-m", "dagster", "code-server", "start", "--host", "127.0.0.1", "--port", "{port}"),
            *("--module-name", "orchestration.definitions", "--working-directory", "{root}"),
        ),
        ports=(Port("port", 4000),),
        health=("tcp:port",),
        needs=("auth", "storage", "pubsub", "bigquery", "datastream"),
        is_platform=True,
        patience=300,
    ),
    Service(
        "dagster",
        (
            *("{python}", "-m", "dagster_webserver", "-h", "127.0.0.1", "-p", "{port}"),
            *("-w", "{root}/orchestration/workspace.yaml"),
        ),
        ports=(Port("port", 3000),),
        health=("http:port:/server_info",),
        needs=("dagster-code",),
        is_platform=True,
        patience=300,
    ),
    Service(
        "dagster-daemon",
        ("{python}", "-m", "dagster._daemon", "run", "-w", "{root}/orchestration/workspace.yaml"),
        needs=("dagster-code",),
        is_platform=True,
        patience=300,
    ),
)
