"""The filter language: what matches, and what is refused with its position."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.pubsub.state.errors import PubsubError
from emulators.pubsub.state.filters import compile_filter

ATTRIBUTES = {"domain": "com", "region": "eu-west1", "iana.org/language_tag": "en", "quote": 'a"b'}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("attributes:domain", True),
        ("attributes:nothing", False),
        ('attributes:"iana.org/language_tag"', True),
        ('attributes.domain = "com"', True),
        ('attributes.domain="org"', False),
        ('attributes.domain != "org"', True),
        ('attributes.nothing != "org"', True),
        ('attributes."iana.org/language_tag" = "en"', True),
        ('attributes.quote = "a\\"b"', True),
        ('attributes.domain = "\\u0063\\x6f\\155"', True),
        ('hasPrefix(attributes.region, "eu-")', True),
        ('hasPrefix(attributes.region, "us-")', False),
        ('hasPrefix(attributes.nothing, "")', False),
        ("NOT attributes:nothing", True),
        ("-attributes:domain", False),
        ('attributes:domain AND attributes.region = "eu-west1"', True),
        ("attributes:domain AND NOT attributes:region", False),
        ("attributes:nothing OR attributes:region OR attributes:neither", True),
        ("attributes:nothing OR (attributes:region AND attributes:domain)", True),
        ("NOT (attributes:nothing OR attributes:domain)", False),
    ],
)
def test_filter_matches_attributes(text: str, matches: bool) -> None:
    assert compile_filter(text)(ATTRIBUTES) is matches


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("attributes:a AND attributes:b OR attributes:c", "parentheses"),
        ("attributes.a = b", "in double quotes"),
        ("attributes.a", "expected '=' or '!='"),
        ("attributes.a > 3", "unexpected character at position 13"),
        ('message.data = "x"', "expected 'attributes'"),
        ("(attributes:a", "expected ')'"),
        ("attributes:", "found the end"),
        ('hasPrefix(attributes:a, "b")', "expected '.'"),
        ("attributes:a attributes:b", "unexpected 'attributes'"),
        ("attributes:" + "a" * 246, "257 bytes"),
    ],
)
def test_what_is_not_of_the_language_is_refused(text: str, words: str) -> None:
    with pytest.raises(PubsubError, match="INVALID_ARGUMENT") as refusal:
        compile_filter(text)
    assert words in refusal.value.message


@given(st.text(max_size=60))
def test_any_other_text_is_refused_and_nothing_else_happens(text: str) -> None:
    try:
        compile_filter(text)({})
    except PubsubError as error:
        assert error.status == "INVALID_ARGUMENT"


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_quoted_value_matches_itself_only(value: str, other: str) -> None:
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    predicate = compile_filter(f'attributes.key = "{quoted}"')
    assert predicate({"key": value})
    assert predicate({"key": other}) is (value == other)
