"""YAML text -> plain data whose every value remembers its line; what readers of YAML disagree about is refused."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from contracts import traps
from contracts.problems import Problem

KeyPath = tuple[str | int, ...]
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's parser where it is built in: ten times as fast


class Document:
    """One file's data, its lines by key path, and the problems found in it so far."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.data: Any = None
        self.problems: list[Problem] = []
        self._lines: dict[KeyPath, int] = {(): 1}
        self._refused: set[KeyPath] = set()
        self._read()

    def line(self, path: KeyPath) -> int:
        """The line of the value at a key path, or of the nearest thing around it that exists."""
        while path not in self._lines:
            path = path[:-1]
        return self._lines[path]

    def refuse(self, path: KeyPath, what: str, hint: str = "") -> None:
        """Notes a problem at a key path; only the first one of each, as what follows from it is noise."""
        if path in self._refused:
            return
        self._refused.add(path)
        self.problems.append(Problem(self.file, self.line(path), what, hint))

    def rename(self, path: KeyPath, meant: str) -> None:
        """Goes on as if the key at `path` had been written `meant`, so that one slip is reported once."""
        target = self.at(path[:-1])
        target[meant] = target.pop(path[-1])
        moved = {old: (*path[:-1], meant, *old[len(path) :]) for old in self._lines if old[: len(path)] == path}
        for old, new in moved.items():
            self._lines[new] = self._lines.pop(old)

    def at(self, path: KeyPath) -> Any:
        """The value at a key path."""
        value = self.data
        for step in path:
            value = value[step]
        return value

    def _read(self) -> None:
        content = self.file.read_bytes()
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            self.problems.append(Problem(self.file, line, "not UTF-8 text", "Save the file as UTF-8."))
            return
        try:
            self._refuse_events(text)
            node = None if self.problems else yaml.compose(text, _LOADER)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            # A text that ends too early is marked behind its last line, where an editor shows nothing.
            line = min(mark.line, text.count("\n")) + 1 if mark is not None else 1
            what = " ".join(str(part) for part in (error.context, error.problem) if part)
            tab = any("\t" in found for found in text.split("\n")[line - 1 : line])
            self.problems.append(Problem(self.file, line, f"not YAML: {what}", "Indent with spaces." if tab else ""))
            return
        except yaml.reader.ReaderError as error:
            line = text[: error.position].count("\n") + 1
            self.problems.append(Problem(self.file, line, f"not YAML: {error.reason}"))
            return
        except RecursionError:
            self.problems.append(Problem(self.file, 1, "nested too deeply to be a contract"))
            return
        if node is None or self.problems:
            self.problems = self.problems or [Problem(self.file, 1, "the file is empty")]
            return
        self.data = self._value(node, ())

    def _refuse_events(self, text: str) -> None:
        for line, what in _unwanted_events(text):
            hint = "Write the value out in place: each reader of contracts must see the same."
            self.problems.append(Problem(self.file, line, what, hint))

    def _value(self, node: yaml.Node, path: KeyPath) -> Any:
        self._lines[path] = _line_of(node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._lines[path] = _line_of(key_node)
                self.refuse(path, "a key that is not a word")
                continue
            key = key_node.value
            place = (*path, key)
            if key in data:
                self._lines[place] = _line_of(key_node)
                self.refuse(
                    place, f"key `{key}` is there twice", "Readers of YAML disagree on which one counts: keep one."
                )
                continue
            self._lines[place] = _line_of(key_node)
            if not key_node.style and key == "<<":
                self.refuse(place, "merge key `<<`", "Terraform's reader does not merge: write the keys out.")
            elif not key_node.style:
                self._trap(key, place)
            data[key] = self._value(value_node, place)
            self._lines[place] = _line_of(key_node)
        return data

    def _scalar(self, node: yaml.ScalarNode, path: KeyPath) -> Any:
        text: str = node.value
        if node.style:  # quoted or block: it is text to every reader
            return text
        if self._trap(text, path):
            return text
        if text in ("true", "false"):
            return text == "true"
        if text in ("null", ""):
            return None
        if traps.CANONICAL_NUMBER.fullmatch(text):
            return float(text) if "." in text else int(text)
        return text

    def _trap(self, text: str, path: KeyPath) -> bool:
        kind = traps.trap(text)
        if kind:
            self.refuse(path, f"`{text}` is {kind} to one reader of YAML and not to another", traps.hint(text))
        return bool(kind)


def _line_of(node: yaml.Node) -> int:
    assert node.start_mark is not None
    return int(node.start_mark.line) + 1


def _unwanted_events(text: str) -> Iterator[tuple[int, str]]:
    """Lines with what readers of YAML treat differently, or not at all."""
    documents = 0
    for event in yaml.parse(text, _LOADER):
        line = event.start_mark.line + 1 if event.start_mark is not None else 1
        documents += isinstance(event, yaml.DocumentStartEvent)
        if isinstance(event, yaml.DocumentStartEvent) and documents == 2:
            yield line, "a second document in the file"
        elif isinstance(event, yaml.AliasEvent):
            yield line, f"alias `*{event.anchor}`"
        elif isinstance(event, yaml.NodeEvent) and event.anchor:
            yield line, f"anchor `&{event.anchor}`"
        elif isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag:
            yield line, f"tag `{event.tag}`"
