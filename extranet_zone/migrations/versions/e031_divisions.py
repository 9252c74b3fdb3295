"""Splitting and merging units: several entries and certificates of one case, and the lineage."""

import sqlalchemy as sa
from alembic import op

revision = "e031"
down_revision = "e011"
branch_labels = None
depends_on = None

EFFECTS = (
    "first_registration",
    "transfer",
    "holder_change",
    "unit_change",
    "unit_division",
    "right_cancellation",
    "correction",
    "replacement",
    "mortgage",
    "mortgage_change",
    "mortgage_transfer",
    "mortgage_cancellation",
    "easement",
    "easement_change",
    "easement_cancellation",
    "residence",
    "residence_cancellation",
    "advance_notice",
    "advance_notice_change",
    "advance_notice_transfer",
    "advance_notice_cancellation",
    "objection",
    "objection_cancellation",
    "seizure",
    "seizure_renewal",
    "seizure_release",
)


def coded(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, native_enum=False, create_constraint=True, length=32, name=name)


def upgrade() -> None:
    op.add_column(
        "register_entry", sa.Column("part", sa.Integer(), nullable=False, server_default="1")
    )
    if op.get_bind().dialect.name == "sqlite":
        _write_anew(EFFECTS, parts=True)
    else:
        op.alter_column("register_entry", "part", server_default=None)
        _replace_constraints(EFFECTS, ["case_no", "part"], "uq_register_entry_case_no")
    with op.batch_alter_table("certificate") as batch:
        batch.drop_constraint("uq_certificate_case_no", type_="unique")
        batch.create_index("ix_certificate_case_no", ["case_no"])
    op.create_table(
        "unit_lineage",
        sa.Column("predecessor", sa.String(28), nullable=False),
        sa.Column("successor", sa.String(28), nullable=False),
        sa.Column("closed_by", sa.String(32), nullable=False),
        sa.Column("opened_by", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(
            ["predecessor"], ["unit.unit_no"], name="fk_unit_lineage_predecessor"
        ),
        sa.ForeignKeyConstraint(["successor"], ["unit.unit_no"], name="fk_unit_lineage_successor"),
        sa.ForeignKeyConstraint(
            ["closed_by"], ["register_entry.id"], name="fk_unit_lineage_closed_by"
        ),
        sa.ForeignKeyConstraint(
            ["opened_by"], ["register_entry.id"], name="fk_unit_lineage_opened_by"
        ),
        sa.PrimaryKeyConstraint("predecessor", "successor", name="pk_unit_lineage"),
    )
    op.create_index("ix_unit_lineage_successor", "unit_lineage", ["successor"])


def _write_anew(effects: tuple[str, ...], *, parts: bool) -> None:
    """A constraint of SQLite is part of its table: the table is written anew around it."""
    table = _register_entry(effects, parts=parts)
    with op.batch_alter_table(table.name, copy_from=table, recreate="always"):
        pass


def _replace_constraints(effects: tuple[str, ...], key: list[str], former: str) -> None:
    op.drop_constraint("effect", "register_entry", type_="check")
    op.create_check_constraint("effect", "register_entry", sa.column("effect").in_(effects))
    op.drop_constraint(former, "register_entry", type_="unique")
    op.create_unique_constraint(f"uq_register_entry_{'_'.join(key)}", "register_entry", key)


def _register_entry(effects: tuple[str, ...], *, parts: bool) -> sa.Table:
    key = ("case_no", "part") if parts else ("case_no",)
    return sa.Table(
        "register_entry",
        sa.MetaData(),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("log_no", sa.BigInteger(), nullable=False),
        sa.Column("case_no", sa.String(16), nullable=False),
        *([sa.Column("part", sa.Integer(), nullable=False)] if parts else []),
        sa.Column("unit_no", sa.String(28), nullable=False),
        sa.Column("effect", coded("effect", effects), nullable=False),
        sa.Column("registration_type", sa.String(3), nullable=False),
        sa.Column("right_type", sa.String(2), nullable=False),
        sa.Column("certificate_no", sa.String(64), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("recorder", sa.String(64), nullable=False),
        sa.Column("recorder_name", sa.String(100), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("about", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["unit_no"], ["unit.unit_no"], name="fk_register_entry_unit_no"),
        sa.PrimaryKeyConstraint("id", name="pk_register_entry"),
        sa.UniqueConstraint("log_no", name="uq_register_entry_log_no"),
        sa.UniqueConstraint(*key, name=f"uq_register_entry_{'_'.join(key)}"),
        sa.Index("ix_register_entry_unit_no_log_no", "unit_no", "log_no"),
        sa.Index("ix_register_entry_day", "day", "log_no"),
        sa.Index("ix_register_entry_certificate_no", "certificate_no"),
    )


def downgrade() -> None:
    """Only a register in which nothing was divided fits the revision before."""
    divided = op.get_bind().scalar(sa.text("SELECT COUNT(*) FROM register_entry WHERE part > 1"))
    if divided:
        raise RuntimeError("a case with several entries has no place in the revision before")
    op.drop_table("unit_lineage")
    with op.batch_alter_table("certificate") as batch:
        batch.drop_index("ix_certificate_case_no")
        batch.create_unique_constraint("uq_certificate_case_no", ["case_no"])
    before = tuple(effect for effect in EFFECTS if effect != "unit_division")
    if op.get_bind().dialect.name == "sqlite":
        _write_anew(before, parts=False)
    else:
        _replace_constraints(before, ["case_no"], "uq_register_entry_case_no_part")
        op.drop_column("register_entry", "part")
