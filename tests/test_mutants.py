"""The table of mutants still fits the code: `python -m scripts.mutants` runs them."""

from __future__ import annotations

from collections import Counter

import pytest

from scripts.mutants import ROOT, Mutant, table

MUTANTS = table()


def test_there_are_at_least_sixty_mutants_with_names_of_their_own():
    assert len(MUTANTS) >= 60
    assert not [name for name, count in Counter(one.id for one in MUTANTS).items() if count > 1]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.id)
def test_what_a_mutant_removes_is_still_there_once(mutant: Mutant):
    text = (ROOT / mutant.file).read_text()
    assert text.count(mutant.old) == 1
    assert mutant.old != mutant.new
    if mutant.file.endswith(".py"):
        compile(text.replace(mutant.old, mutant.new), mutant.file, "exec")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.id)
def test_a_mutant_names_tests_that_are_there_and_the_guard_that_it_removes(mutant: Mutant):
    assert mutant.tests
    for name in mutant.tests:
        file, _, function = name.partition("::")
        assert f"def {function}(" in (ROOT / file).read_text() or not function
    assert mutant.guard.strip()
    assert mutant.guard == " ".join(mutant.guard.split())
