"""Scores, equal to those of the official scorers."""

from openluke.evaluation.answer_rules import AnswerRules, RulesName, answer_rules
from openluke.evaluation.answers import answer_marks, score_answers, score_cloze
from openluke.evaluation.calibration import (
    Bin,
    brier_score,
    expected_calibration_error,
    negative_log_likelihood,
    reliability,
    score_calibration,
)
from openluke.evaluation.classification import score_choices, score_label_sets, score_labels
from openluke.evaluation.intervals import (
    Comparison,
    Interval,
    bootstrap_interval,
    f1_of_counts,
    macro_f1_of_counts,
    mean_of_counts,
    paired_bootstrap,
)
from openluke.evaluation.no_answers import score_answers_or_none
from openluke.evaluation.pairing import match_by_id
from openluke.evaluation.regression import score_numbers
from openluke.evaluation.relations import relation_counts, score_relations, score_semeval
from openluke.evaluation.spans import mention_counts, score_mentions, score_tags
from openluke.records.tags import Scheme

__all__ = [
    "AnswerRules",
    "Bin",
    "Comparison",
    "Interval",
    "RulesName",
    "Scheme",
    "answer_marks",
    "answer_rules",
    "bootstrap_interval",
    "brier_score",
    "expected_calibration_error",
    "f1_of_counts",
    "macro_f1_of_counts",
    "match_by_id",
    "mean_of_counts",
    "mention_counts",
    "negative_log_likelihood",
    "paired_bootstrap",
    "relation_counts",
    "reliability",
    "score_answers",
    "score_answers_or_none",
    "score_calibration",
    "score_choices",
    "score_cloze",
    "score_label_sets",
    "score_labels",
    "score_mentions",
    "score_numbers",
    "score_relations",
    "score_semeval",
    "score_tags",
]
