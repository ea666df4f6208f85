"""A .proto file read into its descriptor, without a compiler: proto2 and proto3, services and custom options apart.

Names are left for a descriptor pool to resolve; what a pool does not check, proto_rules.py does.
Grammar: https://protobuf.dev/reference/protobuf/proto3-spec/ and .../proto2-spec/.
"""

import functools
from collections.abc import Callable
from typing import Any

from google.protobuf import descriptor_pb2

from emulators.pubsub.messages.proto_lexer import Cursor, ProtoSyntaxError
from emulators.pubsub.messages.proto_options import set_default, set_option

_FIELD = descriptor_pb2.FieldDescriptorProto
MAX_NUMBER = 2**29 - 1
_NOT_SCALAR = {_FIELD.TYPE_GROUP, _FIELD.TYPE_MESSAGE, _FIELD.TYPE_ENUM}
_SCALARS = {n.removeprefix("TYPE_").lower(): v for n, v in _FIELD.Type.items() if v not in _NOT_SCALAR}
_LABELS = {"optional": _FIELD.LABEL_OPTIONAL, "required": _FIELD.LABEL_REQUIRED, "repeated": _FIELD.LABEL_REPEATED}
_KEYS = frozenset(_SCALARS) - {"double", "float", "bytes"}


def parse_proto(text: str, name: str) -> Any:
    """The FileDescriptorProto of a definition.

    Raises:
        ProtoSyntaxError: it is not of the language, or has a service, an extension or a custom option.
    """
    try:
        return _Parser(text).file(name)
    except RecursionError as error:
        raise ProtoSyntaxError("it is nested too deeply") from error
    except UnicodeError as error:
        raise ProtoSyntaxError(f"a string is not UTF-8: {error}") from error


class _Parser(Cursor):
    _is_proto3 = False

    # ---- statements

    def file(self, name: str) -> Any:
        file = descriptor_pb2.FileDescriptorProto(name=name, syntax="proto2")
        if self.accept("syntax"):
            self.expect("=")
            file.syntax = self.string().decode()
            if file.syntax not in ("proto2", "proto3"):
                raise self.error(f'unrecognized syntax identifier "{file.syntax}"', self.past)
            self.expect(";")
        self._is_proto3 = file.syntax == "proto3"
        while self.present.kind != "end":
            self._top_level(file)
        if file.syntax == "proto2":
            file.ClearField("syntax")
        return file

    def _top_level(self, file: Any) -> None:
        token = self.next()
        match token.text:
            case ";":
                pass
            case "package":
                file.package = self.take("word", "a package name")
                self.expect(";")
            case "import":
                if self.sees("public") or self.sees("weak"):
                    self._next += 1
                file.dependency.append(self.string().decode())
                self.expect(";")
            case "option":
                self._option(file.options)
            case "message":
                self._message(file.message_type.add(), file.package)
            case "enum":
                self._enum(file.enum_type.add())
            case "service" | "extend" | "edition":
                raise self.error(f"{token.text} is not supported", token)
            case _:
                raise self.error("expected top-level statement (e.g. message)", token)

    def _message(self, message: Any, scope: str) -> None:
        message.name = self.name("a message name")
        self._message_body(message, f"{scope}.{message.name}" if scope else message.name)

    def _message_body(self, message: Any, scope: str) -> None:
        self.expect("{")
        while not self.accept("}"):
            self._message_statement(message, scope)
        for field in message.field:  # synthetic oneofs follow the real ones
            if field.proto3_optional:
                field.oneof_index = len(message.oneof_decl)
                message.oneof_decl.add(name=f"_{field.name}")

    def _message_statement(self, message: Any, scope: str) -> None:
        token = self.next()
        match token.text:
            case ";":
                pass
            case "message":
                self._message(message.nested_type.add(), scope)
            case "enum":
                self._enum(message.enum_type.add())
            case "oneof":
                self._oneof(message, scope)
            case "option":
                self._option(message.options)
            case "reserved":
                self._reserved(message, MAX_NUMBER + 1, 1)
            case "extensions":
                self._ranges(message.extension_range, MAX_NUMBER + 1, 1)
                self._options(lambda name, value: None)
                self.expect(";")
            case "extend":
                raise self.error("extend is not supported", token)
            case _:
                self._next -= 1
                self._field(message, scope)

    def _field(self, message: Any, scope: str) -> None:
        label = self.present.text
        if label in _LABELS:
            self._next += 1
        elif label == "map" and self._tokens[self._next + 1].text == "<":
            self._map(message, scope)
            return
        elif not self._is_proto3:
            raise self.error('expected "required", "optional", or "repeated"')
        field = self._member(message, scope, _LABELS.get(label, _FIELD.LABEL_OPTIONAL))
        if self._is_proto3 and label == "optional":
            field.proto3_optional = True

    def _member(self, message: Any, scope: str, label: int) -> Any:
        """A field from its type on."""
        field = message.field.add(label=label)
        kind = self.take("word", "a type name")
        if kind == "group":
            self._group(message, field, scope)
            return field
        if kind in _SCALARS:
            field.type = _SCALARS[kind]
        else:
            field.type_name = kind  # no type: the pool finds out whether it is a message or an enum
        self._numbered(field)
        return field

    def _numbered(self, field: Any) -> None:
        field.name = self.name("a field name")
        self.expect("=")
        field.number = self._number()
        self._field_options(field)
        self.expect(";")

    def _number(self) -> int:
        number = self.integer("a field number")
        if not 0 < number <= MAX_NUMBER:
            raise self.error(f"field numbers must be within 1 .. {MAX_NUMBER}", self.past)
        return number

    def _group(self, message: Any, field: Any, scope: str) -> None:
        if self._is_proto3:
            raise self.error("groups are not supported in proto3 syntax", self.past)
        name = self.name("a group name")
        if not name[0].isupper():
            raise self.error("group names must start with a capital letter", self.past)
        self.expect("=")
        field.name, field.number, field.type = name.lower(), self._number(), _FIELD.TYPE_GROUP
        field.type_name = f".{scope}.{name}"
        self._field_options(field)
        self._message_body(message.nested_type.add(name=name), f"{scope}.{name}")

    def _map(self, message: Any, scope: str) -> None:
        self._next += 1
        self.expect("<")
        key = self.take("word", "a type name")
        if key not in _KEYS:
            raise self.error("a map's key is a whole number, a bool or a string", self.past)
        self.expect(",")
        kind = self.take("word", "a type name")
        self.expect(">")
        field = message.field.add(label=_FIELD.LABEL_REPEATED, type=_FIELD.TYPE_MESSAGE)
        self._numbered(field)
        entry = message.nested_type.add(name="".join(p[:1].upper() + p[1:] for p in field.name.split("_")) + "Entry")
        entry.options.map_entry = True
        entry.field.add(name="key", number=1, label=_FIELD.LABEL_OPTIONAL, type=_SCALARS[key])
        value = entry.field.add(name="value", number=2, label=_FIELD.LABEL_OPTIONAL)
        if kind in _SCALARS:
            value.type = _SCALARS[kind]
        else:
            value.type_name = kind
        field.type_name = f".{scope}.{entry.name}"

    def _oneof(self, message: Any, scope: str) -> None:
        index = len(message.oneof_decl)
        message.oneof_decl.add(name=self.name("a oneof name"))
        self.expect("{")
        while not self.accept("}"):
            if self.accept("option"):
                self._option(message.oneof_decl[index].options)
                continue
            if self.present.text in _LABELS or self.sees("map"):
                raise self.error("fields in oneofs must not have labels (required / optional / repeated)")
            self._member(message, scope, _FIELD.LABEL_OPTIONAL).oneof_index = index

    def _enum(self, enum: Any) -> None:
        enum.name = self.name("an enum name")
        self.expect("{")
        while not self.accept("}"):
            if self.accept(";"):
                continue
            if self.accept("option"):
                self._option(enum.options)
            elif self.accept("reserved"):
                self._reserved(enum, 2**31 - 1, 0)
            else:
                value = enum.value.add(name=self.name("an enum constant name"))
                self.expect("=")
                value.number = self._enum_number()
                self._options(functools.partial(self._assign, value.options))
                self.expect(";")

    def _enum_number(self) -> int:
        number = self.integer()
        if not -(2**31) <= number < 2**31:
            raise self.error("integer out of range", self.past)
        return number

    def _reserved(self, container: Any, top: int, beyond: int) -> None:
        if self.present.kind != "string":
            self._ranges(container.reserved_range, top, beyond)
        else:
            container.reserved_name.append(self.string().decode())
            while self.accept(","):
                container.reserved_name.append(self.string().decode())
        self.expect(";")

    def _ranges(self, ranges: Any, top: int, beyond: int) -> None:
        """`2, 9 to 11, 40 to max`: a message's end before the number that they hold, an enum's with it."""
        while True:
            start = end = self.integer()
            if self.accept("to"):
                end = top - beyond if self.accept("max") else self.integer()
            if end < start:
                raise self.error("a range's end is lower than its start", self.past)
            ranges.add(start=start, end=min(end + beyond, top))
            if not self.accept(","):
                return

    # ---- options

    def _option(self, options: Any) -> None:
        name = self._option_name()
        self.expect("=")
        self._assign(options, name, self.value())
        self.expect(";")

    def _option_name(self) -> str:
        if self.sees("("):
            raise self.error("a custom option needs an import, and imports are not supported")
        return self.take("word", "an option name")

    def _options(self, assign: Callable[[str, str | bytes], None]) -> None:
        """`[name = value, ...]`, if it is there."""
        if not self.accept("["):
            return
        while True:
            name = self._option_name()
            self.expect("=")
            assign(name, self.value())
            if not self.accept(","):
                break
        self.expect("]")

    def _field_options(self, field: Any) -> None:
        def assign(name: str, value: str | bytes) -> None:
            if name == "default":
                self._checked(lambda: set_default(field, value))
            elif name == "json_name" and isinstance(value, bytes):
                field.json_name = value.decode()
            else:
                self._assign(field.options, name, value)

        self._options(assign)

    def _assign(self, options: Any, name: str, value: str | bytes) -> None:
        self._checked(lambda: set_option(options, name, value))

    def _checked(self, change: Callable[[], None]) -> None:
        try:
            change()
        except ValueError as error:
            raise self.error(str(error), self.past) from error
