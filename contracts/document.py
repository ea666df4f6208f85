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
        self._unwanted: list[Problem] = []
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
            data = self._document(yaml.parse(text, _LOADER))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            # A text that ends too early is marked behind its last line, where an editor shows nothing.
            line = min(mark.line, text.count("\n")) + 1 if mark is not None else 1
            what = " ".join(str(part) for part in (error.context, error.problem) if part)
            tab = any("\t" in found for found in text.split("\n")[line - 1 : line])
            self._unreadable(line, f"not YAML: {what}", "Indent with spaces." if tab else "")
        except yaml.reader.ReaderError as error:
            self._unreadable(text[: error.position].count("\n") + 1, f"not YAML: {error.reason}")
        except RecursionError:
            self._unreadable(1, "nested too deeply to be a contract")
        else:
            if self._unwanted:
                self.problems = self._unwanted
            elif data is None:
                self._unreadable(1, "the file is empty")
            else:
                self.data = data

    def _unreadable(self, line: int, what: str, hint: str = "") -> None:
        """Notes why there is no data: what else was found on the way does not count."""
        self.problems = [*self._unwanted, Problem(self.file, line, what, hint)]

    def _document(self, events: Iterator[yaml.Event]) -> Any:
        """The data of a stream of events, which is read once: a thousand tables are a hundred thousand of them."""
        documents, data = 0, None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents == 2:
                    self._refuse_event(event, "a second document in the file")
            elif isinstance(event, yaml.NodeEvent):
                data = self._value(events, event, ())
        return data

    def _refuse_event(self, event: yaml.Event, what: str) -> None:
        """Notes what readers of YAML treat differently, or not at all."""
        hint = "Write the value out in place: each reader of contracts must see the same."
        self._unwanted.append(Problem(self.file, _line_of(event), what, hint))

    def _value(self, events: Iterator[yaml.Event], event: yaml.Event, path: KeyPath) -> Any:
        self._lines[path] = _line_of(event)
        self._check_event(event)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, path)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(events, path)
        items: list[Any] = []
        if isinstance(event, yaml.SequenceStartEvent):
            while not isinstance(event := next(events), yaml.SequenceEndEvent):
                items.append(self._value(events, event, (*path, len(items))))
        return items

    def _check_event(self, event: Any) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._refuse_event(event, f"alias `*{event.anchor}`")
        elif event.anchor:
            self._refuse_event(event, f"anchor `&{event.anchor}`")
        elif event.tag:
            self._refuse_event(event, f"tag `{event.tag}`")

    def _mapping(self, events: Iterator[yaml.Event], path: KeyPath) -> dict[str, Any]:
        data: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            line = _line_of(event)
            if not isinstance(event, yaml.ScalarEvent):
                self._skip(events, event)
                self._skip(events, next(events))
                self._lines[path] = line
                self.refuse(path, "a key that is not a word")
                continue
            self._check_event(event)
            key = event.value
            place = (*path, key)
            self._lines[place] = line
            if key in data:
                self.refuse(
                    place, f"key `{key}` is there twice", "Readers of YAML disagree on which one counts: keep one."
                )
                self._skip(events, next(events))
                continue
            if not event.style and key == "<<":
                self.refuse(place, "merge key `<<`", "Terraform's reader does not merge: write the keys out.")
            elif not event.style:
                self._trap(key, place)
            data[key] = self._value(events, next(events), place)
            self._lines[place] = line
        return data

    def _skip(self, events: Iterator[yaml.Event], event: yaml.Event) -> None:
        """Reads over a value that is not taken; what is unwanted in it is noted all the same."""
        depth = 0
        while True:
            if isinstance(event, yaml.NodeEvent):
                self._check_event(event)
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth == 0:
                return
            event = next(events)

    def _scalar(self, event: yaml.ScalarEvent, path: KeyPath) -> Any:
        text: str = event.value
        if event.style:  # quoted or block: it is text to every reader
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


def _line_of(event: Any) -> int:
    return int(event.start_mark.line) + 1
