"""Landing: dlt writes what an upstream offers into `lake/bronze`, one version of one batch at a time.

Whether we have a batch already is answered from the lake, by comparing with its newest version; dlt's own
state is thrown away after each load.
"""

from __future__ import annotations

import logging
import os
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal

from bronze import sources
from bronze.columns import OTHER_FIELDS
from bronze.errors import BatchError, UnreachableError
from bronze.offers import LISTING, NoOffer, NotListedError
from bronze.settings import misfit
from bronze.tables import Table
from bronze.writing import write
from lake import recordings
from lake.errors import LakeError
from lake.faults import reach
from lake.files import read_json, write_json
from lake.layout import Lake
from lake.paths import below, remove_tree
from lake.versions import Version, add_version, batch_versions, next_version
from lake.words import shown

if TYPE_CHECKING:
    import pyarrow as pa

    from bronze.feeds import Said, Unsaid
    from bronze.offers import Offer

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Landed:
    """What became of one offer.

    `batch` is `*` where a table's batches could not even be listed, and `table` as well where that is so of all
    tables of the source.
    `version` is the newest there is; of a batch no longer listed it stays in force. `passing` says of a
    failure that trying again may help: the upstream did not answer, or this machine was in trouble.
    """

    source: str
    table: str
    batch: str
    outcome: Literal["landed", "unchanged", "failed", "not listed"]
    version: Version | None = None
    error: str | None = None
    passing: bool = False


@dataclass(frozen=True)
class Asked:
    """What became of one answer of a feed, or of the question: feed `*` where it concerns all of the source.

    `known` is an answer of a second that is kept already. `read_from` names the file of an archive.
    """

    source: str
    feed: str
    outcome: Literal["kept", "known", "failed"]
    moment: str = ""
    error: str | None = None
    passing: bool = False
    read_from: str = ""


@dataclass(frozen=True)
class Foreseen:
    """What would become of an offer, as far as can be told before it is fetched.

    `unknown` where there is a version and the upstream has no ETag that tells whether its content is another now.
    """

    source: str
    table: str
    batch: str
    fate: Literal["new", "changed", "unchanged", "unknown", "not listed", "failed"]
    why: str = ""


def settings() -> None:
    """Let dlt find its configuration in the project, from whatever folder the process was started."""
    # Not the caller's, whose project is another: its scope and addresses would be asked.
    os.environ |= {"DLT_PROJECT_DIR": str(Path(__file__).parent.parent), "DLT_CONFIG_FOLDER": ".dlt"}
    os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
    from dlt.common.configuration.providers.toml import SettingsTomlProvider
    from dlt.common.configuration.utils import TraceLogContext

    # Without a secrets.toml dlt asks a Streamlit that would be running here, and imports it for that.
    SettingsTomlProvider._read_streamlit_secrets = lambda *_: None
    # It notes every setting that it looks up until a pipeline ends: a recorder has none, and would grow for
    # ever.
    TraceLogContext.logging_enabled = False


def bronze_schemas() -> dict[tuple[str, str], pa.Schema]:
    """Return the Arrow schema of every raw table, by (source, table)."""
    return {(name, table.name): table.schema for name in sources.names() for table in sources.tables(name)}


def _chain(error: BaseException) -> list[BaseException]:
    chain = [error]
    while (cause := chain[-1].__cause__) is not None:
        chain.append(cause)
    return chain


def in_words(error: BaseException) -> str:
    """Return what a person should read: an error of ours or the lake's, else what dlt wrapped.

    Raises:
        KeyboardInterrupt: a person stopped the run, which dlt would pass on as an error of the batch.
    """
    chain = _chain(error)
    if any(isinstance(link, KeyboardInterrupt) for link in (*chain, chain[-1].__context__)):
        raise KeyboardInterrupt from error
    own = next((link for link in chain if isinstance(link, BatchError | LakeError)), None)
    if own:
        return shown(own)
    logger.error("landing failed\n%s", shown("".join(traceback.format_exception(error))))
    innermost = chain[-1]
    return shown(f"{type(innermost).__name__}: {innermost}")


def may_pass(error: BaseException) -> bool:
    """Say whether trying again may help: what is wrong with a batch itself stays as it is."""
    chain = _chain(error)
    if any(isinstance(link, BatchError) for link in chain):
        return any(isinstance(link, UnreachableError) for link in chain)
    return any(isinstance(link, OSError) for link in chain)


def drop_downloads(lake: Lake) -> None:
    """Remove the archives that no batch waits for any more, but no part that a later run can resume."""
    for folder in (lake.work / "downloads").glob("*/"):
        if not any(folder.glob("*.part")):
            remove_tree(folder, lake.work)


def offers(source: str) -> Iterator[Offer]:
    """Yield what an upstream offers within the configured scope, of all its tables; of a skeleton nothing.

    Raises:
        BatchError: it cannot be listed.
    """
    if sources.is_unwritten(source):
        logger.warning("%s is not written yet: passed over", source)
        return
    yield from _yielded(source, "offers")


def ask(lake: Lake, source: str, *, origin: str) -> Iterator[Asked]:
    """Keep what a source's feeds say now, and what an archive has of them; yield what became of each answer.

    Of a source without feeds, or a skeleton, nothing. The failure of one feed or file is told and stops no other.
    """
    try:
        if sources.is_unwritten(source) or not sources.feeds(source):
            return
        recordings.claim(lake, origin)
        for said in _yielded(source, "now"):
            yield _keep(lake, source, said, origin)
    except Exception as error:
        yield Asked(source, LISTING, "failed", error=in_words(error), passing=may_pass(error))


def _keep(lake: Lake, source: str, said: Said | Unsaid, origin: str) -> Asked:
    from bronze.feeds import Unsaid

    try:
        if isinstance(said, Unsaid):
            raise said.why
        made = recordings.keep(
            lake, source, said.feed, said.moment, said.body, read_from=said.read_from, origin=origin
        )
    except Exception as error:
        # One feed's trouble is reported and must not stop the others, whatever it is.
        hint = ""
        if isinstance(error, OSError) and not isinstance(error, LakeError):
            hint = f"; can {lake.recordings} be written, has it room?"
        return Asked(source, said.feed, "failed", error=in_words(error) + hint, passing=may_pass(error))
    return Asked(source, said.feed, "kept" if made else "known", said.moment, read_from=said.read_from)


def _yielded(source: str, resource: str) -> Iterator[Any]:
    """Yield what a resource of a source yields.

    Raises:
        BatchError: it cannot be asked.
        ValueError: a setting of it is no value of its kind.
    """
    settings()
    from dlt.common.configuration.exceptions import ConfigValueCannotBeCoercedException

    try:
        made = getattr(sources.load(source), source)()
    except ConfigValueCannotBeCoercedException as error:
        raise ValueError(misfit(f"sources.{source}.{error.field_name}", error)) from error
    try:
        yield from made.resources[resource]
    except Exception as error:
        kind = UnreachableError if may_pass(error) else BatchError
        # Without what it came from, which a log would show with its addresses.
        raise kind(in_words(error)) from None


def by_table(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what is told of a batch, or of all tables of a source (table `*`), table by table."""
    if told["table"] != LISTING:
        return [told]
    return [told | {"table": table.name} for table in sources.tables(told["source"])]


def _seen(version: Version) -> str | None:
    """Return the ETag under which the upstream last had this version's content."""
    later = version.path / "upstream.json"
    seen = version.record
    if later.exists():
        seen = read_json(
            later, {"etag": (str, NoneType)}, mend="remove it, and the next run compares the content"
        )
    etag = seen["etag"]
    return str(etag) if etag else None


def _dropped(version: Version, offer: Offer) -> bool:
    """Say whether the version is from before fields without a column were kept, and the offer has such."""
    return bool(offer.facts.other_fields) and OTHER_FIELDS not in version.record


def _table(offer: Offer) -> Table:
    """Return the table that an offer is a batch of."""
    for table in sources.tables(offer.source):
        if table.name == offer.table:
            return table
    raise BatchError(
        f"{offer.key}: an offer of table {offer.table!r}, which is none of TABLES of bronze/sources/{offer.source}"
    )


def _described(path: Path) -> dict[str, Any]:
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(path)
    return {"name": path.name, "rows": metadata.num_rows, "bytes": path.stat().st_size}


def _record(offer: Offer, origin: str, folder: Path, load_id: str) -> dict[str, Any]:
    """Return what is written down about a landing, after checking that nothing was lost in it."""
    files = [_described(path) for path in sorted(folder.glob("*.parquet"))]
    rows = sum(file["rows"] for file in files)
    if rows != offer.facts.rows_counted:
        raise BatchError(
            f"{offer.key}: {offer.facts.rows_counted:,} records counted, but {rows:,} rows landed"
        )
    return {
        "origin": origin,
        "key": offer.key,
        "etag": offer.etag,
        "content_hash": offer.facts.content_hash,
        "rows_counted": offer.facts.rows_counted,
        "rows_landed": rows,
        "months": offer.facts.months,
        "other_fields": offer.facts.other_fields,
        "load_id": load_id,
        "files": files,
        **offer.facts.details,
    }


def foresee(lake: Lake, offer: Offer) -> Foreseen:
    """Say what would become of an offer if it was landed now; nothing is fetched and nothing written."""
    identity = (offer.source, offer.table, offer.batch)
    if isinstance(offer, NoOffer):
        if isinstance(offer.why, NotListedError):
            return Foreseen(*identity, "not listed")
        return Foreseen(*identity, "failed", in_words(offer.why))
    newest = next(reversed(batch_versions(lake, *identity)), None)
    if newest is None:
        return Foreseen(*identity, "new")
    if not offer.etag:
        return Foreseen(*identity, "unknown")
    return Foreseen(*identity, "unchanged" if offer.etag == _seen(newest) else "changed")


def land(lake: Lake, offer: Offer, *, origin: str) -> Landed:
    """Land one offer as a new version, unless its newest version already has that content.

    `origin` is `sample` or `upstream`. Nothing of a failed landing stays: the batch is reported as failed,
    and its older versions stay in force.
    """
    identity = (offer.source, offer.table, offer.batch)
    if offer.batch == LISTING and isinstance(offer, NoOffer):
        return Landed(*identity, "failed", error=in_words(offer.why), passing=may_pass(offer.why))
    newest: Version | None = None
    staging: Path | None = None
    try:
        # On the lake's own file system, so that a rename moves it into bronze.
        staging = below(lake.work / "landing", offer.source, offer.table, offer.batch)
        table = _table(offer)
        newest = next(reversed(batch_versions(lake, *identity)), None)
        if newest and offer.etag and offer.etag == _seen(newest):
            return Landed(*identity, "unchanged", newest)
        digest = offer.prepare()
        if newest and digest == newest.record["content_hash"] and not _dropped(newest, offer):
            return Landed(*identity, "unchanged", newest)
        remove_tree(staging, lake.work)
        staging.mkdir(parents=True)
        reach("landing.begun")
        folder, load_id = write(staging, offer, table)
        reach("landing.loaded")
        if (
            newest
            and offer.facts.content_hash == newest.record["content_hash"]
            and not _dropped(newest, offer)
        ):
            write_json(newest.path / "upstream.json", {"etag": offer.etag, "key": offer.key})
            return Landed(*identity, "unchanged", newest)
        version = next_version(lake, *identity)
        add_version(version, folder, _record(offer, origin, folder, load_id))
    except NotListedError:
        return Landed(*identity, "not listed", newest)
    except Exception as error:
        # One batch's trouble is reported and must not stop the others, whatever it is.
        return Landed(*identity, "failed", error=in_words(error), passing=may_pass(error))
    finally:
        offer.close()
        if staging:
            remove_tree(staging, lake.work)
    return Landed(*identity, "landed", version)
