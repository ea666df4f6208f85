"""What a new revision of a schema may change (https://cloud.google.com/pubsub/docs/commit-schema-revision).

Avro: Avro's rules of schema resolution hold with the new revision as the reader and as the writer.
Protocol Buffers: optional fields come and go, and nothing else changes.
"""

from typing import Any

from emulators.pubsub.state.avro_schema import AvroType

_BYTES = frozenset({"bytes", "string"})  # Avro reads each of them as the other


class Incompatible(ValueError):
    """The new revision does not follow the rules; the text says where."""


def check_avro(old: AvroType, new: AvroType) -> None:
    """Raises Incompatible."""
    _Resolution().check(old, new, "the schema")


class _Resolution:
    """Both ways at once: whatever one of the two has, the other reads."""

    def __init__(self) -> None:
        self._seen: set[tuple[int, int]] = set()

    def check(self, one: AvroType, other: AvroType, where: str) -> None:
        if (id(one), id(other)) in self._seen:
            return
        self._seen.add((id(one), id(other)))
        if "union" in (one.kind, other.kind):
            self._unions(one, other, where)
        elif one.kind != other.kind and not {one.kind, other.kind} <= _BYTES:
            raise Incompatible(f"{where}: the type {one.branch_name} becomes {other.branch_name}")
        elif one.name.rpartition(".")[2] != other.name.rpartition(".")[2] or one.size != other.size:
            raise Incompatible(f"{where}: the type {one.branch_name} becomes another {other.branch_name}")
        else:
            self._content(one, other, where)

    def _content(self, one: AvroType, other: AvroType, where: str) -> None:
        if one.items and other.items:
            self.check(one.items, other.items, where)
        for reader, writer in ((one, other), (other, one)):
            lost = set(writer.symbols) - set(reader.symbols)
            if lost and not reader.defaults:
                raise Incompatible(f"{where}: one revision has no symbol {min(lost)!r}, and no default for it")
        fields, others = dict(one.fields), dict(other.fields)
        for name in fields.keys() & others.keys():
            self.check(fields[name], others[name], f"field {name!r}")
        for name in fields.keys() ^ others.keys():
            if name not in one.defaults | other.defaults:
                raise Incompatible(f"{where}: the field {name!r}, which one revision lacks, has no default")

    def _unions(self, one: AvroType, other: AvroType, where: str) -> None:
        branches, others = one.branches or (one,), other.branches or (other,)
        for writers, readers in ((branches, others), (others, branches)):
            for writer in writers:
                if not any(self._fits(writer, reader) for reader in readers):
                    raise Incompatible(f"{where}: one revision has no type {writer.branch_name} in its union")

    def _fits(self, one: AvroType, other: AvroType) -> bool:
        seen = set(self._seen)
        try:
            self.check(one, other, "")
        except Incompatible:
            self._seen = seen
            return False
        return True


def check_proto(old: Any, new: Any) -> None:
    """Raises Incompatible. Both are message classes."""
    _check_messages(old.DESCRIPTOR, new.DESCRIPTOR, set())


def _check_messages(old: Any, new: Any, seen: set[str]) -> None:
    if old.full_name in seen:
        return
    seen.add(old.full_name)
    for before in old.fields:
        after = new.fields_by_number.get(before.number)
        if after is None:
            _check_optional(before, "removed")
            if before.name in new.fields_by_name:
                raise Incompatible(f'the field "{before.full_name}" has another number')
        elif _shape(before) != _shape(after):
            raise Incompatible(f'the field "{before.full_name}" is changed')
        elif before.message_type is not None:
            _check_messages(before.message_type, after.message_type, seen)
    for after in new.fields:
        if after.number not in old.fields_by_number:
            _check_optional(after, "added")


def _check_optional(field: Any, change: str) -> None:
    if field.is_required:
        raise Incompatible(f'the required field "{field.full_name}" is {change}')


def _shape(field: Any) -> tuple[Any, ...]:
    kind = field.message_type or field.enum_type
    return field.name, field.type, field.is_repeated, field.is_required, kind.name if kind else ""
