"""The pipelines' clients of Google's services, one of each in a process. Endpoints and credentials come from the
environment: STORAGE_EMULATOR_HOST and PUBSUB_EMULATOR_HOST are read by Google's libraries themselves,
BIGQUERY_STORAGE_EMULATOR_HOST (host:port, no TLS) here, because theirs reads none.

The libraries are imported at first use: they take a second, and a run with nothing to do needs one of them.
"""

import os
from functools import cache
from typing import Any

from contracts import names


@cache
def storage() -> Any:
    """A google.cloud.storage.Client."""
    from google.cloud.storage import Client

    return Client(project=names.project())


@cache
def bucket(role: str) -> Any:
    """The bucket of a role (landing, bronze), without asking the service whether it exists."""
    return storage().bucket(names.bucket(role))


@cache
def bigquery() -> Any:
    """A google.cloud.bigquery.Client, for questions."""
    from google.cloud.bigquery import Client

    return Client(project=names.project())


@cache
def bigquery_write() -> Any:
    """A google.cloud.bigquery_storage_v1.BigQueryWriteClient."""
    from google.cloud.bigquery_storage_v1 import BigQueryWriteClient
    from google.cloud.bigquery_storage_v1.services.big_query_write.transports import BigQueryWriteGrpcTransport

    host = os.environ.get("BIGQUERY_STORAGE_EMULATOR_HOST")
    if not host:
        return BigQueryWriteClient()
    import grpc

    channel = grpc.insecure_channel(host, options=[("grpc.max_receive_message_length", -1)])
    return BigQueryWriteClient(transport=BigQueryWriteGrpcTransport(channel=channel))


@cache
def publisher() -> Any:
    """A google.cloud.pubsub_v1.PublisherClient."""
    from google.cloud.pubsub_v1 import PublisherClient

    return PublisherClient()
