"""XML as the API reads and writes it."""

from collections.abc import Iterable
from typing import NoReturn
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from starlette.responses import Response

from emulators.storage.state.errors import StorageError

LISTINGS = "http://doc.s3.amazonaws.com/2006-03-01"
UPLOADS = "http://s3.amazonaws.com/doc/2006-03-01/"
LARGEST = 8 << 20
"""Bytes of a document that is taken."""

Element = ElementTree.Element
Node = tuple[str, "str | list[Node]"]
"""A tag with its text or with what lies in it."""


def response(root: str, inside: "str | list[Node]", namespace: str = "", status: int = 200) -> Response:
    return Response(document(root, inside, namespace), status, media_type="application/xml; charset=UTF-8")


def document(root: str, inside: "str | list[Node]", namespace: str = "") -> bytes:
    name = f" xmlns={quoteattr(namespace)}" if namespace else ""
    text = f"<?xml version='1.0' encoding='UTF-8'?><{root}{name}>{_written(inside)}</{root}>"
    return text.encode()


def _written(inside: "str | list[Node]") -> str:
    if isinstance(inside, str):
        return escape(inside)
    # A tag may carry attributes, which its end has not.
    return "".join(f"<{tag}>{_written(part)}</{tag.partition(' ')[0]}>" for tag, part in inside)


def parse(data: bytes, root: str) -> Element:
    """A document's root, whatever its namespace; StorageError 400 where it is none, or another one."""
    # No document type: it could declare entities that grow.
    if len(data) > LARGEST or b"<!" in data:
        malformed(root)
    try:
        found = ElementTree.fromstring(data)
    except ElementTree.ParseError:
        malformed(root)
    for element in found.iter():
        element.tag = element.tag.rpartition("}")[2]
    if found.tag != root:
        malformed(root)
    return found


def malformed(root: str) -> NoReturn:
    raise StorageError(400, "malformedXml", f"A document {root} expected.")


def text(element: Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""


def fields(element: Element, known: Iterable[str]) -> dict[str, str]:
    """The texts of what lies in an element, by tag; StorageError 400 where something else is there."""
    found = {child.tag: text(child) for child in element}
    if found.keys() - set(known):
        malformed(element.tag)
    return found
