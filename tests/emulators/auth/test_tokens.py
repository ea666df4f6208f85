"""The token endpoint, asked by google-auth over a real socket."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import google.auth
import google.auth.exceptions
import google.auth.transport.requests
import pytest
import requests
from google.oauth2 import id_token, service_account

from emulators.auth.credentials import write_service_account_key
from emulators.auth.state import jwt
from emulators.auth.state.keys import load_or_make
from emulators.auth.state.tokens import PUBLIC_ENDPOINT, GrantError, Issuer
from tests.emulators.process import running

SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("auth")


@pytest.fixture(scope="module")
def address(state: Path) -> Iterator[str]:
    with running("auth", state) as address:
        yield address


@pytest.fixture
def key_file(address: str, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "credentials.json"
    write_service_account_key(path, state, address, "sluice-local")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT", raising=False)
    return path


def test_application_default_credentials_get_a_token_that_the_service_knows(key_file: Path, address: str) -> None:
    credentials, project = google.auth.default(scopes=SCOPES)
    credentials.refresh(google.auth.transport.requests.Request())
    assert project == "sluice-local"
    assert credentials.valid
    info = requests.get(f"{address}/tokeninfo", params={"access_token": credentials.token}, timeout=5).json()
    assert info["email"] == "sluice@sluice-local.iam.gserviceaccount.com"
    assert info["scope"] == SCOPES[0]
    assert 3500 < int(info["expires_in"]) <= 3600
    header = {"Authorization": f"Bearer {credentials.token}"}
    assert requests.get(f"{address}/oauth2/v3/userinfo", headers=header, timeout=5).json()["email"] == info["email"]


def test_an_id_token_verifies_against_the_published_certificates(key_file: Path, address: str) -> None:
    request = google.auth.transport.requests.Request()
    token = id_token.fetch_id_token(request, "https://receiver.example")
    claims = id_token.verify_token(
        token, request, audience="https://receiver.example", certs_url=f"{address}/oauth2/v1/certs"
    )
    assert claims["email"] == "sluice@sluice-local.iam.gserviceaccount.com"
    assert claims["iss"] == "https://accounts.google.com"
    with pytest.raises(ValueError, match="audience"):
        id_token.verify_token(token, request, audience="https://other", certs_url=f"{address}/oauth2/v1/certs")


def test_a_key_that_is_not_the_accounts_is_refused(key_file: Path, tmp_path: Path) -> None:
    info = json.loads(key_file.read_text())
    info["private_key"] = load_or_make(tmp_path / "stranger.pem").pem
    credentials = service_account.Credentials.from_service_account_info(info, scopes=SCOPES)
    with pytest.raises(google.auth.exceptions.RefreshError, match="signature does not match"):
        credentials.refresh(google.auth.transport.requests.Request())


def test_an_unknown_account_is_refused(key_file: Path) -> None:
    info = json.loads(key_file.read_text()) | {"client_email": "nobody@sluice-local.iam.gserviceaccount.com"}
    credentials = service_account.Credentials.from_service_account_info(info, scopes=SCOPES)
    with pytest.raises(google.auth.exceptions.RefreshError, match="account not found"):
        credentials.refresh(google.auth.transport.requests.Request())


def test_no_scope_and_no_audience_is_refused(key_file: Path) -> None:
    credentials = service_account.Credentials.from_service_account_file(str(key_file))
    with pytest.raises(google.auth.exceptions.RefreshError, match="invalid_scope"):
        credentials.refresh(google.auth.transport.requests.Request())


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"}, "invalid_request"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "a.b.c"}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "1//made-up"}, "unsupported_grant_type"),
    ],
)
def test_bad_grants_are_refused_in_oauths_words(address: str, form: dict[str, str], error: str) -> None:
    response = requests.post(f"{address}/token", data=form, timeout=5)
    assert response.status_code == 400
    assert response.json()["error"] == error


def test_unknown_paths_are_refused(address: str) -> None:
    response = requests.get(f"{address}/oauth2/v9/certs", timeout=5)
    assert (response.status_code, response.json()["error"]["status"]) == (404, "NOT_FOUND")


def test_the_key_is_made_once_and_readable_by_its_owner_alone(state: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "one.json", tmp_path / "two.json"
    write_service_account_key(first, state, "http://127.0.0.1:1", "sluice-local")
    write_service_account_key(second, state, "http://127.0.0.1:2", "sluice-local")
    one, two = json.loads(first.read_text()), json.loads(second.read_text())
    assert one["private_key"] == two["private_key"]
    assert two["token_uri"] == "http://127.0.0.1:2/token"
    assert first.stat().st_mode & 0o077 == 0


class TestAssertions:
    """What an assertion must say, on the state layer alone."""

    EMAIL = "a@p.iam.gserviceaccount.com"

    @pytest.fixture
    def issuer(self, state: Path) -> Issuer:
        return Issuer(state)

    def exchange(self, issuer: Issuer, **changes: object) -> dict[str, object]:
        now = int(time.time())
        claims = {"iss": self.EMAIL, "aud": PUBLIC_ENDPOINT, "iat": now, "exp": now + 3600, "scope": "x"} | changes
        key = issuer.accounts.make(self.EMAIL)
        return issuer.exchange_assertion(jwt.sign(claims, key.private, key.key_id), frozenset({"http://here/token"}))

    def test_good_ones_are_taken(self, issuer: Issuer) -> None:
        assert self.exchange(issuer)["token_type"] == "Bearer"
        assert self.exchange(issuer, aud="http://here/token")["token_type"] == "Bearer"

    @pytest.mark.parametrize(
        "changes",
        [
            {"aud": "http://elsewhere/token"},
            {"iat": 0, "exp": 3600},
            {"exp": int(time.time()) + 90_000},
            {"exp": "soon"},
            {"iss": "../../etc/passwd"},
            {"sub": "boss@example.com"},
        ],
    )
    def test_others_are_refused(self, issuer: Issuer, changes: dict[str, object]) -> None:
        with pytest.raises(GrantError):
            self.exchange(issuer, **changes)

    def test_a_token_is_known_after_a_restart_and_another_kind_is_not_taken_for_it(
        self, issuer: Issuer, state: Path
    ) -> None:
        token = str(self.exchange(issuer)["access_token"])
        restarted = Issuer(state)
        assert restarted.access_token_claims(token)["email"] == self.EMAIL
        with pytest.raises(GrantError):
            restarted.id_token_claims(token)
        with pytest.raises(GrantError):
            restarted.access_token_claims(token[:-4] + "AAAA")
