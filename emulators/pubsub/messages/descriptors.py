"""Message classes from the .proto files beside this file, without a compiler and without importing Google's clients.

Importing `google.pubsub_v1.types` loads every client (1.7 s); reading three small files takes some milliseconds.
The classes live in a descriptor pool of their own, so that the official classes may be loaded in the same process.
"""

import re
from pathlib import Path
from typing import Any

from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    field_mask_pb2,
    message_factory,
    timestamp_pb2,
)

_TOKEN = re.compile(r'//[^\n]*|"[^"]*"|[A-Za-z_][\w.]*|\d+|[{}=;<>,]')
_WELL_KNOWN = (duration_pb2, field_mask_pb2, timestamp_pb2)
_FIELD = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "bool": _FIELD.TYPE_BOOL,
    "bytes": _FIELD.TYPE_BYTES,
    "double": _FIELD.TYPE_DOUBLE,
    "int32": _FIELD.TYPE_INT32,
    "int64": _FIELD.TYPE_INT64,
    "string": _FIELD.TYPE_STRING,
}


def load_messages(*names: str) -> dict[str, Any]:
    """Message classes by full name ("google.pubsub.v1.Topic"), of the named files ("pubsub" reads pubsub.proto)."""
    pool = descriptor_pool.DescriptorPool()
    for module in _WELL_KNOWN:
        pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
    classes: dict[str, Any] = {}
    for name in names:
        path = Path(__file__).with_name(f"{name}.proto")
        file = _Reader(path.read_text(encoding="utf-8")).file(path.name)
        pool.Add(file)
        for message in file.message_type:
            full_name = f"{file.package}.{message.name}"
            classes[full_name] = message_factory.GetMessageClass(pool.FindMessageTypeByName(full_name))
    return classes


class _Reader:
    """Reads the part of proto3 that the files here use: messages, enums, oneofs, maps, repeated fields."""

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = [token for token in _TOKEN.findall(text) if not token.startswith("//")]
        self._next = 0

    def _take(self) -> str:
        self._next += 1
        return self._tokens[self._next - 1]

    def _expect(self, *tokens: str) -> None:
        for token in tokens:
            found = self._take()
            if found != token:
                raise ValueError(f"token {self._next}: expected {token!r}, found {found!r}")

    def file(self, name: str) -> Any:
        file = descriptor_pb2.FileDescriptorProto(name=f"emulators/pubsub/{name}", syntax="proto3")
        file.dependency.extend(module.DESCRIPTOR.name for module in _WELL_KNOWN)
        self._expect("syntax", "=", '"proto3"', ";", "package")
        file.package = self._take()
        self._expect(";")
        while self._next < len(self._tokens):
            if self._take() == "message":
                self._message(file.message_type.add(), file.package)
            else:
                self._enum(file.enum_type.add())
        return file

    def _message(self, message: Any, scope: str) -> None:
        message.name = self._take()
        scope = f"{scope}.{message.name}"
        self._expect("{")
        while (token := self._take()) != "}":
            match token:
                case "message":
                    self._message(message.nested_type.add(), scope)
                case "enum":
                    self._enum(message.enum_type.add())
                case "oneof":
                    self._oneof(message)
                case "map":
                    self._map(message, scope)
                case "repeated":
                    self._field(message, self._take(), _FIELD.LABEL_REPEATED)
                case kind:
                    self._field(message, kind, _FIELD.LABEL_OPTIONAL)

    def _field(self, message: Any, kind: str, label: int) -> Any:
        field = message.field.add(name=self._take(), label=label)
        self._expect("=")
        field.number = int(self._take())
        self._expect(";")
        if kind in _SCALARS:
            field.type = _SCALARS[kind]
        else:
            # No type: the pool finds out whether the name is a message or an enum.
            field.type_name = f".{kind}" if kind.startswith("google.protobuf.") else kind
        return field

    def _oneof(self, message: Any) -> None:
        message.oneof_decl.add(name=self._take())
        self._expect("{")
        while (kind := self._take()) != "}":
            self._field(message, kind, _FIELD.LABEL_OPTIONAL).oneof_index = len(message.oneof_decl) - 1

    def _map(self, message: Any, scope: str) -> None:
        self._expect("<", "string", ",", "string", ">")
        field = self._field(message, "string", _FIELD.LABEL_REPEATED)
        entry = message.nested_type.add(name="".join(part.title() for part in field.name.split("_")) + "Entry")
        entry.options.map_entry = True
        for number, name in ((1, "key"), (2, "value")):
            entry.field.add(name=name, number=number, type=_FIELD.TYPE_STRING, label=_FIELD.LABEL_OPTIONAL)
        field.type, field.type_name = _FIELD.TYPE_MESSAGE, f".{scope}.{entry.name}"

    def _enum(self, enum: Any) -> None:
        enum.name = self._take()
        self._expect("{")
        while (name := self._take()) != "}":
            self._expect("=")
            enum.value.add(name=name, number=int(self._take()))
            self._expect(";")
