"""JavaScript modules as expressions: V8 is given scripts, in which `import` and `export` do not exist."""

import json
import re
from collections.abc import Mapping

_NAME = r"[\w$]+"
_START = r"(?m)(?:^|(?<=[;}]))[ \t]*"
_DECLARED = re.compile(
    rf"{_START}export\s+(?P<default>default\s+)?(?P<kind>(?:async\s+)?function\s*\*?|class|const|let|var)\s+(?P<name>{_NAME})"
)
_DEFAULT = re.compile(rf"{_START}export\s+default\s+")
_LISTED = re.compile(rf"{_START}export\s*\{{([^}}]*)\}}\s*;?")
_IMPORTED = re.compile(rf"{_START}import\s+(?:(.+?)\s+from\s+)?(['\"])(.+?)\2\s*;?")


def program(text: str, libraries: Mapping[str, str]) -> str:
    """A script whose __module is an object of what the module exports. libraries: their texts by their gs:// URIs."""
    each = ", ".join(f"{json.dumps(uri)}: () => {_module(own, libraries)}" for uri, own in libraries.items())
    return f"""const __libraries = {{{each}}};
const __imported = {{}};
function __import(uri) {{ return __imported[uri] ??= __libraries[uri](); }}
const __module = {_module(text, libraries)};"""


def _module(text: str, libraries: Mapping[str, str]) -> str:
    exported: dict[str, str] = {}

    def declared(found: re.Match[str]) -> str:
        exported["default" if found["default"] else found["name"]] = found["name"]
        return f"{found['kind']} {found['name']}"

    def listed(found: re.Match[str]) -> str:
        exported.update({outer: inner for inner, outer in _pairs(found[1])})
        return ""

    def default(_: re.Match[str]) -> str:
        exported["default"] = "__default"
        return "const __default = "

    text = _IMPORTED.sub(lambda found: _import(found[1], found[3], libraries), text)
    for pattern, change in ((_DECLARED, declared), (_LISTED, listed), (_DEFAULT, default)):
        text = pattern.sub(change, text)
    members = ", ".join(f"{json.dumps(outer)}: {inner}" for outer, inner in exported.items())
    return f"(() => {{\n{text}\nreturn {{{members}}}; }})()"


def _pairs(names: str) -> list[tuple[str, str]]:
    """`a, b as c` as (a, a), (b, c)."""
    each = (part.split() for part in names.split(",") if part.strip())
    return [(words[0], words[-1]) for words in each]


def _import(names: str | None, path: str, libraries: Mapping[str, str]) -> str:
    """import names from path -> declarations; a path is a library's URI, or the end of one."""
    uri = next((uri for uri in libraries if uri == path or uri.endswith("/" + path.removeprefix("./"))), None)
    if uri is None:
        return f"throw new Error({json.dumps(f'Cannot import {path}: it is not in the option library')});"
    whole, declarations = f"__import({json.dumps(uri)})", [f"__import({json.dumps(uri)});"]
    for part in re.findall(r"\{[^}]*\}|[^,{}]+", names or ""):
        if part.strip().startswith("{"):
            declarations += [f"const {inner} = {whole}.{outer};" for outer, inner in _pairs(part.strip()[1:-1])]
        elif "*" in part:
            declarations.append(f"const {part.split()[-1]} = {whole};")
        elif part.strip():
            declarations.append(f"const {part.strip()} = {whole}.default;")
    return " ".join(declarations)
