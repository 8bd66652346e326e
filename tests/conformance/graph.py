"""dbt's manifest as a graph: what lies behind a source, and what tests and unit tests look at it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

#: Tables that account for the rows of every source: a source ends in one of its own before it gets here.
ACCOUNTS = ("conservation", "rejected_answers", "unkept_answers")
#: What every mart asks: its readers are made from the one source that it is about, not from those that lend it.
SHARED = {"dim_dates": "nager"}

Node = dict[str, Any]


class Graph:
    """A manifest as dbt writes it to `manifest.json`."""

    def __init__(self, manifest: dict[str, Any]) -> None:
        self.nodes: dict[str, Node] = {
            **manifest["sources"],
            **manifest["nodes"],
            **manifest["exposures"],
            **manifest["unit_tests"],
        }

    @cached_property
    def children(self) -> dict[str, set[str]]:
        """Who reads a node, by id."""
        found: dict[str, set[str]] = {}
        for name, node in self.nodes.items():
            for parent in node.get("depends_on", {}).get("nodes", []):
                found.setdefault(parent, set()).add(name)
        return found

    def source(self, name: str) -> list[Node]:
        """Return the tables declared under this source."""
        return [
            node
            for node in self.nodes.values()
            if node["resource_type"] == "source" and node["source_name"] == name
        ]

    def sources(self) -> set[str]:
        """Return the names of all sources."""
        return {n["source_name"] for n in self.nodes.values() if n["resource_type"] == "source"}

    def readers(self, nodes: Iterable[Node], kind: str = "model") -> list[Node]:
        """Return what reads any of the nodes directly, of one resource type, by name."""
        ids = {child for node in nodes for child in self.children.get(node["unique_id"], ())}
        return sorted(
            (self.nodes[name] for name in ids if self.nodes[name]["resource_type"] == kind),
            key=lambda node: str(node["name"]),
        )

    def behind(self, nodes: Iterable[Node], source: str = "") -> list[Node]:
        """Return every model that is made from the nodes of a source, the nearest first.

        What reads the accounts of all sources is made from none: a mart may ask for periods. What reads the
        calendar is made from holidays alone, though it has days of others as well.
        """
        seen: dict[str, Node] = {}
        wave = self.readers(nodes)
        while wave:
            seen.update({node["unique_id"]: node for node in wave})
            own = [
                node
                for node in wave
                if node["name"] not in ACCOUNTS and SHARED.get(node["name"], source) == source
            ]
            wave = [node for node in self.readers(own) if node["unique_id"] not in seen]
        return list(seen.values())

    def first_published(self, nodes: Iterable[Node]) -> list[Node]:
        """Return the published models that are reached from the nodes through work models only."""
        found: dict[str, Node] = {}
        seen: set[str] = set()
        wave = self.readers(nodes)
        while wave:
            found.update({node["name"]: node for node in wave if is_published(node)})
            seen |= {node["unique_id"] for node in wave}
            behind = self.readers(node for node in wave if not is_published(node))
            wave = [node for node in behind if node["unique_id"] not in seen]
        return [found[name] for name in sorted(found) if name not in ACCOUNTS]

    def model(self, name: str) -> Node | None:
        """Return the model of this name."""
        return next(
            (n for n in self.nodes.values() if n["resource_type"] == "model" and n["name"] == name), None
        )

    def reads(self, node: Node) -> set[str]:
        """Return the ids of what a node reads directly."""
        return set(node["depends_on"]["nodes"])


def is_published(node: Node) -> bool:
    """Say whether a model's rows become files of the snapshot."""
    return bool(node["resource_type"] == "model" and node["config"]["materialized"] == "external")


def path(node: Node) -> str:
    """Return the file a node stands in."""
    return str(node["original_file_path"])
