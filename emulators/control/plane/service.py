"""What one service adds to what all have in common: each peculiarity is a function of a few lines."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from emulators.control.plane.call import Call
    from emulators.control.state.store import Store

Json = dict[str, Any]
Answer = Callable[["Call"], Json]
Fill = Callable[["Call", Json], None]
Check = Callable[["Call", Json, Json | None], None]
Default = Callable[["Store", str], Json | None]
Remove = Callable[["Call", Json], Json | None]
T = TypeVar("T")


@dataclass
class Service:
    """One service.

    Attributes:
        label: the first word of its host: "secretmanager" of secretmanager.googleapis.com.
        package: of its protocol buffers, for the types in long-running operations.
        later_version: the version to ask for a method that the one in the path lacks, because a client whose
            address is configured cannot name both.
        is_old: it was there before Google's common API front: other error bodies, and PATCH without masks.
        more: fields by schema that the document lacks, though clients send them.
        optional: "Schema.field" that the document calls required and the service does not insist on.
        replaced: collections whose PATCH without a mask replaces the whole resource.
        answers: whole methods, by collection and verb ("secrets.addVersion").
        fills: by collection, what the service fills in a new or changed resource.
        checks: by collection, what the service refuses about a new (old is None) or changed resource.
        removals: by collection, called before a resource goes; a resource that it returns stays in its place.
        shows: by collection, what the service adds or hides when it shows a resource.
        defaults: by collection, the resources that are there without having been made.
    """

    label: str
    package: str = ""
    later_version: str = ""
    is_old: bool = False
    more: dict[str, Json] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    replaced: frozenset[str] = frozenset()
    answers: dict[str, Answer] = field(default_factory=dict)
    fills: dict[str, Fill] = field(default_factory=dict)
    checks: dict[str, Check] = field(default_factory=dict)
    removals: dict[str, Remove] = field(default_factory=dict)
    shows: dict[str, Fill] = field(default_factory=dict)
    defaults: dict[str, Default] = field(default_factory=dict)

    def method(self, *names: str) -> Callable[[Answer], Answer]:
        """Answer these methods with the function."""
        return self._register(self.answers, names)

    def fill(self, *collections: str) -> Callable[[Fill], Fill]:
        """Let the function fill what the service fills."""
        return self._register(self.fills, collections)

    def check(self, *collections: str) -> Callable[[Check], Check]:
        """Let the function refuse what the service refuses."""
        return self._register(self.checks, collections)

    def removal(self, *collections: str) -> Callable[[Remove], Remove]:
        """Let the function say what becomes of a deleted resource."""
        return self._register(self.removals, collections)

    def show(self, *collections: str) -> Callable[[Fill], Fill]:
        """Let the function change what is shown."""
        return self._register(self.shows, collections)

    def default(self, *collections: str) -> Callable[[Default], Default]:
        """Let the function tell of resources that nobody has made."""
        return self._register(self.defaults, collections)

    def _register(self, table: dict[str, T], names: tuple[str, ...]) -> Callable[[T], T]:
        def register(function: T) -> T:
            table.update(dict.fromkeys(names, function))
            return function

        return register
