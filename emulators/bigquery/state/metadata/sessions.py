"""What INFORMATION_SCHEMA.SESSIONS_BY_PROJECT and SESSIONS_BY_USER say of sessions."""

from typing import TYPE_CHECKING, Any

from emulators.bigquery.state.metadata.columns import fields
from emulators.bigquery.state.metadata.jobs import principal_subject
from emulators.bigquery.state.projects import project_number

if TYPE_CHECKING:
    from emulators.bigquery.state.jobs.sessions import Session

SESSIONS = fields(
    "creation_time TIMESTAMP, expiration_time TIMESTAMP, is_active BOOL, last_modified_time TIMESTAMP, project_id "
    "STRING, project_number INT64, session_id STRING, user_email STRING, principal_subject STRING"
)


def session_row(session: "Session") -> list[Any]:
    """A session's row."""
    return [session.created, session.expires, not session.ended, session.modified, session.project,
            project_number(session.project), session.id, session.user, principal_subject(session.user)]  # fmt: skip
