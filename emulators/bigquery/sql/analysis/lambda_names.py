"""Lambda parameters by their depth, so that equal expressions are equal texts: DuckDB compares those of GROUP BY so.

list_transform(x, lambda e7: e7 + 1)  ->  list_transform(x, lambda p0: p0 + 1)
"""

import re

_WORD = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\.\s*\w+|\w+|\s+|:=|.", re.DOTALL)


def canonical(sql: str) -> str:
    """The same SQL with p0 for the parameters of outer lambdas, p1 for those of lambdas within them, and so on."""
    if "lambda " not in sql:
        return sql
    words = _WORD.findall(sql)
    scopes: list[tuple[int, dict[str, str]]] = []  # of open lambdas: the depth of their brackets, their names
    made: list[str] = []
    depth = place = 0
    while place < len(words):
        word = words[place]
        if word == "lambda":
            end = words.index(":", place)
            names = [name for name in words[place + 1 : end] if name.strip(" ,")]
            scopes.append((depth, {name: f"p{len(scopes)}{'_' * n}" for n, name in enumerate(names)}))
            made.append(f"lambda {', '.join(scopes[-1][1].values())}:")
            place = end + 1
            continue
        if word in ("(", "[", "{"):
            depth += 1
        elif word in (")", "]", "}"):
            depth -= 1
        while scopes and (depth < scopes[-1][0] or (word == "," and depth == scopes[-1][0])):
            scopes.pop()
        made.append(_named(word, scopes) if words[place + 1 : place + 3] != [" ", ":="] else word)
        place += 1
    return "".join(made)


def _named(word: str, scopes: list[tuple[int, dict[str, str]]]) -> str:
    return next((names[word] for _, names in reversed(scopes) if word in names), word)
