# Sums seconds per page for each day of a range: dated folders, and a job that is followed by
# itself for the next day.
#
#   cascade2spark run examples/scalding/daily_totals.py --local --daily \
#       --date 2024-03-01 2024-03-03 --input examples/data/daily --output build/examples/daily
#
# build/examples/daily/2024/03/01, one of three folders, then holds
#
#   /home     20
#   /tides    95

from __future__ import annotations

from typing import NamedTuple

from cascade2spark.scalding.job import UtcDateRangeJob
from cascade2spark.scalding.sources import TypedTsv, daily_suffix
from cascade2spark.scalding.typed import TypedPipe


class Visit(NamedTuple):
    user: str
    page: str
    seconds: int


class DailyTotals(UtcDateRangeJob):
    def build(self) -> None:
        visits = daily_suffix(TypedTsv, self.args["input"], self.date_range, Visit)
        totals = daily_suffix(TypedTsv, self.args["output"], self.date_range, (str, int))
        by_page = TypedPipe.from_(visits).map(lambda visit: (visit.page, visit.seconds))
        by_page.sum_by_key().write(totals)
