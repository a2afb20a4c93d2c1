"""Scores by entity and by token."""

import numpy as np
import pytest

from nlp_builder.labeling import entity_report, token_report
from nlp_builder.text import spans_of

GOLD = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "B-ORG", "I-ORG"]]


def test_all_right_is_one():
    report = entity_report(GOLD, GOLD)
    assert (report.precision, report.recall, report.f1) == (1.0, 1.0, 1.0)
    assert report.by_type["PER"]["support"] == 1


def test_an_entity_with_a_wrong_end_is_wrong():
    predicted = [["B-PER", "O", "O", "B-LOC"], ["O", "B-ORG", "I-ORG"]]
    report = entity_report(GOLD, predicted)
    assert report.precision == report.recall == pytest.approx(2 / 3)
    assert report.by_type["PER"]["f1-score"] == 0


def test_the_two_ways_differ_on_tags_that_break_the_scheme():
    gold, predicted = [["B-LOC", "O", "B-PER"]], [["I-LOC", "O", "B-PER"]]
    assert entity_report(gold, predicted).f1 == 1.0
    strict = entity_report(gold, predicted, mode="strict")
    assert (strict.precision, strict.recall) == (1.0, 0.5)
    assert str(strict).endswith("(entities, scored as strict, by seqeval)")


def test_types_that_gold_lacks_count_as_false_positives():
    report = entity_report([["B-PER", "O", "O"]], [["B-PER", "B-LOC", "B-LOC"]])
    assert report.precision == pytest.approx(1 / 3)
    assert report.by_type["LOC"] == {
        "precision": 0,
        "recall": 0,
        "f1-score": 0,
        "support": 0,
    }


def test_no_entity_at_all_is_no_crash():
    assert entity_report([["O"]], [["O"]]).f1 == 0
    assert entity_report([], []).f1 == 0
    assert entity_report([["O"]], [["B-PER"]]).precision == 0
    assert entity_report([[]], [[]], mode="strict").recall == 0


def test_bioes_is_read():
    gold = [["S-PER", "B-LOC", "E-LOC"]]
    assert entity_report(gold, gold).by_type["LOC"]["support"] == 1
    assert entity_report(gold, gold, mode="strict", scheme="BIOES").f1 == 1.0


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("mode", ["conlleval", "strict"])
def test_the_scores_are_those_of_spans_counted_by_hand(mode, seed):
    random = np.random.default_rng(seed)
    names = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    gold, predicted = (
        [[names[i] for i in random.integers(0, 5, 12)] for _ in range(20)] for _ in range(2)
    )
    found, wanted = (
        {
            (row, *span)
            for row, tags in enumerate(texts)
            for span in spans_of(tags, strict=mode == "strict")
        }
        for texts in (predicted, gold)
    )
    report = entity_report(gold, predicted, mode=mode)
    assert report.precision == pytest.approx(len(found & wanted) / len(found))
    assert report.recall == pytest.approx(len(found & wanted) / len(wanted))


def test_the_report_has_a_line_for_each_type():
    lines = str(entity_report(GOLD, GOLD)).splitlines()
    names = [line.split("  ")[0].strip() or line.split()[0] for line in lines[1:4]]
    assert names == ["LOC", "ORG", "PER"]
    assert "micro avg" in lines[4]


def test_a_notebook_shows_the_averages_in_a_line_below_the_table():
    shown = repr(entity_report([["B-PER", "B-LOC"]], [["B-PER", "O"]]))
    assert shown == "<EntityReport, precision 1.0000, recall 0.5000, f1 0.6667, 2 entities>"


def test_lengths_that_differ_are_refused():
    with pytest.raises(ValueError, match="expected tags for 2 texts, got 1"):
        entity_report(GOLD, GOLD[:1])
    with pytest.raises(ValueError, match="text 1 has 3 gold tags and 1 predicted"):
        token_report(GOLD, [GOLD[0], ["O"]])


def test_odd_arguments_are_refused():
    with pytest.raises(ValueError, match="mode must be 'conlleval' or 'strict', got 'lenient'"):
        entity_report(GOLD, GOLD, mode="lenient")
    with pytest.raises(ValueError, match="scheme must be 'IOB1', 'IOB2' or 'BIOES', got 'BIO'"):
        entity_report(GOLD, GOLD, mode="strict", scheme="BIO")
    with pytest.raises(ValueError, match="nothing to score"):
        token_report([], [])


@pytest.mark.parametrize("wrong", [["B-PER", "O"], [[1, 2]], [[None]]])
def test_tags_that_are_no_lists_of_strings_are_refused(wrong):
    with pytest.raises(TypeError, match="expected a list of tags for each text, got"):
        entity_report(wrong, wrong)
    with pytest.raises(TypeError, match="expected a list of tags for each text, got"):
        token_report(wrong, wrong)


def test_strict_scores_say_when_the_scheme_is_another():
    with pytest.raises(ValueError, match="pass the scheme of the tags"):
        entity_report([["S-PER"]], [["S-PER"]], mode="strict")


def test_a_table_has_as_many_digits_as_are_asked_for():
    report = entity_report([["B-PER", "O", "B-PER"]], [["B-PER", "B-LOC", "O"]])
    assert "0.5000  0.5000    0.5000" in str(report)
    assert "0.50    0.50      0.50" in report.table(digits=2)
    assert len({len(line) for line in report.table(digits=9).splitlines()[:-1]}) == 1
