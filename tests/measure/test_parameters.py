"""Parameters under each node, shared ones counted once."""

from __future__ import annotations

from torchatlas.measure.parameters import parameter_counts
from torchatlas.run import ROOT, Graph, Node, Table, build_table


def table(*rows: tuple[str, int, str | None]) -> Table:
    named = [
        {"tensor": name, "kind": "parameter", "count": count, "tied_to": tied}
        for name, count, tied in rows
    ]
    return build_table("parameters", named)


def graph(*nodes: tuple[str, str, str | None, tuple[str, ...]]) -> Graph:
    return Graph(
        {
            node_id: Node(node_id, kind, node_id, "T", parent, parameters=own)  # type: ignore[arg-type]
            for node_id, kind, parent, own in nodes
        }
    )


def test_a_module_holds_what_its_children_hold() -> None:
    found = parameter_counts(
        graph(
            (ROOT, "module", None, ()),
            ("a", "module", ROOT, ("a.scale",)),
            ("a.b", "module", "a", ("a.b.weight", "a.b.bias")),
            ("a.b/linear:0", "op", "a.b", ("a.b.weight", "a.b.bias")),
            ("/add:0", "op", ROOT, ()),
        ),
        table(("a.scale", 1, None), ("a.b.weight", 20, None), ("a.b.bias", 4, None)),
    )
    assert found == {ROOT: 25, "a": 25, "a.b": 24, "a.b/linear:0": 24, "/add:0": 0}


def test_a_tied_parameter_counts_once_where_both_its_names_are() -> None:
    found = parameter_counts(
        graph(
            (ROOT, "module", None, ()),
            ("embed", "module", ROOT, ("embed.weight",)),
            ("head", "module", ROOT, ("head.weight",)),
        ),
        table(("embed.weight", 100, None), ("head.weight", 100, "embed.weight")),
    )
    assert found == {ROOT: 100, "embed": 100, "head": 100}


def test_every_call_of_a_module_holds_its_parameters() -> None:
    found = parameter_counts(
        graph(
            (ROOT, "module", None, ()),
            ("b", "module", ROOT, ()),
            ("b.c", "module", "b", ("b.c.weight",)),
            ("b#1", "module", ROOT, ()),
            ("b.c#1", "module", "b#1", ("b.c.weight",)),
        ),
        table(("b.c.weight", 16, None), ("b.unused.weight", 3, None)),
    )
    assert found == {ROOT: 19, "b": 19, "b.c": 16, "b#1": 19, "b.c#1": 16}


def test_a_hash_in_a_name_is_no_second_call() -> None:
    found = parameter_counts(
        graph((ROOT, "module", None, ()), ("a", "module", ROOT, ()), ("a#x", "module", ROOT, ())),
        table(("a.w", 5, None), ("a#x.w", 7, None)),
    )
    assert found == {ROOT: 12, "a": 5, "a#x": 7}


def test_a_parameter_of_a_module_that_never_ran_counts_for_the_model() -> None:
    found = parameter_counts(graph((ROOT, "module", None, ())), table(("idle.weight", 9, None)))
    assert found == {ROOT: 9}


def test_buffers_are_no_parameters() -> None:
    rows = [{"tensor": "bn.mean", "kind": "buffer", "count": 8}]
    found = parameter_counts(graph((ROOT, "module", None, ())), build_table("parameters", rows))
    assert found == {ROOT: 0}
