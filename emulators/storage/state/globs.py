"""matchGlob: the patterns by which a listing chooses names.

Source: cloud.google.com/storage/docs/json_api/v1/objects/list (list objects and prefixes using glob).
"""

import re

from emulators.storage.state import errors

_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[(!?)((?:\\.|[^\]\\])+)\]|[{},]|\\(.)|.", re.DOTALL)


def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression on a whole name; StorageError 400 where a bracket or brace stands open.

    `*` and `?` stop at a slash, `**` does not, and `**/` may stand for nothing.
    """
    depth, parts = 0, []
    for token in _TOKEN.finditer(pattern):
        text = token[0]
        depth += (text == "{") - (text == "}")
        if depth < 0 or depth > 1 or text == "[":
            break
        parts.append(_part(token, depth))
    if depth or len(parts) != len(_TOKEN.findall(pattern)):
        raise errors.invalid_parameter(f"Invalid glob pattern: {pattern}", "matchGlob")
    try:
        return re.compile("".join(parts), re.DOTALL)
    except re.error as error:  # a range such as z-a
        raise errors.invalid_parameter(f"Invalid glob pattern: {pattern}: {error}", "matchGlob") from None


_WILDCARDS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")"}


def _part(token: re.Match[str], depth: int) -> str:
    text, negated, characters, escaped = token[0], token[1], token[2], token[3]
    if characters:
        return f"(?!/)[{'^' if negated else ''}{characters.replace('[', chr(92) + '[').replace('^', chr(92) + '^')}]"
    if escaped:
        return re.escape(escaped)
    if text == "," and depth:
        return "|"
    return _WILDCARDS.get(text) or re.escape(text)
