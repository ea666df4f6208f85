"""Why no signature of a function fits its arguments, as BigQuery words it."""

from dataclasses import dataclass

from emulators.bigquery.sql import types as t
from emulators.bigquery.sql.analysis.values import Value
from emulators.bigquery.sql.functions.registry import AGGREGATES, SCALARS, WINDOWS, Overload
from emulators.bigquery.sql.types import Type

_LETTERS = {"T": "T1", "U": "T2", "O": "T1", "E": "T1"}


@dataclass(slots=True)
class _Signature:
    """least: the number of arguments that must be there."""

    types: tuple[Type, ...]
    least: int
    variadic: Type | None


def mismatch(name: str, values: list[Value]) -> str:
    """No matching signature for function F, its arguments' types, and each signature with what is wrong with it."""
    lines = [
        f"No matching signature for function {name}",
        f"  Argument types: {', '.join(str(v.type) for v in values)}",
    ]
    for signature in _signatures([*SCALARS.get(name, ()), *AGGREGATES.get(name, ()), *WINDOWS.get(name, ())]):
        lines += [f"  Signature: {name}({_written(signature)})", f"    {_reason(signature, values)}"]
    return "\n".join(lines)


def _signatures(overloads: list[Overload]) -> list[_Signature]:
    """One for the overloads that differ in their last arguments alone, which may be left out then; a number as each
    of its types."""
    found: list[_Signature] = []
    for overload in (o for o in overloads if not any(o.names)):
        for number in t.NUMBERS if any(k.kind == "N" for k in overload.arguments) else ("N",):
            kinds = tuple(t.SIMPLE[number] if k.kind == "N" else k for k in overload.arguments)
            shorter = [s for s in found if s.variadic is None and kinds[: len(s.types)] == s.types]
            if shorter and overload.variadic is None:
                shorter[0].types = kinds
            elif not any(s.types[: len(kinds)] == kinds for s in found):
                found.append(_Signature(kinds, len(kinds), overload.variadic))
    return found


def _written(signature: _Signature) -> str:
    parts = [_name(k) if i < signature.least else f"[{_name(k)}]" for i, k in enumerate(signature.types)]
    return ", ".join([*parts, f"[{_name(signature.variadic)}, ...]"] if signature.variadic else parts)


def _name(kind: Type) -> str:
    if kind.kind in ("ARRAY", "RANGE") and kind.element is not None:
        return f"{kind.kind}<{_name(kind.element)}>"
    return _LETTERS.get(kind.kind, str(kind))


def _reason(signature: _Signature, values: list[Value]) -> str:
    if len(values) < signature.least:
        return f"Signature requires at least {_arguments(signature.least)}, found {_arguments(len(values))}"
    if len(values) > len(signature.types) and signature.variadic is None:
        return f"Signature accepts at most {_arguments(len(signature.types))}, found {_arguments(len(values))}"
    for i, value in enumerate(values):
        kind = signature.types[i] if i < len(signature.types) else signature.variadic
        if kind is not None and not _fits(value, kind):
            return f"Argument {i + 1}: Unable to coerce type {value.type} to expected type {_name(kind)}"
    return f"Unable to find common supertype for templated argument <{_LETTERS['T']}>"


def _fits(value: Value, kind: Type) -> bool:
    if kind.kind in _LETTERS or value.type.kind == "NULL":
        return True
    if kind.element is not None and kind.element.kind in _LETTERS:
        return value.type.kind == kind.kind
    return t.coerces(value.type, kind, value.literal) is not None


def _arguments(count: int) -> str:
    return "1 argument" if count == 1 else f"{count or 'no'} arguments"
