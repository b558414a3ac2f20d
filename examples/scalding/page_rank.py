# Ranks pages by the links to them: rounds of a join and a sum, until the ranks stay as they are.
# Each round is a flow; the links are read once, and kept for all rounds.
#
#   cascade2spark run examples/scalding/page_rank.py --local \
#       --input examples/data/links.tsv --output build/examples/page_rank.tsv
#
# build/examples/page_rank.tsv then holds
#
#   /home   1.654
#   /map    0.853
#   /news   0.15
#   /tides  1.343

from __future__ import annotations

from cascade2spark.scalding.job import Execution, ExecutionJob
from cascade2spark.scalding.sources import TypedTsv
from cascade2spark.scalding.typed import TypedPipe

STAYS = 0.85  # how likely a reader follows a link; else any page may come next


class PageRank(ExecutionJob):
    def execution(self) -> Execution:
        links = TypedPipe.from_(TypedTsv(self.args["input"], (str, str))).distinct()
        pages = links.flat_map(lambda link: link).distinct()
        targets = pages.with_value([]) + links.map(lambda link: (link[0], [link[1]]))
        ranks = pages.with_value(1.0).force_to_disk_execution()
        targets_kept = targets.sum_by_key().to_typed_pipe().force_to_disk_execution()
        ranked = targets_kept.zip(ranks).flat_map(lambda both: rounds(*both, left=50))
        sink = TypedTsv(self.args["output"], (str, float))
        return ranked.flat_map(
            lambda ranks: (
                ranks.map_values(lambda rank: round(rank, 3)).group().sorted().write_execution(sink)
            )
        )


def rounds(targets: TypedPipe, ranks: TypedPipe, left: int) -> Execution:
    """Return the ranks after the round that changes them by less than a thousandth."""
    given = targets.group().join(ranks).flat_map(lambda row: shares(row[0], *row[1]))
    sums = given.sum_by_key().to_typed_pipe().map_values(lambda sum: 1 - STAYS + STAYS * sum)
    moved = ranks.group().join(sums).map(lambda row: abs(row[1][0] - row[1][1])).sum()

    def go_on(made: tuple[TypedPipe, float]) -> Execution:
        is_done = left == 1 or made[1] < 0.001
        return Execution.value(made[0]) if is_done else rounds(targets, made[0], left - 1)

    both = sums.force_to_disk_execution().zip(moved.get_or_else_execution(0.0))
    return both.flat_map(go_on)


def shares(page: str, targets: list[str], rank: float) -> list[tuple[str, float]]:
    """Return what a page gives to others, and nothing for itself, which keeps it among them."""
    return [(page, 0.0), *((target, rank / len(targets)) for target in targets)]
