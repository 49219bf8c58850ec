"""A row of a factor as one LLVM vector, for loops in Numba.

Numba leaves short inner loops to the scalar unit. Here row i of an n x rank matrix in a flat array
is loaded, combined by +, * and `inner`, and stored whole: LLVM chooses the widths of the machine.
`ranks`, a tuple of `rank` numbers, gives the length at compilation. Indices are unsigned and not
checked.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba import extending, types
from numba.core import errors
from numba.extending import models, overload, register_model

intrinsic: Any = extending.intrinsic  # its type promises the signature without the first parameter
# Sums may be regrouped and multiplications fused; NaN and infinities keep their meaning.
MATH = ("contract", "reassoc", "nsz")
_LINE = 64  # bytes that memory delivers at once
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
    row = Row(array.dtype, ranks.count)
    _check_contiguous(array)

    def emit(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        address = _address(context, builder, array, *arguments[:2])
        found = builder.load(builder.bitcast(address, row.vector.as_pointer()))
        found.align = array.dtype.bitwidth // 8
        return found

    return row(array, start, ranks), emit


@intrinsic
def store(typing, array, start, row):  # type: ignore[no-untyped-def]
    """``array[start : start + rank] = row``."""
    _check_contiguous(array)

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
        found = zero
        shift = _places([a.rank, *range(a.rank - 1)])  # `a.rank` is the first place of zero
        for p in range(a.rank - 1):
            right = builder.shuffle_vector(right, zero, shift)
            factor = builder.shuffle_vector(left, left, _places([p] * a.rank))
            product = builder.fmul(factor, right, flags=MATH)
            found = builder.fadd(found, product, flags=MATH)
        return found

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
        nothing = ir.Constant(row.vector, ir.Undefined)
        found = builder.insert_element(nothing, arguments[0], _INT32(0))
        return builder.shuffle_vector(found, nothing, _places([0] * row.rank))

    return row(number, row), emit


def _check_contiguous(array: Any) -> None:
    if array.layout != "C":
        raise errors.TypingError(f"rows are read from contiguous arrays, got {array}")


def _places(order: Sequence[int]) -> ir.Constant:
    chosen = list(order)
    return ir.Constant(ir.VectorType(_INT32, len(chosen)), chosen)


def _address(context: Any, builder: Any, kind: Any, array: Any, start: Any) -> Any:
    return builder.gep(context.make_array(kind)(context, builder, array).data, [start])
