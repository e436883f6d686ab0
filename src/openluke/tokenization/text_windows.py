"""The model inputs of one text: one or more, those of a very long text made when asked for."""

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
import numpy.typing as npt

from openluke.features import Features
from openluke.tokenization.assembly import Frame, Reading, Window, assemble
from openluke.tokenization.reports import Report

MANY = 64
"""A text with more windows than this has its inputs made when they are asked for."""


class LazyInputs(Sequence[Features]):
    """Inputs that are made anew each time they are asked for, so that few lie in memory."""

    def __init__(self, windows: Sequence[Window], *, reading: Reading, frame: Frame) -> None:
        self._windows = windows
        self._reading = reading
        self._frame = frame

    def __len__(self) -> int:
        return len(self._windows)

    @overload
    def __getitem__(self, index: int) -> Features: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Features]: ...
    def __getitem__(self, index: int | slice) -> Features | Sequence[Features]:
        """One input, or several, which are made in one go."""
        if isinstance(index, slice):
            return assemble(self._windows[index], reading=self._reading, frame=self._frame)
        return assemble([self._windows[index]], reading=self._reading, frame=self._frame)[0]

    def __iter__(self) -> Iterator[Features]:
        for start in range(0, len(self), MANY):
            yield from self[start : start + MANY]


class Windows(Sequence[Features]):
    """The model inputs of one text, or pair of texts: one, or more if it is long."""

    def __init__(
        self,
        inputs: Sequence[Features],
        *,
        whole: Window,
        spans: npt.NDArray[np.int64],
        report: Report,
    ) -> None:
        self._inputs = inputs
        self._whole = whole
        self._spans = spans
        self.report = report
        """What the inputs do not hold."""

    @property
    def n_pieces(self) -> int:
        """Word pieces of the first text, markers included."""
        return self._whole.end

    @property
    def spans(self) -> npt.NDArray[np.int64]:
        """The mentions given, in characters; those of a second text follow those of the first.

        Of a text that was given as words, they are characters of the words joined by spaces.
        *Shape:* (N, 2).
        """
        return self._spans[self._whole.rows]

    def __len__(self) -> int:
        return len(self._inputs)

    @overload
    def __getitem__(self, index: int) -> Features: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Features]: ...
    def __getitem__(self, index: int | slice) -> Features | Sequence[Features]:
        """One input, or several."""
        return self._inputs[index]

    def __iter__(self) -> Iterator[Features]:
        return iter(self._inputs)
