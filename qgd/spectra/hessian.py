"""Products with the Hessian of a network's loss, restricted to the weights that pruning left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from qgd.core.arrays import RealArray
from qgd.core.checks import available_memory, check_array, check_choice
from qgd.core.parallel import Workers
from qgd.spectra.graphs import NO_GRAPH, check_graph, contracted, graph_bytes
from qgd.spectra.objective import Batch, LossFunction, Objective, objective
from qgd.spectra.shares import SharedProduct, parts, shared_product
from qgd.spectra.survivors import MaskLike, Survivors, survivors
from qgd.spectra.vectors import Vector

METHODS = ("auto", "retained", "double")
_RETAIN = 0.25  # of the free memory, for graphs


@dataclass(frozen=True, eq=False)
class HessianOperator:
    """v -> H v on the survivors, at the weights the network had when it was made.

    Parameters
    ----------
    objective : Objective
        The loss over the data.
    survivors : Survivors
        The coordinates.
    weights : tuple of Tensor
        Frozen copies of the trainable parameters.
    method : str
        How products are computed; see `hessian_product`.
    """

    objective: Objective
    survivors: Survivors
    weights: tuple[Tensor, ...]
    method: str
    _graphs: dict[int, tuple[Tensor, ...]] = field(default_factory=dict, repr=False)

    @property
    def shape(self) -> tuple[int, int]:
        """(n, n) with n survivors."""
        return self.survivors.size, self.survivors.size

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the network's weights; vectors of another type are converted."""
        return np.dtype(str(self.weights[0].dtype).removeprefix("torch."))

    def __call__(self, v: Vector) -> Vector:
        """Return H v, summed over batches in float64, in the type of the weights."""
        return self.matvec(v)

    def matvec(self, v: Vector) -> Vector:
        """Return H v."""
        checked = _check_vector(v, self.survivors.size)
        directions = self.survivors.spread(checked, self.weights)
        return self._summed(lambda index: self._share(index, directions))

    def matmat(self, V: NDArray[Any]) -> NDArray[Any]:
        """Return H V for the columns of V, all at once where the graphs are retained."""
        columns = np.ascontiguousarray(np.asarray(V).T)
        if self.method != "retained":
            return np.stack([self.matvec(column) for column in columns], axis=1)
        directions = self.survivors.spread(torch.from_numpy(columns), self.weights)
        return self._summed(lambda index: self._share(index, directions, batched=True)).T

    def value(self) -> float:
        """L(w)."""
        named = self._named(self.weights)
        with torch.no_grad():
            return sum(
                float(self.objective.value(named, index))
                for index in range(len(self.objective.batches))
            )

    def gradient(self) -> RealArray:
        """grad L(w) on the survivors."""
        found = self._summed(lambda index: self._gradients(index, create_graph=False))
        return np.asarray(found, np.float64)

    def third(self, v: Vector) -> RealArray:
        """Return the third derivative contracted twice, (grad^3 L)[v, v, .], on the survivors."""
        checked = _check_vector(v, self.survivors.size)
        directions = self.survivors.spread(checked, self.weights)

        def share(index: int) -> list[Tensor | None]:
            first = self._gradients(index, create_graph=True)
            second = contracted(first, self.weights, directions, create_graph=True)
            return contracted(second, self.weights, directions)

        return np.asarray(self._summed(share), np.float64)

    def over(self, executor: Workers, num_shares: int) -> SharedProduct:
        """The same operator with its batches shared out over the workers of an executor.

        Parameters
        ----------
        executor : Executor, callable or None
            As for sweeps; processes must not be forked after torch has used its threads: make the
            pool with ``multiprocessing.get_context("spawn")``. Each worker keeps what it loaded.
        num_shares : int
            Pieces of about equal numbers of batches; cut batches with `micro_batch` if there are
            fewer.
        """
        data = self.objective
        operators = []
        for part in parts(len(data.batches), num_shares):
            share = replace(
                data,
                batches=tuple(data.batches[i] for i in part),
                shares=tuple(data.shares[i] for i in part),
            )
            operators.append(replace(self, objective=share, _graphs={}))
        return shared_product(operators, self.shape, self.dtype, executor)

    def _summed(self, share: Any) -> NDArray[Any]:
        total: Tensor | None = None
        count = len(self.objective.batches)
        for index in range(count):
            part = self.survivors.gather(share(index), self.weights)
            if count == 1:
                return part.cpu().numpy()
            total = part.double() if total is None else total.add_(part)
        assert total is not None
        return total.to(self.weights[0].dtype).cpu().numpy()

    def _share(
        self, index: int, directions: Sequence[Tensor], *, batched: bool = False
    ) -> list[Tensor | None]:
        kept = self.method == "retained"
        gradients = self._graphs.get(index) or self._gradients(index, create_graph=True)
        if kept:
            self._graphs[index] = tuple(gradients)
        return contracted(gradients, self.weights, directions, keep=kept, batched=batched)

    def _gradients(self, index: int, *, create_graph: bool) -> tuple[Tensor, ...]:
        value = self.objective.value(self._named(self.weights), index)
        check_graph(value)
        found = torch.autograd.grad(
            value, self.weights, create_graph=create_graph, allow_unused=True
        )
        if all(g is None for g in found):
            raise ValueError(NO_GRAPH)
        pairs = zip(found, self.weights, strict=True)
        return tuple(torch.zeros_like(p) if g is None else g for g, p in pairs)

    def _named(self, weights: Sequence[Tensor]) -> dict[str, Tensor]:
        return dict(zip(self.survivors.names, weights, strict=True))


def hessian_product(
    model: nn.Module,
    loss: LossFunction,
    loader: Iterable[Batch],
    *,
    mask: MaskLike | None = None,
    num_batches: int | None = None,
    micro_batch: int | None = None,
    method: str = "auto",
    device: str | torch.device | None = None,
) -> HessianOperator:
    """Make v -> H v, H = grad^2 L(w) on the survivors, L the mean loss over a loader.

    Parameters
    ----------
    model : torch.nn.Module
        Any. Copies of its weights are taken: it may be trained further, but its modules and hooks
        are those of the model. Put it into eval mode unless batch statistics shall take part.
    loss : callable
        (output, targets) -> mean over the samples of a batch.
    loader : iterable of (inputs, targets)
        Read once, and kept.
    mask : Mask, mapping or array_like of bool, optional
        The survivors: of all trainable weights, or by parameter name. Left out: the masks that
        `torch.nn.utils.prune` has put into the model.
    num_batches : int, optional
        Use so many batches only.
    micro_batch : int, optional
        Cut the batches into pieces of at most so many samples, to save memory.
    method : str
        ``"retained"``: the graph of the gradient is kept, a product is one backward pass through
        it, the fastest; ``"double"``: made anew for each product, batch by batch, with the least
        memory; ``"auto"``: retained where the graphs of all batches fit into a quarter of the free
        memory. Both take less memory with a `micro_batch`. Forward mode over reverse mode is not
        offered: it was slower than the first and took more memory than the second.
    device : str or torch.device, optional
        Left out: CUDA when there is one, else where the parameters are.

    Returns
    -------
    HessianOperator
        An operator on NumPy vectors, for `spectrum`, `lanczos` and SciPy.

    Raises
    ------
    ValueError
        If the loss is not finite, not one number or not differentiable, the loader is empty, the
        mask keeps nothing, or the network draws random numbers.

    References
    ----------
    .. [1] B. A. Pearlmutter, Fast exact multiplication by the Hessian, Neural Computation 6 (1994)
       147, section 2.

    Examples
    --------
    >>> import torch
    >>> model = torch.nn.Linear(2, 1, bias=False).double()
    >>> data = [(torch.tensor([[1.0, 2.0], [0.0, 1.0]]).double(), torch.zeros(2, 1).double())]
    >>> H = hessian_product(model, torch.nn.functional.mse_loss, data, device="cpu")
    >>> H(np.array([1.0, 0.0])).tolist()  # of (w_1 + 2 w_2)^2 / 2 + w_2^2 / 2
    [1.0, 2.0]
    """
    check_choice("method", method, METHODS)
    data = objective(
        model, loss, loader, num_batches=num_batches, micro_batch=micro_batch, device=device
    )
    model.to(data.device)
    coordinates = survivors(model, mask)
    named = dict(model.named_parameters())
    weights = tuple(named[k].detach().clone().requires_grad_() for k in coordinates.names)
    if weights[0].dtype not in (torch.float32, torch.float64):
        raise ValueError(
            f"`model` must have float32 or float64 weights, got {weights[0].dtype}; call "
            "model.float()"
        )
    operator = HessianOperator(data, coordinates, weights, "retained")
    if method == "auto":
        method = "retained" if _graphs_fit(operator) else "double"
    return HessianOperator(data, coordinates, weights, method)


def _graphs_fit(operator: HessianOperator) -> bool:
    """Whether the graphs of all batches fit, judged by that of the first."""
    first = graph_bytes(lambda: operator._gradients(0, create_graph=True), operator.weights)
    device = operator.objective.device
    free = torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else available_memory()
    return first * len(operator.objective.batches) <= _RETAIN * free


def _check_vector(v: Vector, size: int) -> Vector:
    array = np.asarray(v)
    if array.ndim == 2 and array.shape == (size, 1):  # SciPy's column
        array = array[:, 0]
    if array.dtype not in (np.dtype(np.float32), np.dtype(np.float64)):
        array = check_array("v", array, (size,))
    if array.shape != (size,):
        raise ValueError(
            f"`v` must have one entry for each of {size} survivors, got shape {array.shape}; use "
            "survivors.gather on tensors"
        )
    return cast(Vector, array)
