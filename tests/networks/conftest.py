"""Members to be trained."""

from tests.members.conftest import member, table

__all__ = ["member", "table"]
