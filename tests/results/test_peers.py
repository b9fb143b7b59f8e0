"""Peers: who they are, how many cover a lesson, and what is said where there is nobody."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chna_toolkit.model import Identity
from chna_toolkit.results.peers import size_of
from chna_toolkit.results.run import Run
from chna_toolkit.results.schemas import GROUPINGS
from results.cross_check import problems
from results.made_up import make_run, sample_run, write

LESSONS = ("L01", "L02")


def hospital(name: str, year: int | None = 2024, **facts: object) -> Identity:
    return Identity(name, year=year, source="hospitals_csv", **facts)  # type: ignore[arg-type]


def run_of(*documents: tuple[Identity, Sequence[int] | None]) -> Run:
    """A run of documents that show these lessons; None: with too little text to be assessed."""
    return make_run(
        [
            (write().fill(3) if shows is None else write().fill(30).shows(*shows)).done(
                f"{number}.pdf", identity, lessons=LESSONS
            )
            for number, (identity, shows) in enumerate(documents)
        ]
    )


def share(run: Run, name: str, grouping: str, lesson: str = "L01", year: int | None = 2024) -> dict[str, object]:
    (found,) = (
        row
        for row in run.rows("peers")
        if (row["hospital_name"], row["grouping"], row["lesson_id"], row["chna_year"]) == (name, grouping, lesson, year)
    )
    return found


def test_peers_are_the_others_of_the_same_system_state_or_size():
    run = run_of(
        (hospital("A", state="OH", system="Elm Health", beds=20), [1]),
        (hospital("B", state="OH", system="Oak Health", beds=25), [1]),
        (hospital("C", state="OH", system="Elm Health", beds=700), []),
        (hospital("D", state="NY", system="Elm Health", beds=26), []),
    )
    counts = {
        kind: (one["peers_assessed"], one["peers_covered"]) for kind in GROUPINGS if (one := share(run, "A", kind))
    }
    assert counts == {"all": (3, 1), "system": (2, 0), "state": (2, 1), "size": (1, 1)}
    state = share(run, "A", "state")
    assert (state["status"], state["peer_group"], state["peers_covered_percent"]) == ("covered", "OH", 50.0)
    assert (state["percent_low"], state["percent_high"]) == (pytest.approx(9.5), pytest.approx(90.5))  # Wilson, 1 of 2


def test_a_hospital_is_not_its_own_peer_in_any_cycle():
    run = run_of((hospital("A", 2021, state="OH"), [1]), (hospital("A", 2024, state="OH"), []))
    for year in (2021, 2024):
        alone = share(run, "A", "state", year=year)
        assert (alone["peers_assessed"], alone["peers_covered_percent"]) == (0, None)  # and not 0 %
        assert alone["why_none"] == "no other hospital of its state in this run"


def test_a_peer_counts_once_by_its_latest_cycle_that_could_be_assessed():
    run = run_of(
        (hospital("A"), []),
        (hospital("B", 2018), [1]),
        (hospital("B", 2021), []),
        (hospital("B", 2024), None),
    )
    assert (share(run, "A", "all")["peers_assessed"], share(run, "A", "all")["peers_covered"]) == (1, 0)


def test_who_could_not_be_assessed_is_left_out_and_nobody_is_told_apart_from_none():
    run = run_of((hospital("A", state="OH"), [1]), (hospital("B", state="OH"), None), (hospital("C"), []))
    left = share(run, "A", "state")
    assert (left["peers_assessed"], left["why_none"]) == (0, "no other hospital of its state could be assessed for it")
    assert share(run, "C", "state")["why_none"] == "its state is not known"
    assert share(run, "B", "state")["status"] == "not_assessed"
    assert share(run, "B", "state")["peers_covered"] == 1  # what its peers show is known all the same


def test_a_system_may_be_spelt_in_different_ways():
    run = run_of((hospital("A", system="St. Anne’s  Health"), []), (hospital("B", system="ST. ANNE'S HEALTH"), [1]))
    assert share(run, "A", "system")["peers_covered"] == 1


def test_what_a_hospital_is_stands_in_its_latest_cycle_that_tells():
    run = run_of((hospital("A", 2021, beds=30), []), (hospital("A", 2024), []), (hospital("B", beds=40), [1]))
    assert share(run, "A", "size", year=2024)["peer_group"] == "26 to 99 beds"


def test_peers_of_a_joint_document_are_told_since_they_cannot_differ_by_it():
    joint = write().fill(30).shows(1).done("j.pdf", hospital("A"), hospital("B"), lessons=LESSONS)
    other = write().fill(30).done("o.pdf", hospital("C"), lessons=LESSONS)
    run = make_run([joint, other])
    assert (share(run, "A", "all")["peers_assessed"], share(run, "A", "all")["peers_joint"]) == (2, 1)
    assert share(run, "C", "all")["peers_joint"] == 0


def test_a_grouping_that_is_known_of_no_hospital_has_no_rows():
    run = run_of((hospital("A", state="OH"), []), (hospital("B"), []))
    assert {row["grouping"] for row in run.rows("peers")} == {"all", "state"}


def test_gaps_and_peers_say_the_same():
    run = sample_run()
    peers = {
        (row["hospital_key"], row["chna_year"], row["lesson_id"]): row
        for row in run.rows("peers")
        if row["grouping"] == "all"
    }
    for gap in run.rows("gaps"):
        same = peers[gap["hospital_key"], gap["chna_year"], gap["lesson_id"]]
        names = ("status", "peers_assessed", "peers_covered", "peers_covered_percent")
        assert [gap[name] for name in names] == [same[name] for name in names]


@pytest.mark.parametrize(
    ("beds", "size"),
    [
        (None, ""), (1, "up to 25 beds"), (25, "up to 25 beds"), (26, "26 to 99 beds"), (99, "26 to 99 beds"),
        (100, "100 to 299 beds"), (299, "100 to 299 beds"), (300, "300 to 499 beds"), (499, "300 to 499 beds"),
        (500, "500 beds and more"), (9999, "500 beds and more"),
    ],
)  # fmt: skip
def test_sizes(beds: int | None, size: str):
    assert size_of(beds) == size


hospitals = st.builds(
    hospital,
    st.sampled_from("ABCDEF"),
    st.sampled_from((None, 2021, 2024)),
    state=st.sampled_from(("", "OH", "NY")),
    system=st.sampled_from(("", "Elm", "elm ", "Oak")),
    beds=st.sampled_from((None, 20, 200)),
)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(hospitals, st.sampled_from((None, (), (1,), (1, 2)))), max_size=8))
def test_a_stranger_who_counts_the_matrix_finds_the_same_peers(documents):
    from tempfile import TemporaryDirectory

    from chna_toolkit.results.run import write_run

    run = run_of(*documents)
    with TemporaryDirectory() as folder:
        write_run(Path(folder), run.tables, run.manifest)
        assert [one for one in problems(Path(folder)) if "peers" in one] == []
