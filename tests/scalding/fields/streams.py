"""Groups as streams of rows."""

from __future__ import annotations

import operator

from cascade2spark.fields import Fields
from cascade2spark.operations import Count, First
from cascade2spark.operations.callables import buffer
from cascade2spark.pipes import Every
from tests.conformance.case import rows
from tests.scalding.fields_case import KV, KVS, case

case(
    "fold_left_copies_its_start_for_each_group",
    "3.4: z deep-copied per group, so a mutable z is safe; 10 row 35",
    lambda i: i.group_by(
        "k",
        lambda g: g.sort_by("v").fold_left("v", "l", [], lambda held, v: held.append(v) or held),
    ),
    i=KVS,
    expected=[("a", [1, 2, 3]), ("b", [7, 9])],
)
case(
    "fold_left_goes_from_left_to_right",
    "10 row 31",
    lambda i: i.group_by("k", lambda g: g.sort_by("v").fold_left("v", "d", 0, operator.sub)),
    i=KVS,
    expected=[("a", -6), ("b", -16)],
)
case(
    "fold_left_of_two_fields_to_two",
    "3.4: foldLeft(f→o)(z){(acc, x)}",
    lambda i: i.group_by(
        "k",
        lambda g: g.fold_left(
            ("v", "w"), ("s", "p"), (0, 1), lambda so_far, v, w: (so_far[0] + v, so_far[1] * w)
        ),
    ),
    i=rows("k v w", ("a", 1, 2), ("a", 3, 4)),
    expected=[("a", 4, 8)],
)
case(
    "scan_left_gives_its_start_too",
    "3.4: emits z first; unused input columns are null in that row; 10 row 34",
    lambda i: i.group_by("x", lambda g: g.sort_by("y").scan_left("y", "ys", 0, operator.add)),
    i=rows("x y z", (3, 0, 1), (3, 1, 10), (3, 5, 100)),
    expected=[(3, None, None, 0), (3, 0, 1, 0), (3, 1, 10, 1), (3, 5, 100, 6)],
    ordered=True,
    fields="x y z ys",
)
case(
    "map_stream_of_a_group",
    "3.4: mapStream(f→o){it→it}",
    lambda i: i.group_by("k", lambda g: g.sort_by("v").map_stream("v", "v", lambda it: [sum(it)])),
    i=KVS,
    expected=[("a", 6), ("b", 16)],
)
case(
    "map_stream_of_two_fields_gets_tuples",
    "3.4: mapStream",
    lambda i: i.group_by(
        "k", lambda g: g.map_stream(("k", "v"), ("k", "v"), lambda it: [max(it), ("end", 0)])
    ),
    i=KV,
    expected=[("a", 3), ("end", 0), ("b", 2), ("end", 0)],
)
case(
    "take_keeps_whole_rows",
    "3.4: take(n), whole rows",
    lambda i: i.insert("x", 1).group_by("k", lambda g: g.sort_by("v").take(2)),
    i=KVS,
    expected=[("a", 1, 1), ("a", 2, 1), ("b", 7, 1), ("b", 9, 1)],
    within=(0,),
    fields="k v x",
)
case(
    "drop_skips_rows",
    "3.4: drop(n)",
    lambda i: i.group_by("k", lambda g: g.sort_by("v").drop(1)),
    i=KVS,
    expected=[("a", 2), ("a", 3), ("b", 9)],
    within=(0,),
)
case(
    "take_while_stops_at_the_first_that_fails",
    "3.4: takeWhile(f){p}, whole rows",
    lambda i: i.group_by("k", lambda g: g.sort_by("v").take_while("v", lambda v: v != 2)),
    i=KVS,
    expected=[("a", 1), ("b", 7), ("b", 9)],
)
case(
    "drop_while_starts_at_the_first_that_fails",
    "3.4: dropWhile(f){p}, whole rows",
    lambda i: i.group_by("k", lambda g: g.sort_by("v").drop_while(("k", "v"), lambda k, v: v < 2)),
    i=KVS,
    expected=[("a", 2), ("a", 3), ("b", 7), ("b", 9)],
)
case(
    "pass_lets_all_rows_through",
    "3.4: all rows through",
    lambda i: i.group_by("k", lambda g: g.pass_()),
    i=KVS,
    expected=[("a", 3), ("b", 9), ("a", 1), ("a", 2), ("b", 7)],
)
case(
    "every_puts_a_raw_every",
    "3.3: every",
    lambda i: i.group_by(
        "k", lambda g: g.every(lambda pipe: Every(pipe, "v", Count(Fields("n")))).max("v")
    ),
    i=KV,
    expected=[("a", 2, 3), ("b", 1, 2)],
)
case(
    "buffer_applies_a_raw_buffer",
    "3.3: buffer",
    lambda i: i.group_by(
        "k", lambda g: g.buffer("v", buffer("n")(lambda key, rows: [len([*rows])]))
    ),
    i=KV,
    expected=[("a", None, 2), ("b", None, 1)],
)
case(
    "using_map_stream",
    "3.4: using(res).mapStream, resource per reduce task",
    lambda i: i.project("k", "v").group_by(
        "k", lambda g: g.using(lambda: 10).map_stream("v", "v", lambda ten, it: [ten * sum(it)])
    ),
    i=KV,
    expected=[("a", 40), ("b", 20)],
)
case(
    "every_with_the_first_rows",
    "3.3: every",
    lambda i: i.group_by(
        "k",
        lambda g: g.sort_by("v").every(
            lambda pipe: Every(pipe, Fields.ALL, First(2), Fields.RESULTS)
        ),
    ),
    i=KVS,
    expected=[("a", 1), ("a", 2), ("b", 7), ("b", 9)],
)
