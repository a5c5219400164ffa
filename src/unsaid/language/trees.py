"""Small decision trees, summed: how they are evaluated, and which signs made a sum what it is.

A tree has at most eight leaves. Each test that a row fails strikes out the leaves on its left; the first
leaf that stays is the row's (the QuickScorer scheme of Lucchese et al., SIGIR 2015). So a whole table is
judged in a few passes over arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAVES = 8
NODES = LEAVES - 1
_ROWS = 512
"""So many rows at a time: their intermediate arrays stay in the cache."""


@cache
def _first_leaf() -> Any:
    """The lowest bit that is set, for every byte."""
    import numpy as np

    return np.array([0, *((b & -b).bit_length() - 1 for b in range(1, 256))], dtype=np.intp)


@dataclass(frozen=True)
class Forest:
    """A sum of trees. `n` trees; a tree with fewer nodes or leaves is filled up with tests that all pass."""

    bias: float
    columns: NDArray[np.intp]
    """(n, 7): the column that each node tests."""
    bounds: NDArray[np.float32]
    """(n, 7): a row passes where its value is at most this."""
    strikes: NDArray[np.uint8]
    """(n, 7): the leaves that stay where the test is failed, one bit each."""
    leaves: NDArray[np.float32]
    """(n, 8): what each leaf adds."""
    children: NDArray[np.int8]
    """(n, 7, 2): where a row goes that passes, and one that fails; ~leaf where that is a leaf."""
    inside: NDArray[np.float32]
    """(n, 7): what the rows of the training that reached a node had on average."""

    def sums(self, table: NDArray[np.float32]) -> NDArray[np.float64]:
        """(rows, columns) float32 to (rows,) float64."""
        import numpy as np

        n = len(self.columns)
        out = np.full(len(table), self.bias, dtype=np.float64)
        if not n:
            return out
        first, at = _first_leaf(), np.arange(n)[:, None]
        for start in range(0, len(table), _ROWS):
            turned = np.ascontiguousarray(table[start : start + _ROWS].T)
            left = np.full((n, turned.shape[1]), 255, dtype=np.uint8)
            for k in range(NODES):
                failed = turned[self.columns[:, k]] > self.bounds[:, k, None]
                left &= np.where(failed, self.strikes[:, k, None], np.uint8(255))
            out[start : start + _ROWS] += self.leaves[at, first[left]].sum(axis=0, dtype=np.float64)
        return out

    def shares(self, table: NDArray[np.float32]) -> NDArray[np.float64]:
        """What each column added to each row's sum: (rows, columns) to (rows, 2, columns).

        The middle axis tells the tests that were passed from those that were failed. On the way down a tree
        each test moves the expectation; the move is the column's (Saabas, 2014).
        """
        import numpy as np

        rows, width = table.shape
        row, tree = (x.ravel() for x in np.indices((rows, len(self.columns))))
        node = np.zeros(len(row), dtype=np.intp)
        out = np.zeros(rows * 2 * width)
        while len(row):
            column = self.columns[tree, node]
            failed = (table[row, column] > self.bounds[tree, node]).astype(np.intp)
            after = self.children[tree, node, failed].astype(np.intp)
            ended = after < 0
            value = np.where(ended, self.leaves[tree, ~after * ended], self.inside[tree, after * ~ended])
            moves = value - self.inside[tree, node]
            out += np.bincount((row * 2 + failed) * width + column, moves, len(out))
            on = ~ended
            row, tree, node = row[on], tree[on], after[on]
        return out.reshape(rows, 2, width)


def packed(forest: Forest, name: str) -> dict[str, Any]:
    """The arrays of a forest by name, for a file."""
    import numpy as np

    return {
        f"{name} bias": np.array(forest.bias),
        f"{name} columns": forest.columns.astype(np.int16),
        f"{name} bounds": forest.bounds,
        f"{name} strikes": forest.strikes,
        f"{name} leaves": forest.leaves,
        f"{name} children": forest.children,
        f"{name} inside": forest.inside,
    }


def unpacked(arrays: Any, name: str) -> Forest:
    """The forest that `packed` wrote."""
    import numpy as np

    return Forest(
        float(arrays[f"{name} bias"]),
        arrays[f"{name} columns"].astype(np.intp),
        arrays[f"{name} bounds"],
        arrays[f"{name} strikes"],
        arrays[f"{name} leaves"],
        arrays[f"{name} children"],
        arrays[f"{name} inside"],
    )
