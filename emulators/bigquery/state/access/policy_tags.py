"""Column access by policy tag: who reads a tagged column as it is, who reads it masked, and who may not read it.

The tags, their readers and the data policies are other services': Data Catalog and BigQuery Data Policy, asked where
GOOGLE_DATA_CATALOG_CUSTOM_ENDPOINT and GOOGLE_BIGQUERY_DATAPOLICY_CUSTOM_ENDPOINT point, as Terraform's provider does.
Without them, and for tags that Data Catalog does not know, nothing is restricted.
"""

import json
import re
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import urllib3

from emulators.bigquery.sql.model import Field, SqlError, TableName
from emulators.bigquery.sql.types import quoted
from emulators.bigquery.state.access.masks import BY_PRIORITY, masked_sql
from emulators.bigquery.state.access.row_policies import is_member
from emulators.bigquery.state.catalog import Table
from emulators.bigquery.state.errors import ServiceError

_FRESH_SECONDS = 2.0
_TAG = re.compile(r"(projects/[^/]+/locations/[^/]+)/taxonomies/[^/]+/policyTags/[^/]+")
_READER, _MASKED_READER = "roles/datacatalog.categoryFineGrainedReader", "roles/bigquerydatapolicy.maskedReader"


@dataclass(frozen=True)
class Restriction:
    """What a tag does: its name as people know it, who reads clearly, and who reads by which mask."""

    label: str
    readers: tuple[str, ...]
    masks: tuple[tuple[str, tuple[str, ...]], ...]


class PolicyTags:
    """Asks the two services; an answer is used for two seconds."""

    def __init__(self, catalog: str | None = None, policies: str | None = None) -> None:
        self._catalog, self._policies = catalog and catalog.rstrip("/"), policies and policies.rstrip("/")
        self._pool = urllib3.PoolManager(maxsize=4, timeout=urllib3.Timeout(connect=2, read=10))
        self._guard = threading.Lock()
        self._known: dict[str, tuple[float, Restriction | None]] = {}

    def guarded(self, table: Table) -> tuple[Field, ...]:
        """The columns of a table whose tags are to be looked at."""
        return tuple(f for f in table.fields if f.policy_tags) if self._catalog else ()

    def mask(self, field: Field, user: str) -> str | None:
        """The masking rule of a column for a caller: None when it is clear; DENIED when it may not be read at all."""
        found = self._restriction(field.policy_tags[0])
        if found is None or is_member(user, found.readers):
            return None
        rules = [rule for rule, members in found.masks if is_member(user, members)]
        return min(rules, key=BY_PRIORITY.index, default="DENIED")

    def relation(self, table: Table, user: str, relation: str) -> str:
        """The relation with its columns masked as the caller must see them; a column that is denied is NULL."""
        changed = []
        for field in self.guarded(table):
            rule = self.mask(field, user)
            if rule is not None:
                changed.append(f"{masked_sql(quoted(field.name), field, rule)} AS {quoted(field.name)}")
        return f"(SELECT * REPLACE ({', '.join(changed)}) FROM {relation})" if changed else relation

    def require(self, table: Table, user: str, columns: Iterable[str], clear: bool) -> None:
        """403 when one of the columns is denied to the caller (clear: or masked)."""
        wanted = {name.lower() for name in columns}
        for field in self.guarded(table):
            rule = self.mask(field, user) if field.name.lower() in wanted else None
            if rule == "DENIED" or (rule is not None and clear):
                raise _denied(table.name, field, self._restriction(field.policy_tags[0]))

    def _restriction(self, tag: str) -> Restriction | None:
        with self._guard:
            known = self._known.get(tag)
        if known is not None and time.monotonic() - known[0] < _FRESH_SECONDS:
            return known[1]
        found = self._asked(tag)
        with self._guard:
            self._known[tag] = (time.monotonic(), found)
        return found

    def _asked(self, tag: str) -> Restriction | None:
        place = _TAG.fullmatch(tag)
        taxonomy = self._get("GET", f"{self._catalog}/{tag.rpartition('/policyTags/')[0]}") if place else None
        own = self._get("GET", f"{self._catalog}/{tag}") if taxonomy else None
        if place is None or taxonomy is None or own is None:
            return None
        if "FINE_GRAINED_ACCESS_CONTROL" not in (taxonomy.get("activatedPolicyTypes") or ()):
            return None
        readers = _members(self._get("POST", f"{self._catalog}/{tag}:getIamPolicy"), _READER)
        label = f"{taxonomy.get('displayName', '')} : {own.get('displayName', '')}"
        return Restriction(label, readers, tuple(self._masks(place[1], tag)))

    def _masks(self, parent: str, tag: str) -> Iterable[tuple[str, tuple[str, ...]]]:
        if not self._policies:
            return
        listed = self._get("GET", f"{self._policies}/{parent}/dataPolicies?pageSize=1000") or {}
        for policy in listed.get("dataPolicies") or ():
            rule = (policy.get("dataMaskingPolicy") or {}).get("predefinedExpression")
            if policy.get("policyTag") == tag and rule in BY_PRIORITY:
                granted = self._get("POST", f"{self._policies}/{policy['name']}:getIamPolicy")
                yield rule, _members(granted, _MASKED_READER)

    def _get(self, method: str, url: str) -> Mapping[str, Any] | None:
        """The answer, None for 404 and from a service that is not enabled (403); 503 when it cannot be asked."""
        try:
            answer = self._pool.request(method, url, body=b"{}" if method == "POST" else None, retries=1)
        except urllib3.exceptions.HTTPError as error:
            raise ServiceError(503, "backendError", f"Cannot ask for policy tags at {url}: {error}") from error
        if answer.status in (403, 404):
            return None
        if answer.status != 200:
            raise ServiceError(503, "backendError", f"Cannot ask for policy tags at {url}: status {answer.status}")
        found: Mapping[str, Any] = json.loads(answer.data)
        return found


def _members(policy: Mapping[str, Any] | None, role: str) -> tuple[str, ...]:
    bindings = (policy or {}).get("bindings") or ()
    return tuple(member for one in bindings if one.get("role") == role for member in one.get("members") or ())


def _denied(table: TableName, field: Field, restriction: Restriction | None) -> SqlError:
    label = restriction.label if restriction else ""
    return SqlError(
        f'Access Denied: BigQuery BigQuery: User does not have permission to access policy tag "{label}" on column '
        f"{table.project}.{table.dataset}.{table.table}.{field.name}.",
        "accessDenied",
        403,
    )
