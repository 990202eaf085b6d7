import pytest

from benchmarks.bench.load import Result
from benchmarks.machines.measurement import (
    BALANCER,
    CACHE,
    CLIENT,
    DATABASE,
    POOLER,
    WEB,
    Measured,
    Sample,
    count_statements,
)

LOG = """\
2026-11-29 18:51:05.1 UTC [7] LOG:  duration: 0.011 ms  execute <unnamed>:
2026-11-29 18:51:05.1 UTC [7] LOG:  duration: 0.020 ms  statement: BEGIN
2026-11-29 18:51:05.1 UTC [7] LOG:  duration: 0.031 ms  parse _pg3_0: SELECT 1
2026-11-29 18:51:05.1 UTC [7] LOG:  duration: 0.031 ms  execute _pg3_0: SELECT 1
2026-11-29 18:51:05.2 UTC [7] LOG:  duration: 0.120 ms  execute _pg3_1:
\t    SELECT roadmap.id
\t    FROM roadmaps_roadmap AS roadmap
2026-11-29 18:51:05.2 UTC [7] DETAIL:  Parameters: $1 = '5'
2026-11-29 18:51:05.3 UTC [7] LOG:  duration: 1.200 ms  statement: COMMIT
"""


def test_statements_of_several_lines_are_counted_and_empty_ones_are_not(tmp_path):
    log = tmp_path / "log"
    log.write_text(LOG + LOG)
    assert count_statements(log, len(LOG)) == 2


def test_the_cost_is_that_of_one_response():
    parts = (DATABASE, BALANCER, CACHE, POOLER, CLIENT)
    used = {WEB: 1.0, **dict.fromkeys(parts, 0.4)}
    measured = Measured([Sample(Result(99, 2.0, 1.0, 2.0), 2.0, used)] * 2)
    assert measured.cost(WEB) == pytest.approx(10)  # ms
    assert measured.share(WEB) == pytest.approx(0.5)
    assert measured.is_other_core_full
