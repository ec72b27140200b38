"""How long a step of a run is, so that its series can be drawn over simulated time."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Runs recorded before do not know."""
    op.add_column("run", sa.Column("step_s", sa.Double))


def downgrade() -> None:
    """Forget it."""
    op.drop_column("run", "step_s")
