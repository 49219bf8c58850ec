"""A row of a factor as one LLVM vector, for loops in Numba.

Numba leaves short inner loops to the scalar unit. Here row i of an n x rank matrix in a flat array
is loaded, combined by +, *, `total` and `convolved`, and stored whole: LLVM chooses the registers.
`ranks`, a tuple of `rank` numbers, gives the length at compilation, which takes seconds from some
hundred on. Places are uint64 and not checked.

Numba's cache looks at the file of the compiled function alone: after a change here, remove the
caches of the kernels.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba import extending, types
from numba.core import cgutils, errors
from numba.extending import models, overload, register_model

intrinsic: Any = extending.intrinsic  # its type promises the signature without the first parameter
# Sums may be regrouped and multiplications fused; NaN and infinities keep their meaning.
MATH = ("contract", "reassoc", "nsz")
_LINE = 64  # bytes that memory delivers at once
UNROLLED = 16  # terms of a product of series that are written out
_INT32 = ir.IntType(32)


class Row(types.Type):
    """Numba type of `rank` numbers of a type, held in registers."""

    def __init__(self, dtype: types.Float, rank: int) -> None:
        self.dtype, self.rank = dtype, rank
        super().__init__(name=f"Row({dtype}, {rank})")

    @property
    def vector(self) -> ir.VectorType:
        return ir.VectorType(
            ir.DoubleType() if self.dtype == types.float64 else ir.FloatType(), self.rank
        )


@register_model(Row)
class _RowModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Row) -> None:
        super().__init__(manager, kind, kind.vector)  # type: ignore[no-untyped-call]


@intrinsic
def load(typing, array, start, ranks):  # type: ignore[no-untyped-def]
    """``array[start : start + rank]``."""
    _check_place(array, start)
    row = Row(array.dtype, ranks.count)

    def emit(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        address = _address(context, builder, array, *arguments[:2])
        found = builder.load(builder.bitcast(address, row.vector.as_pointer()))
        found.align = array.dtype.bitwidth // 8
        return found

    return row(array, start, ranks), emit


@intrinsic
def zeros(typing, array, ranks):  # type: ignore[no-untyped-def]
    """A row of zeros of the array's type."""
    row = Row(array.dtype, ranks.count)

    def emit(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return ir.Constant(row.vector, None)

    return row(array, ranks), emit


@intrinsic
def store(typing, array, start, row):  # type: ignore[no-untyped-def]
    """``array[start : start + rank] = row``."""
    _check_place(array, start)
    if not array.mutable or array.dtype != row.dtype:
        raise errors.TypingError(f"{row} cannot be written into {array}")

    def emit(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        address = _address(context, builder, array, *arguments[:2])
        done = builder.store(arguments[2], builder.bitcast(address, row.vector.as_pointer()))
        done.align = array.dtype.bitwidth // 8
        return context.get_dummy_value()

    return types.void(array, start, row), emit


@intrinsic
def fetch(typing, start, ranks, *arrays):  # type: ignore[no-untyped-def]
    """Ask for a row of each array, wanted soon; `start` may lie beyond their ends.

    A hint: nothing depends on it, and the strides of the arrays are not looked at.
    """

    def emit(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        byte = ir.IntType(8).as_pointer()
        request = builder.module.declare_intrinsic(
            "llvm.prefetch", [byte], ir.FunctionType(ir.VoidType(), [byte, _INT32, _INT32, _INT32])
        )
        for k, array in enumerate(arrays):
            given = builder.extract_value(arguments[2], k)
            address = _address(context, builder, array, given, arguments[0])
            for place in range(0, ranks.count, _LINE * 8 // array.dtype.bitwidth):
                line = builder.bitcast(builder.gep(address, [_INT32(place)]), byte)
                builder.call(request, [line, _INT32(0), _INT32(3), _INT32(1)])  # read, keep, data
        return context.get_dummy_value()

    several: Any = types.StarArgTuple  # a tuple of the caller would count references
    return types.void(start, ranks, several.from_types(arrays)), emit


@intrinsic
def total(typing, row):  # type: ignore[no-untyped-def]
    """The sum of a row, in each of its places."""

    def emit(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        size = 1 << (row.rank - 1).bit_length()
        zero = ir.Constant(row.vector, None)
        padded = [min(k, row.rank) for k in range(size)]  # place `rank` is a zero
        found = builder.shuffle_vector(arguments[0], zero, _places(padded))
        while size > 1:
            size //= 2
            other = builder.shuffle_vector(
                found, found, _places([k ^ size for k in range(len(padded))])
            )
            found = builder.fadd(found, other, flags=MATH)
        return builder.shuffle_vector(found, found, _places(range(row.rank)))

    return row(row), emit


@intrinsic
def convolved(typing, a, b):  # type: ignore[no-untyped-def]
    """The product of two power series without constant terms: place k is degree k + 1.

    c_k = sum over p < k of a_p b_(k - 1 - p); degrees beyond the last place are dropped.
    """

    def emit(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        left, right = arguments
        zero = ir.Constant(a.vector, None)

        def term(found: Any, factor: Any, shifted: Any) -> Any:
            product = builder.fmul(_repeat(builder, a, factor), shifted, flags=MATH)
            return builder.fadd(found, product, flags=MATH)

        if a.rank <= UNROLLED:
            found, shift = zero, _places([a.rank, *range(a.rank - 1)])  # `a.rank` is a zero
            for p in range(a.rank - 1):
                right = builder.shuffle_vector(right, zero, shift)
                found = term(found, builder.extract_element(left, _INT32(p)), right)
            return found
        # Behind a row of zeros in memory, b shifted by p + 1 starts p + 1 places early.
        variable: Any = cgutils.alloca_once
        element = a.vector.element
        factors = builder.bitcast(variable(builder, a.vector), element.as_pointer())
        padded = builder.bitcast(variable(builder, a.vector, size=2), element.as_pointer())
        sum_of_terms = variable(builder, a.vector)
        for row, place in (
            (left, factors),
            (zero, padded),
            (right, builder.gep(padded, [_INT32(a.rank)])),
        ):
            builder.store(row, builder.bitcast(place, a.vector.as_pointer())).align = 4
        builder.store(zero, sum_of_terms)
        with cgutils.for_range(builder, _INT32(a.rank - 1)) as loop:
            early = builder.gep(padded, [builder.sub(_INT32(a.rank - 1), loop.index)])
            shifted = builder.load(builder.bitcast(early, a.vector.as_pointer()))
            shifted.align = 4
            factor = builder.load(builder.gep(factors, [loop.index]))
            builder.store(term(builder.load(sum_of_terms), factor, shifted), sum_of_terms)
        return builder.load(sum_of_terms)

    return a(a, b), emit


@intrinsic
def first(typing, row):  # type: ignore[no-untyped-def]
    """The number in the first place of a row."""

    def emit(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.extract_element(arguments[0], _INT32(0))

    return row.dtype(row), emit


@overload(operator.iadd)
@overload(operator.add)
def _add(a, b):  # type: ignore[no-untyped-def]
    if isinstance(a, Row) and a == b:
        return lambda a, b: _sum(a, b)
    return None


@overload(operator.mul)
def _multiply(a, b):  # type: ignore[no-untyped-def]
    if isinstance(a, Row) and a == b:
        return lambda a, b: _product(a, b)
    if isinstance(b, Row) and a == b.dtype:
        return lambda a, b: _product(_repeated(a, b), b)
    return None


@intrinsic
def _sum(typing, a, b):  # type: ignore[no-untyped-def]
    def emit(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.fadd(*arguments, flags=MATH)

    return a(a, b), emit


@intrinsic
def _product(typing, a, b):  # type: ignore[no-untyped-def]
    def emit(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.fmul(*arguments, flags=MATH)

    return a(a, b), emit


@intrinsic
def _repeated(typing, number, row):  # type: ignore[no-untyped-def]
    def emit(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return _repeat(builder, row, arguments[0])

    return row(number, row), emit


def _repeat(builder: Any, row: Row, number: Any) -> Any:
    nothing = ir.Constant(row.vector, ir.Undefined)
    found = builder.insert_element(nothing, number, _INT32(0))
    return builder.shuffle_vector(found, nothing, _places([0] * row.rank))


def _check_place(array: Any, start: Any) -> None:
    if array.layout != "C" or not isinstance(array.dtype, types.Float):
        raise errors.TypingError(f"rows lie in contiguous arrays of floats, got {array}")
    if start != types.uint64:  # LLVM takes what is shorter for signed
        raise errors.TypingError(f"the place of a row must be uint64, got {start}")


def _places(order: Sequence[int]) -> ir.Constant:
    chosen = list(order)
    return ir.Constant(ir.VectorType(_INT32, len(chosen)), chosen)


def _address(context: Any, builder: Any, kind: Any, array: Any, start: Any) -> Any:
    return builder.gep(context.make_array(kind)(context, builder, array).data, [start])
