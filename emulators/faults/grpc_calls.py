"""The fault switch of a gRPC service: an interceptor of its server, for asyncio and for threads."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import grpc
import grpc.aio

from emulators.faults.rules import RESET, Faults, Rule


def _status(rule: Rule) -> tuple[grpc.StatusCode, str]:
    name = "UNAVAILABLE" if rule.error == RESET else rule.error
    reason = "Connection reset by peer" if rule.error == RESET else f"A fault that was asked for: {name}."
    return grpc.StatusCode[name], reason


def _rebuilt(handler: Any, behaviour: Callable[..., Any]) -> Any:
    """The handler with another function: unary or a stream of answers, as it was."""
    kinds = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, False): grpc.stream_unary_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }
    kind = kinds[bool(handler.request_streaming), bool(handler.response_streaming)]
    return kind(behaviour, handler.request_deserializer, handler.response_serializer)


def _function(handler: Any) -> Callable[..., Any]:
    functions = (handler.unary_unary, handler.unary_stream, handler.stream_unary, handler.stream_stream)
    function: Callable[..., Any] = next(each for each in functions if each is not None)
    return function


class AsyncFaults(grpc.aio.ServerInterceptor):  # type: ignore[misc]  # grpc ships no types
    """For grpc.aio.server(interceptors=...), whose methods are coroutines or asynchronous generators."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    async def intercept_service(self, continuation: Callable[[Any], Awaitable[Any]], details: Any) -> Any:
        """The method, or the method with its fault."""
        handler = await continuation(details)
        rule = self._faults.choose(details.method)
        if handler is None or rule is None:
            return handler
        function = _function(handler)

        async def one(request: Any, context: Any) -> Any:
            await asyncio.sleep(rule.latency)
            response = await function(request, context) if rule.after or not rule.error else None
            if rule.error:
                await context.abort(*_status(rule))
            return response

        async def many(request: Any, context: Any) -> AsyncIterator[Any]:
            await asyncio.sleep(rule.latency)
            if rule.error and not rule.after:
                await context.abort(*_status(rule))
            async for response in function(request, context):
                if rule.error:
                    await context.abort(*_status(rule))
                yield response

        return _rebuilt(handler, many if handler.response_streaming else one)


class ThreadFaults(grpc.ServerInterceptor):  # type: ignore[misc]  # grpc ships no types
    """For grpc.server(interceptors=...)."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def intercept_service(self, continuation: Callable[[Any], Any], details: Any) -> Any:
        """The method, or the method with its fault."""
        handler = continuation(details)
        rule = self._faults.choose(details.method)
        if handler is None or rule is None:
            return handler
        function = _function(handler)

        def one(request: Any, context: Any) -> Any:
            time.sleep(rule.latency)
            response = function(request, context) if rule.after or not rule.error else None
            if rule.error:
                context.abort(*_status(rule))
            return response

        def many(request: Any, context: Any) -> Iterator[Any]:
            time.sleep(rule.latency)
            if rule.error and not rule.after:
                context.abort(*_status(rule))
            for response in function(request, context):
                if rule.error:
                    context.abort(*_status(rule))
                yield response

        return _rebuilt(handler, many if handler.response_streaming else one)
