"""Ready-made taggers: what they have in common."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from nlp_builder.batching import Batches
from nlp_builder.features.digested_words import DigestedWords
from nlp_builder.labeling.ends import first_words
from nlp_builder.labeling.entities import Entity, entities_of
from nlp_builder.labeling.learns_tags import LearnsTags
from nlp_builder.labeling.scores import EntityReport, entity_report, token_report
from nlp_builder.labeling.windows import joined_pieces, windows_of
from nlp_builder.models.examples import (
    Columns,
    as_read,
    columns_of,
)
from nlp_builder.models.graphs import require_numbers
from nlp_builder.text import Scheme
from nlp_builder.text.checks import positive_int, preview

TOKENS = "tokens"
# Several threads may ask a fresh model at once; models are copied, and locks cannot be.
_MAKING = threading.Lock()


class BaseLabelingModel(LearnsTags):
    """A tagger: a tag for each token.

    A model of your own overrides `get_default_hyper_parameters` and `build_model_arc`, which sets
    `tf_model` to a Keras model from `embedding.embed_model.inputs` to probabilities (batch, words,
    tags), or to a `CRF`. See `TextModel` for the arguments.

    Example:
        >>> from nlp_builder.labeling import BiGRU_CRF_Model
        >>> x, y = [["Ada", "wrote"], ["Ada"]], [["B-PER", "O"], ["B-PER"]]
        >>> model = BiGRU_CRF_Model(hyper_parameters={"layer_bgru": {"units": 4}})
        >>> history = model.fit(x, y, epochs=1, verbose=0)
        >>> [len(tags) for tags in model.predict([["Ada", "read", "it"], []])]
        [3, 0]
    """

    _digested: DigestedWords | None = None

    def predict(self, x_data: Any, *, batch_size: int = 256) -> list[list[str]]:
        """Predict tags.

        A text that is longer than the model reads at once is read in overlapping windows.

        Args:
            x_data: texts as for `fit`.
            batch_size: texts, or windows, in a batch.

        Returns:
            For each text its tags, one for each token.

        Raises:
            TypeError: if a text is no list of tokens.
            ValueError: if the model is not built, its weights are not finite, or it has a layer
                that loses steps.
        """
        end = self.end
        return [self._tags(row) for row in self._by_text(x_data, batch_size, end.best)]

    def predict_proba(self, x_data: Any, *, batch_size: int = 256) -> list[np.ndarray]:
        """Predict the probabilities of all tags; of a CRF they are those of its marginals.

        Args:
            x_data: as for `predict`.
            batch_size: as for `predict`.

        Returns:
            For each text float32 (words, tags), in the order of `labels`; each row sums to 1.
        """
        return self._by_text(x_data, batch_size, self.end.probabilities)

    def predict_entities(
        self, x_data: Any, batch_size: int = 256, join_chunk: str = " "
    ) -> list[list[Entity]]:
        """Predict entities, and how sure they are.

        Of several texts that which is named "tokens" gives the words of entities, else the first.

        Args:
            x_data: as for `predict`.
            batch_size: as for `predict`.
            join_chunk: what stands between the tokens of an entity's text: "" for characters.

        Returns:
            For each text its entities, with label, start, end (exclusive), text and confidence.

        Raises:
            ValueError: if the tags are of no scheme.
        """
        scheme = self._required_scheme()
        columns = self._columns(x_data)
        found = self.predict_confidences(as_read(columns), batch_size=batch_size)
        tokens = columns[TOKENS] if TOKENS in columns else next(iter(columns.values()))
        return [
            entities_of(text, tags, sure, scheme=scheme, join=join_chunk)
            for text, (tags, sure) in zip(tokens, found, strict=True)
        ]

    def predict_confidences(
        self, x_data: Any, *, batch_size: int = 256
    ) -> list[tuple[list[str], np.ndarray]]:
        """Predict tags, and how sure they are.

        Args:
            x_data: as for `predict`.
            batch_size: as for `predict`.

        Returns:
            For each text its tags as of `predict`, and their probabilities, (words,).
        """
        end = self.end

        def tags_and_probabilities(output: np.ndarray) -> np.ndarray:
            best = np.asarray(end.best(output))
            chances = end.probabilities(output)[:, : best.shape[1]]
            sure = np.take_along_axis(chances, best[..., None], axis=-1)[..., 0]
            # (batch, words, 2)
            return np.stack([best, sure], axis=-1)

        found = self._by_text(x_data, batch_size, tags_and_probabilities)
        return [(self._tags(row[:, 0]), row[:, 1]) for row in found]

    def predict_top_k(
        self, x_data: Any, top_k: int = 5, *, batch_size: int = 256
    ) -> list[list[tuple[list[str], float]]]:
        """Predict the likeliest sequences of tags.

        Args:
            x_data: as for `predict`.
            top_k: how many of each text.
            batch_size: as for `predict`.

        Returns:
            For each text pairs of tags and their probability, the likeliest first; fewer if a text
            has not so many.

        Raises:
            ValueError: if a text is longer than the model reads at once.
        """
        positive_int("top_k", top_k)
        end = self.end
        columns = self._columns(x_data)
        (tokens, *_) = columns.values()
        self._require_whole(tokens)
        outputs = self._each(as_read(columns), batch_size, list)
        return [
            self._ranked(end.without_padding(output, len(text)), top_k)
            if len(text)
            else [([], 1.0)]
            for text, output in zip(tokens, outputs, strict=True)
        ]

    def _ranked(self, output: np.ndarray, top_k: int) -> list[tuple[list[str], float]]:
        tags, scores = (part[0] for part in self.end.n_best(output[None], top_k))
        return [
            (self._tags(row), float(np.exp(score)))
            for row, score in zip(tags, scores, strict=True)
            if np.isfinite(score)
        ]

    def evaluate(
        self,
        x_data: Any,
        y_data: Any,
        batch_size: int = 256,
        digits: int = 4,
        *,
        by_token: bool = False,
    ) -> EntityReport | str:
        """Score predicted tags, and print the report.

        Args:
            x_data: as for `predict`.
            y_data: the gold tags of each text; also such as the model does not know.
            batch_size: as for `predict`.
            digits: of the numbers in the report.
            by_token: score tokens by their tags, also of no scheme, and not entities.

        Returns:
            The report of entities, or that of tokens as a str.

        Raises:
            ValueError: if lengths differ, or the tags are of no scheme and not scored by token.

        Warns:
            UserWarning: if there are tags that training did not have.
        """
        gold, predicted = self._gold_and_predicted(x_data, y_data, batch_size)
        if by_token:
            tokens = token_report(gold, predicted, digits=digits)
        else:
            report = self._report(gold, predicted)
        self.processor.warn_of_unknown(chain.from_iterable(gold))
        print(tokens if by_token else report.table(digits))
        return tokens if by_token else report

    def scores(self, x_data: Any, y_data: Any, *, batch_size: int = 256) -> dict[str, float]:
        """Return precision, recall and F1 of all entities.

        Args:
            x_data: as for `evaluate`.
            y_data: as for `evaluate`.
            batch_size: as for `evaluate`.

        Returns:
            The three by name: "precision", "recall", "f1".
        """
        report = self._report(*self._gold_and_predicted(x_data, y_data, batch_size))
        return {"precision": report.precision, "recall": report.recall, "f1": report.f1}

    # Within.

    def _columns(self, x_data: Any) -> Columns:
        self._built()
        columns = columns_of(x_data, self._text_names())
        for column in columns.values():
            for number, text in enumerate(column):
                if isinstance(text, str):
                    raise TypeError(
                        f"expected a list of tokens for each text, got {preview(text)} for text "
                        f"{number}: split it into tokens"
                    )
        for number, row in enumerate(zip(*columns.values(), strict=True)):
            if len({len(text) for text in row}) > 1:
                sizes = dict(zip(columns, map(len, row), strict=True))
                raise ValueError(
                    f"expected as many tokens in each of {list(sizes)}, got {sizes} for text "
                    f"{number}"
                )
        return columns

    def _by_text(
        self, x_data: Any, batch_size: int, function: Callable[[np.ndarray], Any]
    ) -> list[np.ndarray]:
        """Return what a function makes of the output, a row for each token of each text."""
        columns = self._columns(x_data)
        (first, *_) = columns.values()
        # What is longer than the model reads is put together before it is decoded.
        long = [n for n, text in enumerate(first) if self._maxlen and len(text) > self._maxlen]
        if not long:
            found = self._each(as_read(columns), batch_size, function)
        else:
            short = sorted({*range(len(first))} - {*long})
            found = [None] * len(first)
            for rows, outputs in (
                (short, self._each(_rows(columns, short), batch_size, function)),
                (long, [function(o[None])[0] for o in self._long(columns, long, batch_size)]),
            ):
                for row, output in zip(rows, outputs, strict=True):
                    found[row] = output
        # Padding goes.
        return [first_words(row, len(text)) for row, text in zip(found, first, strict=True)]

    def _long(self, columns: Columns, rows: list[int], batch_size: int) -> list[np.ndarray]:
        """Return the outputs for texts that are read in windows."""
        end = self.end
        windows = {
            name: windows_of([column[row] for row in rows], self._maxlen)
            for name, column in columns.items()
        }
        (first, *_) = windows.values()
        pieces = as_read({name: window.pieces for name, window in windows.items()})
        outputs = iter(self._each(pieces, batch_size, list))
        lengths = iter(map(len, first.pieces))
        joined = []
        for starts in first.starts:
            parts = [end.without_padding(next(outputs), next(lengths)) for _ in starts]
            joined.append(end.joined(parts, partial(joined_pieces, starts)))
        return joined

    def _each(self, texts: Any, batch_size: int, function: Callable[[np.ndarray], Any]) -> Any:
        """Return what a function makes of the output, for each text in order."""
        batches = Batches(self._built(), texts, batch_size=batch_size, shuffle=False, copy=False)
        outputs = self._outputs()
        graph = self.tf_model
        return batches.in_order(lambda ids: function(require_numbers(graph, outputs(ids))))

    def _outputs(self) -> DigestedWords:
        with _MAKING:
            if self._digested is None or self._digested.graph is not self.tf_model:
                self._digested = DigestedWords(self._built())
            return self._digested

    def _tags(self, numbers: np.ndarray) -> list[str]:
        names = self.labels
        return [names[number] for number in numbers.astype(int).tolist()]

    def require_scores(self) -> None:
        """Refuse tags that are no entities.

        Raises:
            ValueError: if the tags are of no scheme.
        """
        self._required_scheme()

    def _report(self, gold: Any, predicted: Any) -> EntityReport:
        self._required_scheme()
        return entity_report(gold, predicted)

    def _required_scheme(self) -> Scheme:
        scheme = self.scheme
        if scheme is None:
            raise ValueError(
                f"expected tags of entities, such as 'B-PER', got {preview(list(self.labels))}: "
                "these are no spans; call predict, or evaluate(x, y, by_token=True)"
            )
        return scheme

    def _require_whole(self, texts: Sequence[Any]) -> None:
        for number, text in enumerate(texts):
            if self._maxlen is not None and len(text) > self._maxlen:
                raise ValueError(
                    f"text {number} has {len(text)} tokens, and the model reads {self._maxlen} at "
                    "once: the best sequences are those of a whole text"
                )


def _rows(columns: Columns, rows: Sequence[int]) -> Any:
    return as_read({name: [column[row] for row in rows] for name, column in columns.items()})
