"""The server's settings: logical decoding for Datastream, and speed without losing what was acknowledged.

A commit hands its log record to the operating system before it is acknowledged (synchronous_commit stays on), so
killing any process, or all of them, loses nothing. `fsync` and `full_page_writes` only guard against the machine itself
going down; without them a commit takes microseconds on a laptop's disk. cluster.py notices a machine that went down
under a running server, and refuses to go on from files that may be torn.
"""

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    # A socket's path may have 107 bytes at most; a project's folder may be deeper. TCP is enough.
    "unix_socket_directories": "",
    "wal_level": "logical",
    "max_replication_slots": "64",
    "max_wal_senders": "64",
    "max_connections": "200",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "on",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_line_prefix": "%m ",
    "logging_collector": "off",
    "cluster_name": "sluice",
}


def as_arguments(port: int) -> list[str]:
    """The settings as arguments of `postgres`."""
    return [word for name, value in {**SETTINGS, "port": str(port)}.items() for word in ("-c", f"{name}={value}")]
