"""Who may read what: GRANT, REVOKE and row access policies, to actions."""

from dataclasses import replace

from emulators.bigquery.sql import actions
from emulators.bigquery.sql.analysis.analyzer import Analyzer
from emulators.bigquery.sql.analysis.ddl import dataset_name, made
from emulators.bigquery.sql.analysis.statements import statement_rule
from emulators.bigquery.sql.analysis.tables import readable, resolve
from emulators.bigquery.sql.model import Statement, TableName
from emulators.bigquery.sql.syntax import definitions as d


@statement_rule(d.GrantNode)
def grant(a: Analyzer, node: d.GrantNode) -> Statement:
    """GRANT / REVOKE"""
    if node.resource in ("SCHEMA", "DATASET"):
        name = TableName(*dataset_name(a, node.name), "")
    else:
        name = a.table_name(node.name, node)
    kind = "REVOKE" if node.revoke else "GRANT"
    resource = "SCHEMA" if node.resource == "DATASET" else node.resource
    members = tuple(_member(a, node, principal) for principal in node.principals)
    return made(a, node, kind, actions.Grant(name, resource, tuple(node.roles), members, node.revoke))


_MEMBERS = ("user", "group", "serviceAccount", "domain", "principal", "principalSet", "deleted", "connection")
_SPECIAL = ("allUsers", "allAuthenticatedUsers")


def _member(a: Analyzer, node: d.GrantNode, principal: str) -> str:
    """A principal as IAM's policies name it."""
    kind, _, name = principal.partition(":")
    if kind == "specialGroup" and name in _SPECIAL:
        return name
    if kind not in _MEMBERS or not name:
        a.fail(f"Invalid principal '{principal}'; use user:, group:, serviceAccount:, domain: or specialGroup:", node)
    return principal


@statement_rule(d.CreatePolicy)
def create_policy(a: Analyzer, node: d.CreatePolicy) -> Statement:
    """CREATE ROW ACCESS POLICY: the filter is analysed, so that a mistake shows now."""
    info = resolve(a, node.table, node)
    readable(a.storing("A row access policy"), replace(info, row_filter=node.filter_text), "nothing")
    action = actions.RowAccessPolicy(
        node.name, info.name, tuple(node.grantees), node.filter_text, node.or_replace, node.if_not_exists
    )
    return made(a, node, "CREATE_ROW_ACCESS_POLICY", action, info.name)


@statement_rule(d.DropPolicy)
def drop_policy(a: Analyzer, node: d.DropPolicy) -> Statement:
    """DROP ROW ACCESS POLICY"""
    info = resolve(a, node.table, node)
    kind = "DROP_ROW_ACCESS_POLICY" if node.name else "DROP_ALL_ROW_ACCESS_POLICIES"
    return made(a, node, kind, actions.DropRowAccessPolicy(node.name, info.name, node.if_exists), info.name)
