"""`make faults`: its checks of the answers that people got."""

import pytest

from deploy.drills.cluster.checks import all_unavailable, unavailable_for, writes_back
from deploy.drills.cluster.people import ROW
from deploy.drills.faults import report
from deploy.drills.faults.ledger import (
    Answer,
    Check,
    Ledger,
    duplicates,
    longest_failure_run,
    no_failures_since,
    only_served_or_503,
    recovers_within,
    responds_within,
    ticks_stored,
)
from tests.factories import StepFactory

ME, STEP = 1, 7


def answer(answer="302", begun=0.0, took=0.1):
    return Answer(begun, took, answer, "5" if answer == "503" else "")


class TestLedger:
    @pytest.fixture
    def ledger(self):
        ledger = Ledger()
        ledger.request((ME, STEP), "done")
        ledger.acknowledge((ME, STEP), "done")
        return ledger

    def test_an_acknowledged_tick_that_is_stored_is_not_lost(self, ledger):
        assert ledger.lost([(ME, STEP, "done")]) == []

    @pytest.mark.parametrize("stored", [[], [(ME, STEP, "learning")], [(2, 7, "done")]])
    def test_an_acknowledged_tick_that_is_not_stored_is_lost(self, ledger, stored):
        assert ledger.lost(stored) == [(ME, STEP)]

    def test_a_tick_without_an_answer_may_be_stored_or_not(self, ledger):
        ledger.request((ME, STEP), "none")
        assert ledger.lost([]) == ledger.lost([(ME, STEP, "done")]) == []
        assert ledger.lost([(ME, STEP, "skipped")]) == [(ME, STEP)]

    def test_only_the_last_acknowledged_state_counts(self, ledger):
        ledger.request((ME, STEP), "none")
        ledger.acknowledge((ME, STEP), "none")
        assert ledger.lost([]) == []
        assert ledger.lost([(ME, STEP, "done")]) == [(ME, STEP)]

    def test_two_rows_for_one_step_are_duplicates(self, ledger):
        stored = [(ME, STEP, "done"), (ME, STEP, "done")]
        assert duplicates(stored) == [(ME, STEP)]
        assert not ticks_stored(ledger, stored).holds
        assert ticks_stored(ledger, stored[:1]).holds


class TestChecks:
    def test_503_needs_retry_after(self):
        assert only_served_or_503([answer(), answer("503")]).holds
        assert not only_served_or_503([answer(), Answer(0, 0, "503", "")]).holds
        assert not only_served_or_503([answer("500")]).holds

    def test_checks_fail_without_any_answer(self):
        assert not only_served_or_503([]).holds
        assert not responds_within(3, [], "503").holds
        assert not no_failures_since([], 0).holds
        assert not recovers_within(5, [], 0).holds

    def test_the_slowest_answer_counts(self):
        assert responds_within(3, [answer(took=1), answer(took=3)], "503").holds
        assert not responds_within(3, [answer(took=1), answer(took=3.01)], "503").holds

    def test_recovery_is_the_first_acknowledged_tick(self):
        answers = [answer(begun=1), answer("503", begun=11), answer(begun=14)]
        assert recovers_within(5, answers, back=10).holds
        assert not recovers_within(4, answers, back=10).holds

    def test_requests_before_the_end_of_a_fault_may_fail(self):
        assert no_failures_since(
            [answer("503", begun=1), answer(begun=2)], since=2
        ).holds
        assert not no_failures_since([answer("503", begun=2)], since=2).holds

    def test_failures_in_a_row_are_counted(self):
        history = [answer(each) for each in ("302", "503", "200", "503", "503")]
        assert longest_failure_run(history) == 2


def row(*checks, not_run=""):
    return report.Row("name", "fault", "expected", [*checks], not_run)


def test_a_failed_check_is_bold_and_fails_its_row():
    missed = row(Check("1 lost", holds=False), Check("503", holds=True))
    assert missed.is_missed
    assert str(missed) == "| fault | expected | **missed** | **1 lost**; 503 |"
    assert not row(Check("0 lost", holds=True)).is_missed


def test_a_drill_that_did_not_run_says_why():
    assert row(not_run="not run: no root").verdict == "**not run: no root**"


def test_the_table_is_written_between_its_comments(tmp_path):
    page = tmp_path / "page.md"
    begin, end = "<!-- attacks -->", "<!-- /attacks -->"
    page.write_text(f"before\n{begin}\nold\n{end}\nafter\n")
    report.write(page, "new", "attacks")
    assert page.read_text() == f"before\n{begin}\nnew\n{end}\nafter\n"


class TestChecksOfACluster:
    def test_the_longest_time_without_a_tick_counts(self):
        answers = [answer(begun=at) for at in (1.0, 2.0, 20.0, 21.0)]
        assert writes_back(18.0, answers, since=1.5).holds
        assert not writes_back(17.0, answers, since=1.5).holds

    def test_time_before_the_first_tick_counts_too(self):
        assert not writes_back(4.0, [answer(begun=10.0)], since=5.0).holds

    def test_writes_that_never_come_back_are_missed(self):
        assert not writes_back(30.0, [answer("503", begun=2.0)], since=1.0).holds

    def test_503_counts_from_the_first_to_the_last(self):
        answers = [answer("503", begun=1.0), answer(), answer("503", begun=5.0)]
        assert unavailable_for(5.0, answers).holds
        assert not unavailable_for(4.0, answers).holds

    def test_one_success_is_not_all_unavailable(self):
        assert all_unavailable("ticks", [answer("503")]).holds
        assert not all_unavailable("ticks", [answer("503"), answer()]).holds


def test_the_states_of_steps_are_read_from_a_real_page(client, db):
    step = StepFactory()
    page = client.get(step.roadmap.get_absolute_url()).content.decode()
    assert ROW.findall(page) == [("none", str(step.pk))]
