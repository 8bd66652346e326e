"""What a judgement says: one check per expectation, and whether the subject may pass."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from bronze.expectations.rules import CRITICAL, FINDING, ROWS
from lake.words import plain

#: How many batches a line names.
_NAMED = 4


@dataclass(frozen=True)
class Check:
    """The result of one expectation.

    `unexpected_count` and `element_count` are rows (None where the expectation is about the table as a
    whole or errored); `observed` is what was found instead, in words. `rows_query` yields all offending
    rows on the connection that was judged; None if there are none to show. `batches` are those that the
    offending rows of a layer came from, as "jc-2024-05 version 1", where the check refuses and they can be told.
    """

    name: str
    title: str
    expectation: str
    column: str | None
    severity: str
    reason: str
    success: bool
    counts: str = ROWS
    show: tuple[str, ...] = ()
    unexpected_count: int | None = None
    element_count: int | None = None
    observed: str | None = None
    exception: str | None = None
    rows_query: str | None = None
    batches: tuple[str, ...] = ()

    @property
    def blocks(self) -> bool:
        """Whether the failure refuses the subject: critical, and failed or errored."""
        return not self.success and self.severity == CRITICAL

    @property
    def extent(self) -> str:
        """How much is wrong, for people: "12,926 of 12,926 rows", "3 hours missing", or what was found."""
        if self.exception is not None:
            return f"could not be checked ({self.exception.strip().splitlines()[0]})"
        if self.counts == FINDING or self.unexpected_count is None:
            found = f"found {self.observed}"
        elif self.counts == ROWS and self.element_count is not None:
            found = f"{self.unexpected_count:,} of {self.element_count:,} rows"
        else:
            found = f"{self.unexpected_count:,} {self.counts}"
        more = len(self.batches) - _NAMED
        return (
            found
            + (f", from {', '.join(self.batches[:_NAMED])}" if self.batches else "")
            + (f" and {more:,} more" if more > 0 else "")
        )


@dataclass(frozen=True)
class GateResult:
    """The judgement of one subject: a version in bronze, a table in silver or gold.

    `suite` and `suite_hash` are None for a table that has no suite; such a table passes, and `note` says so.
    `note` is also where a table that could not be judged at all says why. `raw` is Great Expectations' own
    result, for rendering later. `report` is the readable report of a refusal, once written.
    """

    subject: str
    layer: str
    table: str
    suite: str | None
    suite_hash: str | None
    passed: bool
    checks: tuple[Check, ...] = ()
    note: str | None = None
    report: Path | None = None
    seconds: float = 0.0
    raw: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def refusals(self) -> list[Check]:
        """The failed critical checks."""
        return [check for check in self.checks if check.blocks]

    @property
    def warnings(self) -> list[Check]:
        """The failed checks that do not refuse."""
        return [check for check in self.checks if not check.success and not check.blocks]

    @property
    def why(self) -> str:
        """The judgement in one sentence, for a verdict: what refuses, or what was only warned of."""
        if self.note is not None:
            return self.note
        found = self.refusals or self.warnings
        said = "; ".join(f"{check.title} — {check.extent}" for check in found)
        if self.refusals:
            return said
        return f"{len(self.checks)} checks" + (f", warnings: {said}" if said else ", no warnings")

    def as_dict(self) -> dict[str, Any]:
        """Return everything but `raw`, as JSON can hold it."""
        content = asdict(replace(self, raw={}))
        del content["raw"]
        return content | {"report": None if self.report is None else str(self.report)}

    @classmethod
    def of(cls, content: dict[str, Any]) -> GateResult:
        """Return the result that `as_dict` was made of, without `raw`."""
        checks = [
            Check(**check | {"show": tuple(check["show"]), "batches": tuple(check.get("batches", ()))})
            for check in content["checks"]
        ]
        report = Path(content["report"]) if content["report"] else None
        return cls(**{**content, "checks": tuple(checks), "report": report})

    def lines(self) -> list[str]:
        """Return the judgement for the terminal: one line per failed check, or one line in all."""
        see = f" — see {_short(self.report)}" if self.report is not None else ""
        if self.note is not None:
            return [plain(f"{'passed' if self.passed else 'refused'} {self.subject}: {self.note}")]
        lines = [f"refused {self.subject}: {check.title} — {check.extent}{see}" for check in self.refusals]
        lines += [f"warning {self.subject}: {check.title} — {check.extent}" for check in self.warnings]
        # What was found are values of an upstream's.
        return [plain(line) for line in lines] or [f"passed {self.subject}: {len(self.checks)} checks"]


def _short(path: Path) -> str:
    """Return the path as typed from the working folder, where it lies below it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
