"""Gradient descent as a quantum linear system, with an error for every stage.

A loss becomes a polynomial flow or map, that a linear system in a larger space (Carleman
embedding), that a block encoding, the encoding a state, the state numbers.

Conventions, stated once and relied on everywhere:

1. Column of x_i (x) x_j is i n + j: the first factor is the most significant.
2. Qiskit's little-endian order. The time register lies above the register of the lift, ancillas
   above both, so that the encoded block is the top-left corner of a unitary.
3. w' = -grad L(w): the sign is applied once, in `qgd.dynamics.gradient`.
4. epsilon is absolute and in the spectral norm, on the operator; errors of answers are Euclidean,
   on x(T).
5. kappa = alpha / sigma_min of the encoded matrix.
6. Padding to powers of two happens inside `qgd.encoding` only.
7. PROVED means: by a theorem under ``proofs/``, in exact arithmetic, with all hypotheses checked.

Everything in ``__all__`` can be imported from `qgd` directly; modules are loaded on first use, so
that ``import qgd`` costs little and layers that are not used (Qiskit, for one) are never imported.
"""

from __future__ import annotations

import importlib
from typing import Any

_EXPORTS = {
    "qgd.core.bound": ["Assumption", "Bound", "Kind"],
    "qgd.core.budget": ["ErrorBudget"],
    "qgd.core.outcome": ["Outcome", "QGDError"],
    "qgd.core.resources": ["Cost", "GateCount", "Resources"],
    "qgd.core.solution": ["Solution"],
    "qgd.core.state": ["FlaggedState"],
    "qgd.problem.loss": ["Loss"],
    "qgd.problem.polynomial": ["PolynomialLoss"],
    "qgd.problem.losses": ["least_squares", "matrix_factorisation"],
    "qgd.problem.networks": ["quadratic_network"],
    "qgd.problem.polynomial_network": ["polynomial_network"],
    "qgd.problem.logistic": ["LogisticLoss", "SigmoidSurrogate", "logistic_regression"],
    "qgd.problem.trigonometric": ["TrigonometricLoss"],
    "qgd.problem.pruning": ["Mask", "prune"],
    "qgd.problem.datasets": ["Dataset", "load_dataset"],
    "qgd.problem.ratings": ["Ratings"],
    "qgd.problem.ratings_file": ["read_ratings"],
    "qgd.problem.planted": ["planted_ratings"],
    "qgd.dynamics.system": [
        "PolynomialMap",
        "PolynomialSystem",
        "TimeDependentMap",
        "TimeDependentSystem",
    ],
    "qgd.dynamics.gradient": [
        "gradient_descent",
        "gradient_flow",
        "stochastic_gradient_descent",
    ],
    "qgd.dynamics.stencil": ["Stencil"],
    "qgd.dynamics.symbolic": ["from_sympy", "to_sympy"],
    "qgd.dynamics.f_lists": ["from_f_list", "to_f_list"],
    "qgd.dynamics.transforms": ["AffineChange", "rescale", "shift"],
    "qgd.dynamics.integrate": ["Trajectory", "descend", "integrate", "iterate"],
    "qgd.dynamics.dissipation": ["Majorant", "flow_majorant", "log_norm", "majorant"],
    "qgd.dynamics.sparsity": ["FieldSparsity", "SparsityRow", "field_sparsity", "sparsity_report"],
    "qgd.dynamics.langevin": ["LangevinSample", "sample_langevin", "shot_noise"],
    "qgd.dynamics.deviation": ["SurrogateDescent", "surrogate_descent"],
    "qgd.dynamics.factorisation": ["FactorisationHessian", "SparseFactorisation"],
    "qgd.dynamics.factorisation_descent": ["FactorisationDescent"],
    "qgd.dynamics.factorisation_dissipation": [
        "FactorisationDissipation",
        "factorisation_dissipation",
    ],
    "qgd.embedding.carleman": ["CarlemanSystem", "carleman"],
    "qgd.embedding.basis": ["Basis", "CIRCLE", "TAYLOR", "logistic_basis", "power_basis"],
    "qgd.embedding.basis_carleman": ["BasisCarlemanSystem", "basis_carleman"],
    "qgd.embedding.basis_expansion": ["basis_flow"],
    "qgd.embedding.basis_field": ["BasisField", "logistic_flow"],
    "qgd.embedding.lifted": ["LiftedFlow"],
    "qgd.embedding.block_terms": ["BlockTerm", "block_terms"],
    "qgd.embedding.exponential": ["lifted_integrate", "lifted_states"],
    "qgd.embedding.koopman": ["KoopmanSystem", "koopman"],
    "qgd.embedding.koopman_bounds": ["koopman_bound", "koopman_estimate"],
    "qgd.embedding.graded": ["graded_integrate", "graded_iterate"],
    "qgd.embedding.graded_solution": ["GradedSolution"],
    "qgd.embedding.graded_factorisation": ["graded_factorisation"],
    "qgd.embedding.factorisation_bound": ["factorisation_bound"],
    "qgd.embedding.matrix_free": ["CarlemanOperator", "carleman_operator"],
    "qgd.embedding.carleman_map": ["CarlemanMap", "carleman_map"],
    "qgd.embedding.history": ["HistorySystem", "LinearSystem", "history_system"],
    "qgd.embedding.certificate": ["HistoryCertificate", "certify_history"],
    "qgd.embedding.truncation": [
        "functional_bound",
        "majorant_bound",
        "propagated_bound",
        "truncation_bound",
    ],
    "qgd.embedding.truncated": [
        "TruncatedSolutions",
        "truncated_solution",
        "truncation_estimate",
    ],
    "qgd.embedding.discretisation": [
        "first_order_bounds",
        "flow_truncation_bound",
        "taylor_bound",
        "taylor_step",
    ],
    "qgd.embedding.bounds.tightest": ["BoundComparison", "tightest_bound"],
    "qgd.embedding.bounds.selection": ["SelectedOrder", "select_order"],
    "qgd.spectra.density": ["DensityCurve", "density", "papyan_density"],
    "qgd.spectra.exact": ["exact_spectrum", "spectrum"],
    "qgd.spectra.hessian": ["HessianOperator", "hessian_product"],
    "qgd.spectra.lanczos": ["lanczos"],
    "qgd.spectra.modes": [
        "ModeShare",
        "ModeShares",
        "OvershootWarning",
        "mode_shares",
        "spectral_log_norm",
        "worst_growth",
    ],
    "qgd.spectra.nonlinearity": ["PivotNumbers", "pivot_numbers"],
    "qgd.spectra.proxy": ["ErrorProxy"],
    "qgd.spectra.spectrum": ["Estimate", "Spectrum", "Tridiagonal"],
    "qgd.spectra.factorisation": ["factorisation_spectrum"],
    "qgd.spectra.sharpen": ["sharpened"],
    "qgd.spectra.survivors": ["Survivors", "survivors"],
    "qgd.analysis.analyze": ["Analysis", "AnalysisSettings", "analyze"],
    "qgd.analysis.model_file": ["load_case"],
    "qgd.analysis.network_case": ["NetworkCase"],
    "qgd.spectra.download": ["Download", "download"],
    "qgd.spectra.images": ["Images", "load_images"],
    "qgd.spectra.module_pruning": ["CollapsedLayerWarning", "KeptWeights", "prune_module"],
    "qgd.spectra.networks": [
        "CifarResNet",
        "digits_cnn",
        "multilayer_perceptron",
        "named_network",
    ],
    "qgd.spectra.polynomial_model": ["PolynomialActivation", "polynomial_loss"],
    "qgd.spectra.sparse_training": ["train_sparse"],
    "qgd.spectra.sparse_training_plan": ["SparseTrainingPlan"],
    "qgd.spectra.taylor_mode": ["carleman_trajectory"],
    "qgd.spectra.trajectory": ["CarlemanTrajectory"],
    "qgd.encoding.block_encoding": [
        "BlockEncoding",
        "identity_encoding",
        "linear_combination",
    ],
    "qgd.encoding.dilation": ["dilation"],
    "qgd.encoding.carleman": ["carleman_encoding"],
    "qgd.encoding.carleman_registers": ["CarlemanRegisters"],
    "qgd.encoding.exact_carleman": ["exact_carleman_encoding"],
    "qgd.encoding.cheapest": ["cheapest_encodings"],
    "qgd.encoding.pauli": ["pauli_coefficients", "pauli_encoding"],
    "qgd.encoding.qrom": ["qrom_encoding"],
    "qgd.encoding.slot_matrix": ["slot_matrix", "sparse_slot_matrix"],
    "qgd.encoding.sparse_access": ["sparse_access_encoding"],
    "qgd.encoding.time_selection": ["SelectedEncodings", "select_by_time"],
    "qgd.encoding.structured_step": ["structured_step"],
    "qgd.encoding.history": ["history_encoding", "num_time_qubits"],
    "qgd.encoding.sparse_preparation": ["SparseVector"],
    "qgd.encoding.lifted_preparation": ["LiftedVector"],
    "qgd.encoding.history_preparation": ["HistoryPreparation"],
    "qgd.encoding.structured_system": ["rhs_preparation"],
    "qgd.encoding.linear_system": ["EncodedSystem", "encode"],
    "qgd.solvers.interface": ["LinearSolver", "ParallelSolver", "SolvedState"],
    "qgd.solvers.qsvt": ["QSVT"],
    "qgd.solvers.lcu": ["LCU"],
    "qgd.solvers.fourier": ["FourierLCU"],
    "qgd.solvers.hhl": ["HHL"],
    "qgd.solvers.shortcut": ["KernelReflection"],
    "qgd.solvers.norm_search": ["NormInterval"],
    "qgd.solvers.eigenstate_filter": ["filter_chebyshev", "filter_degree", "filter_error"],
    "qgd.solvers.direct": ["Direct"],
    "qgd.encoding.flow": ["EncodedFlow", "encode_flow", "fold_source"],
    "qgd.solvers.amplification": [
        "Amplification",
        "FixedPointAmplification",
        "best_rounds",
        "fixed_point_amplification",
        "standard_amplification",
    ],
    "qgd.solvers.evolution": ["EvolutionSolver", "EvolvedState"],
    "qgd.solvers.exponential_sum": ["ExponentialSum"],
    "qgd.solvers.lchs": ["LCHS"],
    "qgd.solvers.lchs_kernels": ["AnChildsLin", "Cauchy", "LeastSquares", "LowSomma"],
    "qgd.solvers.phases": ["qsp_phases", "qsp_response"],
    "qgd.solvers.inverse_polynomial": [
        "inverse_chebyshev",
        "inverse_degree",
        "inverse_error",
    ],
    "qgd.readout.interface": ["Reading", "Readout"],
    "qgd.readout.final_state": ["FinalState"],
    "qgd.readout.sampling": ["Sampling"],
    "qgd.readout.amplitude": ["AmplitudeEstimation"],
    "qgd.readout.tomography": ["SparseTomography"],
    "qgd.readout.step_norm": ["StepNorm"],
    "qgd.execution.compilation": ["CompiledCircuit", "compile_circuit"],
    "qgd.execution.exchange": ["to_openqasm3", "to_qpy"],
    "qgd.execution.execution": ["Execution"],
    "qgd.execution.gate_level": ["check_gate_level"],
    "qgd.resources.estimate": ["estimate_resources"],
    "qgd.resources.record": ["ResourceEstimate"],
    "qgd.pipeline.embed": ["Embedded", "embed"],
    "qgd.pipeline.solve": ["solve"],
    "qgd.pipeline.sweep": ["grid", "sweep"],
    "qgd.pipeline.sweep_file": ["read_sweep"],
    "qgd.pipeline.train": ["Round", "Training", "train"],
    "qgd.pipeline.training_figures": ["estimate_gradient_norm", "estimate_loss"],
    "qgd.pipeline.truncation_study": ["truncation_study"],
}
_HOME = {name: module for module, names in _EXPORTS.items() for name in names}

__all__ = sorted(_HOME)
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'qgd' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
