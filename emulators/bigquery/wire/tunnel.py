"""The way to the Storage API for clients that take no other address for it than its own: the HTTP proxy that gRPC's
libraries of C, Python and Node find in grpc_proxy. What they ask of other hosts it carries there."""

import asyncio
import logging
from collections.abc import Mapping
from threading import Thread

log = logging.getLogger("bigquery")
_CHUNK = 1 << 16
Address = tuple[str, int]


def serve_tunnel(at: Address, names: Mapping[str, Address]) -> None:
    """Start carrying, in a thread of its own: CONNECT of one of these names goes to its address.

    Raises OSError when the port is taken.
    """
    loop = asyncio.new_event_loop()
    loop.run_until_complete(_listen(at, names))
    Thread(target=loop.run_forever, name="tunnel", daemon=True).start()


async def _listen(at: Address, names: Mapping[str, Address]) -> asyncio.Server:
    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there = await _asked(reader, names)
        except (OSError, ValueError, EOFError, asyncio.LimitOverrunError) as error:
            await _refuse(writer, error)
            return
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_copy(reader, there[1]), _copy(there[0], writer))

    return await asyncio.start_server(carry, *at)


async def _asked(
    reader: asyncio.StreamReader, names: Mapping[str, Address]
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the host that the first line asks for: CONNECT host:port HTTP/1.1."""
    head = await reader.readuntil(b"\r\n\r\n")
    method, _, rest = head.decode("latin-1").partition(" ")
    if method != "CONNECT":
        raise ValueError(f"This proxy is for gRPC, which asks it to CONNECT; {method} is not supported")
    host, _, port = rest.partition(" ")[0].rpartition(":")
    return await asyncio.open_connection(*names.get(host, (host.strip("[]"), int(port))))


async def _refuse(writer: asyncio.StreamWriter, error: Exception) -> None:
    if not isinstance(error, EOFError):  # whose client has gone
        log.warning("the proxy for gRPC: %s", error)
        status = "502 Bad Gateway" if isinstance(error, OSError) else "400 Bad Request"
        writer.write(f"HTTP/1.1 {status}\r\nConnection: close\r\n\r\n{error}\n".encode())
    writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    except OSError:
        pass  # one side has gone, and so does the other
    finally:
        writer.close()
