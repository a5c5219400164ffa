"""Small decision trees, summed: how they are evaluated, and which signs made a sum what it is.

A tree has at most eight leaves. Each test that a row fails strikes out the leaves on its left; the first
leaf that stays is the row's (the QuickScorer scheme of Lucchese et al., SIGIR 2015). So a whole table is
judged in a few passes over arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAVES = 8
NODES = LEAVES - 1
_ROWS = 512
"""So many rows at a time: their intermediate arrays stay in the cache."""
_WIDEST = 1024
"""More columns than any table has."""


@cache
def _first_leaf() -> Any:
    """For every byte of leaves struck out, the first that stays."""
    import numpy as np

    return np.array([*((~b & (b + 1)).bit_length() - 1 for b in range(255)), 0], dtype=np.int32)


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

        out = np.full(len(table), self.bias, dtype=np.float64)
        leaves = self.leaves.astype(np.float64).ravel()
        for start in range(0, len(table), _ROWS):
            reached = self._reached(table[start : start + _ROWS])
            out[start : start + _ROWS] += leaves.take(reached).sum(axis=0)
        return out

    def _reached(self, table: NDArray[np.float32]) -> NDArray[np.int32]:
        """(trees, rows): the leaf of each, counted over all trees."""
        import numpy as np

        turned = np.ascontiguousarray(table.T)
        n, kept = len(self.columns), ~self.strikes
        struck = np.zeros((n, len(table)), dtype=np.uint8)
        for k in range(NODES):
            failed = turned.take(self.columns[:, k], axis=0) > self.bounds[:, k, None]
            # A product, as it takes a third of the time of a choice.
            struck |= failed.view(np.uint8) * kept[:, k, None]
        trees = np.arange(0, n * LEAVES, LEAVES, dtype=np.int32)
        return np.asarray(_first_leaf().take(struck) + trees[:, None])

    def shares(self, table: NDArray[np.float32]) -> NDArray[np.float64]:
        """What each column added to each row's sum: (rows, columns) to (rows, 2, columns).

        The middle axis tells the tests that were passed from those that were failed. On the way down a tree
        each test moves the expectation; the move is the column's (Saabas, 2014).
        """
        import numpy as np

        rows, width = table.shape
        columns, moves = self._paths
        leaf = self._reached(table).T
        # Row by row: what one of them is added to stays in the cache.
        out = [np.bincount(columns[at].ravel(), moves[at].ravel(), 2 * _WIDEST) for at in leaf]
        return np.array(out, dtype=np.float64).reshape(rows, 2, _WIDEST)[:, :, :width]

    @cached_property
    def _paths(self) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """(trees x leaves, 7) each: the columns tested on the way to a leaf, those of failed tests `_WIDEST`
        further on, and how far each moved the expectation."""
        import numpy as np

        n = len(self.columns)
        columns = np.full((n, LEAVES, NODES), _WIDEST - 1, dtype=np.intp)
        moves = np.zeros((n, LEAVES, NODES), dtype=np.float32)
        tree, node = np.arange(n), np.zeros(n, dtype=np.intp)
        path = np.full((n, NODES), _WIDEST - 1, dtype=np.intp)
        moved = np.zeros((n, NODES), dtype=np.float32)
        for depth in range(NODES):
            tree, node = np.repeat(tree, 2), np.repeat(node, 2)
            path, moved = np.repeat(path, 2, axis=0), np.repeat(moved, 2, axis=0)
            failed = np.arange(len(tree)) % 2
            after = self.children[tree, node, failed].astype(np.intp)
            ends = after < 0
            value = np.where(ends, self.leaves[tree, ~after * ends], self.inside[tree, after * ~ends])
            path[:, depth] = self.columns[tree, node] + failed * _WIDEST
            moved[:, depth] = value - self.inside[tree, node]
            columns[tree[ends], ~after[ends]] = path[ends]
            moves[tree[ends], ~after[ends]] = moved[ends]
            tree, node, path, moved = tree[~ends], after[~ends], path[~ends], moved[~ends]
        return columns.reshape(-1, NODES), moves.reshape(-1, NODES).astype(np.float64)


def packed(forests: Sequence[Forest]) -> dict[str, Any]:
    """The arrays of some forests, one below the other, for a file."""
    import numpy as np

    def stacked(name: str) -> Any:
        return np.concatenate([getattr(forest, name) for forest in forests])

    return {
        "trees": np.array([len(forest.columns) for forest in forests], dtype=np.int32),
        "biases": np.array([forest.bias for forest in forests]),
        "columns": stacked("columns").astype(np.int16),
        **{name: stacked(name) for name in _STACKED},
    }


def learnt(package: str, name: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any], list[Forest]]:
    """What was learnt and lies in a package as `name`: its arrays, its names, and its forests."""
    # Imported here: they cost more to load than all the rest of this package.
    import json
    from importlib import resources

    import numpy as np

    source = resources.files(package).joinpath(name)
    with source.open("rb") as file, np.load(file, allow_pickle=False) as zipped:
        arrays = {key: zipped[key] for key in zipped.files}
    return arrays, json.loads(arrays["names"].tobytes()), unpacked(arrays)


def unpacked(arrays: Mapping[str, Any]) -> list[Forest]:
    """The forests that `packed` wrote."""
    import numpy as np

    columns = arrays["columns"].astype(np.intp)
    out, start = [], 0
    for count, bias in zip(arrays["trees"].tolist(), arrays["biases"].tolist(), strict=True):
        part = slice(start, start + count)
        out.append(Forest(bias, columns[part], *(arrays[name][part] for name in _STACKED)))
        start += count
    return out


_STACKED = ("bounds", "strikes", "leaves", "children", "inside")
