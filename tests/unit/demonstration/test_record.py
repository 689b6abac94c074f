"""The record of the demonstration: begun once, gone on with as it was begun."""

from datetime import date
from pathlib import Path

import pytest

from services.demonstration.record import FILE, Record

TODAY = date(2026, 3, 17)


def begun(folder: Path, *, seed: int = 1, contracts: int = 60, today: date = TODAY) -> Record:
    return Record.of(folder, seed=seed, contracts=contracts, today=today)


def test_a_new_record_stands_at_the_beginning(tmp_path: Path) -> None:
    record = begun(tmp_path)

    assert (record.months_done, record.is_complete) == (0, False)
    assert (tmp_path / FILE).exists()


def test_a_second_start_goes_on_with_what_was_begun(tmp_path: Path) -> None:
    first = begun(tmp_path)

    second = begun(tmp_path, seed=9, contracts=5_000, today=date(2027, 1, 1))

    assert second == first


def test_every_folder_has_an_institution_of_its_own(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()

    assert begun(one).institution_id != begun(other).institution_id


def test_what_is_done_is_kept(tmp_path: Path) -> None:
    begun(tmp_path).after(7, of=19).keep(tmp_path)

    assert begun(tmp_path).months_done == 7
    assert not begun(tmp_path).is_complete


@pytest.mark.parametrize(("months", "complete"), [(18, False), (19, True)])
def test_it_is_complete_with_its_last_month(tmp_path: Path, months: int, *, complete: bool) -> None:
    begun(tmp_path).after(months, of=19).keep(tmp_path)

    assert begun(tmp_path).is_complete is complete


def test_no_secret_is_in_it(tmp_path: Path) -> None:
    begun(tmp_path)

    words = (tmp_path / FILE).read_text(encoding="utf-8").casefold()

    assert "password" not in words
    assert "secret" not in words


def test_a_half_written_record_is_never_the_record(tmp_path: Path) -> None:
    first = begun(tmp_path)
    (tmp_path / f"{FILE}.new").write_text("{", encoding="utf-8")

    assert begun(tmp_path) == first
